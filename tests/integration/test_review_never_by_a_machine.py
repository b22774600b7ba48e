"""Never by a machine (design section 9): the locks of database, outbox and auditor, tried with forged rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from config import records
from config.environment import decode_key
from config.records import SignedOrder, encode
from config.topics import ENFORCEMENT_ORDERS
from ledger.models import AuditEntry, OutboxRecord
from ledger.outbox import enqueue
from review import desk
from review.errors import NotAllowedError
from review.integrity import orders_without_two_people
from review.models import Approval, Decision, EnforcementOrder
from review.signing import new_keys, sign, verify
from tests.builders import NOW, SENDER, an_enforcement_order
from tests.review_builders import a_case, a_confirmation, a_person, a_reviewer, an_approval, an_approver, an_order

pytestmark = pytest.mark.django_db


def insert(table: str, **row: Any) -> None:
    """Write a row past Django and past `review`, and have deferred checks done at once."""
    with transaction.atomic(), connection.cursor() as cursor:
        columns = ", ".join(row)
        marks = ", ".join(["%s"] * len(row))
        cursor.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(row.values()))  # noqa: S608
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def an_order_row(approval: Approval, **changes: Any) -> dict[str, Any]:
    """The row of the order that an approval allows."""
    decision = approval.decision
    row = {
        "id": uuid4(),
        "case_id": decision.case_id,
        "decision_id": decision.pk,
        "approval_id": approval.pk,
        "decision_kind": "confirm",
        "verdict": "approve",
        "reviewer_id": decision.reviewer_id,
        "approver_id": approval.approver_id,
        "target": decision.case.sender,
        "category": decision.category,
        "signed_text": "{}",
        "signature": "x",
        "status": "queued",
        "created_at": NOW,
        "ack_reason": "",
    }
    return row | changes


def an_approval_without_order(verdict: str = "approve") -> Approval:
    decision = a_confirmation()
    return Approval.objects.create(
        decision=decision, verdict=verdict, reason="r", reviewer=decision.reviewer, approver=an_approver(), at=NOW
    )


@contextmanager
def locks_off() -> Iterator[None]:
    """What somebody with the database's password can do."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = origin")


# Lock 1: the database


def test_the_database_takes_the_order_of_two_people() -> None:
    insert("review_enforcementorder", **an_order_row(an_approval_without_order()))
    assert EnforcementOrder.objects.count() == 1


@pytest.mark.parametrize("column", ["decision_id", "approval_id", "reviewer_id", "approver_id", "case_id"])
def test_the_database_refuses_an_order_without(column: str) -> None:
    row = an_order_row(an_approval_without_order(), **{column: None})
    with pytest.raises(IntegrityError, match="null value"):
        insert("review_enforcementorder", **row)


@pytest.mark.parametrize("column", ["decision_id", "approval_id", "reviewer_id", "approver_id"])
def test_the_database_refuses_an_order_of_a_parent_that_does_not_exist(column: str) -> None:
    row = an_order_row(an_approval_without_order(), **{column: 999_999})
    with pytest.raises(IntegrityError, match="foreign key"):
        insert("review_enforcementorder", **row)


def test_the_database_refuses_an_order_of_one_person_twice() -> None:
    approval = an_approval_without_order()
    row = an_order_row(approval, approver_id=approval.reviewer_id)
    with pytest.raises(IntegrityError, match="order_by_two_people"):
        insert("review_enforcementorder", **row)


def test_the_database_refuses_an_order_under_anothers_name() -> None:
    row = an_order_row(an_approval_without_order(), reviewer_id=a_reviewer("somebody").pk)
    with pytest.raises(IntegrityError, match="order_copies_"):
        insert("review_enforcementorder", **row)


def test_the_database_refuses_an_order_of_a_foreign_decision() -> None:
    approval = an_approval_without_order()
    other = a_confirmation(a_case(sender="13800000077"), approval.reviewer)
    with pytest.raises(IntegrityError, match="order_copies_"):
        insert("review_enforcementorder", **an_order_row(approval, decision_id=other.pk))


@pytest.mark.parametrize(("kind", "verdict"), [("clear", "approve"), ("skip", "approve"), ("confirm", "reject")])
def test_the_database_refuses_an_order_of_anything_but_an_approved_confirmation(kind: str, verdict: str) -> None:
    case, reviewer = a_case(), a_reviewer()
    decision = Decision.objects.create(
        case=case, round=1, kind=kind, category="ad", reason="r", reviewer=reviewer, at=NOW
    )
    approval = Approval.objects.create(
        decision=decision, verdict=verdict, reason="r", reviewer=reviewer, approver=an_approver(), at=NOW
    )
    honest = an_order_row(approval, decision_kind=kind, verdict=verdict)
    with pytest.raises(IntegrityError, match="order_of_a"):
        insert("review_enforcementorder", **honest)
    with pytest.raises(IntegrityError, match="order_copies_"):
        insert("review_enforcementorder", **an_order_row(approval))


