"""Typed tokens for what differs from one copy of a text to the next: links, phone numbers, amounts, codes, dates.

A token is one private-use character, which normalised text cannot hold. `x` counts as a digit: a source whose digits
were replaced by `x` must look like one with digits. A batch is one array of code points: plain numbers, the most by
far, are told apart all at once, and only runs that hold letters or signs are looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.runs import (
    ACCOUNT,
    ADDRESS_LINK,
    AMOUNTS,
    DATE,
    HOTLINE,
    IDENTIFIER,
    LANDLINE,
    LINK,
    MAIL,
    MOBILE_DIGITS,
    NUMBERS,
    ODD_LINK,
    PERCENT,
    PHONE,
    SHORT_LINK,
    TIME,
    amount_token,
    run_token,
)
from models.text import NO_TRICKS, TRICKS, Reading

__all__ = [
    "ACCOUNT",
    "ADDRESS_LINK",
    "AMOUNTS",
    "DATE",
    "DISGUISED",
    "HOTLINE",
    "IDENTIFIER",
    "LANDLINE",
    "LINK",
    "MAIL",
    "NUMBERS",
    "ODD_LINK",
    "PERCENT",
    "PHONE",
    "SHORT_LINK",
    "TIME",
    "TRICK_LEVELS",
    "Masked",
    "mask",
    "mask_many",
    "spans",
]

TRICK_LEVELS: Final = 3
DISGUISED: Final = tuple(chr(0xE040 + place) for place in range(TRICK_LEVELS * len(TRICKS)))
"""At the end of a text: for each of `TRICKS`, whether it was used once, twice, or more."""

_BLANK: Final = 32
_GROUP: Final = 4
_PREFIX: Final = 3
_ACCOUNT_DIGITS: Final = 13
_WORD, _DIGIT, _JOINER, _LETTER = 1, 2, 4, 8
_MONEY, _RATE, _DAY, _CLOCK = 1, 2, 3, 4
_BEFORE_MONEY: Final = "¥$€£"
_AFTER: Final = {_MONEY: "元块万", _RATE: "%折‰", _DAY: "年月日号", _CLOCK: "点时分秒"}

_LINK: Final = re.compile(r"(?:https?:/|www\.)[!-~]*+|[a-z0-9_-]++(?:[.@][a-z0-9_-]++)++(?:[:/?][!-~]*+)?")

_GROUPS: Final = re.compile(
    r"(?<![0-9])(?:1[3-9][0-9] [0-9]{4} [0-9]{4}|[0-9]{4}(?: [0-9]{4}){3}(?: [0-9]{1,4}| ?[0-9]{3})?)(?![0-9])"
)

Codes = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def mask(reading: Reading) -> str:
    """A normalised text with tokens in place of what is masked, and last a token for each kind of trick it used."""
    return mask_many([reading])[0]


class Masked:
    """A batch after masking: `texts`, and on demand the parts of the normalised texts that they stand for."""

    __slots__ = ("_edges", "_kept", "_starts", "texts")

    def __init__(self, readings: Sequence[Reading]) -> None:
        codes, self._kept = _masked("\n".join([*(reading.text for reading in readings), ""]))
        self._edges: Places | None = None
        self._starts = np.zeros(0, np.int64)
        self.texts = codes[self._kept].tobytes().decode("utf-32-le").split("\n")
        self.texts.pop()
        for place, (_, tricks) in enumerate(readings):
            if tricks is not NO_TRICKS and any(tricks):
                self.texts[place] += " " + "".join(_tricks(tricks))

    def sizes(self, readings: Sequence[Reading]) -> Places:
        """The characters of each masked text that stand for something; the tokens of tricks come after them."""
        if self._edges is None:
            sizes = np.fromiter((len(text) for text, _ in readings), np.int64, len(readings))
            self._starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes + 1)))
            self._kept = np.flatnonzero(self._kept)
            self._edges = np.searchsorted(self._kept, self._starts)
        return np.diff(self._edges) - 1

    def places(self, rows: Places, at: Places) -> Places:
        """Where in its normalised text character `at` of masked text `rows` begins; at the text's size, its end."""
        if self._edges is None:
            raise ValueError("ask for the sizes first")
        places: Places = self._kept[self._edges[rows] + at] - self._starts[rows]
        return places


def mask_many(readings: Sequence[Reading]) -> list[str]:
    """`mask` of each reading; some hundred at once are the cheapest. Their texts must be normalised."""
    return Masked(readings).texts if readings else []


def spans(text: str) -> list[tuple[int, int]]:
    """For every character of `mask` the part `[start, end)` of the normalised text that it stands for.

    The tokens of tricks, and the blank before them, stand for nothing and are left out.
    """
    masked = Masked([Reading(text)])
    at = np.arange(masked.sizes([Reading(text)])[0] + 1)
    return list(pairwise(masked.places(np.zeros(len(at), np.int64), at).tolist()))


def _tricks(tricks: tuple[int, ...]) -> list[str]:
    return [DISGUISED[kind * TRICK_LEVELS + min(count, TRICK_LEVELS) - 1] for kind, count in enumerate(tricks) if count]


def _masked(joined: str) -> tuple[Codes, npt.NDArray[Any]]:
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32).copy()
    kept = np.ones(len(codes), bool)
    flags = _flags().take(codes, mode="clip")
    word, digit = flags & _WORD != 0, flags & _DIGIT != 0
    inside = word.copy()
    inside[_joiners(codes, flags, word, digit)] = True
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    if inside[0]:
        edges = np.concatenate(([0], edges))
    first, last = edges[::2], edges[1::2]
    union = np.bitwise_or.reduceat(flags, edges)[::2] if len(edges) else flags[:0]
    plain = union == _WORD | _DIGIT
    _mask_numbers(codes, kept, first[plain], last[plain])
    odd = (union & (_DIGIT | _JOINER) != 0) & ~plain
    _mask_others(codes, kept, joined, zip(first[odd].tolist(), last[odd].tolist(), strict=True))
    _mask_groups(codes, kept, joined, digit)
    return codes, kept


