"""Why a text was called what it was called, in words a reviewer can read.

The model is linear: each n-gram adds its weight to the log-odds of a label against ham. A weight is shared out evenly
among the characters of its n-gram and gathered again by word, so what the words of a text weigh (the bias aside) adds
up to its log-odds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from models.errors import LabelUnknown
from models.features import Features, join
from models.labels import HAM, LABELS, SPAM
from models.masking import DISGUISED, mask, spans
from models.text import Reading

Weights = npt.NDArray[np.float32]

DISGUISE_TERM: Final = "[disguised]"


@dataclass(frozen=True, slots=True)
class Reason:
    """A part of the normalised text and what it adds to the log-odds of the label against ham."""

    term: str
    weight: float


def reasons(
    readings: Sequence[Reading], labels: Sequence[str], features: Features, weights: Weights, top: int
) -> list[tuple[Reason, ...]]:
    """For each text at most `top` terms that speak for its label, heaviest first. Raises LabelUnknown.

    `DISGUISE_TERM` stands for the disguises that were undone.
    """
    for label in labels:
        if label not in SPAM:
            raise LabelUnknown(f"{label!r} is not one of {', '.join(SPAM)}")
    if not readings:
        return []
    masked = [mask(reading.text, reading.disguises) for reading in readings]
    kinds = np.array([LABELS.index(label) for label in labels])
    shares = character_weights(masked, kinds, features, weights)
    words, start, found = iter(features.cut(join(masked))), 0, []
    for reading in readings:
        terms: defaultdict[str, float] = defaultdict(float)
        origin, first = spans(reading.text), start
        for word in words:
            end = start + len(word)
            if word == "\n":
                start = end
                break
            terms[_term(word, start - first, origin, reading.text)] += sum(shares[start:end])
            start = end
        found.append(_heaviest(terms, top))
    return found


def _heaviest(terms: dict[str, float], top: int) -> tuple[Reason, ...]:
    ranked = sorted(terms.items(), key=lambda item: -item[1])
    return tuple(
        [Reason(term, round(weight, 4)) for term, weight in ranked if weight > 0 and not _is_empty(term)][:top]
    )


def character_weights(
    masked: Sequence[str], kinds: npt.NDArray[np.int64], features: Features, weights: Weights
) -> list[float]:
    """What each character of the joined masked texts adds to the log-odds of its text's kind (a place in `LABELS`)."""
    grams = features.grams(masked)
    keys = (grams.row << features.settings.bits) | grams.column
    order = np.argsort(keys)
    is_new = np.diff(keys[order], prepend=-1) != 0
    group = np.empty_like(order)
    group[order] = np.cumsum(is_new) - 1
    distinct = np.bincount(grams.row[order][is_new], minlength=len(masked))
    added = weights[grams.column, kinds[grams.row]] - weights[grams.column, LABELS.index(HAM)]
    each = added / np.sqrt(distinct[grams.row]) / np.bincount(group)[group] / grams.length
    size = sum(map(len, masked)) + len(masked) + 1
    change = np.bincount(grams.start, each, size) - np.bincount(grams.start + grams.length, each, size)
    weights_by_place: list[float] = np.cumsum(change).tolist()
    return weights_by_place


def _term(word: str, start: int, origin: list[tuple[int, int]], text: str) -> str:
    if word in DISGUISED:
        return DISGUISE_TERM
    if start >= len(origin):
        return ""
    return text[origin[start][0] : origin[start + len(word) - 1][1]]


def _is_empty(term: str) -> bool:
    return term != DISGUISE_TERM and not any(character.isalnum() for character in term)
