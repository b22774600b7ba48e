"""Faust's Kafka transport, patient with a consumer thread that a busy machine starts late.

Faust asks for the assigned partitions a second after the start (table manager, livelock detector); a thread that does
not run by then makes it crash the worker. No partitions is the true answer at that moment.
"""

from __future__ import annotations

from typing import Any, ClassVar

from faust.exceptions import ConsumerNotStarted
from faust.transport.drivers import aiokafka
from faust.types import TP


class PatientConsumer(aiokafka.Consumer):
    """A consumer that has no partitions before its thread runs."""

    def assignment(self) -> set[TP]:
        """Give the partitions assigned to this worker."""
        try:
            return set(super().assignment())
        except ConsumerNotStarted:
            return set()


class PatientTransport(aiokafka.Transport):
    """The transport with the patient consumer."""

    Consumer: ClassVar[Any] = PatientConsumer
