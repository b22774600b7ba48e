"""The volume rule: limits, holidays, and what a hit shows of its sender."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from config.policy import load_policy
from streams.volume import Limits, _calendar, is_holiday, is_without_rule, limits_on, velocity

POLICY = load_policy().volume


def days(*stretches: str) -> set[date]:
    """Give the days of stretches such as `2026-02-15/2026-02-23`, or of single days."""
    found = set()
    for stretch in stretches:
        first, last = (date.fromisoformat(end) for end in (stretch.split("/") * 2)[:2])
        found |= {first + timedelta(days=number) for number in range((last - first).days + 1)}
    return found


DAYS_OFF = {
    # General Office of the State Council, 国办发明电〔2023〕7号 of 2023-10-25; 元旦 and 端午 "with the weekend"
    2024: days(
        "2024-01-01", "2024-02-10/2024-02-17", "2024-04-04/2024-04-06", "2024-05-01/2024-05-05",
        "2024-06-08/2024-06-10", "2024-09-15/2024-09-17", "2024-10-01/2024-10-07",
    ),
    # 国办发明电〔2024〕12号 of 2024-11-12
    2025: days(
        "2025-01-01", "2025-01-28/2025-02-04", "2025-04-04/2025-04-06", "2025-05-01/2025-05-05",
        "2025-05-31/2025-06-02", "2025-10-01/2025-10-08",
    ),
    # of 2025-11-04
    2026: days(
        "2026-01-01/2026-01-03", "2026-02-15/2026-02-23", "2026-04-04/2026-04-06", "2026-05-01/2026-05-05",
        "2026-06-19/2026-06-21", "2026-09-25/2026-09-27", "2026-10-01/2026-10-07",
    ),
}  # fmt: skip
MAKE_UP_DAYS = days(
    "2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28", "2024-05-11", "2024-09-14", "2024-09-29", "2024-10-12",
    "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11",
    "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
)  # fmt: skip
"""Weekend days of these years that are worked, by the same notices."""


@pytest.mark.parametrize("year", DAYS_OFF)
def test_holidays_are_the_days_off_that_the_state_council_announced(year: int) -> None:
    told = {day for day in days(f"{year}-01-01/{year}-12-31") if is_holiday(day)}
    assert sorted(told ^ DAYS_OFF[year]) == []
    assert not told & MAKE_UP_DAYS


@pytest.mark.parametrize(
    ("day", "holiday"),
    [
        (date(2023, 12, 30), True),  # a Saturday before New Year's Day, in the year before
        (date(2026, 11, 28), False),  # a plain Saturday
        (date(2027, 10, 1), True),  # by law, before days off are announced
        (date(2027, 1, 3), True),  # the Sunday after New Year's Day, a Friday
    ],
)
def test_weekends_beside_a_holiday_count_at_the_turn_of_a_year_and_before_an_announcement(
    day: date,
    holiday: bool,  # noqa: FBT001
) -> None:
    assert is_holiday(day) is holiday


def test_the_limits_are_higher_on_holidays() -> None:
    assert limits_on(date(2026, 11, 20), POLICY) == Limits(200, 1000)
    assert limits_on(date(2026, 2, 17), POLICY) == Limits(500, 2000, holiday=True)


@pytest.mark.parametrize(
    ("hour", "day", "exceeded"), [(200, 1000, False), (201, 201, True), (1, 1001, True), (0, 0, False)]
)
def test_the_rule_is_exceeded_by_one_more_than_it_allows(hour: int, day: int, exceeded: bool) -> None:  # noqa: FBT001
    assert velocity(hour, day, 3, day, Limits(200, 1000)).exceeded is exceeded


def test_a_sender_without_the_rule_never_exceeds_it() -> None:
    assert not velocity(10_000, 1_000_000, 2500, 7, Limits(0, 0)).exceeded


def test_the_share_of_near_identical_texts_is_that_of_the_commonest() -> None:
    assert velocity(8, 8, 8, 6, Limits(200, 1000)).same_share == 0.75


@pytest.mark.parametrize(
    ("sender", "exempt"),
    [
        ("10690000123", True),
        ("8610690000123", True),
        ("10086", True),
        ("95555", True),
        ("12306", True),
        ("13800000001", False),
        ("+8613800000001", False),
        ("01060000001", False),  # a landline in Beijing
        ("+12025550100", False),  # abroad
    ],
)
def test_service_numbers_and_ports_are_without_the_rule_and_people_are_not(sender: str, exempt: bool) -> None:  # noqa: FBT001
    assert is_without_rule(sender, POLICY) is exempt


@pytest.mark.parametrize("day", sorted(MAKE_UP_DAYS))
def test_a_day_that_is_worked_is_known_as_such_though_nothing_was_asked_before(day: date) -> None:
    for known in (is_holiday, _calendar):
        known.cache_clear()
    assert not is_holiday(day)
