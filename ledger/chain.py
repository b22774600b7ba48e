"""The hash chain of the audit log, as pure functions: each entry's digest covers the one before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

GENESIS = "0" * 64
"""What stands before the first entry."""


@dataclass(frozen=True)
class Event:
    """Something that happened: `actor` is a login or `system:<process>`; `details` is JSON."""

    actor: str
    action: str
    subject_type: str
    subject_id: str
    details: Mapping[str, Any] = field(default_factory=dict)


class Link(Protocol):
    """A stored entry of the chain."""

    @property
    def seq(self) -> int: ...  # noqa: D102 - the names say it
    @property
    def at(self) -> datetime: ...  # noqa: D102
    @property
    def actor(self) -> str: ...  # noqa: D102
    @property
    def action(self) -> str: ...  # noqa: D102
    @property
    def subject_type(self) -> str: ...  # noqa: D102
    @property
    def subject_id(self) -> str: ...  # noqa: D102
    @property
    def details(self) -> Any: ...  # noqa: D102
    @property
    def previous(self) -> str: ...  # noqa: D102
    @property
    def digest(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Break:
    """Where the chain does not hold, and why."""

    seq: int
    reason: str


def digest_of(seq: int, at: datetime, event: Event, previous: str) -> str:
    """Give the SHA-256 (64 hex digits) of an entry: canonical JSON of all its fields and the digest before it."""
    canonical = json.dumps(
        {
            "seq": seq,
            "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": event.actor,
            "action": event.action,
            "subject_type": event.subject_type,
            "subject_id": event.subject_id,
            "details": event.details,
            "previous": previous,
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def breaks(links: Iterable[Link]) -> Iterator[Break]:
    """Walk the chain from its first entry and yield each place where it does not hold."""
    seq, previous = 0, GENESIS
    for link in links:
        seq += 1
        if link.seq != seq:
            yield Break(link.seq, f"entry {seq} is missing")
            seq = link.seq
        if link.previous != previous:
            yield Break(link.seq, "does not follow from the entry before it")
        event = Event(link.actor, link.action, link.subject_type, link.subject_id, link.details)
        if digest_of(link.seq, link.at, event, link.previous) != link.digest:
            yield Break(link.seq, "was changed after it was written")
        previous = link.digest