@pytest.mark.parametrize("change", [{"target": "13800000055"}, {"category": "fraud"}])
def test_the_database_refuses_an_order_against_anybody_or_for_anything_else(change: dict[str, str]) -> None:
    with pytest.raises(IntegrityError, match="foreign key"):
        insert("review_enforcementorder", **an_order_row(an_approval_without_order(), **change))


def test_the_database_refuses_a_second_order_of_a_decision() -> None:
    approval = an_approval_without_order()
    insert("review_enforcementorder", **an_order_row(approval))
    with pytest.raises(IntegrityError, match="duplicate key"):
        insert("review_enforcementorder", **an_order_row(approval))


def test_the_database_refuses_an_approval_by_the_reviewer() -> None:
    decision = a_confirmation()
    row = {"decision_id": decision.pk, "verdict": "approve", "reason": "", "at": NOW}
    with pytest.raises(IntegrityError, match="approval_by_another_person"):
        insert("review_approval", **row, reviewer_id=decision.reviewer_id, approver_id=decision.reviewer_id)
    with pytest.raises(IntegrityError, match="approval_copies_reviewer"):
        insert("review_approval", **row, reviewer_id=an_approver().pk, approver_id=decision.reviewer_id)


@pytest.mark.parametrize("change", ["reviewer_id = %s", "kind = 'clear', reviewer_id = %s"])
def test_the_database_refuses_to_change_a_decision_behind_an_order(change: str) -> None:
    order = an_order()
    other = a_reviewer("somebody").pk
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE review_decision SET {change} WHERE id = %s", [other, order.decision_id])  # noqa: S608


# Lock 3: one writer


def test_the_outbox_takes_the_order_that_was_issued() -> None:
    order = an_order()
    record = OutboxRecord.objects.get(topic=ENFORCEMENT_ORDERS)
    assert json.loads(bytes(record.value))["id"] == str(order.pk)
    assert record.key == SENDER


def test_the_outbox_refuses_an_order_that_nobody_issued() -> None:
    private, _ = new_keys()
    forged = sign(an_enforcement_order(id=str(uuid4())), decode_key(private))
    with pytest.raises(DatabaseError, match="no enforcement order of two people"), transaction.atomic():
        enqueue(ENFORCEMENT_ORDERS, forged.target, forged)


@pytest.mark.parametrize("field", ["target", "order", "signature"])
def test_the_outbox_refuses_an_issued_order_that_was_changed(field: str) -> None:
    order = an_order()
    parts = {
        "id": str(order.pk), "target": order.target, "order": order.signed_text, "signature": order.signature,
    }  # fmt: skip
    forged = SignedOrder(**(parts | {field: "13800000099"}))
    with pytest.raises(DatabaseError, match="no enforcement order of two people"), transaction.atomic():
        enqueue(ENFORCEMENT_ORDERS, forged.target, forged)


@pytest.mark.parametrize("value", [b"", b"{}", b"\xff\xfe", b'{"id": "1"}', b"[]"])
def test_the_outbox_refuses_what_is_no_order_at_all(value: bytes) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        OutboxRecord.objects.create(topic=ENFORCEMENT_ORDERS, key=SENDER, value=value)


def test_the_outbox_refuses_to_turn_another_record_into_an_order() -> None:
    record = OutboxRecord.objects.create(topic="sms.mt", key=SENDER, value=encode(an_enforcement_order()))
    with pytest.raises(DatabaseError), transaction.atomic():
        OutboxRecord.objects.filter(pk=record.pk).update(topic=ENFORCEMENT_ORDERS)


# Lock 4: the auditor