def _joiners(codes: Codes, flags: npt.NDArray[np.uint8], word: Flags, digit: Flags) -> Places:
    """The signs that join what stands on both sides of them to one run."""
    place = np.flatnonzero((flags[1:-1] & _JOINER) != 0) + 1
    place = place[word[place - 1]]
    after = codes[place + 1]
    joins = np.where(codes[place] == ord(":"), digit[place - 1] & digit[place + 1], word[place + 1])
    joined: Places = place[joins | (after == ord("/"))]
    return joined


def _mask_groups(codes: Codes, kept: Flags, joined: str, digit: Flags) -> None:
    """Put one token for each number written in groups, such as 138 0013 8000."""
    blank = np.flatnonzero(digit[:-2] & digit[2:] & (codes[1:-1] == _BLANK)) + 1
    done = 0
    for place in blank[:-1][np.diff(blank) == _GROUP + 1].tolist():
        for start in (place - _GROUP, place - _GROUP + 1):
            if start >= done and (group := _GROUPS.match(joined, start)):
                codes[start] = ord(ACCOUNT if start + _GROUP == place else PHONE)
                done = group.end()
                kept[start + 1 : done] = False


def _mask_numbers(codes: Codes, kept: Flags, first: Places, last: Places) -> None:
    """Put tokens for runs of digits alone."""
    if not len(first):
        return
    size = last - first
    before, after = _context()
    unit = after[np.minimum(codes[last], 0xFFFF)]
    unit = np.where(before[np.minimum(codes[first - 1], 0xFFFF)] & (first > 0), _MONEY, unit)
    lead = np.zeros(len(first), np.int64)
    for place in range(_PREFIX):
        lead = lead * 10 + np.minimum(codes[np.minimum(first + place, last - 1)], ord("0") + 10) - ord("0")
    start = codes[first]
    token = _numbers()[unit, np.minimum(size, len(NUMBERS))]
    free = unit == 0
    mobile = (size == MOBILE_DIGITS) & (start != ord("0")) | (size == MOBILE_DIGITS + 2) & (lead == 861)  # noqa: PLR2004 - with the country code
    landline = (start == ord("0")) & (size > 9) & (size <= 12)  # noqa: PLR2004 - area code and number
    hotline = (size == 10) & ((lead == 400) | (lead == 800)) | (size > 6) & (lead == 106)  # noqa: PLR2004 - 400 and 106 numbers
    hotline |= (size == 5) & ((lead >= 950) & (lead < 970) | (lead == 100) | (lead == 123))  # noqa: PLR2004 - service numbers
    for which, sign in ((mobile, PHONE), (landline, LANDLINE), (hotline, HOTLINE)):
        token = np.where(which & free, ord(sign), token)
    codes[first] = token
    size -= 1
    gone = np.repeat(first + 1 - np.cumsum(size) + size, size) + np.arange(size.sum())
    kept[gone] = False


def _mask_others(codes: Codes, kept: Flags, joined: str, runs: zip[tuple[int, int]]) -> None:
    """Put tokens for links and for runs of digits with letters and signs among them."""
    done = 0
    for first, last in runs:
        if first < done:
            continue
        link = _LINK.match(joined, first)
        end, whole = (link.end(), link[0]) if link and link.end() >= last else (last, joined[first:last])
        token, rest = run_token(whole)
        if not token and end > last:
            end, (token, rest) = last, run_token(joined[first:last])
        if not token:
            continue
        if token in NUMBERS and joined[end] in _AFTER[_MONEY]:
            token = amount_token(joined[first:end])
        codes[first] = ord(token)
        kept[first + 1 : end - rest] = False
        done = end


@cache
def _flags() -> npt.NDArray[np.uint8]:
    """What each character up to 0xFF is; the last entry is for all above."""
    flags = np.zeros(0x101, np.uint8)
    flags[[ord(sign) for sign in "abcdefghijklmnopqrstuvwyz_"]] = _WORD | _LETTER
    flags[[ord(sign) for sign in "0123456789x"]] = _WORD | _DIGIT
    flags[[ord(sign) for sign in ".@:/-"]] = _JOINER
    return flags


@cache
def _context() -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.uint8]]:
    """Which characters before a number make it money, and what those after it make of it."""
    before, after = np.zeros(0x10000, bool), np.zeros(0x10000, np.uint8)
    before[[ord(sign) for sign in _BEFORE_MONEY]] = True
    for kind, signs in _AFTER.items():
        after[[ord(sign) for sign in signs]] = kind
    return before, after


@cache
def _numbers() -> npt.NDArray[np.uint32]:
    """The token of a plain number by what follows it and by its digits."""
    sizes = range(len(NUMBERS) + 1)
    numbers = [ord(NUMBERS[size]) if size < len(NUMBERS) else ord(ACCOUNT) for size in sizes]
    amounts = [ord(AMOUNTS[max(0, min(size - 2, len(AMOUNTS) - 1))]) for size in sizes]
    short = {_RATE: PERCENT, _DAY: DATE, _CLOCK: TIME}
    rows = [numbers, amounts]
    rows += [[ord(short[kind]) if size <= 4 else numbers[size] for size in sizes] for kind in (_RATE, _DAY, _CLOCK)]  # noqa: PLR2004 - a year has four
    return np.array(rows, np.uint32)
