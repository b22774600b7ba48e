"""A simulated neighbour of QingXin as a thread: reads its topics, answers, and acts of its own accord."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Protocol

import msgspec
from kafka.errors import KafkaError

from demo.errors import DemoError
from demo.wire import Reader, Writer

READ_SECONDS = 0.2


class Part(Protocol):
    """What a simulated neighbour does; it is called from one thread only."""

    @property
    def name(self) -> str:
        """How people know it."""

    @property
    def topics(self) -> tuple[str, ...]:
        """What it reads; nothing when empty."""

    def take(self, topic: str, line: bytes, now: datetime, writer: Writer) -> None:
        """Answer one line."""

    def act(self, now: datetime, writer: Writer) -> None:
        """Do what is due; called a few times a second."""


class Simulator:
    """Runs a part against a broker until stopped; `failure` says why it ended by itself."""

    def __init__(self, part: Part, bootstrap: str) -> None:
        self.part = part
        self.failure = ""
        self._bootstrap = bootstrap
        self._stopping = threading.Event()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name=part.name, daemon=True)

    def start(self, seconds: float = 15) -> None:
        """Start, and return when it reads its topics.

        Raises:
            DemoError: the broker does not answer.
        """
        self._thread.start()
        if not self._started.wait(seconds) or self.failure:
            raise DemoError(f"{self.part.name} could not start: {self.failure or 'the broker does not answer'}")

    def stop(self) -> None:
        """Stop and wait for the end."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(5)

    @property
    def running(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            writer = Writer(self._bootstrap, self.part.name)
            reader = Reader(self._bootstrap, self.part.topics, self.part.name) if self.part.topics else None
            self._started.set()
            try:
                self._work(writer, reader)
            finally:
                writer.close()
                if reader:
                    reader.close()
        except (KafkaError, DemoError, OSError, msgspec.DecodeError) as error:
            if not self._stopping.is_set():
                self.failure = f"{type(error).__name__}: {error}"
        finally:
            self._started.set()

    def _work(self, writer: Writer, reader: Reader | None) -> None:
        while not self._stopping.is_set():
            if reader is None:
                self._stopping.wait(READ_SECONDS)
            else:
                for topic, line in reader.read(READ_SECONDS):
                    self.part.take(topic, line, datetime.now(UTC), writer)
            self.part.act(datetime.now(UTC), writer)
            writer.flush()
