"""The relay: publishes the outbox, and is the only writer of `enforcement.orders`, `boss.orders` and `sms.mt`.

It also feeds to the gateways' topics the dead letters that people repaired.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime

import django.db
import msgspec
from django.db import connection, transaction
from kafka import KafkaProducer
from kafka.errors import KafkaError

from config.environment import Environment, decode_key
from config.metrics import OUTBOX_REFUSED, OUTBOX_SENT, OUTBOX_WAITING, WORLD_BROKEN, WORLD_RETRIES
from config.records import SignedOrder
from config.topics import BY_NAME, ENFORCEMENT_ORDERS, REPLAYED_HEADER, REPLAYED_TOPICS
from ledger import audit
from ledger.chain import Event
from ledger.models import OutboxRecord
from review.answers import refuse
from review.replaying import marks_of, note_fed
from review.signing import OrderRefusedError, verify
from streams.desks import BROKEN_DATABASE
from streams.guard import FIRST_WAIT, LONGEST_WAIT, WorldBrokenError
from streams.kafka_access import client_settings

log = logging.getLogger(__name__)
RELAY_LOCK = 7_310_002
"""PostgreSQL advisory lock that one relay at a time holds, so that records of a key keep their order."""
AT_ONCE = 500
LONGEST_REASON = 200
IDLE_SECONDS = 0.2
PUBLISH_SECONDS = 30


def why_not(record: OutboxRecord, public_key: bytes, marks: Mapping[int, bytes]) -> str:
    """Say why a record must not be published; empty when it may.

    An enforcement order needs the signature over its decision, reviewer and approver (design, section 9). A gateway's
    line needs its mark, by the id of the record: what a person fed must not look as if the gateway had sent it.
    """
    topic = BY_NAME.get(record.topic)
    if topic is None or (topic.writer != "relay" and record.topic not in REPLAYED_TOPICS):
        return f"{record.topic} is not the relay's to write"
    if record.topic in REPLAYED_TOPICS and record.pk not in marks:
        return "nobody is known to have fed this line: its dead letter is gone"
    if record.topic == ENFORCEMENT_ORDERS:
        try:
            verify(msgspec.json.decode(bytes(record.value), type=SignedOrder), public_key)
        except (msgspec.DecodeError, OrderRefusedError) as error:
            return str(error) or type(error).__name__
    return ""


class Relay:
    """Takes waiting outbox records in order, publishes them, and marks them once the broker has them."""

    def __init__(self, environment: Environment) -> None:
        environment.require("database_url", "secret_key", "order_public_key")
        assert environment.order_public_key is not None  # noqa: S101 - required above
        self._environment = environment
        self._public_key = decode_key(environment.order_public_key.get_secret_value())
        self._producer: KafkaProducer | None = None
        self.stopping = threading.Event()
        self.ready = False

    def run(self) -> None:
        """Relay until `stopping` is set.

        Raises:
            WorldBrokenError: database or broker stayed away longer than the policy's patience.
        """
        broken_since, wait = None, FIRST_WAIT
        while not self.stopping.is_set():
            try:
                sent = self.relay_once()
            except (KafkaError, *BROKEN_DATABASE) as error:
                broken_since = broken_since or time.monotonic()
                WORLD_BROKEN.labels("relay").set(1)
                WORLD_RETRIES.labels("relay").inc()
                log.warning("relay: waiting for the world: %s: %s", type(error).__name__, error)
                if time.monotonic() - broken_since >= self._environment.broken_world_seconds:
                    raise WorldBrokenError(f"{type(error).__name__}: {error}") from error
                django.db.close_old_connections()
                self.stopping.wait(wait)
                wait = min(wait * 2, LONGEST_WAIT)
                continue
            broken_since, wait = None, FIRST_WAIT
            WORLD_BROKEN.labels("relay").set(0)
            self.ready = True
            if not sent:
                self.stopping.wait(IDLE_SECONDS)
        if self._producer is not None:
            self._producer.close()

    def relay_once(self) -> int:
        """Publish what waits, at most `AT_ONCE` records, in one transaction.

        Returns:
            How many records were published or refused; 0 also when another relay is at work.
        """
        django.db.close_old_connections()
        producer = self._connected()
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [RELAY_LOCK])
                if not cursor.fetchone()[0]:
                    return 0
            waiting = OutboxRecord.objects.filter(sent_at=None, refused="").order_by("id")
            records = list(waiting[:AT_ONCE])
            marks = marks_of([record.pk for record in records if record.topic in REPLAYED_TOPICS])
            refusals = {record.pk: why_not(record, self._public_key, marks) for record in records}
            good = [record for record in records if not refusals[record.pk]]
            sent = [
                producer.send(
                    record.topic,
                    key=record.key.encode(),
                    value=bytes(record.value),
                    headers=[(REPLAYED_HEADER, marks[record.pk])] if record.pk in marks else [],
                )
                for record in good
            ]
            places = [future.get(timeout=PUBLISH_SECONDS) for future in sent]
            now = datetime.now(UTC)
            OutboxRecord.objects.filter(pk__in=[record.pk for record in good]).update(sent_at=now)
            note_fed(
                {
                    record.pk: (place.partition, place.offset)
                    for record, place in zip(good, places, strict=True)
                    if record.topic in REPLAYED_TOPICS
                },
                now,
            )
            self._refuse([record for record in records if refusals[record.pk]], refusals, now)
        for record in good:
            OUTBOX_SENT.labels(record.topic).inc()
        OUTBOX_WAITING.set(waiting.count())
        return len(records)

    def _refuse(self, records: list[OutboxRecord], refusals: dict[int, str], now: datetime) -> None:
        events = []
        for record in records:
            reason = refusals[record.pk][:LONGEST_REASON]
            log.error("relay: refused outbox record %d: %s", record.pk, reason)
            OutboxRecord.objects.filter(pk=record.pk).update(refused=reason)
            OUTBOX_REFUSED.labels(record.topic).inc()
            events.append(Event("system:relay", "outbox_refused", "outbox", str(record.pk), {"reason": reason}))
            if record.topic == ENFORCEMENT_ORDERS:
                with contextlib.suppress(msgspec.DecodeError):
                    signed = msgspec.json.decode(bytes(record.value), type=SignedOrder)
                    events += refuse(signed, reason, now)
        audit.record(events, at=now)

    def _connected(self) -> KafkaProducer:
        if self._producer is None:
            self._producer = KafkaProducer(
                **client_settings(self._environment),
                client_id="qingxin-relay",
                acks="all",
                linger_ms=5,
                max_request_size=2 * 1024 * 1024,
            )
        return self._producer
