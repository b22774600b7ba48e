"""Judges whether two different people stand behind an enforcement order; pure, needs neither Django nor a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from config.records import EnforcementOrder, SignedOrder
from review.rules import Kind, Verdict
from review.signing import OrderRefusedError, verify

DECIDED = "case_decided"
SIGNED = "order_signed"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What the order's own row says; people, case, decision and approval by their keys."""

    id: str
    case: int
    decision: int
    approval: int
    kind: str
    verdict: str
    reviewer: int
    approver: int
    target: str
    category: str
    signed_text: str
    signature: str


@dataclass(frozen=True)
class Subject:
    """The case that an order is about."""

    reference: str
    sender: str


@dataclass(frozen=True)
class Decided:
    """A reviewer's decision."""

    case: int
    kind: str
    category: str
    reviewer: int


@dataclass(frozen=True)
class Approved:
    """An approver's word on a decision."""

    decision: int
    verdict: str
    reviewer: int
    approver: int


@dataclass(frozen=True)
class Entry:
    """What the audit chain tells about the case; `details` is any JSON."""

    actor: str
    action: str
    details: Any


@dataclass(frozen=True)
class Facts:
    """An order and everything that has to bear it out; what the database lacks is None or missing."""

    claim: Claim
    subject: Subject | None
    decision: Decided | None
    approval: Approved | None
    names: Mapping[int, str]
    entries: Sequence[Entry]


def faults_of_order(facts: Facts, public_key: bytes | None) -> list[str]:
    """Say why this is no order of two people; empty when it is. Without a key the signature is not checked."""
    return [*_faults_of_rows(facts), *_faults_of_text(facts, public_key), *_faults_of_chain(facts)]


def faults_of_record(key: str, record: SignedOrder | None, refused: str, claim: Claim | None) -> list[str]:
    """Say why an outbox record is not the order that it names; empty when it is.

    `record` is None when it is no signed order at all, `claim` when no order has its id.
    """
    faults = [f"the relay refused it: {refused}"] if refused else []
    if record is None:
        return [*faults, "is no signed order"]
    if claim is None:
        return [*faults, "nobody issued this order"]
    told = (key, record.target, record.order, record.signature)
    if told != (claim.target, claim.target, claim.signed_text, claim.signature):
        faults.append("differs from the order that was issued")
    return faults


def read_record(value: bytes) -> SignedOrder | None:
    """Read the value of an outbox record; None when it is no signed order."""
    try:
        return msgspec.json.decode(value, type=SignedOrder)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _faults_of_rows(facts: Facts) -> Iterator[str]:
    claim = facts.claim
    if facts.subject is None:
        yield "its case does not exist"
    elif facts.subject.sender != claim.target:
        yield "its target is not the sender of its case"
    yield from _faults_of_decision(claim, facts.decision)
    yield from _faults_of_approval(claim, facts.approval)
    if not facts.names.get(claim.reviewer):
        yield "its reviewer does not exist"
    if not facts.names.get(claim.approver):
        yield "its approver does not exist"
    if claim.reviewer == claim.approver:
        yield "one person reviewed and approved it"


def _faults_of_decision(claim: Claim, decision: Decided | None) -> Iterator[str]:
    if decision is None:
        yield "its decision does not exist"
    elif decision.kind != Kind.CONFIRM or claim.kind != Kind.CONFIRM:
        yield "its decision is no confirmation"
    elif decision != Decided(claim.case, claim.kind, claim.category, claim.reviewer):
        yield "its decision has another case, category or reviewer"


def _faults_of_approval(claim: Claim, approval: Approved | None) -> Iterator[str]:
    if approval is None:
        yield "its approval does not exist"
    elif approval.verdict != Verdict.APPROVE or claim.verdict != Verdict.APPROVE:
        yield "its decision was not approved"
    elif approval != Approved(claim.decision, claim.verdict, claim.reviewer, claim.approver):
        yield "its approval has another decision, reviewer or approver"


def _faults_of_text(facts: Facts, public_key: bytes | None) -> Iterator[str]:
    claim = facts.claim
    try:
        signed = _signed(claim, public_key)
    except OrderRefusedError as error:
        yield str(error)
        return
    rows = {
        "id": claim.id,
        "target": claim.target,
        "case": facts.subject.reference if facts.subject else None,
        "category": claim.category,
        "decision": str(claim.decision),
        "reviewer": facts.names.get(claim.reviewer),
        "approver": facts.names.get(claim.approver),
    }
    for field, value in rows.items():
        if getattr(signed, field) != value:
            yield f"the signed text names another {field} than the rows"


def _signed(claim: Claim, public_key: bytes | None) -> EnforcementOrder:
    if public_key is not None:
        envelope = SignedOrder(id=claim.id, target=claim.target, order=claim.signed_text, signature=claim.signature)
        return verify(envelope, public_key)
    try:
        return msgspec.json.decode(claim.signed_text, type=EnforcementOrder)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise OrderRefusedError(f"the signed text is no order: {error}") from error


def _faults_of_chain(facts: Facts) -> Iterator[str]:
    claim = facts.claim
    reviewer, approver = facts.names.get(claim.reviewer), facts.names.get(claim.approver)
    decided = [one for one in facts.entries if one.action == DECIDED and _detail(one, "decision") == claim.decision]
    if not decided:
        yield "the audit log knows no such decision about its case"
    elif [(one.actor, _detail(one, "kind")) for one in decided] != [(reviewer, Kind.CONFIRM)]:
        yield "the audit log tells another decision than one confirmation by its reviewer"
    signed = [one for one in facts.entries if one.action == SIGNED and _detail(one, "order") == claim.id]
    if not signed:
        yield "the audit log knows no signature under it"
    elif [(one.actor, _detail(one, "decision")) for one in signed] != [(approver, claim.decision)]:
        yield "the audit log tells another signature than one by its approver under its decision"


def _detail(entry: Entry, name: str) -> Any:
    return entry.details.get(name) if isinstance(entry.details, dict) else None
