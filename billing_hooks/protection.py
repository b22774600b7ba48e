"""What the protection worker calls: takes records of BOSS and of subscribers, each call one transaction.

Every call is all or nothing, safe beside other workers, and does nothing twice when a record comes again. A record that
can never be taken raises `BadRecordError`, and nothing of its batch is done: the caller sets it aside and calls again.
That is also so for a NUL in a field (`control_character`) and a moment outside our time (`invalid_field`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from billing_hooks import sending_reminders, taking_acks, taking_events, taking_texts
from billing_hooks.checking import refuse_impossible
from billing_hooks.journal import Journal
from billing_hooks.numbers import levelled
from config.policy import Policy
from config.records import BossAck, BossEvent, ServiceText


def take_events(events: Sequence[BossEvent], now: datetime, policy: Policy) -> None:
    """Take orders and announced charges; reminders that are due already go out in the same transaction.

    Raises:
        BadRecordError: `unknown_service`, or `subscription_mismatch`: BOSS's id stands for something else already.
    """
    refuse_impossible(events)
    events = levelled(events)
    with transaction.atomic():
        journal = Journal()
        subscribers = taking_events.take(events, now, policy, journal)
        sending_reminders.send_to(subscribers, now, policy, journal)
        journal.close(now)


def take_texts(texts: Sequence[ServiceText], now: datetime, policy: Policy) -> None:
    """Take texts from subscribers: list, cancel, ask or help; texts to other services' ports are left alone."""
    refuse_impossible(texts)
    texts = levelled(texts)
    with transaction.atomic():
        journal = Journal()
        taking_texts.take(texts, now, policy, journal)
        journal.close(now)


def take_acks(acks: Sequence[BossAck], now: datetime, policy: Policy) -> None:
    """Take BOSS's answers to orders; the subscriber is told once all cancellations of a request have theirs.

    Raises:
        BadRecordError: `unknown_order`, or `order_mismatch`: the order is another subscriber's.
    """
    refuse_impossible(acks)
    acks = levelled(acks)
    with transaction.atomic():
        journal = Journal()
        taking_acks.take(acks, now, policy, journal)
        journal.close(now)


def send_due_reminders(now: datetime, policy: Policy, limit: int = 500) -> int:
    """Send reminders that have become due and close those whose charge has fallen; give how many were sent."""
    with transaction.atomic():
        journal = Journal()
        sending_reminders.close_past(now, limit)
        sent = sending_reminders.send_due(now, policy, limit, journal)
        journal.close(now)
    return sent
