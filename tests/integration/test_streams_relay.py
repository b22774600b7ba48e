"""The relay: everything in the outbox reaches Kafka, and nothing that two people did not sign."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from django.db import connection, transaction

from config.environment import decode_key
from config.records import OutboundText, SignedOrder
from config.topics import ENFORCEMENT_ORDERS, SMS_MT
from demo.children import Keeper
from ledger.models import AuditEntry, OutboxRecord
from ledger.outbox import enqueue
from review.signing import new_keys, sign
from tests.builders import NOW, an_enforcement_order
from tests.kafka_client import consume
from tests.review_builders import an_approval
from tests.waiting import wait_until
from tests.workers import a_relay, running

pytestmark = pytest.mark.django_db(transaction=True)


def enqueue_texts(count: int) -> set[str]:
    run = uuid.uuid4().hex[:8]
    with transaction.atomic():
        for number in range(count):
            text = OutboundText(id=f"{run}-{number}", at=NOW, msisdn="13900000002", port="10086", text="您好")
            enqueue(SMS_MT, text.msisdn, text)
    return {f"{run}-{number}" for number in range(count)}


def published(bootstrap: str) -> list[str]:
    return [text.id for text in consume(bootstrap, SMS_MT, OutboundText, count=100_000, seconds=3)]


def all_sent() -> bool:
    return not OutboxRecord.objects.filter(sent_at=None, refused="").exists()


def test_the_outbox_reaches_kafka_in_order_and_once(system: dict[str, str], keeper: Keeper, logs: Path) -> None:
    texts = enqueue_texts(700)
    with running(a_relay(system, logs), keeper) as relay:
        wait_until(all_sent, what="the outbox is empty")
        assert relay.stop() == 0
    mine = [text for text in published(system["QINGXIN_KAFKA_BOOTSTRAP"]) if text in texts]
    assert mine == sorted(texts, key=lambda text: int(text.split("-")[1]))


def test_a_killed_relay_loses_nothing(system: dict[str, str], keeper: Keeper, logs: Path) -> None:
    texts = enqueue_texts(3000)
    with running(a_relay(system, logs), keeper) as relay:
        wait_until(lambda: OutboxRecord.objects.exclude(sent_at=None).exists(), what="the first record is sent")
        relay.kill()
    with running(a_relay(system, logs), keeper):
        wait_until(all_sent, timeout=60, what="the outbox is empty")
    assert texts <= set(published(system["QINGXIN_KAFKA_BOOTSTRAP"]))


def test_two_relays_do_not_publish_twice(system: dict[str, str], keeper: Keeper, logs: Path) -> None:
    with running(a_relay(system, logs), keeper), running(a_relay(system, logs), keeper):
        texts = enqueue_texts(500)
        wait_until(all_sent, what="the outbox is empty")
    mine = [text for text in published(system["QINGXIN_KAFKA_BOOTSTRAP"]) if text in texts]
    assert sorted(mine) == sorted(texts)


def test_an_order_with_a_foreign_signature_is_refused_even_if_it_got_into_the_outbox(
    system: dict[str, str], keeper: Keeper, logs: Path
) -> None:
    # Given a forged order, past a trigger that somebody with the database's password has switched off
    private, _ = new_keys()
    forged = sign(an_enforcement_order(target="13800000666"), decode_key(private))
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("ALTER TABLE ledger_outboxrecord DISABLE TRIGGER USER")
        enqueue(ENFORCEMENT_ORDERS, forged.target, forged)
        cursor.execute("ALTER TABLE ledger_outboxrecord ENABLE TRIGGER USER")
    # When the relay finds it
    with running(a_relay(system, logs), keeper) as relay:
        wait_until(lambda: relay.metric("qingxin_outbox_refused_total"), what="the refusal is counted")
    # Then it never reaches the network, and the refusal is on record
    orders = consume(system["QINGXIN_KAFKA_BOOTSTRAP"], ENFORCEMENT_ORDERS, SignedOrder, count=1000, seconds=3)
    assert forged.id not in {order.id for order in orders}
    assert OutboxRecord.objects.get(topic=ENFORCEMENT_ORDERS).refused == "the signature is wrong"
    assert AuditEntry.objects.filter(action="outbox_refused").exists()


def test_a_case_shows_that_the_relay_refused_its_order(system: dict[str, str], keeper: Keeper, logs: Path) -> None:
    # Given an order of two people, and a relay that was given the public key of another pair
    order = an_approval().order
    _, foreign = new_keys()
    with running(a_relay({**system, "QINGXIN_ORDER_PUBLIC_KEY": foreign}, logs), keeper):
        wait_until(lambda: OutboxRecord.objects.exclude(refused="").exists(), what="the refusal")
    # Then people see it, and the case does not wait for ever
    order.refresh_from_db()
    assert (order.status, order.ack_reason) == ("refused", "the signature is wrong")
    assert (order.case.status, order.case.outcome) == ("closed", "failed")
    assert AuditEntry.objects.filter(action="order_answered", details__status="refused").exists()
