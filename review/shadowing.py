"""Keeps what two models say of the same SMS: tallies and some differing messages, each SMS once, one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction

from config.metrics import SHADOW_COMPARED, SHADOW_DIFFERENCES
from config.policy import Policy
from review.comparison import Compared, Kind, Place, allowance, not_yet_tallied, positions_after, tallies
from review.grouping import storable
from review.shadow_tables import ShadowDifference, ShadowPosition

SHADOW_LOCK = 7_310_003
"""PostgreSQL advisory lock under which one shadow worker at a time tallies."""
ADD_TALLY = """
INSERT INTO review_shadowtally (candidate, serving, hour, serving_label, candidate_label, count)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (candidate, serving, hour, serving_label, candidate_label)
DO UPDATE SET count = review_shadowtally.count + excluded.count
"""


def take_compared(found: Sequence[Compared], candidate: str, serving: str, now: datetime, policy: Policy) -> int:
    """Tally what was not tallied before, and keep some of what differs; `now` is in UTC.

    Returns:
        How many SMS were new.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SHADOW_LOCK])
        fresh = not_yet_tallied(found, _positions(candidate))
        if not fresh:
            return 0
        rows = [(candidate, serving, hour, *labels, count) for (hour, labels), count in sorted(tallies(fresh).items())]
        with connection.cursor() as cursor:
            cursor.executemany(ADD_TALLY, rows)
        _keep([one for one in fresh if one.kind != Kind.SAME], candidate, serving, now, policy)
        ShadowPosition.objects.bulk_create(
            [
                ShadowPosition(candidate=candidate, topic=topic, partition=number, offset=place.offset, line=place.line)
                for (topic, number), place in positions_after(fresh).items()
            ],
            update_conflicts=True,
            unique_fields=["candidate", "topic", "partition"],
            update_fields=["offset", "line"],
        )
        transaction.on_commit(partial(_count, fresh))
    return len(fresh)


def _positions(candidate: str) -> dict[tuple[str, int], Place]:
    found = ShadowPosition.objects.filter(candidate=candidate)
    return {(one.topic, one.partition): Place(one.offset, one.line) for one in found}


def _keep(differing: Sequence[Compared], candidate: str, serving: str, now: datetime, policy: Policy) -> None:
    if not differing:
        return
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = ShadowDifference.objects.filter(kept_at__gte=midnight, kept_at__lt=midnight + timedelta(days=1))
    room = allowance(today.filter(candidate=candidate).count(), now, policy.shadow.kept_per_day)
    ShadowDifference.objects.bulk_create(
        [
            ShadowDifference(
                candidate=candidate,
                serving=serving,
                gateway=storable(one.sms.gateway),
                sms_id=storable(one.sms.id),
                sent_at=one.sent_at,
                sender=storable(one.sms.sender),
                receiver=storable(one.sms.receiver),
                text=storable(one.sms.text),
                serving_label=one.serving.label,
                serving_spam=one.serving.spam,
                candidate_label=one.candidate.label,
                candidate_spam=one.candidate.spam,
                kept_at=now,
            )
            for one in differing[:room]
        ],
        ignore_conflicts=True,
    )


def _count(fresh: Sequence[Compared]) -> None:
    SHADOW_COMPARED.inc(len(fresh))
    for kind, count in Counter(one.kind for one in fresh if one.kind != Kind.SAME).items():
        SHADOW_DIFFERENCES.labels(kind.value).inc(count)
