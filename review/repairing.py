"""A rejected line as a person repairs it, and whether a repaired one would pass; the rules of a live line; pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from config.checks import check_gateway, check_sms
from config.decoding import decode_line
from config.errors import BadRecordError
from config.numbers import level
from config.records import Number, Sms, encode
from config.topics import REPLAYED_TOPICS

LONGEST_LINE = 64 * 1024
"""Bytes of the longest line that is fed again: as much as a dead letter keeps, so that a refusal is recognised."""
DECODER = msgspec.json.Decoder(Sms)
PEOPLE: Final = ("sender", "receiver")
FIELD: Final = re.compile(
    r'"(id|gateway|sent_at|sender|receiver|text)"\s*:\s*("(?:[^"\\]|\\.)*"|-?[0-9]+(?![0-9.eE]))', re.DOTALL
)
"""A field with its value as it may still be read in a line that is no JSON any more."""


@dataclass(frozen=True)
class Changes:
    """What a person made of a line: fields that differ, and fields that nobody could read in it before.

    `people` are those of sender and receiver that were readable and are other ones now.
    """

    changed: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


def can_be_fed(topic: str) -> bool:
    """Say whether lines of a topic may be fed again: those of the gateways alone."""
    return topic in REPLAYED_TOPICS


def suggestion(raw: bytes) -> tuple[str, str]:
    """Give a line as text to begin the repair with, and the encoding it was read in; `?` if none fits.

    A gateway that does not send UTF-8 sends GB 18030 as a rule; a byte that neither knows is shown as U+FFFD.
    """
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace"), "?"


def read_repaired(raw: bytes, topic: str) -> tuple[Sms, bytes]:
    """Give a repaired line as an SMS, and the one line that is fed for it: as it was written, if that was on one line.

    Args:
        raw: the line as a person left it.
        topic: that it is fed to.

    Raises:
        BadRecordError: scoring would reject it, for this reason.
    """
    line = raw.strip()
    sms = decode_line(line, DECODER)
    check_sms(sms)
    check_gateway(sms, topic)
    if b"\n" in line:
        line = encode(sms)
    if len(line) > LONGEST_LINE:
        raise BadRecordError("line_too_long", f"{len(line)} bytes, at most {LONGEST_LINE} are fed again")
    return sms, line


def changes_of(before: bytes, after: bytes) -> Changes:
    """Compare a line as it came with what is fed for it, which is one that scoring reads."""
    came, whole = _read_leniently(before)
    fed, _ = _read_leniently(after)
    names = [name for name in Sms.__struct_fields__ if name in came or name in fed]
    unread = [name for name in names if name not in came and not whole]
    changed = [name for name in names if name not in unread and (name not in came or came[name] != fed.get(name))]
    people = [name for name in PEOPLE if (number := _number(came.get(name))) and level(str(fed[name])) != level(number)]
    return Changes(tuple(changed), tuple(unread), tuple(people))


def _read_leniently(raw: bytes) -> tuple[dict[str, Any], bool]:
    """Give what fields can be read in a line, and whether it was read whole; of two values of a field, none."""
    text, _ = suggestion(raw)
    try:
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return {name: found[name] for name in Sms.__struct_fields__ if found.get(name) is not None}, True
    read: dict[str, set[Any]] = {}
    for name, value in FIELD.findall(text):
        try:
            read.setdefault(name, set()).add(json.loads(value, strict=False))
        except ValueError:
            continue
    return {name: values.pop() for name, values in read.items() if len(values) == 1}, False


def _number(value: Any) -> str:
    """Give a number that stands in a field; empty for what is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    try:
        return msgspec.convert(str(value).strip(), Number)
    except msgspec.ValidationError:
        return ""
