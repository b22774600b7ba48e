"""Packs SMS into Kafka records: many lines a record, each sender always in the same partition and in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kafka.partitioner import murmur2

MAX_PACKED_BYTES = 512 * 1024
"""Bytes at which a record is closed, half of what Kafka's clients send by default."""


def partition_of(sender: str, partitions: int) -> int:
    """Give the partition that Kafka's own partitioner would choose for a key."""
    return int(murmur2(sender.encode()) & 0x7FFFFFFF) % partitions


@dataclass
class Packer:
    """Collects lines for each partition and hands over full records.

    Attributes:
        partitions: how many the topic has.
        size: SMS in a record at most.
        send: called with partition, key (the first sender) and value.
    """

    partitions: int
    size: int
    send: Callable[[int, bytes, bytes], None]
    _open: dict[int, list[tuple[str, bytes]]] = field(default_factory=dict, init=False)
    _bytes: dict[int, int] = field(default_factory=dict, init=False)

    def add(self, sender: str, line: bytes) -> None:
        """Add the line of an SMS."""
        partition = partition_of(sender, self.partitions)
        if self._bytes.get(partition, 0) + len(line) > MAX_PACKED_BYTES:
            self._close(partition)
        lines = self._open.setdefault(partition, [])
        lines.append((sender, line))
        self._bytes[partition] = self._bytes.get(partition, 0) + len(line) + 1
        if len(lines) >= self.size:
            self._close(partition)

    def flush(self) -> None:
        """Hand over all records that are not full."""
        for partition in sorted(self._open):
            self._close(partition)

    def _close(self, partition: int) -> None:
        lines = self._open.pop(partition, [])
        self._bytes.pop(partition, None)
        if lines:
            self.send(partition, lines[0][0].encode(), b"\n".join(line for _, line in lines))
