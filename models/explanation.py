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
from models.masking import DISGUISED, TRICK_LEVELS, mask_many, spans
from models.text import TRICKS, Reading, trace

Weights = npt.NDArray[np.float32]
Place = tuple[int, int]

DISGUISE_TERMS: Final = tuple(f"[disguise: {trick}]" for trick in TRICKS)
"""The terms that stand for the kinds of tricks that were undone, in the order of `TRICKS`."""


@dataclass(frozen=True, slots=True)
class Reason:
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
    masked = mask_many(readings)
    kinds = np.array([LABELS.index(label) for label in labels])
    shares = character_weights(masked, kinds, features, weights)
    words, start, found = iter(features.cut(join(masked))), 0, []
    for number, reading in enumerate(readings):
        terms: defaultdict[str, float] = defaultdict(float)
        parts: defaultdict[str, list[Place]] = defaultdict(list)
        origin, first = spans(reading.text), start
        for word in words:
            end = start + len(word)
            if word == "\n":
                start = end
                break
            if word[0] in DISGUISED:
                for place, sign in enumerate(word, start):
                    terms[DISGUISE_TERMS[DISGUISED.index(sign) // TRICK_LEVELS]] += shares[place]
            elif start - first < len(origin):
                part = (origin[start - first][0], origin[end - first - 1][1])
                term = reading.text[part[0] : part[1]]
                terms[term] += sum(shares[start:end])
                parts[term].append(part)
            start = end
        heaviest = _heaviest(terms, top)
        sent = trace(texts[number]) if texts is not None and heaviest else []
        found.append(tuple(Reason(term, weight, _places(parts[term], sent)) for term, weight in heaviest))
    return found


def _heaviest(terms: dict[str, float], top: int) -> list[tuple[str, float]]:
    ranked = sorted(terms.items(), key=lambda item: -item[1])
    return [(term, round(weight, 4)) for term, weight in ranked if weight > 0 and not _is_empty(term)][:top]


def _places(parts: Sequence[Place], sent: Sequence[Place]) -> tuple[Place, ...]:
    """The parts of the normalised text as parts of the text as sent."""
    return tuple((sent[start][0], sent[end - 1][1]) for start, end in parts) if sent else ()


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


def _is_empty(term: str) -> bool:
    return term not in DISGUISE_TERMS and not any(character.isalnum() for character in term)
