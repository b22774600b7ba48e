"""Finds what must not exist: orders without two different people behind them. Loads; `review.proof` judges.

Rows are looked up by their keys, not joined: a forged order may point at nothing, and a join would lose it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.contrib.auth.models import User

from config.environment import decode_key
from config.topics import ENFORCEMENT_ORDERS
from ledger.models import AuditEntry, OutboxRecord
from review.models import Approval, Case, Decision, EnforcementOrder
from review.proof import (
    DECIDED,
    SIGNED,
    Approved,
    Claim,
    Decided,
    Entry,
    Facts,
    Subject,
    faults_of_order,
    faults_of_record,
    read_record,
)

CHUNK: Final = 1000


@dataclass(frozen=True)
class Fault:
    """An order or an outbox record that must not exist, and why."""

    id: str
    reason: str


def orders_without_two_people(public_key: bytes | None = None) -> int:
    """Count the orders, kept or on their way, that no approved decision of two different people bears out.

    The key is that of the environment unless given; where there is none either, signatures are not checked.
    """
    return sum(1 for _ in faulty_orders(public_key or key_of_environment())) + sum(1 for _ in faulty_records())


def key_of_environment() -> bytes | None:
    """Give the public key with which this process can check orders, if it has one."""
    public, private = settings.ENVIRONMENT.order_public_key, settings.ENVIRONMENT.order_signing_key
    if public is not None:
        return decode_key(public.get_secret_value())
    if private is None:
        return None
    key = Ed25519PrivateKey.from_private_bytes(decode_key(private.get_secret_value()))
    return key.public_key().public_bytes_raw()


def faulty_orders(public_key: bytes | None) -> Iterator[Fault]:
    """Find the orders that two different people do not bear out, oldest first; without a key, past their signatures."""
    orders = EnforcementOrder.objects.order_by("created_at", "pk").iterator(chunk_size=CHUNK)
    while chunk := list(islice(orders, CHUNK)):
        for facts in _facts(chunk):
            if reasons := faults_of_order(facts, public_key):
                yield Fault(facts.claim.id, "; ".join(reasons))


def faulty_records() -> Iterator[Fault]:
    """Find the outbox records among the orders that were refused or are not exactly an order that was issued."""
    records = OutboxRecord.objects.filter(topic=ENFORCEMENT_ORDERS).order_by("pk").iterator(chunk_size=CHUNK)
    while chunk := list(islice(records, CHUNK)):
        read = [(record, read_record(bytes(record.value))) for record in chunk]
        ids = [key for _, signed in read if signed and (key := _uuid(signed.id))]
        claims = {str(key): _claim(order) for key, order in EnforcementOrder.objects.in_bulk(ids).items()}
        for record, signed in read:
            claim = claims.get(signed.id) if signed else None
            if reasons := faults_of_record(record.key, signed, record.refused, claim):
                yield Fault(str(record.pk), "; ".join(reasons))


def _facts(orders: list[EnforcementOrder]) -> Iterator[Facts]:
    cases = Case.objects.in_bulk([order.case_id for order in orders])
    decisions = Decision.objects.in_bulk([order.decision_id for order in orders])
    approvals = Approval.objects.in_bulk([order.approval_id for order in orders])
    people = {key for order in orders for key in (order.reviewer_id, order.approver_id)}
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "username"))
    entries = _entries({case.reference for case in cases.values()})
    for order in orders:
        case, decision = cases.get(order.case_id), decisions.get(order.decision_id)
        yield Facts(
            _claim(order),
            Subject(case.reference, case.sender) if case else None,
            Decided(decision.case_id, decision.kind, decision.category, decision.reviewer_id) if decision else None,
            _approved(approvals.get(order.approval_id)),
            names,
            entries.get(case.reference, []) if case else [],
        )


def _approved(approval: Approval | None) -> Approved | None:
    if approval is None:
        return None
    return Approved(approval.decision_id, approval.verdict, approval.reviewer_id, approval.approver_id)


def _entries(references: Iterable[str]) -> dict[str, list[Entry]]:
    found = (
        AuditEntry.objects.filter(subject_type="case", subject_id__in=references, action__in=[DECIDED, SIGNED])
        .order_by("subject_id", "seq")
        .values_list("subject_id", "actor", "action", "details")
    )
    return {
        reference: [Entry(actor, action, details) for _, actor, action, details in group]
        for reference, group in groupby(found, key=lambda one: one[0])
    }


def _claim(order: EnforcementOrder) -> Claim:
    return Claim(
        id=str(order.pk),
        case=order.case_id,
        decision=order.decision_id,
        approval=order.approval_id,
        kind=order.decision_kind,
        verdict=order.verdict,
        reviewer=order.reviewer_id,
        approver=order.approver_id,
        target=order.target,
        category=order.category,
        signed_text=order.signed_text,
        signature=order.signature,
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
