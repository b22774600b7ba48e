"""Writes the audit chain: `record` is the last call of a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from ledger.actions import ACTIONS
from ledger.chain import GENESIS, Event, digest_of
from ledger.models import AuditEntry

CHAIN_LOCK = 7_310_001
"""PostgreSQL advisory lock under which one transaction at a time extends the chain."""


def record(events: Sequence[Event], at: datetime) -> None:
    """Append events to the chain, in the caller's transaction.

    Takes a lock that holds until the transaction ends: call it once, last, so that no two transactions wait for
    each other.

    Raises:
        TransactionManagementError: outside a transaction.
        ValueError: an action that `ledger.actions` does not know.
    """
    if not events:
        return
    unknown = {event.action for event in events} - ACTIONS.keys()
    if unknown:
        raise ValueError(f"no such audit action: {', '.join(sorted(unknown))}")
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("audit entries belong to the transaction of what they tell")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    last = AuditEntry.objects.order_by("-seq").values_list("seq", "digest").first()
    seq, previous = last or (0, GENESIS)
    entries = []
    for event in events:
        seq += 1
        digest = digest_of(seq, at, event, previous)
        entries.append(
            AuditEntry(
                seq=seq,
                at=at,
                actor=event.actor,
                action=event.action,
                subject_type=event.subject_type,
                subject_id=event.subject_id,
                details=dict(event.details),
                previous=previous,
                digest=digest,
            )
        )
        previous = digest
    AuditEntry.objects.bulk_create(entries)
