"""Applies BOSS's answers to orders and settles cancellations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from billing_hooks import answering
from billing_hooks.cancelling import Answer, Verdict, verdict
from billing_hooks.journal import Journal
from billing_hooks.locking import lock_subscribers
from billing_hooks.models import BossOrder, Cancellation, Reminder, ServiceTextSeen, Subscription
from billing_hooks.taking_events import plan_announced
from config.errors import BadRecordError
from config.metrics import CANCELS
from config.numbers import level
from config.policy import Policy
from config.records import BossAck

LONGEST_REASON = 500


def take(acks: Sequence[BossAck], now: datetime, policy: Policy, journal: Journal) -> None:
    """Take the first answer to each order; later ones change nothing."""
    known = set(
        BossOrder.objects.filter(order_id__in={ack.order for ack in acks}).values_list(
            "order_id", "cancellation__subscription__subscriber__msisdn"
        )
    )
    _check(acks, dict(known))
    lock_subscribers(msisdn for _, msisdn in known)
    for ack in acks:
        _take_one(ack, now, policy, journal)


def _check(acks: Sequence[BossAck], owners: dict[str, str]) -> None:
    for ack in acks:
        if ack.order not in owners:
            raise BadRecordError("unknown_order", f"no order {ack.order} was given to BOSS")
        if ack.msisdn != level(owners[ack.order]):
            raise BadRecordError("order_mismatch", f"order {ack.order} is about another number")


def _take_one(ack: BossAck, now: datetime, policy: Policy, journal: Journal) -> None:
    order = BossOrder.objects.select_related("cancellation__subscription__service").get(order_id=ack.order)
    if order.status != BossOrder.Status.QUEUED:
        return
    order.status, order.reason = ack.status, ack.reason[:LONGEST_REASON]
    order.effective_at, order.settled_at = ack.effective_at, ack.at
    order.save()
    cancellation = order.cancellation
    journal.note("boss_answered", cancellation.subscription.subscriber_id,
                 subscription=cancellation.subscription_id, order=order.order_id, kind=order.kind,
                 cycle=order.cycle, status=order.status)  # fmt: skip
    if cancellation.outcome != Cancellation.Outcome.PENDING:
        _take_late(order, cancellation, now, policy, journal)
        return
    orders = cancellation.orders.order_by("pk")
    settled = verdict([Answer(one.kind, one.status, one.reason) for one in orders])
    if settled is not None:
        _settle(cancellation, settled, now, policy, journal)
        _tell_if_complete(cancellation.request, now, policy, journal)


def _take_late(order: BossOrder, cancellation: Cancellation, now: datetime, policy: Policy, journal: Journal) -> None:
    """Take the answer about a charge that BOSS announced after it had ended the subscription.

    If it stands, the subscriber is told at once; if the request was not answered yet, its answer will tell.
    """
    if order.kind != "WaiveCharge" or order.status != BossOrder.Status.FAILED:
        return
    cancellation.outcome, cancellation.reason = Cancellation.Outcome.NOT_WAIVED, order.reason
    cancellation.save(update_fields=["outcome", "reason"])
    if cancellation.told_at is not None:
        answering.tell_not_waived(order, now, policy, journal)


def _settle(cancellation: Cancellation, settled: Verdict, now: datetime, policy: Policy, journal: Journal) -> None:
    """Write down what became of a cancellation; after a failure the reminders that wait are open again."""
    ending = cancellation.orders.get(kind="CancelSubscription")
    subscription = cancellation.subscription
    failed = settled.outcome == "failed"
    cancellation.outcome, cancellation.reason = settled.outcome, settled.reason
    cancellation.effective_at, cancellation.settled_at = ending.effective_at, ending.settled_at or now
    cancellation.save()
    subscription.status = Subscription.Status.CANCEL_FAILED if failed else Subscription.Status.CANCELLED
    subscription.save(update_fields=["status"])
    if failed:
        subscription.reminders.filter(sent_at=None, closed_as=Reminder.Closed.CANCELLED, charge_at__gt=now).update(
            closed_at=None, closed_as=""
        )
        for charge in subscription.announced.filter(charge_at__gt=now):
            plan_announced(charge, now, policy, journal)
    else:
        journal.count(CANCELS, cancellation.origin)
    journal.note("cancel_failed" if failed else "subscription_cancelled", subscription.subscriber_id,
                 subscription=subscription.pk, service=subscription.service.code,
                 outcome=settled.outcome)  # fmt: skip


def _tell_if_complete(request: ServiceTextSeen, now: datetime, policy: Policy, journal: Journal) -> None:
    if not request.cancellations.filter(settled_at=None).exists():
        answering.tell(request, now, policy, journal)
