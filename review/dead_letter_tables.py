"""Dead letters as the console keeps them, and the lines that people fed again."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from ledger.models import OutboxRecord

LONGEST_TOPIC = 249
LONGEST_REASON = 64


class RejectedLine(models.Model):
    """A line that could not be processed; `raw` is at most 64 KiB of its `raw_bytes`, as it came.

    The digest of `raw` is part of the key, since a topic that is made anew starts its offsets anew.
    """

    topic = models.CharField(max_length=LONGEST_TOPIC)
    partition = models.IntegerField()
    offset = models.BigIntegerField()
    line = models.IntegerField()
    digest = models.CharField(max_length=64)
    reason = models.CharField(max_length=LONGEST_REASON)
    detail = models.TextField()
    raw = models.BinaryField()
    raw_bytes = models.BigIntegerField()
    at = models.DateTimeField()
    replay_of = models.ForeignKey("Replay", models.SET_NULL, null=True, related_name="refusals")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["topic", "partition", "offset", "line", "digest"], name="one_rejected_line_per_place"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["-at", "-id"]), models.Index(fields=["topic", "reason"])]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """How people and the audit log name the letter, such as D-000123."""
        return f"D-{self.pk:06d}"

    @property
    def cut(self) -> bool:
        """Whether only the beginning of the line was kept."""
        return len(self.raw) < self.raw_bytes

    @property
    def last_replay(self) -> Replay | None:
        """The last line that was fed in its place."""
        return max(self.replays.all(), key=lambda replay: replay.pk, default=None)


class Replay(models.Model):
    """A line that a person fed again in the place of a dead letter, through the outbox.

    `fields_changed` differ from the line as it first came; `fields_unread` could not be read in it.
    """

    letter = models.ForeignKey(RejectedLine, models.CASCADE, related_name="replays")
    digest = models.CharField(max_length=64, db_index=True)
    changed = models.BooleanField()
    fields_changed = models.JSONField(default=list, blank=True)
    fields_unread = models.JSONField(default=list, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    record = models.OneToOneField(OutboxRecord, models.PROTECT, related_name="+")
    partition = models.IntegerField(null=True)
    offset = models.BigIntegerField(null=True)
    fed_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["id"], name="replay_unread", condition=models.Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.letter_id} by {self.by_id}"

    @property
    def state(self) -> str:
        """How far it has come: waiting, refused by the relay, fed, read by scoring, or rejected again."""
        if self.refusals.all():
            return "rejected_again"
        if self.read_at:
            return "read"
        if self.fed_at:
            return "fed"
        return "relay_refused" if self.record.refused else "waiting"
