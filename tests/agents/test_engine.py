"""An agent of the engine, in this process, on the embedded broker."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

import msgspec
import pytest
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread

from config import topics
from config.environment import Environment
from config.errors import BadRecordError
from config.records import DeadLetter, Hit
from streams.checks import check_moments
from streams.engine import NEXT_SECONDS, Engine, Overlap
from streams.guard import BROKEN_WORLD
from streams.lines import Item
from streams.topic_admin import create_missing_topics
from tests.builders import a_hit
from tests.kafka_client import consume, produce

PATIENCE = 40


class Desk:
    """Keeps what it was given; some senders are poison, and the world may be broken for a while."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.poison: set[str] = set()
        self.failures: list[Exception] = []

    async def work(self, items: Sequence[Item[Hit]]) -> None:
        if self.failures:
            raise self.failures.pop()
        if any(item.message.sender in self.poison for item in items):
            raise BadRecordError("poison", "as the test wants it")
        self.seen += [item.message.id for item in items]


@pytest.fixture
def environment(broker: str) -> Environment:
    environment = Environment(kafka_bootstrap=broker, kafka_session_seconds=3, kafka_partitions=2, commit_seconds=0.2)
    create_missing_topics(environment)
    return environment


@asynccontextmanager
async def an_agent(
    environment: Environment,
    desk: Desk,
    group: str,
    overlap: Overlap | None = None,
    through: Callable[[], Awaitable[None]] | None = None,
) -> AsyncIterator[None]:
    engine = Engine(group, environment, BROKEN_WORLD, overlap=overlap)
    engine.through = through
    engine.reads([topics.SMS_HITS], msgspec.json.Decoder(Hit), check_moments, desk.work)
    await engine.app.start()
    try:
        yield
    finally:
        await engine.app.stop()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.05)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def go() -> None:
        await scenario()

    asyncio.run(go())


def some_hits(count: int) -> list[Hit]:
    name = uuid.uuid4().hex[:8]
    return [a_hit(id=f"{name}-{number}", sender=f"{name}-{number}") for number in range(count)]


def test_many_lines_in_one_record_arrive_one_by_one(environment: Environment) -> None:
    hits, desk = some_hits(300), Desk()
    packed = b"\n".join(msgspec.json.encode(hit) for hit in hits)

    async def scenario() -> None:
        await asyncio.to_thread(produce, environment.kafka_bootstrap, topics.SMS_HITS, [("k", packed)])
        async with an_agent(environment, desk, uuid.uuid4().hex):
            await until(lambda: {hit.id for hit in hits} <= set(desk.seen))

    run(scenario)


def test_a_poison_record_is_buried_once_and_its_neighbours_arrive(environment: Environment) -> None:
    hits, desk = some_hits(40), Desk()
    desk.poison = {hits[7].sender, hits[20].sender}
    good = {hit.id for hit in hits if hit.sender not in desk.poison}

    async def scenario() -> None:
        keyed = [(hit.sender, hit) for hit in hits]
        await asyncio.to_thread(produce, environment.kafka_bootstrap, topics.SMS_HITS, keyed)
        async with an_agent(environment, desk, uuid.uuid4().hex):
            await until(lambda: good <= set(desk.seen))

    run(scenario)
    letters = consume(environment.kafka_bootstrap, topics.SMS_REJECTED, DeadLetter, count=10_000, seconds=2)
    assert len([letter for letter in letters if letter.reason == "poison"]) == 2


def test_what_a_broken_world_held_up_arrives_when_it_is_whole(environment: Environment) -> None:
    hits, desk = some_hits(10), Desk()
    desk.failures = [ConnectionError("away"), TimeoutError("slow")]

    async def scenario() -> None:
        keyed = [(hit.sender, hit) for hit in hits]
        await asyncio.to_thread(produce, environment.kafka_bootstrap, topics.SMS_HITS, keyed)
        async with an_agent(environment, desk, uuid.uuid4().hex):
            await until(lambda: {hit.id for hit in hits} <= set(desk.seen))

    run(scenario)
    assert not desk.failures


