"""Publishes records and returns only when the broker has them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import faust
import msgspec

from config.metrics import REJECTED
from config.records import DeadLetter, Hit, Sample, encode
from config.topics import BY_NAME, SMS_HITS, SMS_REJECTED, SMS_SAMPLES, Writer


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
        if BY_NAME[topic].writer not in self._writers:
            raise PermissionError(f"{topic} is written by {BY_NAME[topic].writer} alone")
        producer = await self._app.maybe_start_producer()
        sent = [await producer.send(topic, key.encode(), encode(record), None, None, None) for key, record in records]
        await asyncio.gather(*sent)

    async def publish_hits(self, hits: Sequence[Hit]) -> None:
        """Publish hits, keyed by sender."""
        await self.publish(SMS_HITS, ((hit.sender, hit) for hit in hits))

    async def publish_samples(self, samples: Sequence[Sample]) -> None:
        """Publish samples of the recall check, keyed by sender."""
        await self.publish(SMS_SAMPLES, ((sample.sender, sample) for sample in samples))

    async def publish_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Publish dead letters, keyed by their source topic, and count them."""
        await self.publish(SMS_REJECTED, ((letter.topic, letter) for letter in letters))
        for letter in letters:
            REJECTED.labels(letter.topic, letter.reason).inc()
