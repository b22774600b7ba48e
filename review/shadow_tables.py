"""What the shadow worker keeps: how often the models agree, some messages on which they do not, and how far it read."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class ShadowTally(models.Model):
    """How many SMS of one hour the serving model gave one label and the candidate another, or the same."""

    candidate = models.CharField(max_length=128)
    serving = models.CharField(max_length=128)
    hour = models.DateTimeField()
    serving_label = models.CharField(max_length=32)
    candidate_label = models.CharField(max_length=32)
    count = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["candidate", "serving", "hour", "serving_label", "candidate_label"],
                name="one_tally_per_hour_and_labels",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.serving_label} -> {self.candidate_label}: {self.count}"


class ShadowDifference(models.Model):
    """An SMS that one model alone holds for spam, or that both label differently; people may say who is right."""

    candidate = models.CharField(max_length=128)
    serving = models.CharField(max_length=128)
    gateway = models.CharField(max_length=32)
    sms_id = models.CharField(max_length=128)
    sent_at = models.DateTimeField()
    sender = models.CharField(max_length=32)
    receiver = models.CharField(max_length=32)
    text = models.TextField()
    serving_label = models.CharField(max_length=32)
    serving_spam = models.FloatField()
    candidate_label = models.CharField(max_length=32)
    candidate_spam = models.FloatField()
    kept_at = models.DateTimeField()
    verdict = models.CharField(max_length=32, default="", blank=True)
    judged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    judged_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["candidate", "gateway", "sms_id"], name="one_difference_per_sms"),
            models.CheckConstraint(
                condition=Q(verdict="", judged_by=None, judged_at=None)
                | (~Q(verdict="") & Q(judged_by__isnull=False, judged_at__isnull=False)),
                name="difference_judged_by_somebody",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["candidate", "serving", "kept_at"])]

    def __str__(self) -> str:
        return f"{self.gateway}/{self.sms_id}"


class ShadowPosition(models.Model):
    """The last line of a partition that was tallied for a candidate, so that one delivered again is not."""

    candidate = models.CharField(max_length=128)
    topic = models.CharField(max_length=64)
    partition = models.PositiveIntegerField()
    offset = models.BigIntegerField()
    line = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["candidate", "topic", "partition"], name="one_position_per_partition"),
        ]

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}: {self.offset}, line {self.line}"
