"""Which texts of a batch may hold a disguised word: a cheap look at all, so that few are read closely.

It may send a plain text on, which costs time only; what it does not send on stays as it is.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from models.characters import BREAK, SIZE, Codes, Places
from models.disguises import table
from models.spellings import LIKELY_BY_CHANCE, RARE, finder, pair_key, sounds

Flags = npt.NDArray[np.uint8]

HAN, DIGIT, HAN_DIGIT, LETTER_DIGIT, SYMBOL, FOREIGN, WORDY, SIGN = 1, 2, 4, 8, 16, 32, 64, 128
HAN_RANGE: Final = "\u3400-\u4dbf\u4e00-\u9fff"
# Symbols that are never ordinary between two Chinese characters of one word.
SYMBOLS: Final = r"\\\\|_*^`#@$\xa8\xaf\u2190-\u21ff\u2500-\u25ff\u2600-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff"
MAX_GAP: Final = 3
_RUN: Final = 5
_NEAR: Final = 30
_BMP: Final = 0xFFFF


LETTERS, NUMBERS, CHAINS, FORMS, SIGNS, SOUNDS = 1, 2, 4, 8, 16, 32
"""What a text is suspected of."""


def suspects(codes: Codes, ends: Places, joined: str) -> dict[int, int]:
    """The numbers of the texts to be read closely and what for.

    The batch comes as its code points, each text ended by BREAK, the places of these, and as a string.
    """
    flags = _classes().take(codes)
    found: dict[int, int] = {}
    for suspicion, places in (
        (LETTERS | NUMBERS, _places(flags, FOREIGN)),
        (NUMBERS, _numbers(flags)),
        (CHAINS, _chains(flags, ends, DIGIT, 7, 3)),
        (SIGNS, _symbols(flags, ends)),
        (SIGNS, _chains(flags, ends, HAN, 3, 17)),
        (SIGNS, _gaps(codes, flags)),
        (SOUNDS, _sounds(codes)),
        (FORMS, [start for _, start, _ in finder()[0].find_matches_as_indexes(joined)]),
    ):
        if len(places):
            for row in set(np.searchsorted(ends, places).tolist()):
                found[row] = found.get(row, 0) | suspicion
    return found


def _places(flags: Flags, kind: int) -> Places:
    """Where characters of a kind stand."""
    found: Places = np.flatnonzero((flags & kind) != 0)  # measured: on numbers it is five times as slow as on truths
    return found


def _numbers(flags: Flags) -> Places:
    """Runs of five that may be a number with other signs among its digits, and a zero written as a letter."""
    digit, other = flags & DIGIT != 0, flags & (HAN_DIGIT | LETTER_DIGIT) != 0
    place = np.flatnonzero(other[1:] & digit[:-1] | other[:-1] & digit[1:] | other[1:] & other[:-1])
    if not len(place):
        return place
    either = digit | other
    size = len(flags)
    left, right = place.copy(), place + 1
    for _ in range(_RUN):
        left = np.where((left > 0) & either[left - 1], left - 1, left)
        right = np.where((right < size - 1) & either[np.minimum(right + 1, size - 1)], right + 1, right)
    zero = digit[place] & (flags[place + 1] & LETTER_DIGIT != 0)
    found: Places = place[(right - left >= _RUN - 1) | zero]
    return found


def _symbols(flags: Flags, ends: Places) -> Places:
    return np.concatenate((_strong_symbols(flags), _repeated_signs(flags, ends)))


def _repeated_signs(flags: Flags, ends: Places) -> Places:
    """Two signs near each other in one text, each between two Chinese characters."""
    place = _places(flags[1:-1], SIGN) + 1
    place = place[(flags[place - 1] & flags[place + 1] & HAN) != 0]
    first, last = place[:-1], place[1:]
    near: Places = last[(last - first < _NEAR) & _in_one_text(first, last, ends)]
    return near


def _in_one_text(first: Places, last: Places, ends: Places) -> npt.NDArray[np.bool_]:
    """For each pair of places, whether one text holds both: what a text is suspected of must not hang on others."""
    same: npt.NDArray[np.bool_] = np.searchsorted(ends, first) == np.searchsorted(ends, last)
    return same


def _strong_symbols(flags: Flags) -> Places:
    symbol = _places(flags, SYMBOL)
    if not len(symbol):
        return symbol
    after = symbol[(flags[symbol - 1] & HAN != 0) & (symbol > 0)]
    found: Places = after[(flags[after + 1] & (HAN | SYMBOL)) != 0]
    return found


def _chains(flags: Flags, ends: Places, kind: int, least: int, apart: int) -> Places:
    """Characters of a kind that stand alone, `least` of them in a row in one text, with nothing but signs between."""
    here = flags & kind != 0
    alone = here.copy()
    alone[1:] &= ~here[:-1]
    alone[:-1] &= ~here[1:]
    place = np.flatnonzero(alone)
    if len(place) < least:
        return place[:0]
    first, last = place[: 1 - least], place[least - 1 :]
    near = last - first <= apart * (least - 1)
    first, last = first[near], last[near]
    whole = _in_one_text(first, last, ends)
    first, last = first[whole], last[whole]
    wordy = flags & WORDY
    found = [np.count_nonzero(wordy[start : end + 1]) == least for start, end in zip(first, last, strict=True)]
    row: Places = first[np.array(found, bool)]
    return row


def _gaps(codes: Codes, flags: Flags) -> Places:
    """Pairs of a sensitive word with something else between."""
    han = flags & HAN
    edges = np.flatnonzero(han[1:] != han[:-1])
    edges = edges[1 if len(edges) and not han[0] else 0 :]
    first, second = edges[: len(edges) - 1 : 2], edges[1::2] + 1
    near = second - first <= MAX_GAP + 1
    first, second = first[near], second[near]
    found = sounds().words.take(pair_key(codes.take(first), codes.take(second)))
    return np.array(
        [start for start, end in zip(first[found], second[found], strict=True) if BREAK not in codes[start:end]],
        np.int64,
    )


def _sounds(codes: Codes) -> Places:
    """Pairs that sound like one of a sensitive word and are not ordinary."""
    known = sounds()
    heard = known.syllable.take(codes, mode="clip")
    place = np.flatnonzero(known.pairs.take(heard[:-1] * np.uint32(known.count) + heard[1:]))
    first, second = codes[place], codes[place + 1]
    one, other = heard[place].astype(np.uint32), heard[place + 1].astype(np.uint32)
    near = known.half_kept.take(pair_key(first, other)) | known.half_kept.take(pair_key(one, second))
    near |= known.half_kept.take(pair_key(one, other))
    alone = known.alone.take(first) + known.alone.take(second)
    near |= alone <= RARE
    near &= alone < LIKELY_BY_CHANCE
    place, first, second = place[near], first[near], second[near]
    return place[~known.ordinary.take(pair_key(first, second))]


@cache
def _classes() -> Flags:
    flags = np.zeros(SIZE, np.uint8)
    flags[0x3400:0x4DC0] = flags[0x4E00:0xA000] = HAN | WORDY
    flags[[code for code in range(0x3400) if chr(code).isalnum() or code == ord("_")]] |= WORDY
    flags[ord("0") : ord("9") + 1] |= DIGIT
    letters = table("letters")
    digits = letters["digits"]
    flags[[ord(sign) for sign in digits["han"]]] |= HAN_DIGIT
    flags[[ord(sign) for sign in (*digits["letters"], *digits["roman"])]] |= LETTER_DIGIT
    foreign = [sign for alphabet in letters["latin"].values() for sign in alphabet]
    flags[[ord(sign) for sign in foreign]] |= FOREIGN
    flags[0x2170:0x2180] |= FOREIGN
    flags[[code for code in (*range(0x3000), *range(0x1F300, 0x1FB00)) if re.match(f"[{SYMBOLS}]", chr(code))]] |= (
        SYMBOL
    )
    flags[[ord(sign) for sign in "*|+=·•'`~"]] |= SIGN
    return flags
