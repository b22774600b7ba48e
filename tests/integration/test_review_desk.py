"""What people do at the desk: claims are honoured, decisions need two people, nothing is done twice."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from config.roles import Role
from ledger.models import AuditEntry, OutboxRecord
from review import desk
from review.errors import (
    ClaimedByAnotherError,
    DecidedMeanwhileError,
    NotAllowedError,
    ReviewError,
    SamePersonError,
    SigningKeyMissingError,
    SkippedBeforeError,
)
from review.models import Approval, Case, Decision, EnforcementOrder
from review.queue import cases_for, next_for
from tests.builders import NOW
from tests.review_builders import POLICY, a_case, a_confirmation, a_person, a_reviewer, an_approver

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=5)


def test_a_claim_holds_others_off_until_it_runs_out() -> None:
    case = a_case()
    desk.claim(case.pk, a_reviewer("lin"), NOW, POLICY)
    with pytest.raises(ClaimedByAnotherError):
        desk.decide(case.pk, a_reviewer("wu"), "clear", now=SOON)
    late = NOW + timedelta(minutes=POLICY.review.claim_minutes)
    assert desk.decide(case.pk, a_reviewer("wu"), "clear", now=late).reviewer.username == "wu"


def test_a_confirmation_waits_for_its_second_signature() -> None:
    decision = a_confirmation()
    assert decision.case.status == "awaiting_approval"
    assert not EnforcementOrder.objects.exists()
    assert not OutboxRecord.objects.exists()


def test_a_clear_closes_the_case() -> None:
    case = a_case()
    desk.decide(case.pk, a_reviewer(), "clear", category="fraud", now=NOW)
    case.refresh_from_db()
    assert (case.status, case.outcome, case.closed_at) == ("closed", "cleared", NOW)
    assert Decision.objects.get().category == ""


def test_a_skip_leaves_the_case_open_and_puts_it_last_for_who_skipped() -> None:
    first, second = a_case(sender="13800000001"), a_case(sender="13800000002")
    lin, wu = a_reviewer("lin"), a_reviewer("wu")
    desk.claim(first.pk, lin, NOW, POLICY)
    desk.decide(first.pk, lin, "skip", reason="方言", now=NOW)
    assert list(cases_for(lin, NOW)) == [second, first]
    assert list(cases_for(wu, NOW)) == [first, second]
    assert next_for(lin, NOW) == second
    assert next_for(wu, NOW) == first


def test_a_second_skip_by_the_same_reviewer_does_nothing() -> None:
    case, lin = a_case(), a_reviewer()
    desk.decide(case.pk, lin, "skip", reason="方言", now=NOW)
    with pytest.raises(SkippedBeforeError):
        desk.decide(case.pk, lin, "skip", reason="方言", now=NOW)
    assert Decision.objects.count() == 1


def test_a_second_decision_does_nothing() -> None:
    decision = a_confirmation()
    for kind in ("confirm", "clear", "skip"):
        with pytest.raises(DecidedMeanwhileError):
            desk.decide(decision.case_id, a_reviewer("wu"), kind, category="ad", reason="r", now=SOON)
    assert Decision.objects.count() == 1


def test_an_approval_orders_the_stop_in_the_same_transaction() -> None:
    decision = a_confirmation()
    approval = desk.approve(decision.case_id, decision.pk, an_approver(), "approve", now=SOON)
    assert approval.order.status == "queued"
    assert Case.objects.get().status == "ordered"
    assert OutboxRecord.objects.get().topic == "enforcement.orders"


def test_a_second_approval_does_nothing() -> None:
    decision = a_confirmation()
    desk.approve(decision.case_id, decision.pk, an_approver("zhao"), "approve", now=SOON)
    for verdict in ("approve", "reject"):
        with pytest.raises(DecidedMeanwhileError):
            desk.approve(decision.case_id, decision.pk, an_approver("qian"), verdict, reason="r", now=SOON)
    assert EnforcementOrder.objects.count() == Approval.objects.count() == OutboxRecord.objects.count() == 1


def test_a_rejection_returns_the_case_to_the_reviewers() -> None:
    decision = a_confirmation()
    desk.approve(decision.case_id, decision.pk, an_approver(), "reject", reason="证据不足", now=SOON)
    case = Case.objects.get()
    assert (case.status, case.round) == ("open", 2)
    again = desk.decide(case.pk, a_reviewer("wu"), "confirm", category="ad", now=SOON)
    with pytest.raises(DecidedMeanwhileError):
        desk.approve(case.pk, decision.pk, an_approver(), "approve", now=SOON)
    assert desk.approve(case.pk, again.pk, an_approver(), "approve", now=SOON).order.reviewer.username == "wu"


def test_who_confirmed_never_signs() -> None:
    both = a_person("lin", Role.REVIEWER, Role.APPROVER)
    decision = a_confirmation(reviewer=both)
    for verdict in ("approve", "reject"):
        with pytest.raises(SamePersonError):
            desk.approve(decision.case_id, decision.pk, both, verdict, reason="r", now=SOON)
    assert not Approval.objects.exists()


def test_who_skipped_in_this_round_does_not_sign_either() -> None:
    case, both = a_case(), a_person("wu", Role.REVIEWER, Role.APPROVER)
    desk.decide(case.pk, both, "skip", reason="方言", now=NOW)
    decision = a_confirmation(case)
    with pytest.raises(SamePersonError):
        desk.approve(case.pk, decision.pk, both, "approve", now=SOON)


def test_a_decision_of_another_case_cannot_be_signed_here() -> None:
    mine, other = a_confirmation(a_case(sender="13800000001")), a_confirmation(a_case(sender="13800000002"))
    with pytest.raises(DecidedMeanwhileError):
        desk.approve(mine.case_id, other.pk, an_approver(), "approve", now=SOON)


def test_somebody_who_lost_the_role_or_left_decides_nothing() -> None:
    case = a_case()
    with pytest.raises(NotAllowedError):
        desk.decide(case.pk, a_person("ex", Role.OPERATOR), "clear", now=NOW)
    gone = a_reviewer("gone")
    gone.is_active = False
    with pytest.raises(NotAllowedError):
        desk.decide(case.pk, gone, "clear", now=NOW)


def test_without_a_signing_key_nothing_changes(settings: Any) -> None:
    decision = a_confirmation()
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"order_signing_key": None})
    entries = AuditEntry.objects.count()
    with pytest.raises(SigningKeyMissingError):
        desk.approve(decision.case_id, decision.pk, an_approver(), "approve", now=SOON)
    assert Case.objects.get().status == "awaiting_approval"
    assert not Approval.objects.exists()
    assert AuditEntry.objects.count() == entries
    assert desk.approve(decision.case_id, decision.pk, an_approver(), "reject", reason="r", now=SOON)


def test_every_step_is_in_the_audit_log() -> None:
    case, lin = a_case(), a_reviewer()
    desk.claim(case.pk, lin, NOW, POLICY)
    decision = a_confirmation(case, lin)
    desk.approve(case.pk, decision.pk, an_approver(), "approve", now=SOON)
    desk.reveal(case.pk, lin, SOON)
    told = list(AuditEntry.objects.filter(subject_id=case.reference).values_list("actor", "action"))
    assert told == [
        ("system:casework", "case_opened"),
        ("lin", "case_claimed"),
        ("lin", "case_decided"),
        ("zhao", "order_signed"),
        ("lin", "number_revealed"),
    ]
    assert case.sender not in str(list(AuditEntry.objects.values("details")))


@pytest.mark.django_db(transaction=True)
def test_two_approvers_at_the_same_moment_make_one_order() -> None:
    decision = a_confirmation()
    people = [an_approver(f"approver-{number}") for number in range(4)]
    start, refused = threading.Barrier(len(people)), []

    def sign(approver: object) -> None:
        try:
            start.wait(10)
            desk.approve(decision.case_id, decision.pk, approver, "approve", now=SOON)  # type: ignore[arg-type]
        except ReviewError as refusal:
            refused.append(refusal)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=sign, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(refused) == 3
    assert EnforcementOrder.objects.count() == OutboxRecord.objects.count() == 1
