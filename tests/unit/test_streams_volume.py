"""The volume rule: limits, holidays, and what a hit shows of its sender."""

from __future__ import annotations

from datetime import date

import pytest

from config.policy import load_policy
from streams.volume import Limits, is_holiday, is_without_rule, limits_on, velocity

POLICY = load_policy().volume


@pytest.mark.parametrize(
    ("day", "holiday"),
    [
        (date(2026, 2, 17), True),  # Spring Festival
        (date(2026, 2, 21), True),  # a Saturday among its days off
        (date(2026, 10, 4), True),  # the Sunday of National Day's week
        (date(2026, 10, 10), False),  # a Saturday that is worked instead
        (date(2026, 11, 28), False),  # a plain Saturday
        (date(2026, 11, 20), False),
        (date(2027, 10, 1), True),  # by law, before days off are announced
    ],
)
def test_holidays_are_those_of_china_and_the_weekends_they_enclose(day: date, holiday: bool) -> None:  # noqa: FBT001
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
