"""How much of the spam is found in production, estimated from the recall check; pure.

The hits that people confirmed are counted whole; what the classifier missed is known from samples alone. So the share
of missed spam among the unflagged traffic has the exact (Clopper-Pearson) interval of a binomial share, and recall,
hits / (hits + missed), takes its bounds from it. A sample that nobody could tell counts as not judged.
"""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import betaincinv

CONFIDENCE = 0.95
ENOUGH_SAMPLES = 100
"""Judged samples below which no estimate is shown: even none missed would not exclude a poor recall."""
FEW_MISSED = 5
"""Missed spam below which the estimate is said to be rough."""


@dataclass(frozen=True)
class Month:
    """Counts of a month, by when the SMS was sent; `unflagged` is how many SMS its samples stand for."""

    name: str
    confirmed: int
    undecided: int
    drawn: int
    ham: int
    missed: int
    unclear: int
    unflagged: int

    @property
    def judged(self) -> int:
        """Samples with a verdict that says something."""
        return self.ham + self.missed


@dataclass(frozen=True)
class Estimate:
    """Recall with the bounds of its 95 % interval, each from 0 to 1; `rough` if it rests on very few missed SMS."""

    recall: float
    low: float
    high: float
    rough: bool


def estimate(month: Month) -> Estimate | None:
    """Give the recall of a month; None when too little is known for an honest figure."""
    if month.judged < ENOUGH_SAMPLES or not month.confirmed:
        return None
    low, high = interval(month.missed, month.judged)

    def recall_at(share: float) -> float:
        return month.confirmed / (month.confirmed + share * month.unflagged)

    return Estimate(
        recall=recall_at(month.missed / month.judged),
        low=recall_at(high),
        high=recall_at(low),
        rough=month.missed < FEW_MISSED,
    )


def interval(found: int, among: int) -> tuple[float, float]:
    """Give the exact 95 % interval of a share, of which `found` were seen `among` some."""
    tail = (1 - CONFIDENCE) / 2
    low = float(betaincinv(found, among - found + 1, tail)) if found else 0.0
    high = float(betaincinv(found + 1, among - found, 1 - tail)) if found < among else 1.0
    return low, high
