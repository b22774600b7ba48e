"""Faust's Kafka transport: patient with a consumer thread that a busy machine starts late, prompt in fetching.

Faust asks for the assigned partitions a second after the start (table manager, livelock detector); a thread that does
not run by then makes it crash the worker. No partitions is the true answer at that moment.
"""

from __future__ import annotations

from typing import Any, ClassVar

from faust.exceptions import ConsumerNotStarted
from faust.transport.drivers import aiokafka
from faust.types import TP

FETCH_WAIT_MS = 20
"""Milliseconds for which the broker may keep a request for records that it has none for."""


class PromptThread(aiokafka.AIOKafkaConsumerThread):
    """The thread of a consumer that does not let one request for records hold up the partitions that it leaves out.

    A request asks for those partitions of which nothing waits in the client, and until it is answered no other is sent.
    Faust lets the broker keep it for 1.5 s if none of them has anything new.
    """

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001 - Faust has no setting for it
        return consumer


class PatientConsumer(aiokafka.Consumer):
    """A consumer that has no partitions before its thread runs."""

    def _new_consumer_thread(self) -> PromptThread:
        return PromptThread(self, loop=self.loop, beacon=self.beacon)

    def assignment(self) -> set[TP]:
        """Give the partitions assigned to this worker."""
        try:
            return set(super().assignment())
        except ConsumerNotStarted:
            return set()


class PatientTransport(aiokafka.Transport):
    """The transport with the patient consumer."""

    Consumer: ClassVar[Any] = PatientConsumer
