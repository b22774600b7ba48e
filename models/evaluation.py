"""Figures of a model on labelled rows: spam found at a price in false alarms, by category, source and kind of ham."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from models.classifier import Classifier, Scores
from models.corpus import Row
from models.errors import CorpusInvalid
from models.labels import HAM, ILLEGAL

FALSE_POSITIVE_RATES: Final = (0.001, 0.005, 0.01, 0.05)
_BATCH: Final = 500


class Share(msgspec.Struct, frozen=True):
    """`hits` of `rows` reached the threshold; `named` of them were given their own label (spam of known kind only)."""

    rows: int
    hits: int
    named: int = 0


class Report(msgspec.Struct, frozen=True):
    """All figures at one threshold; `auc` and `recall_at` (by false-positive rate) need ham and spam rows."""

    threshold: float
    ham: Share
    spam: Share
    illegal: Share
    auc: float | None
    recall_at: dict[str, float]
    categories: dict[str, Share]
    sources: dict[str, Share]
    ham_kinds: dict[str, Share]


def score_rows(classifier: Classifier, rows: Sequence[Row]) -> Scores:
    """Scores of all rows, in batches."""
    texts = [row.text for row in rows]
    parts = [classifier.score(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)]
    return Scores(
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate([part.spam for part in parts]),
        tuple(label for part in parts for label in part.labels),
    )


def measure(rows: Sequence[Row], scores: Scores, threshold: float) -> Report:
    """Compare scores with labels. Raises CorpusInvalid if there is no row."""
    if not rows:
        raise CorpusInvalid("no row to evaluate")
    is_ham = np.array([row.label == HAM for row in rows])
    both = bool(is_ham.any() and not is_ham.all())
    called = list(zip(rows, scores.spam >= threshold, scores.labels_at(threshold), strict=True))
    groups: dict[str, defaultdict[str, list[tuple[bool, bool]]]] = {
        name: defaultdict(list) for name in ("all", "category", "source", "kind")
    }
    for row, hit, label in called:
        outcome = (bool(hit), bool(hit) and label == row.label)
        side = HAM if row.label == HAM else "spam"
        groups["all"][side].append(outcome)
        groups["source"][f"{row.source} {side}"].append(outcome)
        if row.label in ILLEGAL:
            groups["all"]["illegal"].append(outcome)
        if side == "spam":
            groups["category"][row.label].append(outcome)
        elif row.subtype:
            groups["kind"][row.subtype].append(outcome)
    return Report(
        threshold=threshold,
        ham=_share(groups["all"][HAM]),
        spam=_share(groups["all"]["spam"]),
        illegal=_share(groups["all"]["illegal"]),
        auc=float(roc_auc_score(~is_ham, scores.spam)) if both else None,
        recall_at=_recall_at(scores.spam[is_ham], scores.spam[~is_ham]) if both else {},
        categories=_shares(groups["category"]),
        sources=_shares(groups["source"]),
        ham_kinds=_shares(groups["kind"]),
    )


def threshold_at(ham_scores: npt.NDArray[np.float32], false_positive_rate: float) -> float:
    """The least threshold that at most this share of the ham reaches. Raises CorpusInvalid without ham."""
    if not len(ham_scores):
        raise CorpusInvalid("no ham to set a threshold by")
    ranked = np.sort(ham_scores)[::-1]
    allowed = int(false_positive_rate * len(ranked))
    return float(np.nextafter(ranked[min(allowed, len(ranked) - 1)], np.float32(2)))


def _recall_at(ham: npt.NDArray[np.float32], spam: npt.NDArray[np.float32]) -> dict[str, float]:
    return {f"{rate:g}": float((spam >= threshold_at(ham, rate)).mean()) for rate in FALSE_POSITIVE_RATES}


def _share(outcomes: list[tuple[bool, bool]]) -> Share:
    return Share(len(outcomes), sum(hit for hit, _ in outcomes), sum(named for _, named in outcomes))


def _shares(groups: dict[str, list[tuple[bool, bool]]]) -> dict[str, Share]:
    return {name: _share(groups[name]) for name in sorted(groups)}
