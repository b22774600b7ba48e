"""The tables of what must never be lost."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class AuditEntry(models.Model):
    """One link of the audit chain; a trigger refuses changes and deletions."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=64)
    subject_type = models.CharField(max_length=64)
    subject_id = models.CharField(max_length=128)
    details = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering: ClassVar = ["seq"]
        indexes: ClassVar = [models.Index(fields=["subject_type", "subject_id"])]

    def __str__(self) -> str:
        return f"{self.seq} {self.action} {self.subject_type} {self.subject_id}"


class OutboxRecord(models.Model):
    """A Kafka record written in the transaction of its cause, published later by the relay."""

    topic = models.CharField(max_length=64)
    key = models.CharField(max_length=128)
    value = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    refused = models.CharField(max_length=200, default="")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["id"], name="outbox_waiting", condition=models.Q(sent_at=None, refused="")),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.topic}"


class OutboundMessage(models.Model):
    """A text to a subscriber, kept as evidence of what was said; `key` makes it exactly one."""

    class Status(models.TextChoices):
        """How far a text has come."""

        QUEUED = "queued"
        DELIVERED = "delivered"
        FAILED = "failed"

    key = models.CharField(max_length=200, unique=True)
    msisdn = models.CharField(max_length=32, db_index=True)
    port = models.CharField(max_length=21)
    name = models.CharField(max_length=64)
    text = models.TextField()
    created_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["msisdn", "name", "created_at"])]

    def __str__(self) -> str:
        return f"{self.key} to {self.msisdn}"
