"""Applies events of BOSS: enters subscriptions and plans reminders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from billing_hooks.cancelling import orders_to_waive
from billing_hooks.journal import Journal
from billing_hooks.locking import lock_subscribers
from billing_hooks.models import AnnouncedCharge, BossEventSeen, Reminder, Service, Subscriber, Subscription
from billing_hooks.ordering import order_from_boss
from billing_hooks.reminding import Kind, Said, cycle_of, kind_to_plan, when_to_remind
from config.errors import BadRecordError
from config.metrics import BOSS_EVENTS
from config.policy import Policy
from config.records import BossEvent, ChargeDue, SubscriptionOrdered


@dataclass(frozen=True)
class Plan:
    """A reminder to plan: of which charge, and why."""

    kind: Kind
    cycle: str
    amount_fen: int
    charge_at: datetime


def take(events: Sequence[BossEvent], now: datetime, policy: Policy, journal: Journal) -> list[Subscriber]:
    """Take each event once; give the locked subscribers."""
    services = _services({event.service for event in events})
    subscribers = lock_subscribers(event.msisdn for event in events)
    seen = set(
        BossEventSeen.objects.filter(event_id__in={event.id for event in events}).values_list("event_id", flat=True)
    )
    for event in events:
        if event.id in seen:
            journal.count(BOSS_EVENTS, "repeated")
            continue
        seen.add(event.id)
        BossEventSeen.objects.create(event_id=event.id, taken_at=now)
        subscription, entered = _enter(event, subscribers[event.msisdn], services[event.service])
        if isinstance(event, SubscriptionOrdered):
            outcome = _take_order(event, subscription, now, policy, journal)
        else:
            outcome = _take_charge(event, subscription, now, policy, journal, entered=entered)
        journal.count(BOSS_EVENTS, outcome)
    return list(subscribers.values())


def _services(codes: Iterable[str]) -> dict[str, Service]:
    services = {service.code: service for service in Service.objects.filter(code__in=codes)}
    for code in codes:
        if code not in services:
            raise BadRecordError("unknown_service", f"service {code} is not in the catalogue")
    return services


def _enter(event: BossEvent, subscriber: Subscriber, service: Service) -> tuple[Subscription, bool]:
    """Find or enter the subscription; one that BOSS only announces a charge for was ordered before our time."""
    price = event.price_fen if isinstance(event, SubscriptionOrdered) else event.amount_fen
    subscription, entered = Subscription.objects.select_related("service", "subscriber").get_or_create(
        boss_id=event.subscription, defaults={"subscriber": subscriber, "service": service, "price_fen": price}
    )
    if subscription.subscriber_id != subscriber.pk or subscription.service_id != service.pk:
        raise BadRecordError("subscription_mismatch", "this subscription belongs to another number or service")
    return subscription, entered


def _take_order(
    event: SubscriptionOrdered, subscription: Subscription, now: datetime, policy: Policy, journal: Journal
) -> str:
    if subscription.ordered_at is not None:
        return "repeated"
    subscription.ordered_at = event.at
    subscription.first_charge_at = event.first_charge_at
    subscription.trial_until = event.trial_until
    subscription.price_fen = event.price_fen
    subscription.save()
    journal.note("subscription_ordered", subscription.subscriber_id, subscription=subscription.pk,
                 service=event.service, price_fen=event.price_fen)  # fmt: skip
    if subscription.status not in (Subscription.Status.CANCELLING, Subscription.Status.CANCELLED):
        cycle = cycle_of(event.first_charge_at, policy.reminders.zone)
        plan = Plan(Kind.ORDER, cycle, event.price_fen, event.first_charge_at)
        _plan(plan, subscription, now, policy, journal)
    return "ordered"


def _take_charge(
    event: ChargeDue, subscription: Subscription, now: datetime, policy: Policy, journal: Journal, *, entered: bool
) -> str:
    journal.note("charge_announced", subscription.subscriber_id, subscription=subscription.pk,
                 service=event.service, cycle=event.cycle, amount_fen=event.amount_fen,
                 charge_at=event.charge_at.isoformat(), new=int(entered))  # fmt: skip
    charge = _newest(event, subscription)
    if subscription.status in (Subscription.Status.CANCELLING, Subscription.Status.CANCELLED):
        cancellation = subscription.cancellations.latest("pk")
        order_from_boss(cancellation, orders_to_waive(event.cycle), now, journal)
        return "waived"
    plan_announced(charge, now, policy, journal)
    return "charge_due"


def _newest(event: ChargeDue, subscription: Subscription) -> AnnouncedCharge:
    """Keep what BOSS announced last of this cycle; an older announcement that comes late changes nothing."""
    charge = AnnouncedCharge.objects.filter(subscription=subscription, cycle=event.cycle).first()
    if charge is None:
        charge = AnnouncedCharge(subscription=subscription, cycle=event.cycle)
    elif charge.announced_at is not None and event.at < charge.announced_at:
        return charge
    charge.amount_fen, charge.charge_at, charge.announced_at = event.amount_fen, event.charge_at, event.at
    charge.save()
    return charge


def plan_announced(charge: AnnouncedCharge, now: datetime, policy: Policy, journal: Journal) -> None:
    """Plan the reminder that an announced charge still needs; a correction that is no longer one is dropped."""
    subscription = charge.subscription
    about = Reminder.objects.filter(subscription=subscription, cycle=charge.cycle).exclude(kind=Reminder.Kind.ORDER)
    said = [Said(Kind(one.kind), one.amount_fen, one.charge_at, one.sent_at is not None) for one in about]
    kind = kind_to_plan(said, charge.amount_fen, charge.charge_at)
    if kind is None:
        about.filter(sent_at=None, closed_at=None).delete()
        return
    _plan(Plan(kind, charge.cycle, charge.amount_fen, charge.charge_at), subscription, now, policy, journal)


def _plan(plan: Plan, subscription: Subscription, now: datetime, policy: Policy, journal: Journal) -> None:
    """Enter a reminder, or plan one that was not sent anew, even if it was given up: the charge is another now."""
    due_at = when_to_remind(plan.kind, now, plan.charge_at, policy.reminders)
    reminder = Reminder.objects.filter(subscription=subscription, cycle=plan.cycle, kind=plan.kind).first()
    if reminder is None:
        reminder = Reminder(
            subscription=subscription, subscriber=subscription.subscriber, cycle=plan.cycle, kind=plan.kind
        )
    elif reminder.sent_at is not None:
        return
    missed = due_at is None and reminder.closed_as != Reminder.Closed.MISSED
    reminder.amount_fen, reminder.charge_at = plan.amount_fen, plan.charge_at
    reminder.due_at = due_at or now
    reminder.closed_at = None if due_at else now
    reminder.closed_as = "" if due_at else Reminder.Closed.MISSED
    reminder.save()
    if missed:
        journal.note("reminder_missed", subscription.subscriber_id, subscription=subscription.pk, cycle=plan.cycle)
