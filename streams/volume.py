"""The volume rule: how many SMS a sender may send an hour and a day, on ordinary days and on holidays; pure.

It raises priority and opens a case for people; it decides nothing. Holiday greetings to hundreds may exceed it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

import holidays

from config.policy import VolumePolicy
from config.records import Velocity

ABROAD = ("+86", "0086", "86")
"""How the country's own code is written before a number."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a sender may send without exceeding the rule; 0 is no limit."""

    per_hour: int
    per_day: int
    holiday: bool = False


@cache
def is_holiday(day: date) -> bool:
    """Say whether a day belongs to a break around a public holiday of China: days off in a row, one of them a holiday.

    The library holds the holidays and the weekend days that are worked instead, as the State Council announced them; of
    years that are not announced yet it knows the holidays by law alone.
    """
    return any(each in _calendar() for step in (-1, 1) for each in _days_off(day, step))


def _days_off(day: date, step: int) -> Iterator[date]:
    """Go from a day to earlier or later ones while they are days off."""
    calendar = _calendar()
    while not calendar.is_working_day(day):
        yield day
        day += timedelta(days=step)


@cache
def _calendar() -> holidays.HolidayBase:
    return holidays.country_holidays("CN")


def limits_on(day: date, policy: VolumePolicy) -> Limits:
    """Give the limits of a day."""
    if is_holiday(day):
        return Limits(policy.holiday_per_hour, policy.holiday_per_day, holiday=True)
    return Limits(policy.per_hour, policy.per_day)


def is_without_rule(sender: str, policy: VolumePolicy) -> bool:
    """Say whether the rule leaves a sender alone: a service number or port that sends millions by its nature."""
    if sender.startswith(policy.exempt_senders):
        return True
    if not sender.startswith(ABROAD):
        return False
    home = next(sender[len(code) :] for code in ABROAD if sender.startswith(code))
    return home.startswith(policy.exempt_senders)


def velocity(  # noqa: PLR0913 - the fields of a record
    hour: int,
    day: int,
    receivers: int,
    top: int,
    limits: Limits,
    *,
    at_least: bool = False,
    began: datetime | None = None,
) -> Velocity:
    """Give what a hit shows of its sender: `top` are the copies of the commonest text of the day."""
    over_hour = 0 < limits.per_hour < hour
    over_day = 0 < limits.per_day < day
    return Velocity(
        hour=hour,
        day=day,
        receivers=receivers,
        same_share=round(top / day, 4) if day else 0.0,
        exceeded=over_hour or over_day,
        holiday=limits.holiday,
        receivers_at_least=at_least,
        began=began,
        per_hour=limits.per_hour,
        per_day=limits.per_day,
    )
