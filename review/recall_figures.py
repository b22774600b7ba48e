"""Loads the counts of the recall check by month, for `review.recall`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from review.models import Approval, Case, Evidence, RecallCheck
from review.recall import Month
from review.rules import FoundBy, SampleVerdict, Status, Verdict

MONTHS_SHOWN = 6
CLOCK_FAULT = timedelta(days=1)
"""An SMS that claims to be sent so far in the future stands in no month."""


def months(now: datetime) -> Sequence[Month]:
    """Give the last months in which there were samples or confirmed hits, newest first."""
    first = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(MONTHS_SHOWN - 1):
        first = (first - timedelta(days=1)).replace(day=1)
    sent = Q(sent_at__gte=first, sent_at__lte=now + CLOCK_FAULT)
    approved = Approval.objects.filter(verdict=Verdict.APPROVE).values("decision__case")
    hits = Evidence.objects.filter(sent, found_by=FoundBy.MODEL)
    confirmed = _by_month(hits.filter(case__in=approved))
    waiting = Case.objects.filter(status__in=[Status.OPEN, Status.AWAITING_APPROVAL])
    undecided = _by_month(hits.filter(case__in=waiting))
    samples = {
        row["month"]: row
        for row in RecallCheck.objects.filter(sent)
        .annotate(month=TruncMonth("sent_at"))
        .values("month")
        .annotate(
            drawn=Count("pk"),
            ham=Count("pk", filter=Q(verdict=SampleVerdict.HAM)),
            missed=Count("pk", filter=Q(verdict=SampleVerdict.SPAM)),
            unclear=Count("pk", filter=Q(verdict=SampleVerdict.UNCLEAR)),
            unflagged=Sum("one_in"),
        )
        .order_by()
    }
    return [
        Month(
            name=month.strftime("%Y-%m"),
            confirmed=confirmed[month],
            undecided=undecided[month],
            drawn=row["drawn"] if row else 0,
            ham=row["ham"] if row else 0,
            missed=row["missed"] if row else 0,
            unclear=row["unclear"] if row else 0,
            unflagged=row["unflagged"] if row else 0,
        )
        for month in sorted({*confirmed, *undecided, *samples}, reverse=True)
        for row in (samples.get(month),)
    ]


def _by_month(found: QuerySet[Evidence]) -> Counter[datetime]:
    rows = found.annotate(month=TruncMonth("sent_at")).values("month").annotate(count=Count("pk")).order_by()
    return Counter({row["month"]: row["count"] for row in rows})
