"""Who may do what to a case, as pure decisions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config.roles import Role
from review.errors import (
    CategoryMissingError,
    ClaimedByAnotherError,
    DecidedMeanwhileError,
    NotAllowedError,
    ReasonMissingError,
    ReviewError,
    SamePersonError,
    UnknownVerdictError,
)
from review.models import Campaign, Case, Dossier, RecallCheck, RejectedLine
from review.rules import Kind, Person, Standing, Status, Verdict, check_approval, check_claim, check_decision
from tests.builders import NOW

LIN, ZHAO = 1, 2
REVIEWER = Person(LIN, frozenset({Role.REVIEWER}))
APPROVER = Person(ZHAO, frozenset({Role.APPROVER}))
BOTH = Person(LIN, frozenset({Role.REVIEWER, Role.APPROVER}))
OPEN = Standing(Status.OPEN, None, None)
WAITING = Standing(Status.AWAITING_APPROVAL, None, None)


def held(by: int, minutes: int) -> Standing:
    return Standing(Status.OPEN, by, NOW + timedelta(minutes=minutes))


def test_a_reviewer_may_claim_an_open_case() -> None:
    check_claim(OPEN, REVIEWER, NOW)


def test_an_expired_claim_holds_nobody_off() -> None:
    check_claim(held(ZHAO, -1), REVIEWER, NOW)
    check_claim(held(ZHAO, 0), REVIEWER, NOW)


def test_ones_own_claim_may_be_renewed() -> None:
    check_claim(held(LIN, 5), REVIEWER, NOW)


@pytest.mark.parametrize(
    ("standing", "person", "kind", "category", "reason", "refusal"),
    [
        (OPEN, APPROVER, "confirm", "ad", "", NotAllowedError),
        (WAITING, REVIEWER, "confirm", "ad", "", DecidedMeanwhileError),
        (held(ZHAO, 1), REVIEWER, "clear", "", "", ClaimedByAnotherError),
        (OPEN, REVIEWER, "stop", "ad", "", UnknownVerdictError),
        (OPEN, REVIEWER, "confirm", "", "", CategoryMissingError),
        (OPEN, REVIEWER, "confirm", "ham", "", CategoryMissingError),
        (OPEN, REVIEWER, "skip", "", "", ReasonMissingError),
    ],
)
def test_a_decision_that_must_not_be_is_refused(
    standing: Standing, person: Person, kind: str, category: str, reason: str, refusal: type[ReviewError]
) -> None:
    with pytest.raises(refusal):
        check_decision(standing, person, kind, category=category, reason=reason, now=NOW)


def test_a_clear_needs_no_reason() -> None:
    assert check_decision(OPEN, REVIEWER, "clear", category="", reason="", now=NOW) is Kind.CLEAR


@pytest.mark.parametrize(
    ("standing", "person", "verdict", "reason", "refusal"),
    [
        (WAITING, REVIEWER, "approve", "", NotAllowedError),
        (OPEN, APPROVER, "approve", "", DecidedMeanwhileError),
        (WAITING, BOTH, "approve", "", SamePersonError),
        (WAITING, BOTH, "reject", "no", SamePersonError),
        (WAITING, APPROVER, "stop", "", UnknownVerdictError),
        (WAITING, APPROVER, "reject", "", ReasonMissingError),
    ],
)
def test_a_signature_that_must_not_be_is_refused(
    standing: Standing, person: Person, verdict: str, reason: str, refusal: type[ReviewError]
) -> None:
    with pytest.raises(refusal):
        check_approval(standing, person, verdict, deciders={LIN}, reason=reason)


def test_a_different_person_may_sign() -> None:
    assert check_approval(WAITING, APPROVER, "approve", deciders={LIN}, reason="") is Verdict.APPROVE


def test_no_two_kinds_of_things_share_a_reference() -> None:
    kinds = (Case, Campaign, Dossier, RecallCheck, RejectedLine)
    assert len({kind(pk=1).reference for kind in kinds}) == len(kinds)
