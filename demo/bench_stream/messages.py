"""The messages of the stream bench: the demo's traffic with many more senders, so many SMS in a record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from kafka import KafkaProducer

from config.records import Sms, encode
from config.topics import GATEWAY_TOPICS
from demo.traffic.stream import Traffic
from streams.packing import Packed, Packer
from streams.topic_admin import MAX_RECORD_BYTES

SEED = 20_261_128
CITIZENS = 100_000
SPAM_SHARE = 0.02
"""A quarter of the demo's, which is to show cases: real spam is rarer still, and what is done for hits alone costs."""
PACK = 100
EVERY = timedelta(microseconds=40)
"""Between two messages: about 24,100 a second."""


def some_sms(count: int, seed: int = SEED) -> Iterator[Sms]:
    """Make SMS of all gateways, the same for the same seed but for their times."""
    traffic = Traffic(seed, "bench", run_seed=seed, spam_share=SPAM_SHARE, citizens=CITIZENS)
    now = datetime.now(UTC)
    for number in range(count):
        yield traffic.sms(now + number * EVERY)


def fill(bootstrap: str, partitions: int, count: int, pack: int) -> None:
    """Put the first messages into the gateway topics, so many in a record."""
    producer = KafkaProducer(
        bootstrap_servers=bootstrap,
        linger_ms=50,
        batch_size=256 * 1024,
        max_request_size=MAX_RECORD_BYTES,
        acks=1,
        enable_idempotence=False,
    )

    def sender_to(topic: str) -> Packer:
        def send(record: Packed) -> None:
            producer.send(topic, key=record.key, value=record.value, partition=record.partition)

        return Packer(partitions, pack, send)

    packers = {gateway: sender_to(topic) for gateway, topic in GATEWAY_TOPICS.items()}
    for sms in some_sms(count):
        packers[sms.gateway].add(sms.sender, encode(sms))
    for packer in packers.values():
        packer.flush()
    producer.flush()
    producer.close()
