"""Figures of a model on labelled rows: spam found at a price in false alarms, by category, source and kind of ham."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score

from models.calibration import BINS, expected_calibration_error, top_label
from models.classifier import Classifier, Scores
from models.corpus import UNSPECIFIED, Row
from models.errors import CorpusInvalid
from models.labels import HAM, ILLEGAL, LABELS

FALSE_POSITIVE_RATES: Final = (0.001, 0.005, 0.01, 0.05)
_BATCH: Final = 500

Progress = Callable[[int, int], None]


class Share(msgspec.Struct, frozen=True):
    """`hits` of `rows` reached the threshold; `named` of them were given their own label (spam of known kind only)."""

    rows: int
    hits: int
    named: int = 0


class Calibration(msgspec.Struct, frozen=True):
    """Expected calibration errors, 0 to 1 (`models.calibration`), in `bins` bins.

    `spam` is that of P(not ham), in bins of equal width and of equal mass; `top_label` that of the most probable of the
    nine labels, over rows of known kind, in bins of equal width (None without such rows).
    """

    spam: float
    spam_equal_mass: float
    top_label: float | None
    bins: int = BINS


class Report(msgspec.Struct, frozen=True):
    """All figures at one threshold.

    `auc`, `average_precision`, `calibration` and `recall_at` (by false-positive rate; `rests_on` says on how many
    false alarms) need ham and spam rows. `confusion` counts rows by true label and by the label they were given.
    """

    threshold: float
    ham: Share
    spam: Share
    illegal: Share
    auc: float | None
    recall_at: dict[str, float]
    categories: dict[str, Share]
    sources: dict[str, Share]
    ham_kinds: dict[str, Share]
    spam_kinds: dict[str, Share] = {}
    average_precision: float | None = None
    calibration: Calibration | None = None
    rests_on: dict[str, int] = {}
    confusion: dict[str, dict[str, int]] = {}


def _silent(_done: int, _total: int) -> None:
    pass


def score_rows(classifier: Classifier, rows: Sequence[Row], progress: Progress = _silent) -> Scores:
    """Scores of all rows, in batches; `progress` is told how many rows of how many are done."""
    texts, parts = [row.text for row in rows], []
    for start in range(0, max(len(texts), 1), _BATCH):
        parts.append(classifier.score(texts[start : start + _BATCH]))
        progress(min(start + _BATCH, len(texts)), len(texts))
    return Scores(
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate([part.spam for part in parts]),
    )


def measure(rows: Sequence[Row], scores: Scores, threshold: float) -> Report:
    """Compare scores with labels. Raises CorpusInvalid if there is no row."""
    if not rows:
        raise CorpusInvalid("no row to evaluate")
    is_ham = np.array([row.label == HAM for row in rows])
    both = bool(is_ham.any() and not is_ham.all())
    called = list(zip(rows, scores.spam >= threshold, scores.labels_at(threshold), strict=True))
    groups: dict[str, defaultdict[str, list[tuple[bool, bool]]]] = {
        name: defaultdict(list) for name in ("all", "category", "source", "kind", "scheme")
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
            if row.subtype:
                groups["scheme"][f"{row.label} {row.subtype}"].append(outcome)
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
        spam_kinds=_shares(groups["scheme"]),
        average_precision=float(average_precision_score(~is_ham, scores.spam)) if both else None,
        calibration=_calibration(rows, scores, is_ham) if both else None,
        rests_on=_rests_on(scores.spam[is_ham]) if both else {},
        confusion=_confusion((row.label, label) for row, _, label in called),
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


def _rests_on(ham: npt.NDArray[np.float32]) -> dict[str, int]:
    return {f"{rate:g}": int((ham >= threshold_at(ham, rate)).sum()) for rate in FALSE_POSITIVE_RATES}


def _calibration(rows: Sequence[Row], scores: Scores, is_ham: npt.NDArray[np.bool_]) -> Calibration:
    known = [place for place, row in enumerate(rows) if row.label != UNSPECIFIED]
    named = top_label(scores.probabilities[known], [LABELS.index(rows[place].label) for place in known])
    return Calibration(
        spam=expected_calibration_error(scores.spam, ~is_ham),
        spam_equal_mass=expected_calibration_error(scores.spam, ~is_ham, equal_mass=True),
        top_label=expected_calibration_error(*named) if known else None,
    )


def _confusion(pairs: Iterable[tuple[str, str]]) -> dict[str, dict[str, int]]:
    counts = Counter(pairs)
    return {
        true: {given: counts[true, given] for given in LABELS if counts[true, given]}
        for true in (*LABELS, UNSPECIFIED)
        if any(pair[0] == true for pair in counts)
    }


def _share(outcomes: list[tuple[bool, bool]]) -> Share:
    return Share(len(outcomes), sum(hit for hit, _ in outcomes), sum(named for _, named in outcomes))


def _shares(groups: dict[str, list[tuple[bool, bool]]]) -> dict[str, Share]:
    return {name: _share(groups[name]) for name in sorted(groups)}
