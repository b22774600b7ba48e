"""Normalised text: one spelling for the many ways of writing the same SMS, and a count of the tricks undone.

Two layers: `characters` reads a whole batch at once, one character at a time; what `suspicion` then points at is read
word by word in `undoing`. What is disguised how stands in the tables of `models/disguises`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from models.characters import (
    HIDDEN,
    HIDING,
    LOOKALIKE,
    ROUND,
    ROUND_DIGITS,
    TRADITIONAL,
    Places,
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

NO_TRICKS: Final = (0,) * len(TRICKS)
"""Of a text in which nothing was undone."""
_HIDDEN_TRICK: Final = re.compile(rf"(?<=\w)[{pattern_of(HIDING)}]+(?=\w)")
_ROUND: Final = pattern_of(ROUND_DIGITS)
_ROUND_TRICK: Final = re.compile(f"[{_ROUND}][0-9０-９]?[{_ROUND}][0-9０-９{_ROUND}]+")
_plain_reading: Final = tuple.__new__  # half the time of calling the class
_DECODED: Final = "utf-32-le"


class Reading(NamedTuple):
    """A normalised text and how many tricks of each kind (in the order of `TRICKS`) were undone."""

    text: str
    tricks: tuple[int, ...] = NO_TRICKS

    @property
    def disguises(self) -> int:
        """All tricks but traditional characters, which are no disguise."""
        return sum(self.tricks[:-1])


def read(text: str) -> Reading:
    """Normalise and count the tricks. Any string is fine, lone surrogates too; cost is linear in its length."""
    return read_many([text])[0]


def read_many(texts: Sequence[str]) -> list[Reading]:
    """`read` of each text; some hundred at once are the cheapest."""
    return read_traced(texts)[0]


def read_traced(texts: Sequence[str]) -> tuple[list[Reading], Traces]:
    """`read` of each text, and where their characters came from."""
    if not texts:
        return [], Traces(texts, spread([""], traced=True))
    batch = spread(texts, traced=True)
    traces = Traces(texts, batch)
    joined = batch.codes.tobytes().decode(_DECODED)
    plain = joined.split("\n")
    plain.pop()
    readings = [_plain_reading(Reading, (text, NO_TRICKS)) for text in plain]
    counts = _character_tricks(texts, batch)
    suspicions = suspects(batch.codes, batch.ends, joined)
    drafts = {row: Draft(plain[row], partial(traces.plain, row)) for row in suspicions}
    undo(drafts, suspicions)
    for row, draft in drafts.items():
        if draft.origin is None:
            continue
        readings[row] = Reading(draft.text)
        traces.undone[row] = draft.origin
        for kind, count in draft.tricks.items():
            counts.setdefault(row, dict.fromkeys(TRICKS, 0))[kind] += count
    for row, found in counts.items():
        readings[row] = Reading(readings[row].text, tuple(found.values()))
    return readings, traces


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


class Traces:
    """The trace of each text of a batch, made when it is asked for."""

    __slots__ = ("_batch", "_texts", "undone")

    def __init__(self, texts: Sequence[str], batch: Spread) -> None:
        self._texts, self._batch = texts, batch
        self.undone: dict[int, list[tuple[int, int]]] = {}

    def of(self, row: int) -> Trace:
        """The trace of this text."""
        if row in self.undone:
            places = self.undone[row]
            return Trace([start for start, _ in places], [end for _, end in places])
        return Trace(self.plain(row))

    def parts(self, rows: Places, low: Places, high: Places) -> list[tuple[int, int]]:
        """`Trace.part` of many parts `[low, high)` of normalised texts, none of them empty."""
        ends, origin = self._batch.ends, self._batch.origin
        first = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1))
        sent = np.concatenate((np.zeros(1, np.int64), origin[ends[:-1]] + 1))[rows]
        starts = origin.take(first[rows] + low, mode="clip") - sent
        stops = origin.take(first[rows] + high - 1, mode="clip") - sent + 1
        found = list(zip(starts.tolist(), stops.tolist(), strict=True))
        if self.undone:
            for place in np.flatnonzero(np.isin(rows, list(self.undone))).tolist():
                undone = self.undone[int(rows[place])]
                found[place] = undone[low[place]][0], undone[high[place] - 1][1]
        return found

    def plain(self, row: int) -> list[int]:
        """Where each character came from as long as no disguise was undone."""
        ends = self._batch.ends
        first, end = int(ends[row - 1]) + 1 if row else 0, int(ends[row])
        places = self._batch.origin[first : end + 1]
        places = places[:-1] - (places[-1] - len(self._texts[row]))  # the last is the break behind the text
        found: list[int] = places.tolist()
        return found


def trace(text: str) -> list[tuple[int, int]]:
    """For each character of `normalise(text)` the part `[start, end)` of the text as sent that it stands for."""
    found = read_traced([text])[1].of(0)
    return [found.part(place, place + 1) for place in range(len(found))]


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
