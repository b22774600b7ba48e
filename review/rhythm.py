"""A gateway's own rhythm: for how long it may be quiet at a time of day, learned from its past; pure.

Its traffic is the minutes in which it delivered something. Two things say how long a silence is usual: the longest gap
around the same time of day on the days before, which knows nightly lulls and deliveries in batches; and the share of
empty minutes there, from which the longest gap by chance follows for SMS that come at random.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from config.policy import CoveragePolicy

DAY = 1440
YEAR = 365 * DAY
AROUND = 60
"""Minutes before and after the same time of day that are looked at on the days before."""
USUAL_SHARE = 0.8
"""Share of the days whose longest gap counts as usual."""
DOUBT = 2.0
"""Standard deviations by which the minutes heard may have been more than they are as a rule."""


@dataclass(frozen=True)
class Rhythm:
    """For how many minutes a gateway may be quiet now; `learning` while less than a day of it is known."""

    tolerance: int
    learning: bool


def rhythm_of(active: Sequence[int], now: int, policy: CoveragePolicy) -> Rhythm | None:
    """Give the rhythm of a gateway.

    Args:
        active: the minutes since 1970 in which it delivered, in order.
        now: the minute that runs.
        policy: the operator's rules.

    Returns:
        None when nothing is known of it.
    """
    if not active:
        return None
    windows = list(_same_time_before(active, now, policy.compared_days))
    learning = not windows
    if learning:
        windows = [(active[0], active[-1])]
    longest = sorted(_longest_gap(active, start, end) for start, end in windows)
    usual = longest[math.ceil(USUAL_SHARE * len(longest)) - 1]
    minutes = sum(end - start + 1 for start, end in windows)
    heard = sum(bisect_right(active, end) - bisect_left(active, start) for start, end in windows)
    by_chance = _longest_by_chance(heard, minutes, policy.silent_false_alarms_a_year)
    floor = max(policy.learning_minutes if learning else 0, policy.silent_floor_minutes)
    tolerance = max(floor, math.ceil(policy.longest_gap_factor * usual), math.ceil(by_chance))
    return Rhythm(min(tolerance, policy.compared_days * DAY), learning)


def _longest_by_chance(heard: int, minutes: int, false_alarms_a_year: float) -> float:
    """Give the gap in minutes that SMS which come at random exceed so many times a year.

    Of minutes with a mean gap m a share of exp(-1/m) stays empty; of gaps a share of exp(-t/m) is longer than t.
    """
    if heard >= minutes:
        return 0.0
    surely = heard - DOUBT * math.sqrt(heard)
    mean = -1 / math.log1p(-surely / minutes) if surely > 0 else float(minutes)
    return mean * math.log(max(YEAR / mean / false_alarms_a_year, 1.0))


def _same_time_before(active: Sequence[int], now: int, days: int) -> Iterator[tuple[int, int]]:
    """Give the windows around the same time on earlier days of which the gateway's traffic is known."""
    for day in range(1, days + 1):
        start, end = now - day * DAY - AROUND, now - day * DAY + AROUND
        if active[0] <= start and end <= active[-1]:
            yield start, end


def _longest_gap(active: Sequence[int], start: int, end: int) -> int:
    """Give the longest gap that reaches into a window, whole."""
    first = max(bisect_right(active, start) - 1, 0)
    last = min(bisect_left(active, end), len(active) - 1)
    return max(
        (later - earlier for earlier, later in zip(active[first:last], active[first + 1 : last + 1], strict=True)),
        default=0,
    )
