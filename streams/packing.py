"""Packs SMS into Kafka records: many lines a record, each sender always in the same partition and in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from kafka.partitioner import murmur2

MAX_PACKED_BYTES = 512 * 1024
"""Bytes at which a record is closed, half of what Kafka's clients send by default."""

REMEMBERED = 100_000
"""Senders whose partition is remembered: Kafka's hash in Python takes as long as all else that is done to a line."""

Place = tuple[int, int]
"""Where a line was read: bytes and lines before it, counted over all files of a feed."""


@lru_cache(maxsize=REMEMBERED)
def partition_of(sender: str, partitions: int) -> int:
    """Give the partition that Kafka's own partitioner would choose for a key."""
    return int(murmur2(sender.encode()) & 0x7FFFFFFF) % partitions


@dataclass
class Packed:
    """The lines of a Kafka record.

    Attributes:
        partition: where it goes.
        key: its first sender.
        place: where its first line was read.
        since: the time at which it was begun.
        lines: what it holds.
        size: bytes of the value.
    """

    partition: int
    key: bytes
    place: Place
    since: float
    lines: list[bytes] = field(default_factory=list)
    size: int = 0

    @property
    def value(self) -> bytes:
        """The record's value."""
        return b"\n".join(self.lines)


@dataclass
class Packer:
    """Collects lines for each partition and hands over records, closed by count, bytes or age.

    Attributes:
        partitions: how many the topic has.
        most: SMS in a record at most.
        send: takes a record.
    """

    partitions: int
    most: int
    send: Callable[[Packed], None]
    _open: dict[int, Packed] = field(default_factory=dict, init=False)

    def add(self, sender: str, line: bytes, place: Place = (0, 0), now: float = 0.0) -> None:
        """Add the line of an SMS that was read at this place and time."""
        partition = partition_of(sender, self.partitions)
        record = self._open.get(partition)
        if record and record.size + len(line) > MAX_PACKED_BYTES:
            self._close(record)
            record = None
        if record is None:
            record = self._open[partition] = Packed(partition, sender.encode(), place, now)
        record.lines.append(line)
        record.size += len(line) + 1
        if len(record.lines) >= self.most:
            self._close(record)

    def flush(self, begun_before: float = float("inf")) -> None:
        """Hand over the records that are not full, or those of them that were begun before a time."""
        for record in sorted(self._open.values(), key=lambda record: record.place):
            if record.since <= begun_before:
                self._close(record)

    def first_open(self) -> Place | None:
        """Give the place of the first line that was not handed over; None when all were."""
        return min((record.place for record in self._open.values()), default=None)

    def _close(self, record: Packed) -> None:
        self.send(record)
        del self._open[record.partition]
