"""Batches at work: who leaves, or gives partitions up, lets them come to their end and commits, and begins no other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import faust

LONGEST_WAIT = 10.0
"""Seconds for which batches at work are waited for; a batch takes a second under load."""
LOOK = 0.1


class AtWork:
    """Counts the batches at work."""

    def __init__(self) -> None:
        self._running = 0
        self._open, self._idle = asyncio.Event(), asyncio.Event()
        self._open.set()

    @contextlib.asynccontextmanager
    async def batch(self) -> AsyncIterator[None]:
        """Work on a batch within the block, acknowledgement included."""
        await self._open.wait()
        self._running += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()

    async def close(self, hopeless: Callable[[], bool]) -> None:
        """Let no batch begin, and wait for those at work as long as there is hope, `LONGEST_WAIT` at most."""
        self._open.clear()
        loop = asyncio.get_running_loop()
        end = loop.time() + LONGEST_WAIT
        while self._running and not hopeless() and loop.time() < end:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), LOOK)

    def open(self) -> None:
        """Let batches begin again."""
        self._open.set()


class OrderlyApp(faust.App):
    """A Faust app that ends its batches before it gives partitions up, so that nobody works on them again.

    Faust itself waits for all that it has read ahead, which no one will acknowledge once agents stop, or for nothing.
    """

    at_work: AtWork
    hopeless: Callable[[], bool]

    async def _consumer_wait_empty(self, consumer: Any, _logger: Any) -> None:
        await self.at_work.close(self.hopeless)
        await consumer.commit()
        if not self.should_stop:
            self.at_work.open()
