"""Loads what the page of a subscriber shows, the newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from billing_hooks.models import BossOrder, Cancellation, Reminder, Subscriber
from ledger.models import OutboundMessage

ROWS = 50
"""Rows of each table at most."""


def picture_of(subscriber: Subscriber, now: datetime) -> dict[str, Any]:
    """Give the tables of a subscriber's page."""
    subscriptions = list(subscriber.subscriptions.select_related("service").order_by("-pk"))
    reminders = subscriber.reminders.select_related("subscription__service").order_by("-due_at", "-pk")[:ROWS]
    cancellations = Cancellation.objects.filter(subscription__subscriber=subscriber)
    orders = BossOrder.objects.filter(cancellation__subscription__subscriber=subscriber)
    return {
        "subscriptions": subscriptions,
        "running": sum(one.status in ("active", "cancel_failed") for one in subscriptions),
        "reminders": [(one, state_of(one, now)) for one in reminders],
        "cancellations": cancellations.select_related("subscription__service").order_by("-pk")[:ROWS],
        "orders": orders.select_related("cancellation__subscription__service").order_by("-pk")[:ROWS],
        "sent": OutboundMessage.objects.filter(msisdn=subscriber.msisdn).order_by("-created_at", "pk")[:ROWS],
        "received": subscriber.texts.order_by("-sent_at", "-pk")[:ROWS],
        "rows": ROWS,
    }


def state_of(reminder: Reminder, now: datetime) -> str:
    """Give the state of a reminder: planned, open, or why it is closed."""
    if reminder.closed_as:
        return reminder.closed_as
    if reminder.sent_at is None:
        return "planned"
    return "open" if now < reminder.charge_at else "charged"
