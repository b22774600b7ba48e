"""Everything that is to be said about a model on labelled rows, as one value: what the report and its JSON show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from models.calibration import Bin, reliability, top_label
from models.classifier import Classifier, Scores
from models.corpus import UNSPECIFIED, Row, thinned
from models.curves import Curve, Histogram, histogram, precision_recall, roc
from models.evaluation import FALSE_POSITIVE_RATES, Report, measure, score_rows, threshold_at
from models.labels import HAM, LABELS
from models.mistakes import Mistake, worst_mistakes
from models.robustness import Robustness, robustness
from models.workload import Load, Traffic, workload

ROUND_THRESHOLDS: Final = (0.5, 0.7, 0.9, 0.99)
# Scores crowd near 1, so the thresholds do, too: as many from 0.9 to 0.99 as from 0.99 to 0.999.
THRESHOLDS: Final = tuple(sorted({*ROUND_THRESHOLDS, *(1 / (1 + np.exp(-np.linspace(-4.6, 9.2, 139)))).tolist()}))

Progress = Callable[[str, int, int], None]


class Wishes(msgspec.Struct, frozen=True):
    """What the user asks for: the least `spam` of a hit, traffic, seed and number of the disguised spam rows.

    `top` mistakes are shown of each label, with their long numbers starred unless `full_numbers`.
    """

    threshold: float
    traffic: Traffic = Traffic()
    seed: int = 7
    disguised_rows: int = 2000
    top: int = 10
    full_numbers: bool = False


class Assessment(msgspec.Struct, frozen=True):
    """The figures and what lies behind them; what needs both ham and spam rows is None or empty without either.

    `workload` is the curve over `THRESHOLDS`, `chosen` the day at the threshold of the report, `levels` the days at the
    thresholds that let 0.1, 0.5, 1 and 5 % of the ham through.
    """

    report: Report
    histogram: Histogram
    roc: Curve | None
    precision_recall: Curve | None
    reliability: tuple[Bin, ...]
    reliability_of_labels: tuple[Bin, ...]
    traffic: Traffic
    chosen: Load | None
    levels: tuple[Load, ...]
    workload: tuple[Load, ...]
    robustness: Robustness | None
    mistakes: dict[str, tuple[Mistake, ...]]

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON: the report's figures on top, the rest beside them."""
        whole: dict[str, Any] = msgspec.to_builtins(self, str_keys=True)
        return {**whole.pop("report"), **whole}


def _silent(_stage: str, _done: int, _total: int) -> None:
    pass


def assess(classifier: Classifier, rows: Sequence[Row], wishes: Wishes, progress: Progress = _silent) -> Assessment:
    """Measure the model on the rows; `progress` is told stage, done and total. Raises CorpusInvalid without rows."""
    scores = score_rows(classifier, rows, lambda done, total: progress("score", done, total))
    report = measure(rows, scores, wishes.threshold)
    is_ham = np.array([row.label == HAM for row in rows])
    ham, spam = scores.spam[is_ham], scores.spam[~is_ham]
    both = bool(len(ham) and len(spam))
    levels = [threshold_at(ham, rate) for rate in FALSE_POSITIVE_RATES] if both else []
    spam_rows = thinned([row for row in rows if row.label != HAM], wishes.disguised_rows, wishes.seed)
    return Assessment(
        report=report,
        histogram=histogram(ham, spam),
        roc=roc(ham, spam) if both else None,
        precision_recall=precision_recall(ham, spam) if both else None,
        reliability=reliability(scores.spam, ~is_ham) if both else (),
        reliability_of_labels=_of_labels(rows, scores) if both else (),
        traffic=wishes.traffic,
        chosen=workload(ham, spam, wishes.traffic, [wishes.threshold])[0] if both else None,
        levels=workload(ham, spam, wishes.traffic, levels) if both else (),
        workload=workload(ham, spam, wishes.traffic, THRESHOLDS) if both else (),
        robustness=robustness(
            classifier,
            spam_rows,
            wishes.threshold,
            seed=wishes.seed,
            progress=lambda done, total: progress("disguise", done, total),
        )
        if spam_rows
        else None,
        mistakes=worst_mistakes(
            classifier, rows, scores, wishes.threshold, top=wishes.top, full_numbers=wishes.full_numbers
        ),
    )


def _of_labels(rows: Sequence[Row], scores: Scores) -> tuple[Bin, ...]:
    known: npt.NDArray[np.int64] = np.flatnonzero([row.label != UNSPECIFIED for row in rows])
    return reliability(*top_label(scores.probabilities[known], [LABELS.index(rows[place].label) for place in known]))
