"""Applies texts from subscribers: loads their situation, lets `replies` decide, and does what it decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from billing_hooks import answering
from billing_hooks.cancelling import Charge, open_cycles, orders_to_cancel
from billing_hooks.journal import PERSON, Journal
from billing_hooks.locking import lock_subscribers
from billing_hooks.models import Cancellation, DeskList, Reminder, Service, ServiceTextSeen, Subscriber, Subscription
from billing_hooks.ordering import order_from_boss
from billing_hooks.parsing import name_key, understand
from billing_hooks.ports import is_ours
from billing_hooks.replies import Chosen, Decision, Holding, Outcome, SentReminder, ShownList, Situation, decide
from config.metrics import SERVICE_TEXTS
from config.policy import Policy
from config.records import ServiceText

REMINDERS_LOOKED_AT = 900
"""As many as there are codes: an older reminder's code has been handed out again."""


def take(texts: Sequence[ServiceText], now: datetime, policy: Policy, journal: Journal) -> None:
    """Take each text once."""
    subscribers = lock_subscribers(text.msisdn for text in texts if is_ours(text.port))
    seen = set(
        ServiceTextSeen.objects.filter(text_id__in={text.id for text in texts}).values_list("text_id", flat=True)
    )
    names = _names()
    for text in texts:
        if text.id in seen:
            journal.count(SERVICE_TEXTS, "repeated")
            continue
        seen.add(text.id)
        subscriber = subscribers.get(text.msisdn) if is_ours(text.port) else None
        if subscriber is None:
            _leave_alone(text, now, journal)
        else:
            _take_one(text, subscriber, names, now, policy, journal)


def _names() -> dict[str, str]:
    """Give every name of every service as the parser compares it."""
    return {
        name_key(name): service.code for service in Service.objects.all() for name in (service.name_zh, service.name_en)
    }


def _leave_alone(text: ServiceText, now: datetime, journal: Journal) -> None:
    ServiceTextSeen.objects.create(
        text_id=text.id, port=text.port, sent_at=text.sent_at, taken_at=now, outcome=Outcome.NOT_OURS
    )
    journal.note_text("text_not_ours", text.id, port=text.port)
    journal.count(SERVICE_TEXTS, Outcome.NOT_OURS)


def _take_one(
    text: ServiceText, subscriber: Subscriber, names: dict[str, str], now: datetime, policy: Policy, journal: Journal
) -> None:
    asked_at = min(text.sent_at, now)
    decision = decide(understand(text.text, names), text.port, _situation(subscriber, asked_at))
    request = ServiceTextSeen.objects.create(
        text_id=text.id,
        subscriber=subscriber,
        port=text.port,
        text=text.text,
        sent_at=text.sent_at,
        taken_at=now,
        outcome=decision.outcome,
        remarks=[{"why": remark.why, "about": remark.about} for remark in decision.remarks],
    )
    journal.note("text_taken", subscriber.pk, actor=PERSON, text=text.id, understood=decision.outcome)
    for chosen in decision.cancels:
        _cancel(chosen, request, asked_at, now, journal)
    _answer(decision, request, now, policy, journal)
    journal.count(SERVICE_TEXTS, decision.outcome)


def _situation(subscriber: Subscriber, asked_at: datetime) -> Situation:
    """Load all that a text of this subscriber can refer to."""
    held = Subscription.objects.filter(subscriber=subscriber).select_related("service").order_by("pk")
    sent = Reminder.objects.filter(subscriber=subscriber, code__isnull=False).order_by("-sent_at", "-pk")
    return Situation(
        holdings={one.pk: Holding(one.pk, one.service.code, one.status, one.service.cancellable) for one in held},
        reminders=[
            SentReminder(one.code or 0, one.subscription_id, one.open_at(asked_at))
            for one in sent[:REMINDERS_LOOKED_AT]
        ],
        shown=_shown(subscriber, asked_at),
    )


def _shown(subscriber: Subscriber, asked_at: datetime) -> ShownList | None:
    """Load the newest 0000 list."""
    newest = DeskList.objects.filter(subscriber=subscriber).order_by("-pk").first()
    if newest is None:
        return None
    return ShownList(asked_at < newest.valid_until, dict(newest.items.values_list("number", "subscription_id")))


def _cancel(chosen: Chosen, request: ServiceTextSeen, asked_at: datetime, now: datetime, journal: Journal) -> None:
    """Enter the cancellation, close its reminders, and order it from BOSS with the waiver of every open cycle."""
    subscription = Subscription.objects.select_related("service", "subscriber").get(pk=chosen.subscription)
    ordered = subscription.reminders.filter(kind=Reminder.Kind.ORDER).order_by("charge_at")
    charges = [
        *(Charge(one.cycle, one.charge_at, announced=True) for one in subscription.announced.order_by("charge_at")),
        *(Charge(one.cycle, one.charge_at, announced=False) for one in ordered),
    ]
    subscription.status = Subscription.Status.CANCELLING
    subscription.save(update_fields=["status"])
    subscription.reminders.filter(closed_at=None).update(closed_at=now, closed_as=Reminder.Closed.CANCELLED)
    cancellation = Cancellation.objects.create(
        subscription=subscription, request=request, origin=chosen.origin, asked_at=asked_at
    )
    journal.note("cancel_asked", subscription.subscriber_id, actor=PERSON, subscription=subscription.pk,
                 service=subscription.service.code, origin=chosen.origin)  # fmt: skip
    order_from_boss(cancellation, orders_to_cancel(open_cycles(charges, asked_at)), now, journal)


def _answer(decision: Decision, request: ServiceTextSeen, now: datetime, policy: Policy, journal: Journal) -> None:
    """Answer at once, unless something was cancelled: that answer waits for BOSS."""
    match decision.outcome:
        case Outcome.LIST:
            answering.send_list(request, now, policy, journal)
        case Outcome.ASKED:
            answering.ask_which(request, decision.codes, now, policy, journal)
        case Outcome.EXPLAINED:
            answering.tell(request, now, policy, journal)
        case Outcome.HELP:
            since = now - timedelta(hours=1)
            answering.help_out(request, since, now, policy, journal)
