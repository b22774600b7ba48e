"""Shares the counts of senders out among several Redis servers, each sender always on the same one.

One server runs the scripts of all workers in one thread, which ends at some tens of thousands of SMS a second; see
docs/sizing.md. A server marks for itself how far it counted a partition, so redelivery is harmless here too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zlib import crc32

from config.records import Sms, Velocity
from models.classifier import Verdict
from streams.hits import Counted
from streams.lines import Item
from streams.velocity import Speedometer


class Counter(Protocol):
    """Counts the senders of a batch."""

    async def count(self, items: Sequence[Item[Sms]], verdicts: Sequence[Verdict], now: datetime) -> Counted:
        """Count each SMS once however often it is read."""


@dataclass(frozen=True, slots=True)
class SharedCounts:
    """What the servers counted of one batch; of each place of it, which server did and at which place of its own."""

    counts: Sequence[Counted]
    server_of: Sequence[int]
    place_of: Sequence[int]
    crossed: frozenset[int]

    def of(self, place: int) -> Velocity:
        """Give what the sender of the SMS at this place of the batch had sent."""
        return self.counts[self.server_of[place]].of(self.place_of[place])


class SharedSpeedometer:
    """Counts batches on several servers at once."""

    def __init__(self, speedometers: Sequence[Speedometer]) -> None:
        self._speedometers = speedometers

    async def count(self, items: Sequence[Item[Sms]], verdicts: Sequence[Verdict], now: datetime) -> SharedCounts:
        """Count a batch, each SMS once however often it is read; one round trip to each server.

        Raises:
            redis.exceptions.ConnectionError: and its kin; count again, nothing counts twice.
        """
        places: list[list[int]] = [[] for _ in self._speedometers]
        server_of, place_of = [], []
        for place, item in enumerate(items):
            server = server_for(item.message.sender, len(self._speedometers))
            server_of.append(server)
            place_of.append(len(places[server]))
            places[server].append(place)
        answers = await asyncio.gather(
            *(
                speedometer.count([items[place] for place in mine], [verdicts[place] for place in mine], now)
                for speedometer, mine in zip(self._speedometers, places, strict=True)
            ),
            return_exceptions=True,  # else one that fails would leave the others counting, unheard
        )
        counts = []
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
            counts.append(answer)
        crossed = frozenset(
            mine[place] for answer, mine in zip(counts, places, strict=True) for place in answer.crossed
        )
        return SharedCounts(counts, server_of, place_of, crossed)


def server_for(sender: str, servers: int) -> int:
    """Give the server that counts a sender; the same in every worker."""
    return crc32(sender.encode("utf-8", "replace")) % servers


def shared(speedometers: Sequence[Speedometer]) -> Counter:
    """Count on one server, or share the senders out among several."""
    return speedometers[0] if len(speedometers) == 1 else SharedSpeedometer(speedometers)
