"""Hands packed records to Kafka, a bounded number at a time, and knows the first one that is not acknowledged yet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from kafka.errors import KafkaError, KafkaTimeoutError

from streams.packing import Packed, Place

MAX_RECORDS = 500
MAX_BYTES = 32 * 1024 * 1024
"""Handed over and not acknowledged, at most; kafka-python itself would take everything."""
LOOK_SECONDS = 0.2


class FeedError(Exception):
    """Not everything is with the broker; the message says why. Feed again, ids make it harmless."""


class Producer(Protocol):
    """What is needed of kafka-python's producer."""

    def send(self, topic: str, *, key: bytes, value: bytes, partition: int) -> Any:
        """Hand over a record and give the future of its acknowledgement."""


class Sender:
    """Sends records to one topic.

    Attributes:
        acknowledged: SMS that the broker has.
    """

    def __init__(self, producer: Producer, topic: str, meanwhile: Callable[[], None]) -> None:
        self._producer, self._topic, self._meanwhile = producer, topic, meanwhile
        self._changed = threading.Condition()
        self._waiting: dict[int, tuple[Packed, float]] = {}
        self._bytes = 0
        self._sent = 0
        self._answered: dict[int, float] = {}
        self._fault: BaseException | None = None
        self.acknowledged = 0

    def send(self, record: Packed) -> None:
        """Hand over a record once there is room.

        Raises:
            FeedError: the broker did not take this or an earlier one.
        """
        self._wait_until(lambda: len(self._waiting) < MAX_RECORDS and self._bytes < MAX_BYTES)
        number, self._sent = self._sent, self._sent + 1
        with self._changed:
            self._waiting[number] = (record, time.monotonic())
            self._bytes += record.size
        try:
            future = self._producer.send(self._topic, key=record.key, value=record.value, partition=record.partition)
        except KafkaError as error:
            self._refused(error)
            self._raise()
            return
        future.add_callback(self._taken, number)
        future.add_errback(self._refused)

    def drain(self) -> None:
        """Wait until the broker has everything.

        Raises:
            FeedError: it did not take everything.
        """
        self._wait_until(lambda: not self._waiting)

    def first_waiting(self) -> Place | None:
        """Give the place of the first line that is not acknowledged; None when all are."""
        with self._changed:
            return min((record.place for record, _ in self._waiting.values()), default=None)

    @property
    def waiting(self) -> int:
        """Records that are not acknowledged."""
        return len(self._waiting)

    def silence(self) -> float:
        """Give the seconds for which some partition has not answered though a record waits; 0 when none does."""
        with self._changed:
            oldest: dict[int, float] = {}
            for record, handed_over in self._waiting.values():
                oldest.setdefault(record.partition, handed_over)
            now = time.monotonic()
            return max((now - max(since, self._answered.get(p, 0.0)) for p, since in oldest.items()), default=0.0)

    def _wait_until(self, come_true: Callable[[], bool]) -> None:
        while True:
            self._raise()
            with self._changed:
                if come_true():
                    return
                self._changed.wait(LOOK_SECONDS)
            self._meanwhile()

    def _taken(self, number: int, _answer: object) -> None:
        with self._changed:
            record, _ = self._waiting.pop(number)
            self._bytes -= record.size
            self.acknowledged += len(record.lines)
            self._answered[record.partition] = time.monotonic()
            self._changed.notify_all()

    def _refused(self, error: BaseException) -> None:
        with self._changed:
            self._fault = self._fault or error
            self._changed.notify_all()

    def _raise(self) -> None:
        if self._fault is None:
            return
        why = "it did not answer in time" if isinstance(self._fault, KafkaTimeoutError) else str(self._fault)
        raise FeedError(f"the broker did not take everything: {why}") from self._fault
