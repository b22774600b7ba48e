"""Collects what a transaction did: audit entries, written last and in one call, and counts, added after the commit."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from functools import partial

from django.db import transaction
from prometheus_client import Counter as Metric

from ledger import audit
from ledger.chain import Event

MACHINE = "system:protection"
PERSON = "subscriber"


class Journal:
    """What one transaction will tell; subjects are subscribers by their id, never by their number."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._counts: Counter[tuple[Metric, str]] = Counter()

    def note(self, action: str, subscriber: int, *, actor: str = MACHINE, **details: str | int | None) -> None:
        """Add an audit entry about a subscriber."""
        self._events.append(Event(actor, action, "subscriber", str(subscriber), details))

    def note_text(self, action: str, text_id: str, **details: str) -> None:
        """Add an audit entry about a text that belongs to no subscriber of ours."""
        self._events.append(Event(MACHINE, action, "service_text", text_id, details))

    def count(self, metric: Metric, label: str) -> None:
        """Count one under the metric's only label."""
        self._counts[metric, label] += 1

    def close(self, now: datetime) -> None:
        """Write the audit entries; the last step of the transaction."""
        audit.record(self._events, at=now)
        transaction.on_commit(partial(_add, self._counts))


def _add(counts: Counter[tuple[Metric, str]]) -> None:
    for (metric, label), times in counts.items():
        metric.labels(label).inc(times)
