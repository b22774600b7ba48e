"""The recall check at the desk: a reviewer takes a sample and says what it is; missed spam becomes evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet

from config.metrics import RECALL_CHECKS
from config.policy import Policy
from config.records import Hit, Sample
from ledger import audit
from ledger.chain import Event
from ledger.numbers import mask_number
from review.casework import Finder, one_of, take_hits
from review.desk import person
from review.grouping import storable
from review.models import Case, Evidence, RecallCheck
from review.rules import FoundBy, SampleVerdict, check_sample_claim, check_sample_verdict


def take_samples(samples: Sequence[Sample]) -> int:
    """Keep samples for reviewers, each once; a redelivered one changes nothing.

    Returns:
        How many are new.
    """
    checks = {(storable(sample.gateway), storable(sample.id)): sample for sample in reversed(samples)}
    with transaction.atomic():
        before = RecallCheck.objects.filter(one_of(checks)).values_list("gateway", "sms_id")
        fresh = checks.keys() - set(before)
        RecallCheck.objects.bulk_create([_check(checks[key]) for key in sorted(fresh)], ignore_conflicts=True)
        transaction.on_commit(partial(RECALL_CHECKS.inc, len(fresh)))
    return len(fresh)


def mine(reviewer: User, now: datetime) -> RecallCheck | None:
    """Give the sample that a reviewer holds."""
    return waiting().filter(claimed_by=reviewer, claimed_until__gt=now).first()


def waiting() -> QuerySet[RecallCheck]:
    """Give the samples that nobody has judged, oldest first."""
    return RecallCheck.objects.filter(verdict=SampleVerdict.NONE).order_by("drawn_at", "id")


def take_next(reviewer: User, now: datetime, policy: Policy) -> RecallCheck | None:
    """Hold the next sample against other reviewers for a while: one's own first; None when no more wait.

    The audit log keeps who opened it: a sample is an ordinary person's message.

    Raises:
        ReviewError: which says why not.
    """
    with transaction.atomic():
        held = Q(claimed_until__gt=now) & Q(claimed_by__isnull=False)
        free = waiting().select_for_update(skip_locked=True)
        check = free.filter(held, claimed_by=reviewer).first() or free.exclude(held).first()
        if check is None:
            return None
        check_sample_claim(check.standing, person(reviewer), now)
        renewed = check.claimed_by_id == reviewer.pk
        check.claimed_by, check.claimed_until = reviewer, now + timedelta(minutes=policy.review.claim_minutes)
        check.save(update_fields=["claimed_by", "claimed_until"])
        if not renewed:
            audit.record([Event(reviewer.get_username(), "recall_check_taken", "sample", check.reference)], at=now)
    return check


def judge(check_id: int, reviewer: User, said: str, now: datetime, policy: Policy) -> RecallCheck:
    """Keep what a reviewer says about a sample; missed spam opens or extends its sender's case.

    Args:
        check_id: of the sample.
        reviewer: who says it.
        said: `ham`, `unclear` or a category of spam.
        now: when.
        policy: the operator's.

    Raises:
        ReviewError: which says why not; nothing was changed.
    """
    with transaction.atomic():
        check = RecallCheck.objects.select_for_update().get(pk=check_id)
        check.verdict, check.category = check_sample_verdict(check.standing, person(reviewer), said, now)
        check.reviewer, check.decided_at = reviewer, now
        check.claimed_by = check.claimed_until = None
        check.save()
        details = {"verdict": str(check.verdict), "category": check.category}
        if check.verdict == SampleVerdict.SPAM:
            take_hits([_missed(check)], now, policy, Finder(reviewer.get_username(), FoundBy.RECALL_CHECK))
            case = case_of(check)
            details["case"] = case.reference if case else ""
        audit.record(
            [Event(reviewer.get_username(), "recall_check_judged", "sample", check.reference, details)], at=now
        )
    return check


def case_of(check: RecallCheck) -> Case | None:
    """Give the case in which a sample became evidence."""
    found = Evidence.objects.filter(gateway=check.gateway, sms_id=check.sms_id).select_related("case").first()
    return found.case if found else None


def reveal_sender(check_id: int, reader: User, now: datetime) -> RecallCheck:
    """Give a sample for its sender's full number to be shown; the audit log keeps who asked."""
    with transaction.atomic():
        check = RecallCheck.objects.get(pk=check_id)
        details = {"number": mask_number(check.sender)}
        audit.record([Event(reader.get_username(), "number_revealed", "sample", check.reference, details)], at=now)
    return check


def _check(sample: Sample) -> RecallCheck:
    return RecallCheck(
        gateway=storable(sample.gateway),
        sms_id=storable(sample.id),
        sent_at=sample.sent_at,
        sender=sample.sender,
        receiver=sample.receiver,
        text=storable(sample.text),
        normalised=storable(sample.normalised),
        spam=sample.spam,
        scores={storable(label): score for label, score in sample.scores.items()},
        model=storable(sample.model),
        one_in=sample.one_in,
        drawn_at=sample.drawn_at,
    )


def _missed(check: RecallCheck) -> Hit:
    """Give a sample as the hit that it should have been: its label is a person's, its scores are the model's."""
    return Hit(
        id=check.sms_id,
        gateway=check.gateway,
        sent_at=check.sent_at,
        sender=check.sender,
        receiver=check.receiver,
        text=check.text,
        normalised=check.normalised,
        label=check.category,
        spam=check.spam,
        scores=check.scores,
        why=[],
        model=check.model,
        scored_at=check.drawn_at,
    )
