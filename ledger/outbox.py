"""The transactional outbox: a record for Kafka is written in the transaction that causes it."""

from __future__ import annotations

import msgspec
from django.db import connection, transaction

from config.records import encode
from config.topics import BY_NAME
from ledger.models import OutboxRecord


def enqueue(topic: str, key: str, record: msgspec.Struct) -> None:
    """Hand a record to the relay, in the caller's transaction.

    Raises:
        ValueError: the relay does not write to this topic.
        TransactionManagementError: outside a transaction.
    """
    if BY_NAME[topic].writer != "relay":
        raise ValueError(f"{topic} is not the relay's to write")
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an outbox record belongs to the transaction of its cause")
    OutboxRecord.objects.create(topic=topic, key=key, value=encode(record))
