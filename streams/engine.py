"""Makes the Faust app of a worker, and runs agents that read many records at once and lose none."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import faust
import msgspec

from config.environment import Environment
from config.metrics import BATCH_RECORDS, BATCH_SECONDS, TOPIC_HELD
from config.policy import load_policy
from config.records import DeadLetter
from streams.at_work import AtWork, OrderlyApp
from streams.bad_share import BadShare, TooManyBadLinesError
from streams.guard import Guard, WorldBrokenError
from streams.kafka_access import faust_credentials
from streams.lines import Batch, Belongs, Item, RawRecord, read_batch
from streams.patient_transport import PatientTransport
from streams.publishing import Publisher
from streams.replayed import mark_in
from streams.stages import Stages

log = logging.getLogger(__name__)
MAX_RECORDS = 200
"""Kafka records that an agent takes at once."""
BUFFERED = 5 * MAX_RECORDS
"""Records that wait for an agent at most. When all partitions have reached that, Faust looks again after a second, so
that should not happen below full load."""
MAX_WAIT = 0.02
"""Seconds for which an agent waits for more records."""
NEXT_SECONDS = 0.05
"""Seconds after which the next batch may begin beside one that is small. Beside one of full load it does once that one
needs the processor no more (`Engine.through`): large batches cost less, and what is left of them waits for servers."""
LINES_AT_ONCE = 2000
"""Lines that are worked on as one piece, so that a packed record does not stall the heartbeat."""
MAX_BYTES = 8 * 1024 * 1024
"""Bytes of records that are decoded at once, or one larger record; decoded they take several times as much memory."""

BROKER_LOOK_SECONDS = 5.0
"""Seconds between two looks whether a broker is there, which a worker without work would not notice else."""

Work = Callable[[Sequence[Item[Any]]], Awaitable[None]]
Deed = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Overlap:
    """How many pieces, of how many batches, are worked on at once: one while another waits for a server.

    Pieces begin in the order of their lines all the same, and batches are acknowledged in the order of their records.
    """

    pieces: int = 1
    batches: int = 1


@dataclass(frozen=True)
class _Reading:
    """How an agent reads and works; see `Engine.reads`. Pieces wait for `free` in the order of their lines."""

    decoder: msgspec.json.Decoder[Any]
    check: Callable[[Any], None]
    work: Work
    tally: Callable[[Batch[Any], Sequence[DeadLetter]], Deed] | None
    belongs: Belongs[Any] | None
    free: asyncio.Semaphore


class Engine:
    """A Faust app with its guard and publisher.

    `broken` is set when the worker gave up on a broken world; `state` is a sentence for /health. An app that only
    looks on does not bury: bad lines are another app's to publish, and this one leaves them out. `through` waits until
    all pieces at work need the processor no more; without it a batch of full load ends before the next one begins.
    A topic with too many bad lines is held: not read on, nothing of it buried or acknowledged, while others go on.
    """

    def __init__(
        self,
        name: str,
        environment: Environment,
        broken_world: tuple[type[BaseException], ...],
        *,
        scores: bool = False,
        buries: bool = True,
        overlap: Overlap | None = None,
    ) -> None:
        self.name = name
        self._overlap, self._buries = overlap or Overlap(), buries
        self.stages = Stages(name)
        policy = load_policy(environment.policy_path).streams
        self._bad_share = BadShare.of(policy)
        self._bad_shares: defaultdict[str, BadShare] = defaultdict(lambda: BadShare.of(policy))
        self._held: set[str] = set()
        self._at_work = AtWork()
        self.state = ""
        self.through: Callable[[], Awaitable[None]] | None = None
        self.broken: WorldBrokenError | None = None
        session = environment.kafka_session_seconds
        self.app = OrderlyApp(
            f"qingxin-{name}",
            broker=[f"aiokafka://{broker.strip()}" for broker in environment.kafka_bootstrap.split(",")],
            broker_credentials=faust_credentials(environment),
            store="memory://",
            web_enabled=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            consumer_auto_offset_reset="earliest",
            broker_session_timeout=session,
            broker_heartbeat_interval=session / 3,
            broker_request_timeout=max(90.0, session * 2),
            broker_commit_interval=environment.commit_seconds,
            broker_max_poll_interval=max(300.0, environment.broken_world_seconds * 2),
            producer_acks=-1,
            producer_request_timeout=30.0,
            stream_wait_empty=False,
            stream_buffer_maxsize=BUFFERED,
            worker_redirect_stdouts=False,
        )
        self.app.at_work = self._at_work
        self.app.hopeless = lambda: self.broken is not None or self.guard.waiting
        self.app.transport = PatientTransport(self.app.conf.broker_consumer, self.app)
        self.publisher = Publisher(self.app, "scoring" if scores else "any worker")
        self._bury = self.publisher.publish_dead_letters if buries else _leave_out
        self.guard = Guard(
            name,
            environment.broken_world_seconds,
            self._bury,
            self._give_up,
            broken_world,
            BadShare.of(policy) if buries else None,
        )
        self.repeats(BROKER_LOOK_SECONDS, lambda: self.guard.outlast(self._require_broker))

    def reads(
        self,
        topics: Sequence[str],
        decoder: msgspec.json.Decoder[Any],
        check: Callable[[Any], None],
        work: Work,
        *,
        tally: Callable[[Batch[Any], Sequence[DeadLetter]], Deed] | None = None,
        belongs: Belongs[Any] | None = None,
    ) -> None:
        """Add an agent: decode the lines of these topics, work on them, bury the bad ones, then acknowledge.

        Args:
            topics: read together, in no order between them.
            decoder: of one line.
            check: see `read_batch`.
            work: all or nothing, idempotent; gets at most `LINES_AT_ONCE` lines.
            tally: counts a batch and those of its items that were buried once its work is done, and gives the deed
                that makes the counts known.
            belongs: see `read_batch`.
        """
        topic = self.app.topic(*topics, value_type=bytes, value_serializer="raw", key_type=bytes, key_serializer="raw")

        reading = _Reading(decoder, check, work, tally, belongs, asyncio.Semaphore(self._overlap.pieces))
        room = asyncio.Semaphore(self._overlap.batches)
        running: set[asyncio.Task[None]] = set()

        async def work_off(events: Sequence[Any], before: asyncio.Task[None] | None, begun: asyncio.Event) -> None:
            async with self._at_work.batch():
                with BATCH_SECONDS.labels(self.name).time():
                    records = [_raw(event) for event in events if event.message.topic not in self._held]
                    await self.guard.contain(partial(self._process, records, reading, begun))
                BATCH_RECORDS.labels(self.name).observe(len(events))
                if before is not None:  # Faust commits over a record that is not acknowledged, if it is the next one
                    await asyncio.shield(before)
                for event in events:
                    if event.message.topic not in self._held:
                        event.ack()

        def end(batch: asyncio.Task[None]) -> None:
            running.discard(batch)
            room.release()

        async def agent(stream: faust.StreamT[bytes]) -> AsyncIterator[None]:
            batch: asyncio.Task[None] | None = None
            async for taken in stream.noack_take(MAX_RECORDS, within=MAX_WAIT):
                for events in by_size(taken, MAX_BYTES):
                    await room.acquire()
                    begun = asyncio.Event()
                    batch = asyncio.create_task(work_off(events, batch, begun))
                    running.add(batch)
                    batch.add_done_callback(end)
                    await self._room_for_next(batch, begun, full=len(taken) >= MAX_RECORDS)
                if self._held:
                    self._pause(self._held)
                yield None

        self.app.agent(topic, name=f"{self.name}:{','.join(topics)}")(agent)

    async def _room_for_next(self, batch: asyncio.Task[None], begun: asyncio.Event, *, full: bool) -> None:
        """Wait until the next batch may begin beside this one; `begun` says that its last piece is at work."""
        if self._overlap.batches > 1 and not full:
            await asyncio.wait([batch], timeout=NEXT_SECONDS)
        elif self._overlap.batches > 1 and self.through is not None:
            last = asyncio.create_task(begun.wait())
            await asyncio.wait([batch, last], return_when=asyncio.FIRST_COMPLETED)
            last.cancel()
            await self.through()
        else:
            await asyncio.wait([batch])

    def repeats(self, seconds: float, deed: Deed) -> None:
        """Do a deed every so many seconds, whether records come or not; what escapes it stops the worker."""

        async def again() -> None:
            await self.guard.contain(deed)

        self.app.timer(interval=seconds)(again)

    async def _process(self, records: list[RawRecord], reading: _Reading, begun: asyncio.Event) -> None:
        with self.stages.of("decode"):
            batch = read_batch(records, reading.decoder, reading.check, datetime.now(UTC), reading.belongs)
        if self._buries:
            batch = self._without_bad_topics(batch)

        async def apply(start: int) -> list[DeadLetter]:
            async with reading.free:
                if start + LINES_AT_ONCE >= len(batch.items):
                    begun.set()
                return await self.guard.apply(batch.items[start : start + LINES_AT_ONCE], reading.work)

        pieces = range(0, len(batch.items), LINES_AT_ONCE)
        buried = [letter for letters in await asyncio.gather(*map(apply, pieces)) for letter in letters]
        if batch.rejected:
            await self.guard.outlast(lambda: self._bury(batch.rejected))
        if reading.tally is not None:
            await self.guard.outlast(reading.tally(batch, buried))

    def _without_bad_topics(self, batch: Batch[Any]) -> Batch[Any]:
        """Give a batch without the topics that are held from now on.

        Raises:
            TooManyBadLinesError: most of all that was read lately was bad, so nothing is left to go on with.
        """
        self._bad_share.add(len(batch.items), batch.rejected)
        letters: defaultdict[str, list[DeadLetter]] = defaultdict(list)
        for letter in batch.rejected:
            letters[letter.topic].append(letter)
        for topic in batch.good.keys() | letters.keys():
            try:
                self._bad_shares[topic].add(batch.good[topic], letters[topic])
            except TooManyBadLinesError as error:
                self._hold(topic, error)
        return batch.without(self._held) if self._held else batch

    def _hold(self, topic: str, error: TooManyBadLinesError) -> None:
        self._held.add(topic)
        TOPIC_HELD.labels(self.name, topic).set(1)
        self.state = f"holds {', '.join(sorted(self._held))}: too many bad lines"
        log.critical("%s: %s is held and not read on, the other topics go on: %s", self.name, topic, error)

    def _pause(self, topics: Collection[str]) -> None:
        """Stop fetching of these topics; a new assignment would begin it again, so it is done whenever some comes."""
        consumer = self.app.consumer
        consumer.pause_partitions({place for place in consumer.assignment() if place.topic in topics})

    async def _require_broker(self) -> None:
        self.app.consumer.require_broker()

    def sentence(self) -> str:
        """Give what /health says besides that the worker is ready."""
        return "waits for a server; nothing is lost meanwhile" if self.guard.waiting else self.state

    def _give_up(self, error: WorldBrokenError) -> None:
        log.critical("%s: giving up: %s", self.name, error)
        self.broken = error
        os.kill(os.getpid(), signal.SIGTERM)


def by_size(events: Sequence[Any], most: int) -> Iterator[list[Any]]:
    """Give events in turns of so many bytes at most, or of one event that is larger."""
    turn: list[Any] = []
    size = 0
    for event in events:
        size += len(event.value or b"")
        if size > most and turn:
            yield turn
            turn, size = [], len(event.value or b"")
        turn.append(event)
    if turn:
        yield turn


async def _leave_out(_letters: Sequence[DeadLetter]) -> None:
    """Publish nothing."""


def _raw(event: Any) -> RawRecord:
    message = event.message
    return RawRecord(message.topic, message.partition, message.offset, event.value or b"", mark_in(message.headers))
