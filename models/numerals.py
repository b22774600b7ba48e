"""Numbers and Latin words written with signs that look like their digits and letters."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise
from typing import Final

from models.disguises import table
from models.draft import Edit

_DIGIT_CHAIN: Final = re.compile(r"(?<![a-z0-9.])[0-9](?:[^\w]{1,2}[0-9](?!\w)){6,}")
_LETTER_ZERO: Final = re.compile(r"(?<![a-z0-9./:_-])[0-9]++o[0-9o]*+(?![a-z])")
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_MIN_RUN: Final = 5
_MIN_TRUE: Final = 2
_MIN_PHONE: Final = 7
_ROMAN: Final = re.compile("[\u2170-\u217f]")
_LATIN: Final = re.compile("[a-z]")


def foreign_letters(text: str) -> list[Edit]:
    """Letters of other alphabets inside words that hold a Latin letter."""
    latin, run = _latin()
    return [
        (match.start(), match.end(), match[0].translate(latin), "lookalike")
        for match in run.finditer(text)
        if not match[0].isascii() and _LATIN.search(match[0])
    ]


def digits(text: str) -> list[Edit]:
    """Numbers with letters, Roman figures and Chinese numerals among their digits."""
    signs, run, numerals = _digit_signs()
    edits = []
    for match in run.finditer(text):
        if match[0].isascii() and match[0].isdecimal():
            continue
        number = match[0].translate(signs)
        if _is_number(match[0], number, numerals):
            edits.append((match.start(), match.end(), number, "digits"))
    return edits


def roman_figures(text: str) -> list[Edit]:
    """Roman figures that are no digits of a number, as the letters they are."""
    if text.isascii():
        return []
    return [
        (match.start(), match.end(), unicodedata.normalize("NFKC", match[0]), "") for match in _ROMAN.finditer(text)
    ]


def letter_zeros(text: str) -> list[Edit]:
    """The letter o as a zero of a short number."""
    if "o" not in text:
        return []
    return [(match.start(), match.end(), match[0].replace("o", "0"), "digits") for match in _LETTER_ZERO.finditer(text)]


def digit_chains(text: str) -> list[Edit]:
    """A long number whose digits stand apart; not one that merely counts up."""
    edits = []
    for match in _DIGIT_CHAIN.finditer(text):
        number = "".join(filter(str.isdecimal, match[0]))
        gaps = set(re.findall("[^0-9]+", match[0]))
        steps = {int(after) - int(before) for before, after in pairwise(number)}
        if len(steps) > 1 and len(gaps) == 1 and not gaps & {",", ".", "*"}:
            edits.append((match.start(), match.end(), number, "digits"))
    return edits


def _is_number(run: str, number: str, numerals: frozenset[str]) -> bool:
    """Say whether a run of digits and signs like digits is a number in disguise."""
    count = sum(sign in numerals for sign in run)
    true = sum(sign.isascii() and sign.isdecimal() for sign in run)
    if count and count == len(run) - true:
        is_mixed = not run.strip("".join(numerals)).isdecimal() or (count > 1 and len(run) >= _MIN_PHONE)
        return count >= _MIN_RUN or (true >= _MIN_TRUE and is_mixed)
    if _MOBILE.fullmatch(number) and true >= _MIN_RUN:
        return True
    return true >= _MIN_TRUE and run[0].isdecimal() and run[-1] not in "li|" and true * 2 >= len(run)


@cache
def _latin() -> tuple[dict[int, str], re.Pattern[str]]:
    alphabets = table("letters")["latin"].values()
    signs = {ord(sign): letter for alphabet in alphabets for sign, letter in alphabet.items()}
    return signs, re.compile(f"[a-z0-9{''.join(map(chr, signs))}]+")


@cache
def _digit_signs() -> tuple[dict[int, str], re.Pattern[str], frozenset[str]]:
    kinds = table("letters")["digits"]
    signs = {ord(sign): digit for kind in kinds.values() for sign, digit in kind.items()}
    han = "".join(kinds["han"])
    among = re.escape("".join(map(chr, signs)))
    return (
        signs,
        re.compile(rf"(?:(?<![a-z0-9./:@_-])|(?=[{han}])(?<![0-9]))[0-9{among}]{{5,}}(?![a-z/@_])"),
        frozenset(kinds["han"]),
    )
