"""A gateway may be quiet for as long as its own past says, at this time of day, and not longer."""

from __future__ import annotations

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from config.policy import load_policy
from review.rhythm import DAY, rhythm_of

POLICY = load_policy().coverage
NOW = 30 * DAY + 14 * 60
"""A minute at 14:00."""


def every(step: int, start: int, end: int) -> list[int]:
    return list(range(start, end, step))


def with_a_nightly_lull(end: int) -> list[int]:
    """Each minute for ten days, but from 01:00 to 06:00."""
    return [minute for minute in range(end - 10 * DAY, end) if not 60 <= minute % DAY < 360]


def tolerance(active: list[int], now: int) -> int:
    rhythm = rhythm_of(active, now, POLICY)
    assert rhythm is not None
    return rhythm.tolerance


def test_nothing_is_known_of_a_gateway_without_traffic() -> None:
    assert rhythm_of([], NOW, POLICY) is None


def test_a_dense_gateway_may_be_quiet_for_the_floor_alone() -> None:
    assert tolerance(every(1, NOW - 8 * DAY, NOW), NOW) == POLICY.silent_floor_minutes


def test_a_nightly_lull_is_usual_at_night_and_nowhere_else() -> None:
    # Given a gateway that rests from one to six
    day = 30 * DAY
    active = with_a_nightly_lull(day)
    # Then its rest is usual at three in the morning, and not at two in the afternoon
    assert tolerance(active, day + 3 * 60) >= 5 * 60
    assert tolerance([*active, *every(1, day + 360, NOW)], NOW) < 20


def test_a_gateway_that_does_not_wake_up_is_late_an_hour_after_its_usual_time() -> None:
    day = 30 * DAY
    active = [*with_a_nightly_lull(day), *range(day, day + 60)]
    seven = day + 7 * 60 + 5
    assert seven - active[-1] > tolerance(active, seven)


def test_a_gateway_with_an_sms_an_hour_may_be_quiet_for_hours() -> None:
    rng = random.Random(4)  # noqa: S311 - invented traffic
    active, minute = [], NOW - 8 * DAY
    while minute < NOW:
        active.append(minute)
        minute += max(1, round(rng.expovariate(1 / 60)))
    assert 4 * 60 < tolerance(active, NOW) < 24 * 60


def test_a_gateway_that_delivers_in_batches_may_be_quiet_between_them() -> None:
    # Ten minutes of traffic every two hours
    active = [minute for minute in range(NOW - 8 * DAY, NOW) if minute % 120 < 10]
    assert 111 < tolerance(active, NOW) < 240


def test_one_old_outage_teaches_nothing() -> None:
    usual = every(1, NOW - 8 * DAY, NOW)
    outage = range(NOW - 3 * DAY - 300, NOW - 3 * DAY + 60)
    assert tolerance([minute for minute in usual if minute not in outage], NOW) == tolerance(usual, NOW)


def test_a_new_gateway_is_given_time_until_its_rhythm_is_known() -> None:
    rhythm = rhythm_of(every(1, NOW - 200, NOW), NOW, POLICY)
    assert rhythm is not None
    assert rhythm.learning
    assert rhythm.tolerance == POLICY.learning_minutes


def test_after_a_day_it_learns_no_more() -> None:
    rhythm = rhythm_of(every(1, NOW - DAY - 61, NOW), NOW, POLICY)
    assert rhythm is not None
    assert not rhythm.learning


@given(
    gaps=st.lists(st.integers(1, 3000), min_size=1, max_size=80),
    since=st.integers(0, 2 * DAY),
    stretch=st.integers(2, 4),
)
def test_the_tolerance_has_its_bounds(gaps: list[int], since: int, stretch: int) -> None:
    active = [1_000_000]
    for gap in gaps:
        active.append(active[-1] + gap)
    now = active[-1] + since
    found = rhythm_of(active, now, POLICY)
    assert found is not None
    assert POLICY.silent_floor_minutes <= found.tolerance <= POLICY.compared_days * DAY
    # A silence that goes on teaches nothing: what is usual comes from what was heard alone
    heard = rhythm_of(active, now, POLICY.model_copy(update={"longest_gap_factor": float(stretch)}))
    assert heard is not None
    assert heard.tolerance >= found.tolerance


def test_random_traffic_raises_hardly_an_alarm() -> None:
    """Gateways with an SMS every five minutes or so, forty weeks in all after a week of learning each."""
    alarms = 0
    for seed in range(20):
        rng = random.Random(seed)  # noqa: S311 - invented traffic
        active, minute = [], 0
        while minute < 21 * DAY:
            active.append(minute)
            minute += max(1, round(rng.expovariate(1 / 5)))
        for last, following in itertools.pairwise(active):
            if last > 7 * DAY and following - last > 30:
                known = [one for one in active if last - 8 * DAY <= one <= last]
                alarms += following - last > tolerance(known, following)
    assert alarms <= 3
