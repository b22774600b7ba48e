"""The transactional outbox: a record for Kafka is written in the transaction that causes it."""

from __future__ import annotations

import msgspec
from django.db import connection, transaction

from config.records import encode
from config.topics import BY_NAME, REPLAYED_TOPICS
from ledger.models import OutboxRecord


def enqueue(topic: str, key: str, record: msgspec.Struct) -> None:
    """Hand a record to the relay, in the caller's transaction.

    Raises:
        ValueError: the relay does not write to this topic.
        TransactionManagementError: outside a transaction.
    """
    if BY_NAME[topic].writer != "relay":
        raise ValueError(f"{topic} is not the relay's to write")
    _write(topic, key, encode(record))


def enqueue_line(topic: str, key: str, line: bytes) -> OutboxRecord:
    """Hand a line to the relay that a person feeds again to its gateway's topic, in the caller's transaction.

    Raises:
        ValueError: the topic is no gateway's.
        TransactionManagementError: outside a transaction.
    """
    if topic not in REPLAYED_TOPICS:
        raise ValueError(f"{topic} is no topic of a gateway; nothing is fed to it again")
    return _write(topic, key, line)


def _write(topic: str, key: str, value: bytes) -> OutboxRecord:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an outbox record belongs to the transaction of its cause")
    return OutboxRecord.objects.create(topic=topic, key=key, value=value)
