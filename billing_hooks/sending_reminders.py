"""Sends reminders that are due, each once, and closes those whose charge has fallen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F, QuerySet

from billing_hooks import wording
from billing_hooks.journal import Journal
from billing_hooks.locking import lock_free_subscribers
from billing_hooks.models import Reminder, Subscriber
from billing_hooks.ports import FIRST_CODE, next_code, reminder_port
from billing_hooks.reminding import Kind, when_to_remind
from config.metrics import REMINDERS
from config.policy import Policy
from ledger.outbound import send_template


def send_due(now: datetime, policy: Policy, limit: int, journal: Journal) -> int:
    """Send up to `limit` reminders that became due, except of subscribers whom another worker is busy with."""
    due = _waiting(now).order_by("due_at").values_list("subscriber_id", flat=True)[:limit]
    return send_to(lock_free_subscribers(due).values(), now, policy, journal)


def send_to(subscribers: Iterable[Subscriber], now: datetime, policy: Policy, journal: Journal) -> int:
    """Send the due reminders of these subscribers, who must be locked."""
    locked = {subscriber.pk: subscriber for subscriber in subscribers}
    sent = 0
    waiting = _waiting(now).filter(subscriber_id__in=locked).select_related("subscription__service")
    for reminder in waiting.order_by("due_at", "pk"):
        sent += _send(reminder, locked[reminder.subscriber_id], now, policy, journal)
    return sent


def close_past(now: datetime, limit: int) -> None:
    """Close up to `limit` sent reminders whose charge has fallen, so that their codes are free again."""
    past = (
        Reminder.objects.select_for_update(skip_locked=True)
        .filter(closed_at=None, sent_at__isnull=False, charge_at__lte=now)
        .values_list("pk", flat=True)[:limit]
    )
    Reminder.objects.filter(pk__in=list(past)).update(closed_at=F("charge_at"), closed_as=Reminder.Closed.CHARGED)


def _waiting(now: datetime) -> QuerySet[Reminder]:
    return Reminder.objects.filter(sent_at=None, closed_at=None, due_at__lte=now)


def _send(reminder: Reminder, subscriber: Subscriber, now: datetime, policy: Policy, journal: Journal) -> bool:
    """Send one, unless the moment has passed since it was planned: then it waits for the morning or is given up."""
    when = when_to_remind(Kind(reminder.kind), now, reminder.charge_at, policy.reminders)
    subscription = reminder.subscription
    if when is None:
        reminder.closed_at, reminder.closed_as = now, Reminder.Closed.MISSED
        reminder.save()
        journal.note("reminder_missed", subscriber.pk, subscription=subscription.pk, cycle=reminder.cycle)
        return False
    if when > now:
        reminder.due_at = when
        reminder.save()
        return False
    _supersede(reminder, now)
    code = _hand_out_code(subscriber, now)
    reminder.code, reminder.sent_at = code, now
    reminder.save()
    name, values = _text(reminder, subscriber, policy)
    send_template(
        f"reminder-{reminder.pk}",
        subscriber.msisdn,
        reminder_port(code),
        name,
        at=now,
        language=subscriber.speaks,
        **values,
    )
    journal.note("reminder_sent", subscriber.pk, subscription=subscription.pk, cycle=reminder.cycle,
                 kind=reminder.kind, code=code)  # fmt: skip
    journal.count(REMINDERS, reminder.kind)
    return True


def _supersede(reminder: Reminder, now: datetime) -> None:
    """Close the earlier reminders of the same subscription: one at a time awaits a reply."""
    earlier = Reminder.objects.filter(subscription=reminder.subscription, closed_at=None, sent_at__isnull=False)
    earlier.update(closed_at=now, closed_as=Reminder.Closed.SUPERSEDED)


def _hand_out_code(subscriber: Subscriber, now: datetime) -> int:
    """Give the next code; if a subscriber ever has 900 open reminders, the oldest gives up its own."""
    open_ones = Reminder.objects.filter(subscriber=subscriber, closed_at=None, code__isnull=False)
    code = next_code(subscriber.last_code, set(open_ones.values_list("code", flat=True)))
    if code is None:
        oldest = open_ones.earliest("sent_at", "pk")
        code = oldest.code or FIRST_CODE
        oldest.closed_at, oldest.closed_as = now, Reminder.Closed.SUPERSEDED
        oldest.save()
    subscriber.last_code = code
    subscriber.save(update_fields=["last_code"])
    return code


def _text(reminder: Reminder, subscriber: Subscriber, policy: Policy) -> tuple[str, dict[str, str | int]]:
    """Give the name of the text and its fields."""
    language, zone = subscriber.speaks, policy.reminders.zone
    subscription = reminder.subscription
    service = subscription.service
    values: dict[str, str | int] = {
        "service": service.name(language),
        "provider": service.provider_name(language),
        "charge_at": wording.minute(reminder.charge_at, language, zone),
    }
    amount = wording.once(reminder.amount_fen, language)
    corrected = reminder.kind == Reminder.Kind.CORRECTED
    if not service.cancellable:
        name = "reminder_corrected_fixed" if corrected else "reminder_fixed"
        return name, {**values, "amount": amount, "reason": service.reason(language)}
    values["code"] = reminder.code or ""
    if reminder.kind != Reminder.Kind.ORDER:
        return "reminder_corrected" if corrected else "reminder_final", {**values, "amount": amount}
    values["price"] = wording.monthly(reminder.amount_fen, language)
    if subscription.trial_until is None:
        return "reminder_order", values
    return "reminder_trial", {**values, "trial_until": wording.day(subscription.trial_until, language, zone)}
