"""The scoring app: every SMS of every gateway through the classifier; hits go on to people. No Django, no database."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import redis.asyncio
import redis.exceptions

from config.environment import Environment
from config.live import add_history, gateway_key
from config.metrics import LIVE_COUNTS_FAILED, SAMPLES, SMS_EXEMPT, SMS_HITS, SMS_RECEIVED, SMS_SCORED
from config.policy import load_policy
from config.records import DeadLetter, Sms
from config.topics import GATEWAY_TOPICS
from streams.checks import check_sms
from streams.engine import Deed, Engine
from streams.following import FollowedModel, serving_model
from streams.guard import BROKEN_WORLD
from streams.hits import find_hits, is_exempt
from streams.lines import Batch, Item
from streams.sampling import Drawing, find_samples

log = logging.getLogger(__name__)
REDIS_PAUSE = 5.0
"""Seconds until Redis is tried again after it failed."""
GATEWAY_OF_TOPIC = {topic: gateway for gateway, topic in GATEWAY_TOPICS.items()}


class Scorer:
    """Scores items, publishes their hits and keeps the counts."""

    def __init__(self, engine: Engine, environment: Environment) -> None:
        policy = load_policy(environment.policy_path).scoring
        self._publisher = engine.publisher
        self._model: FollowedModel = serving_model("scoring", environment)
        self._threshold = policy.threshold
        self._unscored = policy.unscored_receivers
        secret = environment.secret_key.get_secret_value() if environment.secret_key else ""
        self._drawing = Drawing(policy.recall_check_one_in, secret)
        self._redis = redis.asyncio.from_url(environment.redis_url, socket_timeout=1, socket_connect_timeout=1)
        self._live: dict[str, Counter[str]] = {}
        self._fresh: dict[str, Counter[str]] = {}
        self._minutes: dict[tuple[str, int], Counter[str]] = {}
        self._redis_again_at = 0.0

    async def work(self, items: Sequence[Item[Sms]]) -> None:
        """Score items and publish the hits and samples; counted once the broker has them."""
        messages = [item.message for item in items if not is_exempt(item.message, self._unscored)]
        await self._model.refresh()
        classifier = self._model.classifier
        now, version, threshold = datetime.now(UTC), classifier.version, self._threshold or classifier.threshold
        verdicts = classifier.verdicts([sms.text for sms in messages], threshold)
        hits = find_hits(messages, verdicts, threshold, version, now)
        samples = find_samples(messages, verdicts, threshold, version, now, self._drawing)
        await self._publisher.publish_hits(hits)
        await self._publisher.publish_samples(samples)
        scored = Counter(sms.gateway for sms in messages)
        exempt = Counter(item.message.gateway for item in items) - scored
        for gateway, count in scored.items():
            SMS_SCORED.labels(gateway).inc(count)
            self._count(gateway, "scored", count)
        for gateway, count in exempt.items():
            SMS_EXEMPT.labels(gateway).inc(count)
            self._count(gateway, "exempt", count)
        for hit in hits:
            SMS_HITS.labels(hit.gateway, hit.label).inc()
            self._count(hit.gateway, "hits", 1)
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
        for item in batch.items:
            SMS_RECEIVED.labels(item.message.gateway).inc()
            self._count(item.message.gateway, "received", 1)
        return self._show_live_counts

    async def _show_live_counts(self) -> None:
        """Bring the counts to Redis; without Redis they wait in memory, and scoring goes on: they decide nothing."""
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


def make_engine(environment: Environment) -> Engine:
    """Wire the app together.

    Raises:
        config.policy.PolicyError: the policy file is wrong.
        models.errors.ArtifactError: the model does not load.
    """
    engine = Engine("scoring", environment, BROKEN_WORLD, scores=True)
    scorer = Scorer(engine, environment)
    decoder = msgspec.json.Decoder(Sms)
    engine.reads(tuple(GATEWAY_TOPICS.values()), decoder, check_sms, scorer.work, tally=scorer.tally)
    return engine
