"""The queue: which cases wait, in which order for whom."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet, Subquery

from review.models import Case, Decision, Evidence
from review.rules import Kind, Status


def cases_for(reader: User, now: datetime) -> QuerySet[Case]:
    """Give all cases, most urgent first: lowered ones behind the others, those the reader skipped last (`skipped`).

    A lowered case waits behind others until it is due, no longer: where more cases come than people decide, it would
    never be seen. Likewise a case whose sender exceeds the volume rule goes before the others of its standing until
    those are due: what is due comes first, the longest due before all, so that no number of big senders starves it.

    `guards` holds what the strongest evidence looks like, `found_by` who found it.
    """
    mine = Decision.objects.filter(case=OuterRef("pk"), round=OuterRef("round"), kind=Kind.SKIP, reviewer=reader)
    strongest = Evidence.objects.filter(case=OuterRef("pk")).order_by("-spam", "-id")
    return (
        Case.objects.select_related("claimed_by")
        .annotate(
            waits=Q(lowered=True, decision_due__gt=now),
            yields=Q(volume_exceeded=False, decision_due__gt=now),
            skipped=Exists(mine, output_field=BooleanField()),
            guards=Subquery(strongest.values("guards")[:1]),
            found_by=Subquery(strongest.values("found_by")[:1]),
        )
        .order_by("skipped", "waits", "yields", "decision_due", "-spam", "pk")
    )


def next_for(reader: User, now: datetime) -> Case | None:
    """Give the case a reviewer should look at next: open, not skipped by them, not held by another."""
    held = Q(claimed_until__gt=now) & ~Q(claimed_by=reader) & Q(claimed_by__isnull=False)
    found = cases_for(reader, now).filter(Q(skipped=False), status=Status.OPEN)
    return found.exclude(held).first()


def open_count() -> int:
    """Count the cases that wait for a reviewer."""
    return Case.objects.filter(status=Status.OPEN).count()


def awaiting_approval() -> QuerySet[Decision]:
    """Give the confirmations that wait for a second signature, oldest first."""
    return (
        Decision.objects.filter(kind=Kind.CONFIRM, approval=None, case__status=Status.AWAITING_APPROVAL)
        .select_related("case", "reviewer")
        .order_by("at")
    )
