"""The simulators' end of the broker: one writer and one reader, without a consumer group (nobody shares their work)."""

from __future__ import annotations

import contextlib

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from demo.errors import DemoError

ANSWER_SECONDS = 15


class Writer:
    """Writes records; a record may hold one line or many."""

    def __init__(self, bootstrap: str, name: str) -> None:
        self._producer = KafkaProducer(bootstrap_servers=bootstrap, client_id=f"demo-{name}", linger_ms=20)

    def send(self, topic: str, key: str, value: bytes, partition: int | None = None) -> None:
        """Hand a record over; `flush` waits for the broker."""
        self._producer.send(topic, key=key.encode(), value=value, partition=partition)

    def flush(self) -> None:
        """Wait until the broker has everything.

        Raises:
            DemoError: it does not answer.
        """
        try:
            self._producer.flush(timeout=ANSWER_SECONDS)
        except KafkaError as error:
            raise DemoError(f"the broker took no records for {ANSWER_SECONDS} s: {error}") from error

    def close(self) -> None:
        """Let go of the broker."""
        with contextlib.suppress(KafkaError):
            self._producer.close(timeout=2)


class Reader:
    """Reads topics from their beginning, or from their end on."""

    def __init__(self, bootstrap: str, topics: tuple[str, ...], name: str, *, from_end: bool = False) -> None:
        self._consumer = KafkaConsumer(
            bootstrap_servers=bootstrap, client_id=f"demo-{name}", group_id=None, enable_auto_commit=False,
            auto_offset_reset="earliest",
        )  # fmt: skip
        partitions = [
            TopicPartition(topic, partition)
            for topic in topics
            for partition in self._consumer.partitions_for_topic(topic) or ()
        ]
        self._consumer.assign(partitions)
        (self._consumer.seek_to_end if from_end else self._consumer.seek_to_beginning)(*partitions)

    def read(self, seconds: float) -> list[tuple[str, bytes]]:
        """Give what has come within so many seconds, as topic and line."""
        batches = self._consumer.poll(timeout_ms=int(seconds * 1000))
        return [
            (place.topic, line)
            for place, records in batches.items()
            for record in records
            for line in (record.value or b"").split(b"\n")
            if line
        ]

    def close(self) -> None:
        """Let go of the broker."""
        with contextlib.suppress(KafkaError):
            self._consumer.close()