def test_a_consumer_that_starts_late_does_not_crash_the_worker(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a machine so busy that the consumer's thread starts after Faust has lost its own patience of a second
    hits, desk = some_hits(5), Desk()
    start = AIOKafkaConsumerThread.on_start

    async def start_late(thread: AIOKafkaConsumerThread) -> None:
        await asyncio.sleep(2)
        await start(thread)

    monkeypatch.setattr(AIOKafkaConsumerThread, "on_start", start_late)

    async def scenario() -> None:
        keyed = [(hit.sender, hit) for hit in hits]
        await asyncio.to_thread(produce, environment.kafka_bootstrap, topics.SMS_HITS, keyed)
        async with an_agent(environment, desk, uuid.uuid4().hex):
            await until(lambda: {hit.id for hit in hits} <= set(desk.seen))

    run(scenario)


def test_what_a_stopped_worker_had_only_begun_is_given_to_the_next(environment: Environment) -> None:
    hits, group, begun, second = some_hits(20), uuid.uuid4().hex, asyncio.Event(), Desk()

    class HangingDesk(Desk):
        """Begins and never ends."""

        async def work(self, items: Sequence[Item[Hit]]) -> None:
            if {item.message.id for item in items} & {hit.id for hit in hits}:
                begun.set()
                await asyncio.Event().wait()

    async def scenario() -> None:
        await asyncio.to_thread(produce, environment.kafka_bootstrap, topics.SMS_HITS, [(h.sender, h) for h in hits])
        async with an_agent(environment, HangingDesk(), group):
            async with asyncio.timeout(PATIENCE):
                await begun.wait()
            await asyncio.sleep(3 * environment.commit_seconds)  # time enough to commit what must not be committed
        async with an_agent(environment, second, group):
            await until(lambda: {hit.id for hit in hits} <= set(second.seen))

    run(scenario)


def test_what_was_worked_on_is_not_given_again_to_the_next_worker(environment: Environment) -> None:
    first, second = Desk(), Desk()
    hits, more, group = some_hits(20), some_hits(5), uuid.uuid4().hex

    async def scenario() -> None:
        await asyncio.to_thread(produce, environment.kafka_bootstrap, topics.SMS_HITS, [(h.sender, h) for h in hits])
        async with an_agent(environment, first, group):
            await until(lambda: {hit.id for hit in hits} <= set(first.seen))
        await asyncio.to_thread(produce, environment.kafka_bootstrap, topics.SMS_HITS, [(h.sender, h) for h in more])
        async with an_agent(environment, second, group):
            await until(lambda: {hit.id for hit in more} <= set(second.seen))

    run(scenario)
    assert set(second.seen) == {hit.id for hit in more}


def test_a_small_batch_does_not_wait_for_the_one_before_and_yet_begins_after_it(environment: Environment) -> None:
    hits, more = some_hits(20), some_hits(20)

    class PatientDesk(Desk):
        """Ends nothing before a second batch has begun."""

        def __init__(self) -> None:
            super().__init__()
            self.places: list[tuple[int, int]] = []
            self.batches, self.second = 0, asyncio.Event()

        async def work(self, items: Sequence[Item[Hit]]) -> None:
            self.places += [(item.record.partition, item.record.offset) for item in items]
            self.batches += 1
            if self.batches > 1:
                self.second.set()
            await self.second.wait()
            await super().work(items)

    desk = PatientDesk()

    async def scenario() -> None:
        send = partial(asyncio.to_thread, produce, environment.kafka_bootstrap, topics.SMS_HITS)
        await send([(hit.sender, hit) for hit in hits])
        async with an_agent(environment, desk, uuid.uuid4().hex, Overlap(pieces=4, batches=3)):
            await until(lambda: desk.batches > 0)
            await send([(hit.sender, hit) for hit in more])
            await until(lambda: {hit.id for hit in [*hits, *more]} <= set(desk.seen))

    run(scenario)
    for partition in range(environment.kafka_partitions):
        begun = [offset for place, offset in desk.places if place == partition]
        assert begun == sorted(begun)


def test_beside_a_batch_of_full_load_the_next_begins_when_that_one_needs_the_processor_no_more(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.engine.MAX_RECORDS", 10)
    hits = some_hits(200)

    class BusyDesk(Desk):
        """Needs the processor until it is let go, and then waits for a server."""

        def __init__(self) -> None:
            super().__init__()
            self.batches, self.asked = 0, asyncio.Event()
            self.scored, self.answered = asyncio.Event(), asyncio.Event()

        async def work(self, items: Sequence[Item[Hit]]) -> None:
            self.batches += 1
            await self.answered.wait()
            await super().work(items)

        async def through(self) -> None:
            self.asked.set()
            await self.scored.wait()

    desk = BusyDesk()

    async def scenario() -> None:
        keyed = [(hit.sender, hit) for hit in hits]
        await asyncio.to_thread(produce, environment.kafka_bootstrap, topics.SMS_HITS, keyed)
        async with an_agent(environment, desk, uuid.uuid4().hex, Overlap(pieces=4, batches=3), desk.through):
            await asyncio.wait_for(desk.asked.wait(), PATIENCE)
            begun = desk.batches
            await asyncio.sleep(5 * NEXT_SECONDS)  # time enough to begin what must not begin
            assert desk.batches == begun
            desk.scored.set()
            await until(lambda: desk.batches == 3)
            desk.answered.set()
            await until(lambda: {hit.id for hit in hits} <= set(desk.seen))

    run(scenario)


class SlowDesk(Desk):
    """Never ends what holds one of some senders; all else it ends at once."""

    def __init__(self) -> None:
        super().__init__()
        self.slow: set[str] = set()
        self.stuck = 0

    async def work(self, items: Sequence[Item[Hit]]) -> None:
        if {item.message.sender for item in items} & self.slow:
            self.stuck += 1
            await asyncio.Event().wait()
        await super().work(items)


@pytest.mark.parametrize("before", [0, 20], ids=["a group that is new", "a group that has committed"])
def test_a_batch_that_ends_before_an_earlier_one_is_not_committed_over_it(
    environment: Environment, before: int
) -> None:
    # Given a group that has worked on some, and then a record that takes long, with others of its partition after it
    first, second, group = SlowDesk(), Desk(), uuid.uuid4().hex
    old, (slow, *quick) = some_hits(before), some_hits(6)
    first.slow, key = {slow.sender}, "one partition"
    send = partial(asyncio.to_thread, produce, environment.kafka_bootstrap, topics.SMS_HITS)

    async def scenario() -> None:
        async with an_agent(environment, first, group, Overlap(pieces=4, batches=3)):
            await send([(key, hit) for hit in old])
            await until(lambda: {hit.id for hit in old} <= set(first.seen))
            await asyncio.sleep(3 * environment.commit_seconds)  # time enough to commit them
            await send([(key, slow)])
            await until(lambda: first.stuck > 0)
            # When those after it are done first
            await send([(key, hit) for hit in quick])
            await until(lambda: {hit.id for hit in quick} <= set(first.seen))
            await asyncio.sleep(3 * environment.commit_seconds)  # time enough to commit what must not be committed
        # Then the next worker is given the one that was not done
        async with an_agent(environment, second, group):
            await until(lambda: slow.id in second.seen)

    run(scenario)
