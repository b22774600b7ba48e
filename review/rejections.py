"""Why a line was rejected, in the reader's language: the reason, and the detail that scoring wrote down in English."""

from __future__ import annotations

import re
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.records import EARLIEST_MS, LATEST_MS

REASONS: Final = {
    "invalid_json": gettext_lazy("no JSON"),
    "invalid_field": gettext_lazy("a field is missing or wrong"),
    "not_utf8": gettext_lazy("not UTF-8"),
    "unknown_gateway": gettext_lazy("unknown gateway"),
    "wrong_gateway": gettext_lazy("another gateway's line"),
    "control_character": gettext_lazy("control character"),
    "line_too_long": gettext_lazy("line too long"),
    "empty_record": gettext_lazy("empty record"),
    "processing_failed": gettext_lazy("could not be processed"),
}
KINDS: Final = {
    "array": gettext_lazy("a list"),
    "bool": gettext_lazy("true or false"),
    "datetime": gettext_lazy("a time"),
    "float": gettext_lazy("a number with decimals"),
    "int": gettext_lazy("a whole number"),
    "null": gettext_lazy("null"),
    "object": gettext_lazy("an object"),
    "str": gettext_lazy("a text"),
}
AT: Final = r"(?: - at `\$(?:\[\.\.\.\])?\.?(?P<field>[^`]*)`)?"
DETAILS: Final = (
    (rf"Object missing required field `(?P<name>[^`]*)`{AT}", gettext_lazy("the field %(name)s is missing")),
    (
        rf"Expected `(?P<wanted>[^`]*)`, got `(?P<found>[^`]*)`{AT}",
        gettext_lazy("expected %(wanted)s, found %(found)s"),
    ),
    (rf"Expected `\w+` of length >= (?P<least>\d+){AT}", gettext_lazy("shorter than %(least)s")),
    (rf"Expected `\w+` of length <= (?P<most>\d+){AT}", gettext_lazy("longer than %(most)s")),
    (rf"Expected `int` >= {EARLIEST_MS}{AT}", gettext_lazy("before the year 2000")),
    (rf"Expected `int` <= {LATEST_MS}{AT}", gettext_lazy("after the year 2099")),
    (rf"Expected `\w+` >= (?P<least>-?\d+){AT}", gettext_lazy("less than %(least)s")),
    (rf"Expected `\w+` <= (?P<most>-?\d+){AT}", gettext_lazy("more than %(most)s")),
    (rf"Expected `str` matching regex .*?{AT}", gettext_lazy("holds signs that are not allowed")),
    (rf"Expected `datetime` with a timezone component{AT}", gettext_lazy("the time has no offset to UTC")),
    (rf"Invalid RFC3339 encoded datetime{AT}", gettext_lazy("no time by RFC 3339")),
    (r"JSON is malformed: .* \(byte (?P<byte>\d+)\)", gettext_lazy("the JSON breaks at byte %(byte)s")),
    (r"Input data was truncated", gettext_lazy("the line ends too early")),
    (r"nested too deeply", gettext_lazy("nested too deeply")),
    (r"'(?P<name>.*)' is none of (?P<known>[\w, ]+)", gettext_lazy("%(name)s is none of %(known)s")),
    (
        r"the line says '(?P<name>.*)', it came through (?P<topic>\S+)",
        gettext_lazy("the line says %(name)s, it came through %(topic)s"),
    ),
    (r"(?P<sign>U\+[0-9A-F]+) at (?P<place>\d+)", gettext_lazy("%(sign)s at character %(place)s")),
    (r"part (?P<seq>\d+) of (?P<total>\d+)", gettext_lazy("part %(seq)s of %(total)s")),
    (
        r"(?P<field>\w+) (?P<time>\S+) is not between 2000 and 2100",
        gettext_lazy("%(time)s is not between the years 2000 and 2100"),
    ),
    (
        r"(?P<size>\d+) bytes, at most (?P<most>\d+) are .*",
        gettext_lazy("%(size)s bytes, at most %(most)s are allowed"),
    ),
    (r"the record holds no line", gettext_lazy("the record holds no line")),
    (
        r"'utf-8' codec can't decode bytes? .* in position (?P<place>\d+).*",
        gettext_lazy("the bytes at %(place)s are no UTF-8"),
    ),
)
"""What the workers write, and how people read it; what is not here is shown as it was written."""
_PATTERNS: Final = tuple((re.compile(pattern, re.DOTALL), said) for pattern, said in DETAILS)


def reason_name(reason: str) -> str | Promise:
    """Give a dead letter's reason in the reader's language; one that is not known as it is."""
    return REASONS.get(reason, reason)


def detail_in_words(detail: str) -> str:
    """Give the detail of a rejection in the reader's language, with the field it is about."""
    for pattern, said in _PATTERNS:
        found = pattern.fullmatch(detail)
        if found:
            values = found.groupdict()
            field = values.get("field")
            for name in ("wanted", "found"):
                values[name] = _kinds(values.get(name) or "")
            words = str(said) % values
            return _("field %(field)s: %(words)s") % {"field": field, "words": words} if field else words
    return detail


def in_words(reason: str, detail: str) -> str:
    """Give reason and detail of a rejection in one sentence."""
    return _("%(reason)s (%(detail)s)") % {"reason": reason_name(reason), "detail": detail_in_words(detail)}


def _kinds(kinds: str) -> str:
    return _(" or ").join(str(KINDS.get(kind, kind)) for kind in kinds.split(" | "))
