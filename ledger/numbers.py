"""How a subscriber's number is shown: masked, unless revealing it was asked for and audited."""

from __future__ import annotations

import re
from typing import Final

SHOWN_HEAD, SHOWN_TAIL = 3, 4
SHOWN_OF_SHORT = 2
"""Digits at each end that stay of a number in a text that has fewer than `LONG`."""
SHORTEST, LONG = 7, 11
HIDDEN: Final = "*"

_DIGIT: Final = r"\d①-⑨⓪⓵-⓽❶-❾➀-➈➊-➒⑴-⑼⒈-⒐㈠-㈨㊀-㊈⁰¹²³⁴-⁹₀-₉〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖貳參陸"
_BETWEEN: Final = (
    r" \t\u00a0\u2002-\u200a\u3000\-\u2010-\u2015\u2212\uff0d._\uff0e\u3002\u00b7\u2022\u30fb\uff65"
    r",\uff0c/\uff0f()\uff08\uff09\[\]+*\uff0a#~\uff5e|"
    r"\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0f\u20e3\ufeff"
)
"""Blanks and signs that people write into a number, and what cannot be seen."""
_DATE: Final = r"(?:19|20)\d\d[-./](?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12]\d|3[01])(?!\d)"
_AMOUNT: Final = r"\d{1,3}(?:,\d{3}){1,2}(?!,?\d)"
_RUN: Final = rf"[{_DIGIT}](?:[{_BETWEEN}]{{0,3}}[{_DIGIT}]){{{SHORTEST - 1},}}"
_FOUND: Final = re.compile(rf"(?P<kept>(?<!\d)(?:{_DATE}|{_AMOUNT}))|{_RUN}")
_ONE_DIGIT: Final = re.compile(f"[{_DIGIT}]")


def mask_number(number: str) -> str:
    """Give a number with its middle hidden: 13812345678 -> 138****5678; short ones lose all but their ends.

    Service ports (106…) are numbers of companies, not of people, and stay whole.
    """
    if number.startswith("106") or len(number) <= 5:  # noqa: PLR2004 - 10086 and its like are public
        return number
    if len(number) <= SHOWN_HEAD + SHOWN_TAIL:
        return f"{number[:2]}****{number[-1:]}"
    return f"{number[:SHOWN_HEAD]}****{number[-SHOWN_TAIL:]}"


def mask_numbers(text: str) -> str:
    """Give a text of the same length with the middle of each number in it hidden: 138-1234-5678 -> 138-****-5678.

    A number is 7 digits or more in a row, with at most three blanks or signs between two of them: also full-width or
    circled digits, and Chinese numerals. Service ports (106…), dates and amounts in groups (1,000,000) stay.
    """
    return _FOUND.sub(_mask, text)


def _mask(found: re.Match[str]) -> str:
    run = found[0]
    digits = [place.start() for place in _ONE_DIGIT.finditer(run)]
    if found["kept"] or (run.startswith("106") and len(digits) == len(run)):
        return run
    head, tail = (SHOWN_HEAD, SHOWN_TAIL) if len(digits) >= LONG else (SHOWN_OF_SHORT, SHOWN_OF_SHORT)
    hidden = set(digits[head:-tail])
    return "".join(HIDDEN if place in hidden else sign for place, sign in enumerate(run))
