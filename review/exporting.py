"""Loads what people decided about texts that they saw, as labelled rows for training."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q

from review.labelled import DECISION, RECALL_CHECK, Labelled
from review.models import Decision, Evidence, RecallCheck
from review.rules import EVIDENCE_A_PAGE, FoundBy, Kind, SampleVerdict, Verdict

HAM = "ham"
CHUNK = 500


NOT_JUDGED_ALONE = (FoundBy.RECALL_CHECK, FoundBy.VOLUME)
"""A recall check is exported by itself; a text that crossed the volume rule may be the one good one of a spammer."""


class Export:
    """The decisions and verdicts since a moment (all without one)."""

    def __init__(self, since: datetime | None) -> None:
        confirmed = Q(kind=Kind.CONFIRM, approval__verdict=Verdict.APPROVE)
        cleared = Q(kind=Kind.CLEAR)
        samples = Q(verdict__in=[SampleVerdict.HAM, SampleVerdict.SPAM])
        if since is not None:
            confirmed &= Q(approval__at__gte=since)
            cleared &= Q(at__gte=since)
            samples &= Q(decided_at__gte=since)
        self._decisions = Decision.objects.filter(confirmed | cleared).select_related("case").order_by("pk")
        self._samples = RecallCheck.objects.filter(samples).order_by("pk")
        self.guarded = 0

    @property
    def total(self) -> int:
        """Decisions and samples."""
        return self._decisions.count() + self._samples.count()

    def __iter__(self) -> Iterator[list[Labelled]]:
        """Give the rows of each decision and of each sample.

        A confirmation that was signed labels its evidence with its category, a clearance with `ham`. Only what stood on
        the first page of the case when the reviewer decided counts as seen. In a confirmed case evidence that looks
        like a legitimate notice is left out (`guarded` counts it): the decision was about the sender, not about it; and
        a sample of the recall check speaks for itself.
        """
        for decision in self._decisions.iterator(chunk_size=CHUNK):
            yield list(self._rows_of(decision))
        for sample in self._samples.iterator(chunk_size=CHUNK):
            label = sample.category if sample.verdict == SampleVerdict.SPAM else HAM
            yield [Labelled(label, RECALL_CHECK, sample.text, sample.reference)]

    def _rows_of(self, decision: Decision) -> Iterator[Labelled]:
        confirmed = decision.kind == Kind.CONFIRM
        for evidence in _seen(decision):
            if confirmed and evidence.guards:
                self.guarded += 1
            elif not (confirmed and evidence.found_by in NOT_JUDGED_ALONE):
                label = decision.category if confirmed else HAM
                yield Labelled(label, DECISION, evidence.text, decision.case.reference)


def _seen(decision: Decision) -> list[Evidence]:
    there = Q(added_at__lte=decision.at) | Q(added_at=None, sent_at__lte=decision.at)
    return list(Evidence.objects.filter(there, case=decision.case_id).order_by("-spam", "-id")[:EVIDENCE_A_PAGE])
