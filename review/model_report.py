"""The difference report: what a candidate would change, from the tallies, the kept messages and people's verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from ledger import audit
from ledger.chain import Event
from models.labels import HAM
from review.categories import CATEGORIES
from review.comparison import HOURS_A_DAY, Figures, figures, kind_of
from review.errors import UnknownVerdictError
from review.shadow_tables import ShadowDifference, ShadowTally

DAYS_SHOWN = 14


@dataclass(frozen=True)
class Day:
    """One day's SMS, and the hits of each model among them."""

    day: date
    compared: int
    serving_hits: int
    candidate_hits: int

    @property
    def change(self) -> int:
        """Hits that the candidate would add, or take away, below 0."""
        return self.candidate_hits - self.serving_hits


@dataclass(frozen=True)
class Judged:
    """How people judged the kept messages: which model's label was right, and which was right about spam or not."""

    total: int
    serving_label: int
    candidate_label: int
    serving_spam: int
    candidate_spam: int


@dataclass(frozen=True)
class Report:
    """What a candidate in shadow came to beside one serving model; `days` has the latest first.

    `change_a_day` is how many hits the candidate would add (or take away, below 0) in 24 hours of this traffic; None
    until there is a whole hour to tell it from.
    """

    candidate: str
    serving: str
    since: datetime
    until: datetime
    change_a_day: float | None
    figures: Figures
    days: Sequence[Day]
    kept: int
    judged: Judged


def report_on(candidate: str, serving: str) -> Report | None:
    """Give the report on two models, or None when nothing has been compared."""
    found = ShadowTally.objects.filter(candidate=candidate, serving=serving)
    span = found.aggregate(since=Min("hour"), last=Max("hour"))
    if span["since"] is None:
        return None
    labels = found.values_list("serving_label", "candidate_label").annotate(total=Sum("count"))
    return Report(
        candidate=candidate,
        serving=serving,
        since=span["since"],
        until=span["last"] + timedelta(hours=1),
        change_a_day=_change_a_day(found.filter(hour__gt=span["since"], hour__lt=span["last"])),
        figures=figures({(mine, other): total for mine, other, total in labels}),
        days=_days(found),
        kept=differences(candidate, serving).count(),
        judged=_judged(candidate, serving),
    )


def latest_serving(candidate: str) -> str:
    """Give the serving model that a candidate was compared with last; empty when it never was."""
    last = ShadowTally.objects.filter(candidate=candidate).order_by("-hour", "-pk").first()
    return last.serving if last else ""


def differences(candidate: str, serving: str) -> QuerySet[ShadowDifference]:
    """Give the kept messages on which two models differ, those nobody judged first, then the latest."""
    found = ShadowDifference.objects.filter(candidate=candidate, serving=serving).select_related("judged_by")
    return found.order_by(F("judged_at").asc(nulls_first=True), "-kept_at", "-pk")


def judge(pk: int, reviewer: User, verdict: str, now: datetime) -> ShadowDifference:
    """Keep what a person says a differing message is: ham or a kind of spam; the audit log keeps every answer.

    Raises:
        UnknownVerdictError: no such kind.
        ShadowDifference.DoesNotExist: no such message.
    """
    if verdict != HAM and verdict not in CATEGORIES:
        raise UnknownVerdictError
    with transaction.atomic():
        found = ShadowDifference.objects.select_for_update().get(pk=pk)
        if (found.verdict, found.judged_by_id) == (verdict, reviewer.pk):
            return found
        details = {"verdict": verdict, "before": found.verdict, "candidate": found.candidate, "serving": found.serving}
        found.verdict, found.judged_by, found.judged_at = verdict, reviewer, now
        found.save(update_fields=["verdict", "judged_by", "judged_at"])
        audit.record([Event(reviewer.get_username(), "difference_judged", "difference", str(pk), details)], at=now)
    return found


def _change_a_day(whole_hours: QuerySet[ShadowTally]) -> float | None:
    """Give the change from hours between the first and the last, which the shadow saw only in part."""
    hits = whole_hours.aggregate(
        hours=Count("hour", distinct=True),
        serving=Sum("count", filter=~Q(serving_label=HAM), default=0),
        candidate=Sum("count", filter=~Q(candidate_label=HAM), default=0),
    )
    return (hits["candidate"] - hits["serving"]) * HOURS_A_DAY / hits["hours"] if hits["hours"] else None


def _days(found: QuerySet[ShadowTally]) -> list[Day]:
    rows = found.annotate(day=TruncDate("hour")).values_list("day", "serving_label", "candidate_label")
    compared: Counter[date] = Counter()
    mine: Counter[date] = Counter()
    others: Counter[date] = Counter()
    for day, serving_label, candidate_label, total in rows.annotate(total=Sum("count")):
        compared[day] += total
        mine[day] += total if serving_label != HAM else 0
        others[day] += total if candidate_label != HAM else 0
    return [Day(day, compared[day], mine[day], others[day]) for day in sorted(compared, reverse=True)[:DAYS_SHOWN]]


def _judged(candidate: str, serving: str) -> Judged:
    found = ShadowDifference.objects.filter(candidate=candidate, serving=serving).exclude(verdict="")
    spam, by_serving, by_candidate = ~Q(verdict=HAM), ~Q(serving_label=HAM), ~Q(candidate_label=HAM)
    counts = found.aggregate(
        judged=Count("pk"),
        kind_by_serving=Count("pk", filter=Q(verdict=F("serving_label"))),
        kind_by_candidate=Count("pk", filter=Q(verdict=F("candidate_label"))),
        spam_by_serving=Count("pk", filter=(spam & by_serving) | (~spam & ~by_serving)),
        spam_by_candidate=Count("pk", filter=(spam & by_candidate) | (~spam & ~by_candidate)),
    )
    return Judged(
        total=counts["judged"],
        serving_label=counts["kind_by_serving"],
        candidate_label=counts["kind_by_candidate"],
        serving_spam=counts["spam_by_serving"],
        candidate_spam=counts["spam_by_candidate"],
    )


def as_json(report: Report) -> dict[str, object]:
    """Give a report for machines; times are RFC 3339, counts whole numbers."""
    counted = report.figures
    return {
        "candidate": report.candidate,
        "serving": report.serving,
        "since": report.since.isoformat(),
        "until": report.until.isoformat(),
        "compared": counted.compared,
        "serving_hits": counted.serving_hits,
        "candidate_hits": counted.candidate_hits,
        "same_hits": counted.same_hits,
        "only_serving": counted.only_serving,
        "only_candidate": counted.only_candidate,
        "other_label": counted.other_label,
        "change_a_day": None if report.change_a_day is None else round(report.change_a_day, 1),
        "changes": [
            {"serving": mine, "candidate": other, "count": count, "kind": kind_of((mine, other)).value}
            for mine, other, count in counted.changes
        ],
        "days": [{**vars(day), "day": day.day.isoformat()} for day in report.days],
        "kept": report.kept,
        "judged": vars(report.judged),
    }
