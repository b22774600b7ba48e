"""What the auditor holds against an order: the judgement of `review.proof`, from values alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from config.environment import decode_key
from config.records import EnforcementOrder, SignedOrder, encode
from review.proof import (
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
from review.signing import new_keys, sign
from tests.builders import SENDER, an_enforcement_order

PRIVATE, PUBLIC = map(decode_key, new_keys())
ORDER = an_enforcement_order(id="order-1", case="C-000007", decision="5")
LIN, ZHAO = 1, 2


def a_claim(signed: EnforcementOrder = ORDER, key: bytes = PRIVATE, **changes: Any) -> Claim:
    """The row of an order with its signed text."""
    text = sign(signed, key)
    fields: dict[str, Any] = {
        "id": "order-1", "case": 7, "decision": 5, "approval": 6, "kind": "confirm", "verdict": "approve",
        "reviewer": LIN, "approver": ZHAO, "target": SENDER, "category": "gambling", "signed_text": text.order,
        "signature": text.signature,
    }  # fmt: skip
    return Claim(**(fields | changes))


DECIDED = Entry("lin", "case_decided", {"decision": 5, "kind": "confirm", "category": "gambling", "reason": ""})
SIGNED = Entry("zhao", "order_signed", {"order": "order-1", "decision": 5, "reviewer": "lin", "category": "gambling"})
HEALTHY = Facts(
    a_claim(),
    Subject("C-000007", SENDER),
    Decided(7, "confirm", "gambling", LIN),
    Approved(5, "approve", LIN, ZHAO),
    {LIN: "lin", ZHAO: "zhao"},
    [DECIDED, SIGNED],
)


def judged(public_key: bytes | None = PUBLIC, **changes: Any) -> list[str]:
    return faults_of_order(replace(HEALTHY, **changes), public_key)


def test_an_order_that_everything_bears_out_has_no_fault() -> None:
    assert judged() == []
    assert judged(public_key=None) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"subject": None}, "its case does not exist"),
        ({"subject": Subject("C-000007", "13800000099")}, "its target is not the sender of its case"),
        ({"decision": None}, "its decision does not exist"),
        ({"decision": Decided(7, "clear", "gambling", LIN)}, "its decision is no confirmation"),
        ({"decision": Decided(8, "confirm", "gambling", LIN)}, "its decision has another case"),
        ({"decision": Decided(7, "confirm", "fraud", LIN)}, "its decision has another case, category"),
        ({"decision": Decided(7, "confirm", "gambling", 3)}, "its decision has another case, category or reviewer"),
        ({"approval": None}, "its approval does not exist"),
        ({"approval": Approved(5, "reject", LIN, ZHAO)}, "its decision was not approved"),
        ({"approval": Approved(4, "approve", LIN, ZHAO)}, "its approval has another decision"),
        ({"approval": Approved(5, "approve", 3, ZHAO)}, "its approval has another decision, reviewer"),
        ({"approval": Approved(5, "approve", LIN, 3)}, "its approval has another decision, reviewer or approver"),
        ({"names": {ZHAO: "zhao"}}, "its reviewer does not exist"),
        ({"names": {LIN: "lin"}}, "its approver does not exist"),
        ({"claim": a_claim(approver=LIN)}, "one person reviewed and approved it"),
        ({"claim": a_claim(kind="clear")}, "its decision is no confirmation"),
        ({"claim": a_claim(verdict="reject")}, "its decision was not approved"),
    ],
    ids=lambda value: value if isinstance(value, str) else "with",
)
def test_the_rows_must_bear_an_order_out(changes: dict[str, Any], reason: str) -> None:
    assert any(fault.startswith(reason) for fault in judged(**changes))


@pytest.mark.parametrize(
    ("field", "value"),
    [("case", "C-000008"), ("category", "fraud"), ("decision", "4"), ("reviewer", "wu"), ("approver", "wu")],
)
@pytest.mark.parametrize("public_key", [PUBLIC, None], ids=["checked", "unchecked"])
def test_a_rightly_signed_text_must_say_what_the_rows_say(field: str, value: str, public_key: bytes | None) -> None:
    claim = a_claim(replace_in_order(**{field: value}))
    assert judged(public_key, claim=claim) == [f"the signed text names another {field} than the rows"]


@pytest.mark.parametrize(("field", "value"), [("id", "order-2"), ("target", "13800000099")])
def test_a_signed_text_about_another_order_or_sender_is_found(field: str, value: str) -> None:
    claim = a_claim(replace_in_order(**{field: value}))
    assert judged(claim=claim) == ["the envelope names another order or target than the signed text"]
    assert judged(None, claim=claim) == [f"the signed text names another {field} than the rows"]


@pytest.mark.parametrize(
    "claim",
    [a_claim(signature="x"), a_claim(signature=""), a_claim(key=decode_key(new_keys()[0])), a_claim(signed_text="{}")],
    ids=["none", "empty", "foreign key", "other text"],
)
def test_a_wrong_signature_is_found(claim: Claim) -> None:
    assert judged(claim=claim) == ["the signature is wrong"]


def test_without_a_key_a_text_that_is_no_order_is_found() -> None:
    assert judged(None, claim=a_claim(signed_text="{}"))[0].startswith("the signed text is no order")


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([SIGNED], "knows no such decision"),
        ([replace(DECIDED, details={"decision": 4, "kind": "confirm"}), SIGNED], "knows no such decision"),
        ([replace(DECIDED, details=["decision"]), SIGNED], "knows no such decision"),
        ([replace(DECIDED, actor="wu"), SIGNED], "another decision"),
        ([replace(DECIDED, details={"decision": 5, "kind": "clear"}), SIGNED], "another decision"),
        ([DECIDED, replace(DECIDED, actor="wu"), SIGNED], "another decision"),
        ([DECIDED], "knows no signature"),
        ([DECIDED, replace(SIGNED, details={"order": "order-2", "decision": 5})], "knows no signature"),
        ([DECIDED, replace(SIGNED, actor="lin")], "another signature"),
        ([DECIDED, replace(SIGNED, details={"order": "order-1", "decision": 4})], "another signature"),
        ([DECIDED, SIGNED, SIGNED], "another signature"),
        ([DECIDED, replace(SIGNED, action="decision_rejected")], "knows no signature"),
    ],
)
def test_the_audit_log_must_know_decision_and_signature(entries: list[Entry], reason: str) -> None:
    (fault,) = judged(entries=entries)
    assert reason in fault


def replace_in_order(**changes: str) -> EnforcementOrder:
    fields = {"id": "order-1", "case": "C-000007", "decision": "5"} | changes
    return an_enforcement_order(**fields)


# Records in the outbox

RECORD = SignedOrder(
    id="order-1", target=SENDER, order=HEALTHY.claim.signed_text, signature=HEALTHY.claim.signature
)  # fmt: skip


def test_a_record_of_an_issued_order_has_no_fault() -> None:
    assert faults_of_record(SENDER, read_record(encode(RECORD)), "", HEALTHY.claim) == []


@pytest.mark.parametrize("field", ["target", "order", "signature"])
def test_a_record_that_differs_from_its_order_is_found(field: str) -> None:
    changed = SignedOrder(**({name: getattr(RECORD, name) for name in RECORD.__struct_fields__} | {field: "x"}))
    assert faults_of_record(SENDER, changed, "", HEALTHY.claim) == ["differs from the order that was issued"]


def test_a_record_under_another_key_is_found() -> None:
    assert faults_of_record("1", RECORD, "", HEALTHY.claim) == ["differs from the order that was issued"]


@pytest.mark.parametrize("value", [b"", b"{}", b"[]", b"\xff", b'{"id":"\xff"}', b'{"id":"order-1"}'])
def test_what_is_no_signed_order_is_found(value: bytes) -> None:
    assert faults_of_record(SENDER, read_record(value), "", None) == ["is no signed order"]


def test_a_refused_record_and_one_of_no_order_are_found() -> None:
    assert faults_of_record(SENDER, RECORD, "the signature is wrong", HEALTHY.claim) == [
        "the relay refused it: the signature is wrong"
    ]
    assert faults_of_record(SENDER, RECORD, "", None) == ["nobody issued this order"]
