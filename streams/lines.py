"""Reads Kafka records: one JSON object a line; good lines become items, bad ones dead letters with their reason."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

import msgspec

from config.decoding import MAX_LINE_BYTES, decode_line
from config.errors import BadRecordError
from config.records import DeadLetter

__all__ = ["KEPT_BYTES", "MAX_LINE_BYTES", "Batch", "Item", "RawRecord", "bury", "read_batch"]

T = TypeVar("T")
_item = tuple.__new__  # half the time of calling the class
Belongs = Callable[[Sequence[T], str], None]
"""Raises `BadRecordError` if one of some messages has no place in a topic."""
KEPT_BYTES = 64 * 1024
"""Bytes of a bad line that its dead letter keeps."""


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A Kafka record as it was read; `replayed` is the mark (`REPLAYED_HEADER`) of a line that a person fed again."""

    topic: str
    partition: int
    offset: int
    value: bytes
    replayed: bytes = b""


class Item(NamedTuple, Generic[T]):
    """A decoded line and where it came from; `line` counts from 1."""

    message: T
    record: RawRecord
    line: int

    @property
    def raw(self) -> bytes:
        """The bytes of the line."""
        return self.record.value.split(b"\n")[self.line - 1]


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """What a number of records held."""

    items: list[Item[T]]
    rejected: list[DeadLetter]
    good: Counter[str] = field(default_factory=Counter)
    """Items by topic."""

    def without(self, topics: Collection[str]) -> Batch[T]:
        """Give the batch without what came from some topics."""
        return Batch(
            [item for item in self.items if item.record.topic not in topics],
            [letter for letter in self.rejected if letter.topic not in topics],
            Counter({topic: count for topic, count in self.good.items() if topic not in topics}),
        )


def bury(record: RawRecord, line: int, raw: bytes, error: BadRecordError, at: datetime) -> DeadLetter:
    """Make the dead letter of a line."""
    return DeadLetter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        line=line,
        reason=error.reason,
        detail=error.detail[:500],
        raw=base64.b64encode(raw[:KEPT_BYTES]).decode(),
        raw_bytes=len(raw),
        at=at,
    )


def read_batch(
    records: Iterable[RawRecord],
    decoder: msgspec.json.Decoder[T],
    check: Callable[[T], None],
    at: datetime,
    belongs: Belongs[T] | None = None,
) -> Batch[T]:
    """Decode all lines of some records.

    Args:
        records: what was read from Kafka.
        decoder: of the type that a line holds.
        check: raises `BadRecordError` for a line of the right type that is wrong all the same.
        at: the time noted in dead letters.
        belongs: raises `BadRecordError` for messages that have no place in the topic.
    """
    batch: Batch[T] = Batch([], [])
    for record in records:
        before = len(batch.items)
        if not _read_whole(record, decoder, check, belongs, batch.items):
            _read_by_line(record, decoder, check, belongs, at, batch)
        batch.good[record.topic] += len(batch.items) - before
    return batch


def _read_whole(
    record: RawRecord,
    decoder: msgspec.json.Decoder[T],
    check: Callable[[T], None],
    belongs: Belongs[T] | None,
    items: list[Item[T]],
) -> bool:
    """Take a record whose lines are all good, at once, which is the fast way; else take nothing, and say so."""
    value = record.value
    if len(value) > MAX_LINE_BYTES and max(map(len, value.split(b"\n"))) > MAX_LINE_BYTES:
        return False
    try:
        messages = decoder.decode_lines(value)
        for message in messages:
            check(message)
        if belongs is not None:
            belongs(messages, record.topic)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, BadRecordError):
        return False
    # The decoder would also take two objects on one line, or one on two lines.
    if not len(messages) == value.count(b"}\n{") + 1 == value.rstrip(b"\n").count(b"\n") + 1:
        return False
    items += [_item(Item, (message, record, line)) for line, message in enumerate(messages, 1)]
    return True


def _read_by_line(
    record: RawRecord,
    decoder: msgspec.json.Decoder[T],
    check: Callable[[T], None],
    belongs: Belongs[T] | None,
    at: datetime,
    batch: Batch[T],
) -> None:
    """Take each good line of a record and a dead letter of each bad one."""
    empty = True
    for line, raw in enumerate(_lines(record.value), 1):
        if not raw.strip():
            continue
        empty = False
        try:
            message = decode_line(raw, decoder)
            check(message)
            if belongs is not None:
                belongs([message], record.topic)
        except BadRecordError as error:
            batch.rejected.append(bury(record, line, raw, error, at))
        else:
            batch.items.append(Item(message, record, line))
    if empty:
        nothing = BadRecordError("empty_record", "the record holds no line")
        batch.rejected.append(bury(record, 1, record.value, nothing, at))


def _lines(value: bytes) -> Iterator[bytes]:
    yield from value.split(b"\n")
