"""Who may do what to a case: pure decisions over values, without database or clock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from config.roles import Role
from review.categories import CATEGORIES
from review.errors import (
    CategoryMissingError,
    ClaimedByAnotherError,
    DecidedMeanwhileError,
    JudgedMeanwhileError,
    NotAllowedError,
    ReasonMissingError,
    SamePersonError,
    UnknownVerdictError,
)

EVIDENCE_A_PAGE = 10
"""Pieces of evidence on a page of a case; those on the first page count as seen by who decided."""
MAX_REASON = 500
"""Characters of a reason that are kept."""


class Status(StrEnum):
    """How far a case has come; every status but `closed` takes further evidence."""

    OPEN = "open"
    AWAITING_APPROVAL = "awaiting_approval"
    ORDERED = "ordered"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a case ended; a case that has not ended has none."""

    NONE = ""
    CLEARED = "cleared"
    STOPPED = "stopped"
    FAILED = "failed"


class Kind(StrEnum):
    """What a reviewer decides."""

    CONFIRM = "confirm"
    CLEAR = "clear"
    SKIP = "skip"


class Verdict(StrEnum):
    """What an approver says to a confirmation."""

    APPROVE = "approve"
    REJECT = "reject"


class FoundBy(StrEnum):
    """Who held an SMS for spam: the classifier, a reviewer in a recall check, or the volume rule for its sender."""

    MODEL = "model"
    VOLUME = "volume"
    RECALL_CHECK = "recall_check"


class SampleVerdict(StrEnum):
    """What a reviewer says about a sample of the recall check; one that nobody judged has none."""

    NONE = ""
    HAM = "ham"
    SPAM = "spam"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Person:
    """A named, logged-in human being."""

    id: int
    roles: frozenset[Role]


@dataclass(frozen=True)
class Standing:
    """What a case is to somebody who wants to act on it."""

    status: str
    claimed_by: int | None
    claimed_until: datetime | None

    def held_against(self, person: int, now: datetime) -> bool:
        """Tell whether another's claim is still valid."""
        return self.claimed_by not in (None, person) and self.claimed_until is not None and self.claimed_until > now


def check_claim(standing: Standing, person: Person, now: datetime) -> None:
    """Refuse a claim that is not to be had.

    Raises:
        ReviewError: which says why.
    """
    if Role.REVIEWER not in person.roles:
        raise NotAllowedError
    if standing.status != Status.OPEN:
        raise DecidedMeanwhileError
    if standing.held_against(person.id, now):
        raise ClaimedByAnotherError


def check_decision(standing: Standing, person: Person, kind: str, *, category: str, reason: str, now: datetime) -> Kind:
    """Refuse a decision that must not be, and give its kind.

    Raises:
        ReviewError: which says why.
    """
    check_claim(standing, person, now)
    if kind not in set(Kind):
        raise UnknownVerdictError
    if kind == Kind.CONFIRM and category not in CATEGORIES:
        raise CategoryMissingError
    if kind == Kind.SKIP and not reason:
        raise ReasonMissingError
    return Kind(kind)


def check_sample_claim(standing: Standing, person: Person, now: datetime) -> None:
    """Refuse a sample that is judged, or held by another; `standing.status` is its verdict.

    Raises:
        ReviewError: which says why.
    """
    if Role.REVIEWER not in person.roles:
        raise NotAllowedError
    if standing.status != SampleVerdict.NONE:
        raise JudgedMeanwhileError
    if standing.held_against(person.id, now):
        raise ClaimedByAnotherError


def check_sample_verdict(standing: Standing, person: Person, said: str, now: datetime) -> tuple[SampleVerdict, str]:
    """Refuse a verdict on a sample that must not be; give it and its category.

    `said` is `ham`, `unclear` or a category of spam.

    Raises:
        ReviewError: which says why.
    """
    check_sample_claim(standing, person, now)
    if said in CATEGORIES:
        return SampleVerdict.SPAM, said
    if said not in {SampleVerdict.HAM, SampleVerdict.UNCLEAR}:
        raise UnknownVerdictError
    return SampleVerdict(said), ""


def check_approval(
    standing: Standing, person: Person, verdict: str, *, deciders: Collection[int], reason: str
) -> Verdict:
    """Refuse a second signature that must not be; `deciders` made the decisions of this round.

    Raises:
        ReviewError: which says why.
    """
    if Role.APPROVER not in person.roles:
        raise NotAllowedError
    if standing.status != Status.AWAITING_APPROVAL:
        raise DecidedMeanwhileError
    if person.id in deciders:
        raise SamePersonError
    if verdict not in set(Verdict):
        raise UnknownVerdictError
    if verdict == Verdict.REJECT and not reason:
        raise ReasonMissingError
    return Verdict(verdict)


def status_after(kind: Kind) -> Status:
    """Give the status of a case after a reviewer's decision."""
    return {Kind.CONFIRM: Status.AWAITING_APPROVAL, Kind.CLEAR: Status.CLOSED, Kind.SKIP: Status.OPEN}[kind]
