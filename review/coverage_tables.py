"""What the watch over the gateways keeps: how each one is, its alarms, and how far the consumers have come."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from review.coverage import Kind, State


class GatewayWatch(models.Model):
    """How a gateway was when somebody last looked; outlives the live counts."""

    gateway = models.CharField(max_length=32, unique=True)
    watched_since = models.DateTimeField()
    checked_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, default=State.AWAITED)
    tolerance_minutes = models.PositiveIntegerField(null=True)
    share = models.FloatField(null=True)
    usual_share = models.FloatField(null=True)

    def __str__(self) -> str:
        return f"{self.gateway}: {self.state}"


class GatewayAlarm(models.Model):
    """That a gateway was never fed, is silent or has another share of hits; at most one of a kind stands."""

    gateway = models.CharField(max_length=32)
    kind = models.CharField(max_length=12)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    details = models.JSONField(default=dict)
    acknowledged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["gateway", "kind"], condition=Q(ended_at=None), name="one_standing_alarm_of_a_kind"
            ),
            models.CheckConstraint(condition=Q(kind__in=list(Kind)), name="alarm_kind_known"),
            models.CheckConstraint(
                condition=Q(acknowledged_by=None, acknowledged_at=None)
                | Q(acknowledged_by__isnull=False, acknowledged_at__isnull=False),
                name="alarm_acknowledged_by_somebody",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["-began_at"])]

    def __str__(self) -> str:
        return f"{self.gateway}: {self.kind}"


class ConsumerLag(models.Model):
    """How many records of a topic a consumer group had not read when somebody last looked."""

    group = models.CharField(max_length=64)
    topic = models.CharField(max_length=64)
    records = models.BigIntegerField()
    checked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "topic"], name="one_lag_of_a_group_and_topic")
        ]

    def __str__(self) -> str:
        return f"{self.group} {self.topic}: {self.records}"
