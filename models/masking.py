"""Typed tokens for what differs from one copy of a text to the next: links, phone numbers, amounts, codes.

A token is one private-use character, which normalised text cannot hold. Numbers are told apart by length alone, and `x`
counts as a digit: a source whose digits were replaced by `x` must look like one with digits.
"""

from __future__ import annotations

import re
from typing import Final

LINK: Final = "\ue000"
IDENTIFIER: Final = "\ue001"
PHONE: Final = "\ue002"
ACCOUNT: Final = "\ue003"
DISGUISED: Final = ("", "\ue004", "\ue005", "\ue006")
_AMOUNTS: Final = ("\ue010", "\ue010", "\ue010", "\ue011", "\ue012", "\ue013")
_NUMBERS: Final = (*"\ue020\ue020\ue021\ue022\ue023\ue024\ue024\ue025\ue025\ue026\ue026", PHONE)
_CURRENCY_BEFORE: Final = frozenset("¥$€£")
_CURRENCY_AFTER: Final = frozenset("元块万")
_MIN_IDENTIFIER: Final = 5
_MIN_IDENTIFIER_DIGITS: Final = 2

_TOP_LEVEL: Final = frozenset(
    {"com", "cn", "net", "org", "cc", "me", "info", "biz", "top", "xyz", "vip", "tv", "co", "wang", "club", "site"}
    | {"shop", "online", "ltd", "pw", "asia", "mobi", "hk", "tw", "us", "im", "io", "la", "in"}
)
# It starts with a character class, so that the search skips what is not ASCII; possessive, so that cost stays linear.
_RUN: Final = re.compile(
    r"[a-z0-9_](?:(?<=h)ttps?:/[!-~]++|(?<=w)ww\.[!-~]++|(?<![a-z0-9_].)(?:"
    r"[a-z0-9_-]*+(?:[.@][a-z0-9_-]++)++(?:[:/?][!-~]*+)?"
    r"|[a-z0-9_]*+(?:-[a-z0-9_]++)*+))"
)
_MEASURE: Final = re.compile(r"([0-9x]++)(?:[gkm]b|k[gm]|[cm]m|ml|[a-wyz])\Z")
_HOST: Final = re.compile(r"[^:/?]*+")
_DIGIT: Final = re.compile("[0-9x]")
_NOT_NUMBER: Final = re.compile(r"[^0-9x.,_-]")


def mask(text: str, disguises: int = 0) -> str:
    """A normalised text with tokens in place of what is masked, and a last token if it was disguised."""
    masked = _RUN.sub(_token, text)
    return f"{masked} {DISGUISED[min(disguises, 3)]}" if disguises else masked


def spans(text: str) -> list[tuple[int, int]]:
    """For every character of `mask(text)` the part `[start, end)` of the normalised text that it stands for."""
    found: list[tuple[int, int]] = []
    position = 0
    for match in _RUN.finditer(text):
        found.extend((place, place + 1) for place in range(position, match.start()))
        kept = len(_token(match)) - 1
        if kept == len(match[0]) - 1:
            found.append((match.start(), match.start() + 1))
        else:
            found.append((match.start(), match.end() - kept))
        found.extend((place, place + 1) for place in range(match.end() - kept, match.end()))
        position = match.end()
    found.extend((place, place + 1) for place in range(position, len(text)))
    return found


def _token(match: re.Match[str]) -> str:
    run = match[0]
    if not _NOT_NUMBER.search(run):
        return _number(match, run)
    if measure := _MEASURE.match(run):
        return _number(match, measure[1]) + run[measure.end(1) :]
    if run.isalpha():
        return run
    if _is_link(run):
        return LINK
    if len(run) >= _MIN_IDENTIFIER and len(_DIGIT.findall(run)) >= _MIN_IDENTIFIER_DIGITS:
        return IDENTIFIER
    return run


def _is_link(run: str) -> bool:
    if run.startswith(("http", "www.")) or "@" in run:
        return True
    host = _HOST.match(run)
    labels = host[0].rsplit(".", 1) if host else [run]
    return len(labels) > 1 and (labels[1] in _TOP_LEVEL or "/" in run)


def _number(match: re.Match[str], run: str) -> str:
    digits = len(_DIGIT.findall(run))
    if not digits:
        return run
    text = match.string
    if (
        text[match.end() : match.end() + 1] in _CURRENCY_AFTER
        or text[match.start() - 1 : match.start()] in _CURRENCY_BEFORE
    ):
        return _AMOUNTS[min(digits, len(_AMOUNTS) - 1)]
    return _NUMBERS[digits] if digits < len(_NUMBERS) else ACCOUNT
