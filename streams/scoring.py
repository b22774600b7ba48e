"""The scoring app: every SMS of every gateway through the classifier; hits go on to people. No Django, no database."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter

import msgspec
import redis.asyncio
import redis.exceptions

from config.environment import Environment
from config.live import add_history, gateway_key
from config.metrics import (
    LIVE_COUNTS_FAILED,
    SAMPLES,
    SMS_EXEMPT,
    SMS_HITS,
    SMS_PARTS,
    SMS_RECEIVED,
    SMS_SCORED,
    VOLUME_HITS,
)
from config.policy import load_policy
from config.records import DeadLetter, Sms
from config.topics import GATEWAY_TOPICS
from models.classifier import Verdict
from streams.campaign_index import CampaignIndex
from streams.checks import check_gateways, check_sms
from streams.counting import shared
from streams.engine import Deed, Engine, Overlap
from streams.following import FollowedModel, serving_model
from streams.guard import BROKEN_WORLD, Guard
from streams.hits import Counted, find_hits, is_exempt
from streams.lines import Batch, Item
from streams.numbers import levelled
from streams.part_store import MOST_LEASED, Overdue, PartStore, Ready
from streams.publishing import pack_hits
from streams.replayed import mark, marks_of
from streams.sampling import Drawing, find_samples
from streams.velocity import Speedometer

log = logging.getLogger(__name__)
REDIS_PAUSE = 5.0
"""Seconds until Redis is tried again after it failed."""
OVERLAP = Overlap(pieces=4, batches=3)
"""One piece is scored while Redis counts another and the broker takes the hits of a third. Below full load a batch is
one small piece, so several batches overlap."""
LOOP_TURNS = 8
LONGEST_LOOK = 5.0
"""Seconds between two looks for long SMS whose parts waited long enough."""
GATEWAY_OF_TOPIC = {topic: gateway for gateway, topic in GATEWAY_TOPICS.items()}


@dataclass(frozen=True, slots=True)
class Scored:
    """What was scored by which model at which threshold and time, and the count of its senders on its way."""

    messages: Sequence[Sms]
    verdicts: Sequence[Verdict]
    threshold: float
    version: str
    now: datetime
    counting: asyncio.Task[Counted]


class Scorer:
    """Joins parts, scores items, counts their senders, publishes the hits and keeps the counts."""

    def __init__(self, engine: Engine, environment: Environment) -> None:
        rules = load_policy(environment.policy_path)
        policy = rules.scoring
        self._publisher, self._stages, self._guard = engine.publisher, engine.stages, engine.guard
        self._model: FollowedModel = serving_model("scoring", environment)
        self._threshold = policy.threshold
        self._unscored = policy.unscored_receivers
        secret = environment.secret_key.get_secret_value() if environment.secret_key else ""
        self._drawing = Drawing(policy.recall_check_one_in, secret)
        self._redis = _client(environment.redis_url)
        self._campaigns = CampaignIndex(self._redis, rules.campaigns, timed=lambda: self._stages.of("fingerprint"))
        self._live: dict[str, Counter[str]] = {}
        self._fresh: dict[str, Counter[str]] = {}
        self._minutes: dict[tuple[str, int], Counter[str]] = {}
        self._redis_again_at = 0.0
        self._telling = asyncio.Lock()
        # On a connection of its own a request is sent at once, so that Redis counts while the next piece is scored.
        self._speedometer = shared(
            [
                Speedometer(
                    _client(url, single_connection_client=True),
                    rules.volume,
                    rules.reminders.zone,
                    timed=lambda: self._stages.of("velocity"),
                )
                for url in environment.counts_urls
            ]
        )
        self._turn_to_join, self._turn_to_score = asyncio.Lock(), asyncio.Lock()
        self._last_counted: asyncio.Task[Counted] | None = None
        self._parts = PartStore(self._redis, rules.long_sms, timed=lambda: self._stages.of("join"))

    async def work(self, items: Sequence[Item[Sms]]) -> None:
        """Score items and publish the hits and samples; counted once the broker has them."""
        items = levelled(items)
        judged = [item for item in items if not is_exempt(item.message, self._unscored)]
        exempt: Counter[str] = Counter()
        if len(judged) < len(items):
            exempt = Counter(map(_gateway, items)) - Counter(map(_gateway, judged))
        # Pieces are joined and counted in the order in which they were read (locks are fair), whatever Redis does.
        async with self._turn_to_join:
            ready = await self._guard.outlast(lambda: self._parts.join(judged, datetime.now(UTC)))
        async with self._turn_to_score:
            for _ in range(LOOP_TURNS):  # what other pieces have to send leaves before this one takes the processor
                await asyncio.sleep(0)
            scored = await self._judge(ready)
        await self._publish(ready, scored, exempt)

    async def through(self) -> None:
        """Wait until all pieces at work are scored: what is left of them waits for servers."""
        async with self._turn_to_join, self._turn_to_score:
            pass

    async def score_overdue(self, guard: Guard) -> None:
        """Score the long SMS whose parts waited long enough, as they are; also while no SMS comes."""
        found: list[Overdue] = []

        async def lease() -> None:
            found[:] = await self._parts.overdue(datetime.now(UTC))

        async def score(items: Sequence[Item[Sms]]) -> None:
            key_of = {id(one.item): one.key for one in found}
            keys = [key_of[id(item)] for item in items]
            outcomes = [(item.message.gateway, "timed_out") for item in items]
            ready = Ready(list(items), keys, outcomes)
            await self._publish(ready, await self._judge(ready), Counter())

        while True:
            await guard.outlast(lease)
            if await guard.apply(
                [one.item for one in found], score
            ):  # those that became dead letters must not come back
                await guard.outlast(lambda: self._parts.release([one.key for one in found]))
            if len(found) < MOST_LEASED:
                return

    async def _judge(self, ready: Ready) -> Scored:
        """Score what is ready, and begin to count its senders once those before it are counted."""
        messages = [item.message for item in ready.items]
        await self._model.refresh()
        classifier, now = self._model.classifier, datetime.now(UTC)
        threshold = self._threshold or classifier.threshold
        with self._stages.of("score"):
            verdicts = classifier.verdicts([sms.text for sms in messages], threshold)
        before = self._last_counted

        async def count() -> Counted:
            if before is not None:
                await asyncio.wait([before])
            return await self._guard.outlast(lambda: self._speedometer.count(ready.items, verdicts, now))

        self._last_counted = asyncio.create_task(count())
        return Scored(messages, verdicts, threshold, classifier.version, now, self._last_counted)

    async def _publish(self, ready: Ready, done: Scored, exempt: Counter[str]) -> None:
        messages, verdicts = done.messages, done.verdicts
        counted = await done.counting
        with self._stages.of("hits"):
            hits = find_hits(messages, verdicts, done.threshold, done.version, done.now, counted)
        replayed = marks_of(ready.items)
        hits = mark(await self._campaigns.mark(hits), replayed)
        by_volume = {(hit.gateway, hit.id) for hit in hits if hit.found_by == "volume"}
        with self._stages.of("draw"):
            samples = find_samples(messages, verdicts, done.threshold, done.version, done.now, self._drawing)
            samples = [one for one in samples if (one.gateway, one.id) not in by_volume | replayed.keys()]
        if hits:
            partitions = await self._publisher.partitions_of_hits()
            with self._stages.of("publish"):
                packed = pack_hits(hits, partitions)
            await self._publisher.publish_packed_hits(packed)
        await self._publisher.publish_samples(samples)
        await self._parts.release(ready.keys)
        scored = Counter(map(_gateway, ready.items))
        for gateway, outcome in ready.outcomes:
            SMS_PARTS.labels(gateway, outcome).inc()
            self._count(gateway, outcome, 1)
        for gateway, count in scored.items():
            SMS_SCORED.labels(gateway).inc(count)
            self._count(gateway, "scored", count)
        for gateway, count in exempt.items():
            SMS_EXEMPT.labels(gateway).inc(count)
            self._count(gateway, "exempt", count)
        for (gateway, label), count in Counter((hit.gateway, hit.label) for hit in hits).items():
            SMS_HITS.labels(gateway, label).inc(count)
            self._count(gateway, "hits", count)
        for gateway, _ in by_volume:
            VOLUME_HITS.labels(gateway).inc()
        for sample in samples:
            SAMPLES.labels(sample.gateway).inc()

    def tally(self, batch: Batch[Sms], buried: Sequence[DeadLetter]) -> Deed:
        """Count what was read, and give the deed that brings all counts to Redis in one round trip."""
        for letter in buried:
            self._count(GATEWAY_OF_TOPIC[letter.topic], "rejected", 1)
        for letter in batch.rejected:
            gateway = GATEWAY_OF_TOPIC[letter.topic]
            SMS_RECEIVED.labels(gateway).inc()
            self._count(gateway, "rejected", 1)
            self._count(gateway, "received", 1)
        # What a person fed again is no sign of life of the gateway.
        sent = Counter(_gateway(item) for item in batch.items if not item.record.replayed)
        for gateway, count in sent.items():
            SMS_RECEIVED.labels(gateway).inc(count)
            self._count(gateway, "received", count)
        if sent.total() < len(batch.items):
            for gateway, _ in marks_of(batch.items):
                SMS_RECEIVED.labels(gateway).inc()
                self._count(gateway, "replayed", 1)
        return self._show_live_counts

    async def _show_live_counts(self) -> None:
        """Bring the counts to Redis; without Redis they wait in memory, and scoring goes on: they decide nothing."""
        async with self._telling:  # what another batch counts meanwhile must not be cleared with this one's
            self._gather(int(time.time()) // 60)
            if time.monotonic() < self._redis_again_at:
                return
            try:
                await self._write_live_counts()
            except (redis.exceptions.RedisError, OSError) as error:
                log.warning("scoring: live counts wait for Redis: %s: %s", type(error).__name__, error)
                LIVE_COUNTS_FAILED.inc()
                self._redis_again_at = time.monotonic() + REDIS_PAUSE
            else:
                self._live.clear()
                self._minutes.clear()

    async def _write_live_counts(self) -> None:
        now = int(datetime.now(UTC).timestamp() * 1000)
        async with self._redis.pipeline(transaction=True) as pipeline:
            for gateway, counts in self._live.items():
                key = gateway_key(gateway)
                for name, count in counts.items():
                    pipeline.hincrby(key, name, count)
                if counts["received"] > counts["rejected"]:  # lines that nobody can read are no sign of life
                    pipeline.hset(key, "last_at", now)
            add_history(pipeline, self._minutes)
            await pipeline.execute()

    def _count(self, gateway: str, name: str, count: int) -> None:
        self._fresh.setdefault(gateway, Counter())[name] += count

    def _gather(self, minute: int) -> None:
        """Add what was counted since the last batch to what Redis has not got yet."""
        for gateway, counts in self._fresh.items():
            self._live.setdefault(gateway, Counter()).update(counts)
            self._minutes.setdefault((gateway, minute), Counter()).update(counts)
        self._fresh.clear()


_gateway = attrgetter("message.gateway")


def _client(url: str, **settings: bool) -> redis.asyncio.Redis:
    return redis.asyncio.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, **settings)


def make_engine(environment: Environment) -> Engine:
    """Wire the app together.

    Raises:
        config.policy.PolicyError: the policy file is wrong.
        models.errors.ArtifactError: the model does not load.
    """
    engine = Engine("scoring", environment, BROKEN_WORLD, scores=True, overlap=OVERLAP)
    scorer = Scorer(engine, environment)
    decoder = msgspec.json.Decoder(Sms)
    topics = tuple(GATEWAY_TOPICS.values())
    engine.through = scorer.through
    engine.reads(topics, decoder, check_sms, scorer.work, tally=scorer.tally, belongs=check_gateways)
    wait = load_policy(environment.policy_path).long_sms.wait_seconds
    engine.repeats(min(wait / 4, LONGEST_LOOK), lambda: scorer.score_overdue(engine.guard))
    return engine
