"""Puts orders to BOSS into the outbox, each exactly once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from billing_hooks.cancelling import Order, order_id
from billing_hooks.journal import Journal
from billing_hooks.models import BossOrder, Cancellation
from config import records
from config.topics import BOSS_ORDERS
from ledger.outbox import enqueue


def order_from_boss(cancellation: Cancellation, orders: Iterable[Order], now: datetime, journal: Journal) -> None:
    """Order these of BOSS, unless this cancellation has ordered them before."""
    subscription = cancellation.subscription
    for order in orders:
        placed, created = BossOrder.objects.get_or_create(
            cancellation=cancellation,
            kind=order.kind,
            cycle=order.cycle,
            defaults={
                "order_id": order_id(subscription.boss_id, cancellation.request.text_id, order),
                "ordered_at": now,
            },
        )
        if not created:
            continue
        enqueue(
            BOSS_ORDERS,
            subscription.subscriber.msisdn,
            records.BossOrder(
                id=placed.order_id,
                at=now,
                kind=order.kind,
                msisdn=subscription.subscriber.msisdn,
                subscription=subscription.boss_id,
                service=subscription.service.code,
                provider=subscription.service.provider,
                cycle=order.cycle,
                reason=f"cancelled by the subscriber: {cancellation.origin}",
            ),
        )
        journal.note("boss_ordered", subscription.subscriber_id, subscription=subscription.pk,
                     order=placed.order_id, kind=order.kind, cycle=order.cycle)  # fmt: skip
