"""The tokens that stand for links and numbers, and which of them a run of letters, digits and signs gets."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

LINK: Final = "\ue000"
SHORT_LINK: Final = "\ue001"
ADDRESS_LINK: Final = "\ue002"
ODD_LINK: Final = "\ue003"
MAIL: Final = "\ue004"
IDENTIFIER: Final = "\ue005"
PHONE: Final = "\ue006"
LANDLINE: Final = "\ue007"
HOTLINE: Final = "\ue008"
ACCOUNT: Final = "\ue009"
PERCENT: Final = "\ue00a"
DATE: Final = "\ue00b"
TIME: Final = "\ue00c"
AMOUNTS: Final = "\ue010\ue011\ue012\ue013\ue014"
"""Of one or two digits, three, four, five, and more; a decimal part does not count."""
NUMBERS: Final = "\ue020\ue020\ue020\ue021\ue022\ue023\ue024\ue025\ue026\ue027\ue028\ue029\ue02a"
"""By the number of digits, 0 to 12."""
MOBILE_DIGITS: Final = 11
_MIN_IDENTIFIER: Final = 5
_MIN_IDENTIFIER_DIGITS: Final = 2
_SHORT_HOSTS: Final = frozenset(
    {"t.cn", "dwz.cn", "suo.im", "url.cn", "t.im", "goo.gl", "bit.ly", "tinyurl.com", "u.nu", "is.gd", "sourl.cn"}
    | {"mrw.so", "w.url.cn", "dwz.mk", "dwz.win", "suo.nz", "ift.tt", "ow.ly", "6du.in", "c7.gg", "rrd.me", "x.co"}
)
_USUAL_ENDS: Final = frozenset({"com", "cn", "net", "org", "gov", "edu", "hk", "tw"})
_KNOWN_ENDS: Final = _USUAL_ENDS | frozenset(
    {"cc", "me", "info", "biz", "top", "xyz", "vip", "tv", "co", "wang", "club", "site", "shop", "online", "ltd", "pw"}
    | {"asia", "mobi", "us", "im", "io", "la", "in", "win", "bid", "app", "icu", "link", "live", "fun", "pro", "ink"}
    | {"work", "store", "tech", "space", "website", "ren", "red", "kim", "group", "cloud", "ru", "tk", "ml", "ga", "gl"}
)
_HOST: Final = re.compile(r"(?:https?:/*)?([^:/?#]*+)")
_IP: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_NUMERIC: Final = re.compile(r"[0-9x._:/-]++")
_CLOCK_TIME: Final = re.compile(r"[0-9x]{1,2}:[0-9x]{2}(?::[0-9x]{2})?(?:-[0-9x]{1,2}:[0-9x]{2})?")
_CALENDAR: Final = re.compile(r"(?:[0-9x]{4}[-/.])[0-9x]{1,2}[-/.][0-9x]{1,2}|[0-9x]{1,2}/[0-9x]{1,2}")
_MEASURE: Final = re.compile(r"([0-9x]++(?:\.[0-9x]++)?)([gkm]b|k[gm]|[cm]m|ml|[a-wyz])")
_DIGITS: Final = re.compile("[0-9x]")
_POINT: Final = re.compile("[.:/-]")
_HOTLINES: Final = ("400", "800", "106")


@lru_cache(maxsize=4096)
def run_token(run: str) -> tuple[str, int]:
    """The token of a run (none: it stays) and how many of its last characters stay behind it."""
    if _NUMERIC.fullmatch(run):
        return _numeric_token(run), 0
    if measure := _MEASURE.fullmatch(run):
        return NUMBERS[min(len(_DIGITS.findall(measure[1])), len(NUMBERS) - 1)], len(measure[2])
    if "." in run or "@" in run or run.startswith("http"):
        return _link_token(run), 0
    if len(run) >= _MIN_IDENTIFIER and len(_DIGITS.findall(run)) >= _MIN_IDENTIFIER_DIGITS:
        return IDENTIFIER, 0
    return "", 0


def _numeric_token(run: str) -> str:  # noqa: PLR0911 - one case a line
    digits = "".join(_DIGITS.findall(run))
    if _CLOCK_TIME.fullmatch(run):
        return TIME
    if _IP.fullmatch(run):
        return ADDRESS_LINK
    if _CALENDAR.fullmatch(run):
        return DATE
    if not digits:
        return ""
    if digits.startswith(_HOTLINES) and len(digits) >= 10:  # noqa: PLR2004 - as for plain numbers
        return HOTLINE
    if "-" in run and digits[0] in "0x" and 10 <= len(digits) <= 12:  # noqa: PLR2004 - area code and number
        return LANDLINE
    if len(digits) == MOBILE_DIGITS:
        return PHONE
    if "." in run and "-" not in run:
        return NUMBERS[min(len(run.partition(".")[0]), len(NUMBERS) - 1)]
    return NUMBERS[len(digits)] if len(digits) < len(NUMBERS) else ACCOUNT


def amount_token(run: str) -> str:
    """The token of an amount of money, by the digits before its point."""
    point = _POINT.search(run)
    whole = point.start() if point else len(run)
    return AMOUNTS[max(0, min(whole - 2, len(AMOUNTS) - 1))]


def _link_token(run: str) -> str:  # noqa: PLR0911 - the same
    """What kind of link it is; none if it is just a word with a full stop in it."""
    found = _HOST.match(run)
    host = found[1] if found else run
    if "@" in host:
        return MAIL
    name, _, end = host.rpartition(".")
    if host.lstrip("w.") in _SHORT_HOSTS:
        return SHORT_LINK
    if _IP.fullmatch(host):
        return ADDRESS_LINK
    if end in _USUAL_ENDS:
        return LINK
    if end in _KNOWN_ENDS or run.startswith(("http", "www.")) or (name and "/" in run):
        return ODD_LINK
    is_name = end.isalpha() and len(end) > 1 and len(name) > 3 and not name.isalpha()  # noqa: PLR2004 - shorter ones are measures
    if (name and is_name and not _DIGITS.fullmatch(name[-1])) or (is_name and len(end) > 2):  # noqa: PLR2004 - the same
        return ODD_LINK
    return IDENTIFIER if len(run) >= _MIN_IDENTIFIER and len(_DIGITS.findall(run)) >= _MIN_IDENTIFIER_DIGITS else ""
