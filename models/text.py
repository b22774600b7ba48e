"""Normalised text: one spelling for the many ways of writing the same SMS, and a count of the tricks undone.

Two layers: `characters` reads a whole batch at once, one character at a time; what `suspicion` then points at is read
word by word in `undoing`. What is disguised how stands in the tables of `models/disguises`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from models.characters import (
    HIDDEN,
    HIDING,
    LOOKALIKE,
    ROUND,
    ROUND_DIGITS,
    TRADITIONAL,
    Spread,
    pattern_of,
    spread,
)
from models.draft import Draft
from models.suspicion import suspects
from models.undoing import undo

TRICKS: Final = ("hidden", "digits", "inserted", "split", "homophone", "lookalike", "pinyin", "traditional")
"""The kinds of tricks: hidden characters, digits in disguise, signs inside words, characters split into their parts,
words by sound, by look and in pinyin, and traditional characters."""

_NONE: Final = (0,) * len(TRICKS)
_HIDDEN_TRICK: Final = re.compile(rf"(?<=\w)[{pattern_of(HIDING)}]+(?=\w)")
_ROUND: Final = pattern_of(ROUND_DIGITS)
_ROUND_TRICK: Final = re.compile(f"[{_ROUND}][0-9０-９]?[{_ROUND}][0-9０-９{_ROUND}]+")
_plain_reading: Final = tuple.__new__  # half the time of calling the class
_DECODED: Final = "utf-32-le"
# Each becomes one other character; a text read by these and lower case alone has every character where it was.
_NARROW: Final = str.maketrans("，：！？；（）％\u3000\xa0\t\n", ",:!?;()%    ")


class Reading(NamedTuple):
    """A normalised text and how many tricks of each kind (in the order of `TRICKS`) were undone."""

    text: str
    tricks: tuple[int, ...] = _NONE

    @property
    def disguises(self) -> int:
        """All tricks but traditional characters, which are no disguise."""
        return sum(self.tricks[:-1])


def read(text: str) -> Reading:
    """Normalise and count the tricks. Any string is fine, lone surrogates too; cost is linear in its length."""
    return read_many([text])[0]


def read_many(texts: Sequence[str]) -> list[Reading]:
    """`read` of each text; some hundred at once are the cheapest."""
    if not texts:
        return []
    batch = spread(texts)
    joined = batch.codes.tobytes().decode(_DECODED)
    plain = joined.split("\n")
    plain.pop()
    readings = [_plain_reading(Reading, (text, _NONE)) for text in plain]
    counts = _character_tricks(texts, batch)
    suspicions = suspects(batch.codes, batch.ends, joined)
    drafts = {row: Draft(plain[row]) for row in suspicions}
    undo(drafts, suspicions)
    for row, draft in drafts.items():
        readings[row] = Reading(draft.text)
        for kind, count in draft.tricks.items():
            counts.setdefault(row, dict.fromkeys(TRICKS, 0))[kind] += count
    for row, found in counts.items():
        readings[row] = Reading(readings[row].text, tuple(found.values()))
    return readings


def normalise(text: str) -> str:
    """The text in lower case and NFKC, simplified, on one line, with nothing hidden and every disguise undone.

    Idempotent: `normalise(normalise(text)) == normalise(text)`. Never raises.
    """
    return read(text).text


class Trace:
    """Which part of the text as sent each character of the normalised text stands for."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, starts: Sequence[int], ends: Sequence[int] | None = None) -> None:
        self._starts, self._ends = starts, ends

    def part(self, low: int, high: int) -> tuple[int, int]:
        """The part `[start, end)` of the text as sent that `[low, high)` of the normalised text stands for."""
        return self._starts[low], self._starts[high - 1] + 1 if self._ends is None else self._ends[high - 1]

    def __len__(self) -> int:
        return len(self._starts)


def trace(text: str) -> list[tuple[int, int]]:
    """For each character of `normalise(text)` the part `[start, end)` of the text as sent that it stands for."""
    (found,) = trace_many([text], [read(text)])
    return [found.part(place, place + 1) for place in range(len(found))]


def trace_many(texts: Sequence[str], readings: Sequence[Reading]) -> list[Trace]:
    """The trace of each text, whose reading is known already."""
    found: list[Trace | None] = [
        Trace(range(len(text)))
        if text.translate(_NARROW).lower() == reading.text and len(text) == len(reading.text)
        else None
        for text, reading in zip(texts, readings, strict=True)
    ]
    rest = [row for row, trace in enumerate(found) if trace is None]
    others = iter(_trace_all([texts[row] for row in rest], [readings[row] for row in rest]))
    return [next(others) if trace is None else trace for trace in found]


def _trace_all(texts: Sequence[str], readings: Sequence[Reading]) -> list[Trace]:
    if not texts:
        return []
    batch = spread(texts, traced=True)
    joined = batch.codes.tobytes().decode(_DECODED)
    plain = joined.split("\n")
    firsts = np.concatenate((np.zeros(1, np.int64), batch.ends[:-1] + 1))
    sent = np.cumsum([0, *(len(text) + 1 for text in texts[:-1])])
    origin = (batch.origin - np.repeat(sent, batch.ends + 1 - firsts)).tolist()
    edges = list(zip(firsts.tolist(), batch.ends.tolist(), strict=True))
    traces = [Trace(origin[first:end]) for first, end in edges]
    drafts = {
        row: Draft(plain[row], [(place, place + 1) for place in origin[slice(*edges[row])]])
        for row, reading in enumerate(readings)
        if reading.text != plain[row]
    }
    if drafts:
        suspicions = suspects(batch.codes, batch.ends, joined)
        undo(drafts, {row: suspicions[row] for row in drafts})
        for row, draft in drafts.items():
            places = draft.origin or []
            traces[row] = Trace([start for start, _ in places], [end for _, end in places])
    return traces


def _character_tricks(texts: Sequence[str], batch: Spread) -> dict[int, dict[str, int]]:
    """The tricks of the first layer, for the texts that have any."""
    counts: dict[int, dict[str, int]] = {}
    for bit, kind in ((TRADITIONAL, "traditional"), (LOOKALIKE, "lookalike")):
        for row in batch.kinds.get(bit, ()):
            counts.setdefault(int(row), dict.fromkeys(TRICKS, 0))[kind] += 1
    for bit, kind, pattern in ((HIDDEN, "hidden", _HIDDEN_TRICK), (ROUND, "digits", _ROUND_TRICK)):
        for row in np.unique(batch.kinds.get(bit, np.zeros(0, np.int64))).tolist():
            if found := len(pattern.findall(texts[row])):
                counts.setdefault(row, dict.fromkeys(TRICKS, 0))[kind] += found
    return counts
