"""Why a text was called what it was called, in words a reviewer can read.

The model is linear: each n-gram adds its weight to the log-odds of a label against ham. A weight is shared out evenly
among the characters of its n-gram and gathered again by word, so what the words of a text weigh adds up to its
log-odds, but for the bias and for the outline of the text, which has no words.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from models.errors import LabelUnknown
from models.features import Batch
from models.labels import HAM, LABELS, SPAM
from models.text import NO_TRICKS, TRICKS, Reading, Traces

Weights = npt.NDArray[np.float32]
Kinds = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]
Place = tuple[int, int]
DECIMALS: Final = 4
LEAST: Final = 0.5 * 10**-DECIMALS
"""A word that weighs less says nothing; what a sum's rounding leaves depends on the other texts of a batch."""
DISGUISE_TERMS: Final = tuple(f"[disguise: {trick}]" for trick in TRICKS)
"""The terms that stand for the kinds of tricks that were undone, in the order of `TRICKS`."""

_reason = tuple.__new__  # half the time of calling the class


class Reason(NamedTuple):
    """A part of the normalised text, what it adds to the log-odds of the label against ham, and where it was sent.

    `places` are the parts `[start, end)` of the text as sent, in characters, rising; none for a kind of trick.
    """

    term: str
    weight: float
    places: tuple[Place, ...] = ()


class _Terms(NamedTuple):
    """The words of one text that speak for its label: what each weighs, and where it stands in the text as sent."""

    weights: dict[str, float]
    places: dict[str, tuple[Place, ...]]


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
    terms = {row: _Terms({}, {}) for row in rows}
    shares = character_weights(batch, kinds, weights)
    _add_words(terms, _words_that_speak(batch, kinds, shares), batch.readings, traces)
    _add_tricks(terms, batch, shares)
    return [_heaviest(terms[row], top) for row in rows]


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
    size = int(batch.ends[-1]) + 2
    change = np.bincount(grams.start, each, size) - np.bincount(grams.start + grams.length, each, size)
    by_place: Shares = np.cumsum(change)
    return by_place


def _words_that_speak(batch: Batch, kinds: Kinds, shares: Shares) -> tuple[Kinds, Kinds, Kinds, Shares]:
    """Text, place in the normalised text `[low, high)`, and weight of each word that speaks for its text's label."""
    words = batch.words
    so_far = np.concatenate((np.zeros(1), np.cumsum(shares)))
    weight = so_far[words.start + words.length] - so_far[words.start]
    chosen = np.flatnonzero((kinds[words.row] >= 0) & (weight >= LEAST))
    row = words.row[chosen]
    low = words.start[chosen] - batch.firsts[row]
    high = low + words.length[chosen]
    sent = high <= batch.masked.sizes(batch.readings)[row]
    row, low, high, chosen = row[sent], low[sent], high[sent], chosen[sent]
    return row, batch.masked.places(row, low), batch.masked.places(row, high), weight[chosen]


def _add_words(
    terms: dict[int, _Terms],
    words: tuple[Kinds, Kinds, Kinds, Shares],
    readings: Sequence[Reading],
    traces: Traces | None,
) -> None:
    """Gather the words of each text, the same ones together."""
    row, low, high, weight = words
    parts = traces.parts(row, low, high) if traces else [None] * len(row)
    of_words = zip(row.tolist(), low.tolist(), high.tolist(), weight.tolist(), parts, strict=True)
    for text, first, last, adds, part in of_words:
        term, (weights, places) = readings[text].text[first:last], terms[text]
        if term in weights:
            weights[term] += adds
            if part:
                places[term] += (part,)
        else:
            weights[term] = adds
            places[term] = (part,) if part else ()


def _add_tricks(terms: dict[int, _Terms], batch: Batch, shares: Shares) -> None:
    """Add the kinds of tricks that speak for the label of a text."""
    for row, found in terms.items():
        counts = batch.readings[row].tricks
        if counts is NO_TRICKS or not any(counts):
            continue
        tricks = [trick for trick, count in enumerate(counts) if count]
        for place, trick in enumerate(tricks, int(batch.ends[row]) - len(tricks)):
            if shares[place] >= LEAST:
                found.weights[DISGUISE_TERMS[trick]] = float(shares[place])
                found.places[DISGUISE_TERMS[trick]] = ()


def _heaviest(terms: _Terms, top: int) -> tuple[Reason, ...]:
    """At most `top` reasons, the heaviest first."""
    weights, places = terms
    rounded = {term: round(weight, DECIMALS) for term, weight in weights.items()}
    ranked = sorted(rounded, key=rounded.__getitem__, reverse=True)
    chosen = islice((term for term in ranked if term.isalnum() or not _is_empty(term)), top)
    return tuple([_reason(Reason, (term, rounded[term], places[term])) for term in chosen])


def _is_empty(term: str) -> bool:
    return term not in DISGUISE_TERMS and not any(map(str.isalnum, term))
