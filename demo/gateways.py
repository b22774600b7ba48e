"""The four simulated gateways: steady traffic, several SMS in a record, now and then a broken line."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime

from config.records import encode
from config.topics import GATEWAY_TOPICS
from demo.traffic.stream import Traffic
from demo.wire import Writer
from streams.packing import partition_of

LARGEST_RECORD = 8
BROKEN_SHARE = 0.002


class Gateways:
    """Sends `rate` SMS a second in all; `paused` holds them back."""

    name = "gateways"
    topics: tuple[str, ...] = ()

    def __init__(self, traffic: Traffic, rate: float, partitions: int, seed: int) -> None:
        self.sent = 0
        self.paused = False
        self._traffic = traffic
        self._rate = rate
        self._partitions = partitions
        self._rng = random.Random(seed)  # noqa: S311 - believable, not secret
        self._owed = 0.0
        self._last: datetime | None = None

    def take(self, topic: str, line: bytes, now: datetime, writer: Writer) -> None:
        """Read nothing: gateways only send."""

    def act(self, now: datetime, writer: Writer) -> None:
        """Send what has become due since the last call."""
        elapsed = min((now - self._last).total_seconds(), 5) if self._last else 0.0
        self._last = now
        if self.paused:
            return
        self._owed += elapsed * self._rate
        due, self._owed = int(self._owed), self._owed % 1
        for gateway, lines in self._lines(due, now).items():
            self._send(gateway, lines, writer)

    def _lines(self, count: int, now: datetime) -> dict[str, list[tuple[str, bytes]]]:
        """Make lines, by gateway, each with its sender."""
        lines = defaultdict(list)
        for _ in range(count):
            sms = self._traffic.sms(now)
            line = encode(sms)
            if self._rng.random() < BROKEN_SHARE:
                line = self._traffic.broken_line(now)
            lines[sms.gateway].append((sms.sender, line))
        return lines

    def _send(self, gateway: str, lines: list[tuple[str, bytes]], writer: Writer) -> None:
        """Pack lines as a gateway does: those of one partition together, so that a sender's order is kept."""
        packs: dict[int, list[tuple[str, bytes]]] = defaultdict(list)
        for sender, line in lines:
            packs[partition_of(sender, self._partitions)].append((sender, line))
        for partition, pack in packs.items():
            for start in range(0, len(pack), LARGEST_RECORD):
                piece = pack[start : start + LARGEST_RECORD]
                value = b"\n".join(line for _, line in piece)
                writer.send(GATEWAY_TOPICS[gateway], piece[0][0], value, partition)
                self.sent += len(piece)
