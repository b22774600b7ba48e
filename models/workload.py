"""What a threshold costs: hits a day, how many of them are spam, and the people needed to look at them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from models.errors import CorpusInvalid

FEW: Final = 30
"""Fewer false alarms than this are too few to plan people by."""
_Z95: Final = 1.959964
_SECONDS_AN_HOUR: Final = 3600

Floats = npt.NDArray[np.float32]


class Traffic(msgspec.Struct, frozen=True):
    """What comes in a day, and how people work.

    `volume` SMS a day, of which the share `prevalence` is spam. A case gathers the hits of one sender: spam comes in
    bulk, so `hits_per_case` true hits make one case; a false alarm mostly stands alone, so `false_hits_per_case` is 1
    unless counts of your own say otherwise. A reviewer needs `seconds_per_case` and decides `hours_per_day`.
    """

    volume: float = 100_000_000
    prevalence: float = 0.0005
    seconds_per_case: float = 30
    hours_per_day: float = 6
    hits_per_case: float = 10
    false_hits_per_case: float = 1

    @property
    def cases_per_reviewer(self) -> float:
        """Cases that one reviewer decides a day."""
        return self.hours_per_day * _SECONDS_AN_HOUR / self.seconds_per_case


class Load(msgspec.Struct, frozen=True):
    """The day at one threshold. Rates and precision are shares; `low` and `high` bound what 95 % certainty allows.

    `false_alarms` is the number of ham rows that the false-positive rate rests on; below `FEW` take the figures as an
    order of magnitude. `precision` is None where there is no hit.
    """

    threshold: float
    recall: float
    false_positive_rate: float
    false_alarms: int
    hits: float
    true_hits: float
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    cases: float
    reviewers: int
    reviewers_low: int
    reviewers_high: int

    @property
    def is_rough(self) -> bool:
        """Whether too few false alarms stand behind the figures."""
        return self.false_alarms < FEW


def wilson(hits: int, rows: int) -> tuple[float, float]:
    """Wilson's interval of 95 % for a share of `hits` in `rows`; (0, 1) without rows."""
    if not rows:
        return 0.0, 1.0
    share, square = hits / rows, _Z95**2
    middle = share + square / (2 * rows)
    reach = _Z95 * math.sqrt(share * (1 - share) / rows + square / (4 * rows**2))
    low, high = (middle - reach) / (1 + square / rows), (middle + reach) / (1 + square / rows)
    return (0.0 if hits == 0 else max(low, 0.0)), (1.0 if hits == rows else min(high, 1.0))


def workload(ham: Floats, spam: Floats, traffic: Traffic, thresholds: Iterable[float]) -> tuple[Load, ...]:
    """The day at each threshold, from the `spam` of ham rows and of spam rows. Raises CorpusInvalid without either."""
    if not len(ham) or not len(spam):
        raise CorpusInvalid("the workload needs both ham and spam rows")
    return tuple(
        load_at(threshold, (int((ham >= threshold).sum()), len(ham)), float((spam >= threshold).mean()), traffic)
        for threshold in thresholds
    )


def load_at(threshold: float, alarms: tuple[int, int], recall: float, traffic: Traffic) -> Load:
    """The day, given how many of how many ham rows reach the threshold (`alarms`), and the share of the spam."""
    false_alarms, ham_rows = alarms
    low, high = wilson(false_alarms, ham_rows)
    rate = false_alarms / ham_rows
    middle, best, worst = (_day(recall, each, traffic) for each in (rate, low, high))
    return Load(
        threshold=threshold,
        recall=recall,
        false_positive_rate=rate,
        false_alarms=false_alarms,
        hits=middle.hits,
        true_hits=middle.true_hits,
        precision=middle.precision,
        precision_low=worst.precision,
        precision_high=best.precision,
        cases=middle.cases,
        reviewers=_people(middle.cases, traffic),
        reviewers_low=_people(best.cases, traffic),
        reviewers_high=_people(worst.cases, traffic),
    )


class _Day(msgspec.Struct, frozen=True):
    hits: float
    true_hits: float
    cases: float

    @property
    def precision(self) -> float | None:
        return self.true_hits / self.hits if self.hits else None


def _day(recall: float, false_positive_rate: float, traffic: Traffic) -> _Day:
    true = traffic.volume * traffic.prevalence * recall
    false = traffic.volume * (1 - traffic.prevalence) * false_positive_rate
    return _Day(true + false, true, true / traffic.hits_per_case + false / traffic.false_hits_per_case)


def _people(cases: float, traffic: Traffic) -> int:
    return math.ceil(round(cases / traffic.cases_per_reviewer, 6))
