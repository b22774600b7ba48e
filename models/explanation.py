"""Why a text was called what it was called, in words a reviewer can read.

The model is linear: each n-gram adds its weight to the log-odds of a label against ham. A weight is shared out evenly
among the characters of its n-gram and gathered again by word, so what the words of a text weigh adds up to its
log-odds, but for the bias and for the outline of the text, which has no words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from models.errors import LabelUnknown
from models.features import Batch
from models.labels import HAM, LABELS, SPAM
from models.text import TRICKS, Trace, Traces

Weights = npt.NDArray[np.float32]
Kinds = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]
Place = tuple[int, int]

DISGUISE_TERMS: Final = tuple(f"[disguise: {trick}]" for trick in TRICKS)
"""The terms that stand for the kinds of tricks that were undone, in the order of `TRICKS`."""


class Reason(NamedTuple):
    """A part of the normalised text, what it adds to the log-odds of the label against ham, and where it was sent.

    `places` are the parts `[start, end)` of the text as sent, in characters, rising; none for a kind of trick.
    """

    term: str
    weight: float
    places: tuple[tuple[int, int], ...] = ()


def reasons(
    batch: Batch,
    rows: Sequence[int],
    labels: Sequence[str],
    weights: Weights,
    top: int,
    traces: Traces | None = None,
) -> list[tuple[Reason, ...]]:
    """For each of these texts of a batch at most `top` terms that speak for its label, heaviest first.

    Without the `traces` of the batch the reasons have no places. `DISGUISE_TERMS` stand for tricks.
    Raises LabelUnknown.
    """
    for label in labels:
        if label not in SPAM:
            raise LabelUnknown(f"{label!r} is not one of {', '.join(SPAM)}")
    if not rows:
        return []
    kinds = np.full(len(batch.readings), -1)
    kinds[rows] = [LABELS.index(label) for label in labels]
    terms = {row: _Terms(batch.readings[row].text) for row in rows}
    shares = character_weights(batch, kinds, weights)
    for row, low, high, weight in _words_that_speak(batch, kinds, shares):
        terms[row].add(low, high, weight)
    for row, trick, weight in _tricks(batch, rows, shares):
        terms[row].add_trick(trick, weight)
    return [found.heaviest(top, traces.of(row) if traces else None) for row, found in terms.items()]


def character_weights(batch: Batch, kinds: Kinds, weights: Weights) -> Shares:
    """What each character of the joined masked texts adds to the log-odds of its text's kind.

    `kinds` are places in `LABELS`, one for each text; a text of kind -1 is left out.
    """
    grams = batch.grams_of(kinds >= 0)
    keys = grams.row * batch.matrix.shape[1] + grams.column
    _, group, times = np.unique(keys, return_inverse=True, return_counts=True)
    distinct = np.diff(batch.matrix.indptr)
    added = weights[grams.column, kinds[grams.row]] - weights[grams.column, LABELS.index(HAM)]
    each = added / np.sqrt(distinct[grams.row]) / times[group] / grams.length
    size = sum(map(len, batch.masked.texts)) + len(batch.readings) + 1
    change = np.bincount(grams.start, each, size) - np.bincount(grams.start + grams.length, each, size)
    by_place: Shares = np.cumsum(change)
    return by_place


def _words_that_speak(batch: Batch, kinds: Kinds, shares: Shares) -> Iterator[tuple[int, int, int, float]]:
    """Text, place in the normalised text, and weight of each word that speaks for its text's label."""
    words = batch.words
    so_far = np.concatenate((np.zeros(1), np.cumsum(shares)))
    first = np.cumsum([0, *(len(text) + 1 for text in batch.masked.texts[:-1])])
    sizes = batch.masked.sizes(batch.readings)
    weight = so_far[words.start + words.length] - so_far[words.start]
    low = words.start - first[words.row]
    high = low + words.length
    chosen = np.flatnonzero((kinds[words.row] >= 0) & (weight > 0) & (high <= sizes[words.row]))
    row = words.row[chosen]
    places = (batch.masked.places(row, at[chosen]).tolist() for at in (low, high))
    return zip(row.tolist(), *places, weight[chosen].tolist(), strict=True)


def _tricks(batch: Batch, rows: Sequence[int], shares: Shares) -> Iterator[tuple[int, int, float]]:
    """Text, kind and weight of each trick."""
    marked = [row for row in rows if any(batch.readings[row].tricks)]
    if not marked:
        return
    ends = np.cumsum([len(text) + 1 for text in batch.masked.texts]) - 1
    for row in marked:
        tricks = [trick for trick, count in enumerate(batch.readings[row].tricks) if count]
        for place, trick in enumerate(tricks, int(ends[row]) - len(tricks)):
            yield row, trick, float(shares[place])


class _Terms:
    """The words of one text that speak for its label: what each weighs, and where it stands."""

    __slots__ = ("_parts", "_text", "_weights")

    def __init__(self, text: str) -> None:
        self._text = text
        self._weights: dict[str, float] = {}
        self._parts: dict[str, list[Place]] = {}

    def add(self, low: int, high: int, weight: float) -> None:
        """Take in the word at this place of the normalised text."""
        term = self._text[low:high]
        if term in self._weights:
            self._weights[term] += weight
            self._parts[term].append((low, high))
        else:
            self._weights[term] = weight
            self._parts[term] = [(low, high)]

    def add_trick(self, trick: int, weight: float) -> None:
        """Take in a kind of trick, a place in `TRICKS`, if it speaks for the label."""
        if weight > 0:
            self._weights[DISGUISE_TERMS[trick]] = weight

    def heaviest(self, top: int, sent: Trace | None) -> tuple[Reason, ...]:
        """At most `top` reasons, the heaviest first; `sent` leads from the normalised text to the text as sent."""
        ranked = sorted(self._weights.items(), key=itemgetter(1), reverse=True)
        chosen = islice((item for item in ranked if not _is_empty(item[0])), top)
        return tuple([Reason(term, round(weight, 4), self._places(term, sent)) for term, weight in chosen])

    def _places(self, term: str, sent: Trace | None) -> tuple[Place, ...]:
        return tuple([sent.part(low, high) for low, high in self._parts.get(term, ())]) if sent is not None else ()


def _is_empty(term: str) -> bool:
    return not term.isalnum() and term not in DISGUISE_TERMS and not any(map(str.isalnum, term))
