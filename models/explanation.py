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
from models.features import Features, join
from models.labels import HAM, LABELS, SPAM
from models.masking import DISGUISED, TRICK_LEVELS, mask_traced
from models.outline import OUTLINE_SIZE
from models.text import TRICKS, Reading, trace_many

Weights = npt.NDArray[np.float32]
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
    readings: Sequence[Reading],
    labels: Sequence[str],
    features: Features,
    weights: Weights,
    top: int,
    texts: Sequence[str] | None = None,
) -> list[tuple[Reason, ...]]:
    """For each text at most `top` terms that speak for its label, heaviest first. Raises LabelUnknown.

    `texts` are the texts as sent; without them the reasons have no places. `DISGUISE_TERMS` stand for tricks.
    """
    for label in labels:
        if label not in SPAM:
            raise LabelUnknown(f"{label!r} is not one of {', '.join(SPAM)}")
    if not readings:
        return []
    masked, origins = mask_traced(readings)
    kinds = np.array([LABELS.index(label) for label in labels])
    shares = character_weights(masked, kinds, features, weights)
    traces = trace_many(texts, readings) if texts is not None else [[]] * len(readings)
    found = [_Terms(reading.text, origin) for reading, origin in zip(readings, origins, strict=True)]
    for row, start, end, weight in _words_that_speak(masked, shares, features):
        found[row].add(masked[row], start, end, weight)
    return [terms.heaviest(top, sent) for terms, sent in zip(found, traces, strict=True)]


def _words_that_speak(
    masked: Sequence[str], shares: Shares, features: Features
) -> Iterator[tuple[int, int, int, float]]:
    """Text, place and weight of each word that speaks for its text's label."""
    joined = join(masked)
    sizes = np.fromiter(map(len, features.cut(joined)), np.int64)
    ends = np.cumsum(sizes)
    starts = ends - sizes
    so_far = np.concatenate((np.zeros(1), np.cumsum(shares)))
    weights = so_far[ends] - so_far[starts]
    first = np.cumsum([0, *(len(text) + 1 for text in masked)])
    rows = np.searchsorted(first, starts, side="right") - 1
    chosen = np.flatnonzero((weights > 0) & (starts < first[rows + 1] - 1))
    rows, starts, ends = rows[chosen], starts[chosen], ends[chosen]
    return zip(
        rows.tolist(),
        (starts - first[rows]).tolist(),
        (ends - first[rows]).tolist(),
        weights[chosen].tolist(),
        strict=True,
    )


class _Terms:
    """The words of one text that speak for its label: what each weighs, and where it stands."""

    __slots__ = ("_origin", "_parts", "_text", "_weights")

    def __init__(self, text: str, origin: Sequence[Place]) -> None:
        self._text, self._origin = text, origin
        self._weights: dict[str, float] = {}
        self._parts: dict[str, list[Place]] = {}

    def add(self, masked: str, start: int, end: int, weight: float) -> None:
        """Take in the word at this place of the masked text."""
        if end <= len(self._origin):
            low, high = self._origin[start][0], self._origin[end - 1][1]
            term = self._text[low:high]
            self._parts.setdefault(term, []).append((low, high))
            self._weights[term] = self._weights.get(term, 0.0) + weight
            return
        for sign in masked[start:end]:
            if sign in DISGUISED:
                self._weights[DISGUISE_TERMS[DISGUISED.index(sign) // TRICK_LEVELS]] = weight

    def heaviest(self, top: int, sent: Sequence[Place]) -> tuple[Reason, ...]:
        """At most `top` reasons, the heaviest first; `sent` leads from the normalised text to the text as sent."""
        ranked = sorted(self._weights.items(), key=itemgetter(1), reverse=True)
        chosen = islice((item for item in ranked if not _is_empty(item[0])), top)
        return tuple(Reason(term, round(weight, 4), self._places(term, sent)) for term, weight in chosen)

    def _places(self, term: str, sent: Sequence[Place]) -> tuple[Place, ...]:
        return tuple((sent[low][0], sent[high - 1][1]) for low, high in self._parts.get(term, ())) if sent else ()


def character_weights(
    masked: Sequence[str],
    kinds: npt.NDArray[np.int64],
    features: Features,
    weights: Weights,
) -> Shares:
    """What each character of the joined masked texts adds to the log-odds of its text's kind (a place in `LABELS`)."""
    grams = features.grams(masked)
    keys = (grams.row << features.settings.bits) | grams.column
    order = np.argsort(keys)
    is_new = np.diff(keys[order], prepend=-1) != 0
    group = np.empty_like(order)
    group[order] = np.cumsum(is_new) - 1
    distinct = np.bincount(grams.row[order][is_new], minlength=len(masked)) + OUTLINE_SIZE
    added = weights[grams.column, kinds[grams.row]] - weights[grams.column, LABELS.index(HAM)]
    each = added / np.sqrt(distinct[grams.row]) / np.bincount(group)[group] / grams.length
    size = sum(map(len, masked)) + len(masked) + 1
    change = np.bincount(grams.start, each, size) - np.bincount(grams.start + grams.length, each, size)
    by_place: Shares = np.cumsum(change)
    return by_place


def _is_empty(term: str) -> bool:
    return term not in DISGUISE_TERMS and not any(character.isalnum() for character in term)
