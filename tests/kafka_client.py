"""Plain Kafka clients for tests."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import msgspec
from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition

from config.records import encode

T = TypeVar("T", bound=msgspec.Struct)


@contextmanager
def a_producer(bootstrap: str) -> Iterator[KafkaProducer]:
    """Give a producer that has sent everything when the block ends."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5, max_request_size=8 * 1024 * 1024)
    try:
        yield producer
        producer.flush(timeout=30)
    finally:
        producer.close()


def produce(bootstrap: str, topic: str, records: Iterable[tuple[str, msgspec.Struct | bytes]]) -> None:
    """Send keyed records and wait until the broker has them."""
    with a_producer(bootstrap) as producer:
        sent = [
            producer.send(topic, key=key.encode(), value=value if isinstance(value, bytes) else encode(value))
            for key, value in records
        ]
        for future in sent:
            future.get(timeout=30)


Ends = dict[TopicPartition, int]
"""Where each partition of a topic ended."""


def ends_of(bootstrap: str, topic: str) -> Ends:
    """Where the topic ends now, for `consume` to start from."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    try:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        return dict(consumer.end_offsets(partitions))
    finally:
        consumer.close()


def consume(
    bootstrap: str, topic: str, record: type[T], *, count: int, seconds: float = 30, since: Ends | None = None
) -> list[T]:
    """Read a topic from its beginning or from `since` until `count` records are there or time runs out."""
    consumer = KafkaConsumer(
        *([] if since else [topic]),
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        group_id=None,
        client_id=f"test-{uuid.uuid4().hex[:8]}",
    )
    if since:
        consumer.assign(list(since))
        for partition, offset in since.items():
            consumer.seek(partition, offset)
    found: list[T] = []
    deadline = time.monotonic() + seconds
    try:
        while len(found) < count and time.monotonic() < deadline:
            for messages in consumer.poll(timeout_ms=200).values():
                lines = (line for message in messages for line in message.value.split(b"\n"))
                found += [msgspec.json.decode(line, type=record) for line in lines]
    finally:
        consumer.close()
    return found


def skip_to_end(bootstrap: str, group: str, topics: Iterable[str]) -> None:
    """Let a consumer group that does not run begin with what comes from now on."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    try:
        partitions = [
            TopicPartition(topic, number) for topic in topics for number in consumer.partitions_for_topic(topic) or ()
        ]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        consumer.commit({partition: OffsetAndMetadata(offset, "", -1) for partition, offset in ends.items()})
    finally:
        consumer.close()
