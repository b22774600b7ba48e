"""Decides when a subscriber is reminded of a charge; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from config.policy import ReminderPolicy

EVENING_MARGIN = timedelta(minutes=1)


class Kind(StrEnum):
    """Why a reminder is sent: a new order, or the last call before a charge."""

    ORDER = "order"
    FINAL = "final"


def when_to_remind(kind: Kind, now: datetime, charge_at: datetime, policy: ReminderPolicy) -> datetime | None:
    """Give the moment of a reminder, `now` at the earliest; None when the charge has already fallen.

    An order is told at once, the final reminder `final_hours` before the charge. In quiet hours it waits for the
    morning; if the charge would fall first it goes out before the quiet hours begin, or at once within them.
    """
    if charge_at <= now:
        return None
    wanted = now if kind is Kind.ORDER else max(now, charge_at - timedelta(hours=policy.final_hours))
    quiet = quiet_stretch(wanted, policy)
    if quiet is None:
        return wanted
    evening, morning = quiet
    if morning < charge_at:
        return morning
    return max(now, evening - EVENING_MARGIN)


def quiet_stretch(moment: datetime, policy: ReminderPolicy) -> tuple[datetime, datetime] | None:
    """Give begin and end of the quiet hours that a moment lies in; None outside them."""
    local = moment.astimezone(policy.zone)
    length = (policy.quiet_to_hour - policy.quiet_from_hour) % 24
    begin = local.replace(hour=policy.quiet_from_hour, minute=0, second=0, microsecond=0)
    if begin > local:
        begin -= timedelta(days=1)
    end = begin + timedelta(hours=length)
    return (begin, end) if local < end else None


def cycle_of(charge_at: datetime, zone: ZoneInfo) -> str:
    """Give the monthly cycle that a first charge belongs to, such as 2026-11; an order does not name it itself."""
    return f"{charge_at.astimezone(zone):%Y-%m}"
