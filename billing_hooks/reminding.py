"""Decides when a subscriber is reminded of a charge; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from config.policy import ReminderPolicy

EVENING_MARGIN = timedelta(minutes=1)


class Kind(StrEnum):
    """Why a reminder is sent: a new order, the last call before a charge, or that the last call no longer holds."""

    ORDER = "order"
    FINAL = "final"
    CORRECTED = "corrected"


@dataclass(frozen=True)
class Said:
    """What a reminder of a cycle says; as long as it is not `sent`, it can still be changed."""

    kind: Kind
    amount_fen: int
    charge_at: datetime
    sent: bool


def when_to_remind(kind: Kind, now: datetime, charge_at: datetime, policy: ReminderPolicy) -> datetime | None:
    """Give the moment of a reminder, `now` at the earliest; None when the charge has already fallen.

    An order or a correction is told at once, the final reminder `final_hours` before the charge. In quiet hours it
    waits for the morning; if the charge would fall first it goes out before the quiet hours begin, or at once within
    them.
    """
    if charge_at <= now:
        return None
    wanted = max(now, charge_at - timedelta(hours=policy.final_hours)) if kind is Kind.FINAL else now
    quiet = quiet_stretch(wanted, policy)
    if quiet is None:
        return wanted
    evening, morning = quiet
    if morning < charge_at:
        return morning
    return max(now, evening - EVENING_MARGIN)


def kind_to_plan(said: Iterable[Said], amount_fen: int, charge_at: datetime) -> Kind | None:
    """Give which reminder tells of an announced charge; None when nothing is left to tell.

    The final one, as long as it was not sent; after that a correction, if the charge is no longer what the final one
    said. There is exactly one of each kind for a subscription and cycle: after the correction was sent, a further
    change is audited and is what a cancellation waives, but no text tells of it.
    """
    sent = {one.kind: one for one in said if one.sent}
    if Kind.FINAL not in sent:
        return Kind.FINAL
    final = sent[Kind.FINAL]
    same = final.amount_fen == amount_fen and _minute(final.charge_at) == _minute(charge_at)
    return None if same or Kind.CORRECTED in sent else Kind.CORRECTED


def _minute(moment: datetime) -> datetime:
    """Give a moment as exactly as a text says it."""
    return moment.replace(second=0, microsecond=0)


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
