"""The volume rule: how many SMS a sender may send an hour and a day, on ordinary days and on holidays; pure.

It raises priority and opens a case for people; it decides nothing. Holiday greetings to hundreds may exceed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

import holidays

from config.policy import VolumePolicy
from config.records import Velocity

SATURDAY = 5
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
    """Say whether a day is a public holiday of China, a weekend between two of them included.

    Of years whose days off the State Council has not announced yet the library knows the holidays by law alone.
    """
    if day in _calendar():
        return True
    if day.weekday() < SATURDAY:
        return False
    before, after = day, day
    while before.weekday() >= SATURDAY and before not in _calendar():
        before -= timedelta(days=1)
    while after.weekday() >= SATURDAY and after not in _calendar():
        after += timedelta(days=1)
    return before in _calendar() and after in _calendar()


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
