"""Faust's Kafka transport: patient with a thread that starts late, prompt, frugal with memory, open about lost brokers.

Faust asks for the assigned partitions a second after the start (table manager, livelock detector); a thread that does
not run by then makes it crash the worker. No partitions is the true answer at that moment.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, ClassVar

from faust.exceptions import ConsumerNotStarted
from faust.transport.drivers import aiokafka
from faust.types import TP, Message

MAX_AHEAD_BYTES = 64 * 1024 * 1024
"""Bytes of records that may wait for their batch, by the mean size of the last `MEAN_OF` of them; Faust counts records
alone, and a record may be of 8 MB."""
MEAN_OF = 20
FULL_PAUSE = 0.02
FETCH_WAIT_MS = 20
"""Milliseconds for which the broker may keep a request for records that it has none for."""


class BrokerAwayError(ConnectionError):
    """No broker of Kafka is connected any more."""


class PromptThread(aiokafka.AIOKafkaConsumerThread):
    """The thread of a consumer that does not let one request for records hold up the partitions that it leaves out.

    A request asks for those partitions of which nothing waits in the client, and until it is answered no other is sent.
    Faust lets the broker keep it for 1.5 s if none of them has anything new.
    """

    _was_connected = False

    async def on_start(self) -> None:
        """Connect."""
        await super().on_start()
        self._was_connected = True

    def is_connected(self) -> bool:
        """Say whether a broker is connected; yes as long as none had to be."""
        if not self._was_connected:
            return True
        connections = self._consumer._client._conns  # noqa: SLF001 - aiokafka tells nobody
        return any(connection.connected() for connection in list(connections.values()))

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001 - Faust has no setting for it
        return consumer

    async def on_thread_stop(self) -> None:
        """Leave the group and close the consumer.

        A request that failed a moment ago, because the broker is away, lets its cancellation escape from the client;
        the thread would die of it, and the worker wait a minute for the end of its dead thread.
        """
        with contextlib.suppress(asyncio.CancelledError):
            await super().on_thread_stop()


class PatientConsumer(aiokafka.Consumer):
    """A consumer that has no partitions before its thread runs, and reads ahead by bytes, not by records alone."""

    _record_bytes = 0.0

    def _new_consumer_thread(self) -> PromptThread:
        return PromptThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:  # noqa: ASYNC109 - as Faust calls it
        """Give the next records once what was read ahead and waits leaves room for them."""
        while len(self._unacked_messages) * self._record_bytes > MAX_AHEAD_BYTES and not self.should_stop:
            await self.sleep(FULL_PAUSE)
        async for place, message in super().getmany(timeout):
            self._record_bytes += (len(message.value or b"") - self._record_bytes) / MEAN_OF
            yield place, message

    def require_broker(self) -> None:
        """Look whether a broker is connected; the client itself tries for ever and tells nobody.

        Raises:
            BrokerAwayError: none is.
        """
        if not self._thread.is_connected() and not self.should_stop:
            raise BrokerAwayError("no broker of Kafka is connected")

    def assignment(self) -> set[TP]:
        """Give the partitions assigned to this worker."""
        try:
            return set(super().assignment())
        except ConsumerNotStarted:
            return set()


class PatientTransport(aiokafka.Transport):
    """The transport with the patient consumer."""

    Consumer: ClassVar[Any] = PatientConsumer