def report(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    status = 0
    try:
        call_command("audit", "verify", "--json")
    except SystemExit as end:
        status = int(end.code or 0)
    return status, json.loads(capsys.readouterr().out)


def test_the_auditor_counts_no_order_without_two_people(capsys: pytest.CaptureFixture[str]) -> None:
    an_order()
    status, found = report(capsys)
    assert status == 0
    assert found["ok"]
    assert (found["orders"], found["orders_without_two_people"], found["breaks"]) == (1, 0, 0)


@pytest.mark.parametrize(
    "forgery",
    [
        {"approver_id": "reviewer"},
        {"decision_id": 999_999},
        {"approval_id": 999_999},
        {"reviewer_id": 999_999},
        {"target": "13800000099"},
    ],
    ids=str,
)
def test_the_auditor_finds_an_order_forged_past_all_locks(
    forgery: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    approval = an_approval_without_order()
    changes = {key: approval.reviewer_id if value == "reviewer" else value for key, value in forgery.items()}
    with locks_off(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE review_enforcementorder DROP CONSTRAINT order_by_two_people")
        row = an_order_row(approval, **changes)
        row["signed_text"] = f'{{"id":"{row["id"]}","target":"{row["target"]}"}}'
        insert("review_enforcementorder", **row)
    status, found = report(capsys)
    assert (status, found["ok"], found["orders_without_two_people"]) == (1, False, 1)


def test_the_auditor_finds_a_forged_order_in_the_outbox() -> None:
    private, _ = new_keys()
    forged = sign(an_enforcement_order(id=str(uuid4())), decode_key(private))
    with locks_off():
        OutboxRecord.objects.create(topic=ENFORCEMENT_ORDERS, key=forged.target, value=encode(forged))
        OutboxRecord.objects.create(topic=ENFORCEMENT_ORDERS, key="1", value=b"\xff not json")
    assert orders_without_two_people() == 2


def test_the_auditor_finds_an_approval_whose_approver_became_the_reviewer() -> None:
    order = an_order()
    with locks_off(), connection.cursor() as cursor:
        for table in ("review_approval", "review_enforcementorder"):
            constraint = "approval_by_another_person" if table == "review_approval" else "order_by_two_people"
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
            cursor.execute(f"UPDATE {table} SET approver_id = reviewer_id")  # noqa: S608
    assert EnforcementOrder.objects.get().approver_id == order.reviewer_id
    assert orders_without_two_people() == 1


def resign(order: EnforcementOrder, private: str, **changes: str) -> None:
    """Write another signed text under an order, past all locks, into the order and into its outbox record."""
    text = msgspec.json.decode(order.signed_text, type=records.EnforcementOrder)
    signed = sign(msgspec.structs.replace(text, **changes), decode_key(private))
    with locks_off():
        EnforcementOrder.objects.filter(pk=order.pk).update(signed_text=signed.order, signature=signed.signature)
        OutboxRecord.objects.filter(topic=ENFORCEMENT_ORDERS).update(value=encode(signed))


def reason_found(capsys: pytest.CaptureFixture[str]) -> str:
    """The one reason that the auditor gives, about the one order there is."""
    status, found = report(capsys)
    assert (status, found["ok"], found["orders_without_two_people"], found["outbox_faults"]) == (1, False, 1, 0)
    assert orders_without_two_people() == 1
    assert found["first_faulty_orders"][0]["id"] == str(EnforcementOrder.objects.get().pk)
    return str(found["first_faulty_orders"][0]["reason"])


def test_the_auditor_finds_an_order_signed_with_another_key(capsys: pytest.CaptureFixture[str]) -> None:
    resign(an_order(), new_keys()[0])
    assert reason_found(capsys) == "the signature is wrong"


@pytest.mark.parametrize("field", ["case", "category", "decision", "reviewer", "approver"])
def test_the_auditor_finds_a_rightly_signed_text_that_the_rows_do_not_say(
    field: str, order_keys: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    resign(an_order(), order_keys[0], **{field: "other"})
    assert reason_found(capsys) == f"the signed text names another {field} than the rows"


def test_the_auditor_finds_perfect_rows_and_a_perfect_signature_that_nobody_made(
    order_keys: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    case, reviewer, approver, key = a_case(), a_reviewer(), an_approver(), uuid4()
    decision = Decision.objects.create(
        case=case, round=1, kind="confirm", category="ad", reviewer=reviewer, at=NOW
    )  # fmt: skip
    approval = Approval.objects.create(
        decision=decision, verdict="approve", reviewer=reviewer, approver=approver, at=NOW
    )  # fmt: skip
    order = an_enforcement_order(
        id=str(key), target=case.sender, case=case.reference, category="ad", decision=str(decision.pk),
        reviewer="lin", approver="zhao",
    )  # fmt: skip
    signed = sign(order, decode_key(order_keys[0]))
    insert(
        "review_enforcementorder",
        **an_order_row(approval, id=key, signed_text=signed.order, signature=signed.signature),
    )
    enqueue(ENFORCEMENT_ORDERS, signed.target, signed)
    assert reason_found(capsys) == (
        "the audit log knows no such decision about its case; the audit log knows no signature under it"
    )


def test_the_auditor_finds_by_an_order_that_the_end_of_the_audit_log_was_cut_off(
    capsys: pytest.CaptureFixture[str],
) -> None:
    an_order()
    with locks_off():
        AuditEntry.objects.filter(action="order_signed").delete()
    assert reason_found(capsys) == "the audit log knows no signature under it"
    assert report(capsys)[1]["breaks"] == 0


@pytest.mark.parametrize(
    ("action", "change", "reason"),
    [
        ("case_decided", {"actor": "wu"}, "another decision"),
        ("case_decided", {"subject_id": "C-999999"}, "knows no such decision"),
        ("case_decided", {"details": {"decision": 0, "kind": "confirm"}}, "knows no such decision"),
        ("order_signed", {"actor": "lin"}, "another signature"),
        ("order_signed", {"details": {"order": "0"}}, "knows no signature"),
    ],
)
def test_the_auditor_finds_an_order_of_which_the_audit_log_tells_something_else(
    action: str, change: dict[str, Any], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    an_order()
    with locks_off():
        AuditEntry.objects.filter(action=action).update(**change)
    assert reason in reason_found(capsys)


def test_the_auditor_names_ten_faulty_orders_and_counts_all(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(12):
        an_approval(a_confirmation(a_case(sender=f"138000001{number:02}")))
    with locks_off():
        EnforcementOrder.objects.update(signature="x")
    _, found = report(capsys)
    assert (found["orders_without_two_people"], len(found["first_faulty_orders"])) == (12, 10)
    assert (found["outbox_faults"], len(found["first_outbox_faults"])) == (12, 10)


def test_the_auditor_looks_at_all_orders_with_few_queries(
    django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        an_approval(a_confirmation(a_case(sender=f"138000001{number:02}")))
    with django_assert_num_queries(8):
        assert orders_without_two_people() == 0
    monkeypatch.setattr("review.integrity.CHUNK", 2)
    assert orders_without_two_people() == 0


def an_outbox_value(change: str) -> bytes:
    """The value of the only order in the outbox, written otherwise."""
    value = json.loads(bytes(OutboxRecord.objects.get(topic=ENFORCEMENT_ORDERS).value))
    if change == "forged":
        value["order"] = "{}"
        value["note"] = {"id": value["id"], "signature": value["signature"]}
    return json.dumps(value, separators=(", ", ": ") if change == "white space" else (",", ":")).encode()


def test_the_auditor_reads_outbox_records_whatever_their_white_space() -> None:
    an_order()
    with locks_off():
        OutboxRecord.objects.filter(topic=ENFORCEMENT_ORDERS).update(value=an_outbox_value("white space"))
    assert orders_without_two_people() == 0


def test_the_auditor_finds_an_outbox_record_that_holds_the_right_id_and_signature_and_another_order(
    capsys: pytest.CaptureFixture[str],
) -> None:
    an_order()
    with locks_off():
        OutboxRecord.objects.filter(topic=ENFORCEMENT_ORDERS).update(value=an_outbox_value("forged"))
    status, found = report(capsys)
    assert (status, found["orders_without_two_people"], found["outbox_faults"]) == (1, 0, 1)
    assert found["first_outbox_faults"][0]["reason"] == "differs from the order that was issued"


def test_the_auditor_finds_an_order_that_the_relay_refused(capsys: pytest.CaptureFixture[str]) -> None:
    an_order()
    OutboxRecord.objects.filter(topic=ENFORCEMENT_ORDERS).update(refused="the signature is wrong")
    status, found = report(capsys)
    assert (status, found["ok"], found["outbox_faults"]) == (1, False, 1)
    assert found["first_outbox_faults"][0]["reason"] == "the relay refused it: the signature is wrong"
    assert orders_without_two_people() == 1


def test_the_auditor_takes_the_key_that_it_is_given() -> None:
    an_order()
    assert orders_without_two_people(decode_key(new_keys()[1])) == 1


def test_the_auditor_finds_an_audit_entry_that_was_changed(capsys: pytest.CaptureFixture[str]) -> None:
    an_order()
    with locks_off(), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_auditentry SET actor = 'nobody' WHERE seq = 2")
    status, found = report(capsys)
    assert (status, found["breaks"], found["first_breaks"][0]["seq"]) == (1, 1, 2)


# What the locks guard: the way of an order that two people did decide


def test_an_issued_order_names_its_two_people_and_is_signed(order_keys: tuple[str, str]) -> None:
    approval = an_approval()
    order = approval.order
    signed = SignedOrder(id=str(order.pk), target=order.target, order=order.signed_text, signature=order.signature)
    issued = verify(signed, decode_key(order_keys[1]))
    assert (issued.reviewer, issued.approver, issued.target) == ("lin", "zhao", SENDER)
    assert (issued.decision, issued.case) == (str(approval.decision_id), approval.decision.case.reference)


def test_a_machine_account_without_roles_signs_nothing() -> None:
    decision = a_confirmation()
    with pytest.raises(NotAllowedError):
        desk.approve(decision.case_id, decision.pk, a_person("robot"), "approve", now=NOW)
    assert not EnforcementOrder.objects.exists()
