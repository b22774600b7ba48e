"""Feeds what a source gives into a gateway topic, and keeps how far the broker has acknowledged it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event

from kafka import KafkaProducer
from kafka.errors import KafkaError

from config.environment import Environment
from config.topics import GATEWAY_TOPICS
from streams.feed_opening import Asked, Opened
from streams.feed_report import Report, Standing
from streams.feed_state import Mark
from streams.feeding import BadLine, FileReader, Line
from streams.kafka_access import client_settings, why_unreachable
from streams.packing import Packer, Place
from streams.rejects import Rejects
from streams.sending import FeedError, Sender
from streams.tailing import FollowedFile, MissedFileError, OpenFile
from streams.topic_admin import BOOTSTRAP_MS, MAX_RECORD_BYTES, BrokerError, existing_topics

SAVE_SECONDS = 1.0
STOP_SECONDS = 20.0
"""How long the broker is waited for after the wish to stop."""
LONGEST_REQUEST_SECONDS = 30.0
DELIVERY_SECONDS = 120.0
"""How much longer than the feeder kafka-python is patient: it tells of a broker that is away late or not at all."""


@dataclass
class _Span:
    """The bytes of one file within all that a feed has read: they begin at `base`, `lines` lines before them."""

    base: int
    lines: int
    file: OpenFile | None
    reader: FileReader
    lost: bool = False

    def place(self, offset: int, lines: int) -> Place:
        return self.base + offset, self.lines + lines


@dataclass
class Feeder:
    """One feed.

    Attributes:
        opened: where the bytes come from, and where how far the broker has them is kept.
        asked: into whose topic, and how lines become SMS.
        pack: SMS in a record at most.
        linger: seconds after which a record is sent though it is not full.
        report: tells people.
        tell: told of each bad line.
        rejects: keeps bad lines.
        stopping: set when a person or supervisor wants an end.
        bad: how many lines were no SMS.
    """

    opened: Opened
    asked: Asked
    pack: int
    linger: float
    report: Report
    tell: Callable[[BadLine], None]
    rejects: Rejects | None = None
    stopping: Event = field(default_factory=Event)
    bad: int = 0
    _spans: list[_Span] = field(default_factory=list, init=False)
    _done: Place = field(default=(0, 0), init=False)
    _last_sent_at: datetime | int | None = field(default=None, init=False)
    _saved_at: float = field(default=0.0, init=False)
    _stop_by: float | None = field(default=None, init=False)

    def run(self, producer: KafkaProducer, topic: str, partitions: int) -> int:
        """Feed until the source ends or `stopping` is set, and wait until the broker has everything.

        Returns:
            How many SMS the broker has taken.

        Raises:
            FeedError: the broker did not take everything; the state tells what it took.
            BadRecordError: a CSV without the needed columns.
            MissedFileError: a file that should follow cannot be read; what stands before it is with the broker.
            StateError: the state cannot be kept.
            RejectsError: a bad line cannot be kept.
        """
        self._sender = Sender(producer, topic, self._meanwhile)
        self._packer = Packer(partitions, self.pack, self._sender.send)
        reader = self.opened.reader
        self._begin(reader, 0, 0)
        self._done = self._spans[-1].place(reader.offset, reader.lines)
        missed: MissedFileError | None = None
        try:
            try:
                self._read_all()
            except MissedFileError as error:
                missed = error
            self._take_rest_of_pipe()
            self._packer.flush()
            self._sender.drain()
        finally:
            self._save()
        self.report.update(self._standing())
        if missed:
            raise missed
        return self._sender.acknowledged

    def _read_all(self) -> None:
        source = self.opened.source
        while not self.stopping.is_set():
            data = source.read()
            span = self._spans[-1]
            if data is None:
                self._take(span, span.reader.finish())
                if source.finished:
                    return
                span.lost = isinstance(source, FollowedFile) and source.truncated
                self._begin(
                    self._next_reader(span.reader), span.base + span.reader.offset, span.lines + span.reader.lines
                )
            elif data:
                self._take(span, span.reader.take(data))
            self._packer.flush(begun_before=time.monotonic() - self.linger)
            self._meanwhile()

    def _take_rest_of_pipe(self) -> None:
        """Take the half line that a stopped feed has read: a file keeps it for the next run, a pipe does not."""
        span = self._spans[-1]
        if self.stopping.is_set() and span.file is None and (self.asked.file_format == "jsonl" or span.reader.head):
            self._take(span, span.reader.finish())

    def _begin(self, reader: FileReader, base: int, lines: int) -> None:
        source = self.opened.source
        file = source.current if isinstance(source, FollowedFile) else None
        self._spans.append(_Span(base, lines, file, reader))

    def _next_reader(self, before: FileReader) -> FileReader:
        return FileReader(self.asked.file_format, self.asked.gateway, self.asked.profile, head=before.head)

    def _take(self, span: _Span, lines: Iterable[Line | BadLine]) -> None:
        for line in lines:
            piece = line.piece
            if isinstance(line, BadLine):
                self._keep(line, span)
            else:
                place = span.place(piece.start, piece.number - 1)
                self._packer.add(line.sms.sender, line.data, place, time.monotonic())
                self._last_sent_at = line.sms.sent_at
            self._done = span.place(piece.end, piece.number - 1 + piece.lines)
        self._done = span.place(span.reader.offset, span.reader.lines)

    def _keep(self, bad: BadLine, span: _Span) -> None:
        self.bad += 1
        self.tell(bad)
        if self.rejects:
            self.rejects.add(bad, str(span.file.path) if span.file else "-")

    def _meanwhile(self) -> None:
        """Do what has its time also while the broker is waited for."""
        now = time.monotonic()
        if self.stopping.is_set():
            self._stop_by = self._stop_by or now + STOP_SECONDS
            if now > self._stop_by:
                raise FeedError(f"stopped while the broker did not answer; {self._sender.waiting} record(s) not taken")
        standing = self._standing()
        self.report.update(standing)
        if standing.silent_seconds >= self.report.patience:
            raise FeedError(
                f"the broker did not take everything: it has not answered for {standing.silent_seconds:.0f} s; "
                f"{standing.waiting} record(s) not taken"
            )
        if now - self._saved_at >= SAVE_SECONDS:
            self._saved_at = now
            self._save()

    def _standing(self) -> Standing:
        sender = self._sender
        silent = sender.silence()
        return Standing(sender.acknowledged, self.bad, self._behind(), self._last_sent_at, sender.waiting, silent)

    def _behind(self) -> int | None:
        """Give the bytes that the broker does not have yet, read or not."""
        unread, span = self.opened.source.behind(), self._spans[-1]
        if unread is None or span.file is None:
            return None
        return unread + span.base + span.file.position - self._acknowledged_to()[0]

    def _acknowledged_to(self) -> Place:
        """Give the place before which the broker has everything."""
        waiting = [place for place in (self._packer.first_open(), self._sender.first_waiting()) if place is not None]
        return min([*waiting, self._done])

    def _save(self) -> None:
        if self.rejects:
            self.rejects.sync()
        offset, lines = self._acknowledged_to()
        while len(self._spans) > 1 and self._spans[1].base <= offset:
            done = self._spans.pop(0)
            if done.file:
                done.file.close()
        span = self._spans[0]
        if self.opened.state is None or span.file is None:
            return
        within = offset - span.base
        there = not span.lost and span.file.unchanged()
        self.opened.state.save(
            Mark(
                self.asked.gateway, str(span.file.path), span.file.device, span.file.inode, within, lines - span.lines,
                span.file.digest(within) if there else "", span.reader.head,
            )
        )  # fmt: skip


def let_go(producer: KafkaProducer) -> None:
    """Close a producer that has sent everything, or whose broker is away."""
    with contextlib.suppress(KafkaError):
        producer.close(timeout=1)


def connect(environment: Environment, gateway: str) -> tuple[KafkaProducer, str, int]:
    """Give a producer, the gateway's topic and the number of its partitions; what is not there is said at once.

    Raises:
        FeedError: no broker answers or lets us in, or the topic is not there.
    """
    topic = GATEWAY_TOPICS[gateway]
    patience = environment.broken_world_seconds
    try:
        if topic not in existing_topics(environment):
            raise FeedError(f"topic {topic} does not exist; make it with `qingxin topics create`")
        producer = KafkaProducer(
            **client_settings(environment),
            client_id="qingxin-feed",
            bootstrap_timeout_ms=BOOTSTRAP_MS,
            acks="all",
            linger_ms=20,
            max_request_size=MAX_RECORD_BYTES,
            request_timeout_ms=int(min(LONGEST_REQUEST_SECONDS, patience / 2) * 1000),
            delivery_timeout_ms=int(patience + DELIVERY_SECONDS) * 1000,
        )
        partitions = len(producer.partitions_for(topic) or ())
    except BrokerError as error:
        raise FeedError(str(error)) from error
    except KafkaError as error:
        raise FeedError(why_unreachable(environment, error)) from error
    if not partitions:
        raise FeedError(f"the broker does not tell the partitions of topic {topic}; try again")
    return producer, topic, partitions
