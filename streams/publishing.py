"""Publishes records and returns only when the broker has them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import faust
import msgspec

from config.metrics import REJECTED
from config.records import DeadLetter, Hit, Sample, encode
from config.topics import BY_NAME, SMS_HITS, SMS_REJECTED, SMS_SAMPLES, Writer
from streams.packing import Packed, Packer

HITS_A_RECORD = 200
"""A record costs a reader as much as some hundred hits in it."""


def pack_hits(hits: Sequence[Hit], partitions: int) -> Sequence[Packed]:
    """Pack hits into records, each sender's for its partition and in order."""
    packed: list[Packed] = []
    packer = Packer(partitions, HITS_A_RECORD, packed.append)
    for hit in hits:
        packer.add(hit.sender, encode(hit))
    packer.flush()
    return packed


class Publisher:
    """Writes to the topics that are its app's to write, and to no other."""

    def __init__(self, app: faust.App, writer: Writer) -> None:
        self._app = app
        self._writers = {writer, "any worker"}

    async def publish(self, topic: str, records: Iterable[tuple[str, msgspec.Struct]]) -> None:
        """Publish keyed records.

        Raises:
            PermissionError: the topic is another process's to write.
            aiokafka.errors.KafkaError: the broker did not take them all.
        """
        producer = await self._producer_for(topic)
        sent = [await producer.send(topic, key.encode(), encode(record), None, None, None) for key, record in records]
        await asyncio.gather(*sent)

    async def partitions_of_hits(self) -> int:
        """Give the number of partitions of the topic of hits."""
        producer = await self._producer_for(SMS_HITS)
        return len(await producer._ensure_producer().partitions_for(SMS_HITS))  # noqa: SLF001 - Faust does not pass it on

    async def publish_packed_hits(self, packed: Sequence[Packed]) -> None:
        """Publish packed hits.

        Raises:
            aiokafka.errors.KafkaError: the broker did not take them all.
        """
        if not packed:
            return
        producer = await self._producer_for(SMS_HITS)
        sent = [
            await producer.send(SMS_HITS, record.key, record.value, record.partition, None, None) for record in packed
        ]
        await asyncio.gather(*sent)

    async def _producer_for(self, topic: str) -> Any:
        """Give the producer, running. Raises PermissionError if the topic is another process's to write."""
        if BY_NAME[topic].writer not in self._writers:
            raise PermissionError(f"{topic} is written by {BY_NAME[topic].writer} alone")
        return await self._app.maybe_start_producer()

    async def publish_samples(self, samples: Sequence[Sample]) -> None:
        """Publish samples of the recall check, keyed by sender."""
        await self.publish(SMS_SAMPLES, ((sample.sender, sample) for sample in samples))

    async def publish_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Publish dead letters, keyed by their source topic, and count them."""
        await self.publish(SMS_REJECTED, ((letter.topic, letter) for letter in letters))
        for letter in letters:
            REJECTED.labels(letter.topic, letter.reason).inc()
