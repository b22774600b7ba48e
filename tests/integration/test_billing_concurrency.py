"""Workers that take the same records at the same time do everything once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from billing_hooks import protection
from billing_hooks.models import BossOrder, Cancellation, DeskList, Reminder, Subscription
from config.policy import load_policy
from ledger.chain import breaks
from ledger.models import AuditEntry, OutboundMessage
from tests.builders import NOW, a_boss_ack, a_charge_due, a_service_text, a_subscription_ordered

pytestmark = pytest.mark.django_db(transaction=True)
POLICY = load_policy()
WORKERS = 4
MSISDNS = [f"1390000000{digit}" for digit in range(6)]


def together(deed: Callable[[], object]) -> None:
    """Let several workers, each with a connection of its own, do the same at the same moment."""
    start = Barrier(WORKERS)

    def work() -> None:
        try:
            start.wait(timeout=30)
            deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        for running in [pool.submit(work) for _ in range(WORKERS)]:
            running.result(timeout=60)


def test_the_same_records_taken_by_several_workers_do_everything_once() -> None:
    events = [
        event
        for msisdn in MSISDNS
        for event in (
            a_subscription_ordered(msisdn=msisdn, subscription=f"sub-{msisdn}", service="CRBT"),
            a_charge_due(
                msisdn=msisdn, subscription=f"sub-{msisdn}", service="CRBT", charge_at=NOW + timedelta(days=3)
            ),
        )
    ]
    texts = [
        text for msisdn in MSISDNS for text in (a_service_text(msisdn=msisdn), a_service_text(msisdn=msisdn, text="1"))
    ]

    together(lambda: protection.take_events(events, NOW, POLICY))
    assert Subscription.objects.count() == len(MSISDNS)
    assert Reminder.objects.filter(sent_at=NOW).count() == len(MSISDNS)

    together(lambda: protection.send_due_reminders(NOW + timedelta(days=2), POLICY))
    assert OutboundMessage.objects.filter(name="reminder_final").count() == len(MSISDNS)
    assert AuditEntry.objects.filter(action="reminder_sent").count() == 2 * len(MSISDNS)

    together(lambda: protection.take_texts(texts, NOW + timedelta(days=2), POLICY))
    assert DeskList.objects.count() == len(MSISDNS)
    assert Cancellation.objects.count() == len(MSISDNS)
    assert BossOrder.objects.count() == 3 * len(MSISDNS)

    acks = [
        a_boss_ack(order=order.order_id, msisdn=order.cancellation.subscription.subscriber.msisdn)
        for order in BossOrder.objects.select_related("cancellation__subscription__subscriber")
    ]
    together(lambda: protection.take_acks(acks, NOW, POLICY))
    assert OutboundMessage.objects.filter(name="answer").count() == len(MSISDNS)
    assert not list(breaks(AuditEntry.objects.iterator()))
