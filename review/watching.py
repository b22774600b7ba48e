"""Looks at all gateways, and begins and ends their alarms: load, decide, apply; idempotent, so that many may look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction

from config.policy import CoveragePolicy
from ledger import audit
from ledger.chain import Event
from review.coverage import Kind, Minutes, Seen, Verdict, judge
from review.coverage_tables import ConsumerLag, GatewayAlarm, GatewayWatch
from review.gateways import GatewayCount

COVERAGE_LOCK = 7_310_004
"""PostgreSQL advisory lock under which one process at a time changes alarms."""
ACTOR = "system:coverage"


def look(
    counts: Sequence[GatewayCount],
    traffic: Mapping[str, Minutes],
    unread: Mapping[str, int],
    now: datetime,
    policy: CoveragePolicy,
) -> dict[str, Verdict]:
    """Judge each gateway, keep how it is, and begin and end its alarms.

    Args:
        counts: the live counts of all gateways.
        traffic: their counts by the minute.
        unread: records that scoring has not read, by topic, where known.
        now: the time.
        policy: the operator's rules.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [COVERAGE_LOCK])
        watches = {watch.gateway: watch for watch in GatewayWatch.objects.all()}
        standing: dict[str, dict[Kind, GatewayAlarm]] = {}
        for alarm in standing_alarms():
            standing.setdefault(alarm.gateway, {})[Kind(alarm.kind)] = alarm
        verdicts: dict[str, Verdict] = {}
        events: list[Event] = []
        for count in counts:
            watch = watches.get(count.code) or GatewayWatch(gateway=count.code, watched_since=now)
            alarms = standing.get(count.code, {})
            watch.last_at = max(filter(None, (watch.last_at, count.last_at)), default=None)
            seen = Seen(
                watched_since=watch.watched_since,
                last_at=watch.last_at,
                minutes=traffic[count.code],
                remembered=watch.tolerance_minutes,
                unread=unread.get(count.topic),
                standing={kind: alarm.began_at for kind, alarm in alarms.items()},
            )
            verdict = verdicts[count.code] = judge(seen, now, policy)
            _keep(watch, verdict, now)
            events += _settle(count.code, alarms, verdict, now)
        audit.record(events, at=now)
    return verdicts


def standing_alarms() -> Any:
    """Give the alarms that stand, the oldest first."""
    return GatewayAlarm.objects.filter(ended_at=None).select_related("acknowledged_by").order_by("began_at", "id")


def ended_alarms() -> Any:
    """Give the alarms that ended, the newest first."""
    return GatewayAlarm.objects.exclude(ended_at=None).select_related("acknowledged_by").order_by("-ended_at", "-id")


def acknowledge(alarm_id: int, person: User, now: datetime) -> GatewayAlarm:
    """Note that a person has seen an alarm; the first one counts."""
    with transaction.atomic():
        alarm = GatewayAlarm.objects.select_for_update().get(pk=alarm_id)
        if alarm.acknowledged_at is None:
            alarm.acknowledged_by, alarm.acknowledged_at = person, now
            alarm.save(update_fields=["acknowledged_by", "acknowledged_at"])
            audit.record([_told(person.get_username(), "alarm_acknowledged", alarm)], at=now)
    return alarm


def note_lags(lags: Mapping[tuple[str, str], int], now: datetime) -> None:
    """Keep how many records of a topic a group had not read, by group and topic."""
    ConsumerLag.objects.bulk_create(
        [
            ConsumerLag(group=group, topic=topic, records=records, checked_at=now)
            for (group, topic), records in sorted(lags.items())
        ],
        update_conflicts=True,
        unique_fields=["group", "topic"],
        update_fields=["records", "checked_at"],
    )


def _keep(watch: GatewayWatch, verdict: Verdict, now: datetime) -> None:
    watch.checked_at, watch.state = now, verdict.state
    watch.tolerance_minutes = watch.tolerance_minutes if verdict.tolerance is None else verdict.tolerance
    watch.share = verdict.share.now.value if verdict.share else None
    watch.usual_share = verdict.share.usual.value if verdict.share else None
    watch.save()


def _settle(gateway: str, standing: Mapping[Kind, GatewayAlarm], verdict: Verdict, now: datetime) -> list[Event]:
    """Begin and end alarms; one that stands shows the figures of this look, the audit log keeps those it began with."""
    events = []
    for kind, alarm in standing.items():
        if kind not in verdict.alarms:
            alarm.ended_at = now
            alarm.save(update_fields=["ended_at"])
            events.append(_told(ACTOR, "gateway_alarm_ended", alarm))
        elif verdict.alarms[kind]:
            alarm.details = dict(verdict.alarms[kind])
            alarm.save(update_fields=["details"])
    for kind, figures in verdict.alarms.items():
        if kind not in standing:
            alarm = GatewayAlarm.objects.create(gateway=gateway, kind=kind, began_at=now, details=dict(figures))
            events.append(_told(ACTOR, "gateway_alarm_began", alarm, **figures))
    return events


def _told(actor: str, action: str, alarm: GatewayAlarm, **details: float) -> Event:
    return Event(actor, action, "gateway", alarm.gateway, {"kind": str(alarm.kind), "alarm": alarm.pk, **details})
