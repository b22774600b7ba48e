"""The one guard of every agent: a bad message becomes a dead letter, a broken world is waited out without acking.

Faust acknowledges what an agent raised on, so nothing may escape an agent but the end of the worker.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import aiokafka.errors
import faust.exceptions
import redis.exceptions

from config.errors import BadRecordError
from config.metrics import WORLD_BROKEN, WORLD_RETRIES
from config.records import DeadLetter
from streams.bad_share import BadShare, TooManyBadLinesError
from streams.lines import Item, bury

T = TypeVar("T")
log = logging.getLogger(__name__)
FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0
BROKEN_WORLD: tuple[type[BaseException], ...] = (
    aiokafka.errors.KafkaError,
    faust.exceptions.ProducerSendError,
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.ReadOnlyError,
    ConnectionError,
    TimeoutError,
)
"""What is raised when a server is away; a worker with a database adds Django's errors."""


class WorldBrokenError(Exception):
    """Servers stayed away too long; the worker stops and its offsets stay uncommitted."""


class FeedBrokenError(WorldBrokenError):
    """What is fed is broken: to start again would change nothing, and bury more of it."""


@dataclass
class Guard:
    """Runs the work of one app.

    Attributes:
        app: name for logs and metrics.
        patience: seconds for which a broken world is waited out.
        dead_letters: publishes dead letters and returns when the broker has them.
        give_up: stops the worker.
        broken_world: errors that mean that a server is away.
        failures: the share of lines that could not be worked on; above its limit the worker stops.
    """

    app: str
    patience: float
    dead_letters: Callable[[Sequence[DeadLetter]], Awaitable[None]]
    give_up: Callable[[WorldBrokenError], None]
    broken_world: tuple[type[BaseException], ...] = BROKEN_WORLD
    failures: BadShare | None = None
    _waiting: int = field(default=0, init=False)

    async def apply(
        self, items: Sequence[Item[Any]], work: Callable[[Sequence[Item[Any]]], Awaitable[None]]
    ) -> list[DeadLetter]:
        """Do the work on all items; those that it cannot digest become dead letters one by one.

        `work` is all or nothing and may be repeated: effects are idempotent.

        Returns:
            The dead letters, already published.

        Raises:
            TooManyBadLinesError: most of what was worked on lately failed.
        """
        if not items:
            return []
        try:
            await self.outlast(lambda: work(items))
        except BadRecordError as error:
            return await self._isolate(items, work, error)
        except Exception as error:
            log.exception("%s: could not process %d line(s)", self.app, len(items))
            failed = BadRecordError("processing_failed", f"{type(error).__name__}: {error}")
            return await self._isolate(items, work, failed)
        if self.failures:
            self.failures.add(len(items), ())
        return []

    @property
    def waiting(self) -> bool:
        """Say whether a broken world is waited out."""
        return self._waiting > 0

    async def contain(self, deed: Callable[[], Awaitable[None]]) -> None:
        """Do a deed of which nothing may escape; a fault of our own stops the worker with nothing acknowledged.

        Faust would restart the agent, and its partitions' offsets would stand still for ever.
        """
        try:
            await deed()
        except TooManyBadLinesError as error:
            self.give_up(FeedBrokenError(str(error)))
            await asyncio.Event().wait()
        except Exception as error:
            log.exception("%s: a fault of our own", self.app)
            self.give_up(WorldBrokenError(f"{type(error).__name__}: {error}"))
            await asyncio.Event().wait()

    async def _isolate(
        self,
        items: Sequence[Item[Any]],
        work: Callable[[Sequence[Item[Any]]], Awaitable[None]],
        error: BadRecordError,
    ) -> list[DeadLetter]:
        if len(items) == 1:
            item = items[0]
            letter = bury(item.record, item.line, item.raw, error, datetime.now(UTC))
            if self.failures:
                self.failures.add(0, [letter])
            await self.outlast(lambda: self.dead_letters([letter]))
            return [letter]
        middle = len(items) // 2
        return [*await self.apply(items[:middle], work), *await self.apply(items[middle:], work)]

    async def outlast(self, deed: Callable[[], Awaitable[T]]) -> T:
        """Do a deed and give what it gives, waiting as long as the world is broken, up to the worker's patience.

        A worker that loses patience stops itself; this call then never returns, so nothing is acknowledged.
        """
        loop = asyncio.get_running_loop()
        broken_since: float | None = None
        wait = FIRST_WAIT
        while True:
            try:
                done = await deed()
            except self.broken_world as error:
                now = loop.time()
                if broken_since is None:
                    broken_since = now
                    self._mark(+1)
                log.warning("%s: waiting for the world: %s: %s", self.app, type(error).__name__, error)
                if now - broken_since >= self.patience:
                    self.give_up(WorldBrokenError(f"{type(error).__name__} for {self.patience:.0f} s: {error}"))
                    await asyncio.Event().wait()
                WORLD_RETRIES.labels(self.app).inc()
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)
            except BaseException:
                if broken_since is not None:
                    self._mark(-1)
                raise
            else:
                if broken_since is not None:
                    self._mark(-1)
                return done

    def _mark(self, change: int) -> None:
        self._waiting += change
        WORLD_BROKEN.labels(self.app).set(1 if self._waiting else 0)
