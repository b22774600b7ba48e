"""Live counts: gateways from Redis, cases and subscriptions from the database, a worker from its metrics."""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass, field

import redis
from prometheus_client.parser import text_string_to_metric_families

from config.live import gateway_key
from config.topics import GATEWAYS

GATEWAY_COUNTS = ("received", "scored", "exempt", "hits", "rejected")


@dataclass(frozen=True)
class DatabaseCounts:
    """What people and subscribers did so far."""

    cases: int = 0
    open_cases: int = 0
    evidence: int = 0
    decisions: int = 0
    orders: int = 0
    acks: int = 0
    subscriptions: int = 0
    reminders: int = 0
    cancels: int = 0


@dataclass(frozen=True)
class Counts:
    """Everything that the screen counts; gateways by code."""

    gateways: dict[str, dict[str, int]] = field(default_factory=dict)
    database: DatabaseCounts = field(default_factory=DatabaseCounts)

    def total(self, name: str) -> int:
        """Give the sum of a count over all gateways."""
        return sum(counts[name] for counts in self.gateways.values())


def gateway_counts(client: redis.Redis) -> dict[str, dict[str, int]]:
    """Read the counts of every gateway."""
    with client.pipeline(transaction=False) as pipeline:
        for gateway in GATEWAYS:
            pipeline.hgetall(gateway_key(gateway))
        answers = pipeline.execute()
    return {
        gateway: {name: int(answer.get(name.encode(), 0)) for name in GATEWAY_COUNTS}
        for gateway, answer in zip(GATEWAYS, answers, strict=True)
    }


def database_counts() -> DatabaseCounts:
    """Read the counts of the database that the ORM is connected to."""
    from billing_hooks.models import Cancellation, Reminder, Subscription
    from review.models import Case, Decision, EnforcementOrder, Evidence, OrderStatus
    from review.rules import Status

    return DatabaseCounts(
        cases=Case.objects.count(),
        open_cases=Case.objects.filter(status=Status.OPEN).count(),
        evidence=Evidence.objects.count(),
        decisions=Decision.objects.count(),
        orders=EnforcementOrder.objects.count(),
        acks=EnforcementOrder.objects.filter(status=OrderStatus.DONE).count(),
        subscriptions=Subscription.objects.count(),
        reminders=Reminder.objects.exclude(sent_at=None).count(),
        cancels=Cancellation.objects.filter(outcome=Cancellation.Outcome.DONE).count(),
    )


def metric(address: str, name: str) -> float:
    """Give the sum of a metric of a worker over its labels; 0 when it has no value yet."""
    with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own http address
        text = answer.read().decode()
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name in (name, f"{name}_total")
    )
