"""What people do at the desk: claim a case, decide it, sign it; each deed one transaction, locked and audited."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from config.policy import Policy
from config.roles import roles_of
from ledger import audit
from ledger.chain import Event
from ledger.numbers import mask_number
from review.enforcement import issue_order, signing_key
from review.errors import DecidedMeanwhileError, SkippedBeforeError
from review.models import Approval, Case, Decision
from review.rules import (
    MAX_REASON,
    Kind,
    Outcome,
    Person,
    Status,
    Verdict,
    check_approval,
    check_claim,
    check_decision,
    status_after,
)


def claim(case_id: int, reviewer: User, now: datetime, policy: Policy) -> Case:
    """Hold a case against other reviewers for a while.

    Raises:
        ReviewError: which says why not.
    """
    with transaction.atomic():
        case = _locked(case_id)
        check_claim(case.standing, person(reviewer), now)
        case.claimed_by = reviewer
        case.claimed_until = now + timedelta(minutes=policy.review.claim_minutes)
        case.sighted_at = case.sighted_at or now
        case.save(update_fields=["claimed_by", "claimed_until", "sighted_at"])
        _tell(reviewer, "case_claimed", case, now, until=case.claimed_until.isoformat())
    return case


def decide(case_id: int, reviewer: User, kind: str, *, category: str = "", reason: str = "", now: datetime) -> Decision:
    """Confirm, clear or skip a case.

    Raises:
        ReviewError: which says why not.
    """
    with transaction.atomic():
        case = _locked(case_id)
        reason = reason.strip()[:MAX_REASON]
        checked = check_decision(case.standing, person(reviewer), kind, category=category, reason=reason, now=now)
        if checked == Kind.SKIP and _skipped(case, reviewer):
            raise SkippedBeforeError
        decision = Decision.objects.create(
            case=case,
            round=case.round,
            kind=checked,
            category=category if checked == Kind.CONFIRM else "",
            reason=reason,
            reviewer=reviewer,
            at=now,
        )
        case.claimed_by = case.claimed_until = None
        case.sighted_at = case.sighted_at or now
        case.status = status_after(checked)
        if case.status == Status.CLOSED:
            case.outcome, case.closed_at = Outcome.CLEARED, now
        case.save()
        details = {"decision": decision.pk, "kind": str(checked), "category": decision.category, "reason": reason}
        _tell(reviewer, "case_decided", case, now, **details)
    return decision


def approve(
    case_id: int, decision_id: int, approver: User, verdict: str, *, reason: str = "", now: datetime
) -> Approval:
    """Sign a confirmation, which orders the stop, or send the case back to the reviewers.

    Raises:
        ReviewError: which says why not.
    """
    with transaction.atomic():
        case = _locked(case_id)
        reason = reason.strip()[:MAX_REASON]
        deciders = set(case.decisions.filter(round=case.round).values_list("reviewer_id", flat=True))
        checked = check_approval(case.standing, person(approver), verdict, deciders=deciders, reason=reason)
        decision = case.decisions.filter(pk=decision_id, round=case.round, kind=Kind.CONFIRM).first()
        if decision is None:
            raise DecidedMeanwhileError
        details = {"decision": decision.pk, "reviewer": decision.reviewer.get_username(), "reason": reason}
        if checked == Verdict.APPROVE:
            signing_key()
        approval = Approval.objects.create(
            decision=decision, verdict=checked, reason=reason, reviewer=decision.reviewer, approver=approver, at=now
        )
        if checked == Verdict.REJECT:
            case.status, case.round = Status.OPEN, case.round + 1
            case.save(update_fields=["status", "round"])
            _tell(approver, "decision_rejected", case, now, **details)
        else:
            order = issue_order(approval, now)
            case.status = Status.ORDERED
            case.save(update_fields=["status"])
            _tell(approver, "order_signed", case, now, order=str(order.pk), category=order.category, **details)
    return approval


def reveal(case_id: int, reader: User, now: datetime) -> Case:
    """Give a case for its full number to be shown; the audit log keeps who asked."""
    with transaction.atomic():
        case = Case.objects.get(pk=case_id)
        _tell(reader, "number_revealed", case, now, number=mask_number(case.sender))
    return case


def note_search(number: str, reader: User, now: datetime) -> None:
    """Keep in the audit log that somebody looked a sender up."""
    with transaction.atomic():
        masked = mask_number(number)
        audit.record([Event(reader.get_username(), "sender_searched", "sender", masked)], at=now)


def person(user: User) -> Person:
    """Give a user as `review.rules` knows people."""
    return Person(user.pk, roles_of(user))


def _locked(case_id: int) -> Case:
    return Case.objects.select_for_update().get(pk=case_id)


def _skipped(case: Case, reviewer: User) -> bool:
    return case.decisions.filter(round=case.round, kind=Kind.SKIP, reviewer=reviewer).exists()


def _tell(user: User, action: str, case: Case, now: datetime, **details: object) -> None:
    audit.record([Event(user.get_username(), action, "case", case.reference, details)], at=now)
