"""A text as a reviewer reads it: weighing words marked, tricks made visible, long ones cut; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

SHOWN_CHARACTERS = 400
KEPT = frozenset("\n\t")
SEPARATORS = frozenset("\u2028\u2029")
Hide = Callable[[str], str]


@dataclass(frozen=True)
class Stretch:
    """A piece of a text, `marked` if a word in it weighed."""

    text: str
    marked: bool


@dataclass(frozen=True)
class Reading:
    """A text to be shown: its beginning in stretches, the rest, and how many characters it has in all."""

    stretches: Sequence[Stretch]
    rest: str
    characters: int


def read(text: str, terms: Iterable[str], shown: int = SHOWN_CHARACTERS, hide: Hide = str) -> Reading:
    """Give a text with its weighing terms marked where they literally occur, in either case of letters."""
    return read_places(text, _places(text[:shown], terms), shown, hide)


def read_places(
    text: str, places: Iterable[tuple[int, int]], shown: int = SHOWN_CHARACTERS, hide: Hide = str
) -> Reading:
    """Give a text with these parts `[start, end)` of it marked; parts may overlap, and end past what there is.

    `hide` puts other characters in the place of some; the text keeps its length.
    """
    text, size = hide(text), min(shown, len(text))
    marked = sorted((min(max(start, 0), size), min(end, size)) for start, end in places)
    stretches, done = [], 0
    for start, end in [*marked, (size, size)]:
        if start > done:
            stretches.append(Stretch(visible(text[done:start]), marked=False))
            done = start
        if end > done:
            stretches.append(Stretch(visible(text[done:end]), marked=True))
            done = end
    return Reading(tuple(stretches), visible(text[shown:]), len(text))


def visible(text: str) -> str:
    """Write control and direction characters as their code, so that no text hides or turns what follows it."""
    return "".join(f"⟨U+{ord(sign):04X}⟩" if _hides(sign) else sign for sign in text)


def _hides(sign: str) -> bool:
    return sign in SEPARATORS or (sign not in KEPT and unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co"})


def _places(text: str, terms: Iterable[str]) -> list[tuple[int, int]]:
    wanted = sorted({term for term in terms if term.strip()}, key=len, reverse=True)
    if not wanted:
        return []
    pattern = re.compile("|".join(map(re.escape, wanted)), re.IGNORECASE)
    return [found.span() for found in pattern.finditer(text)]
