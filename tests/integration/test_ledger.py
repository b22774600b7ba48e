"""The ledger on PostgreSQL: append-only, in one transaction with its cause, and each text to a subscriber once."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth.models import Group, User
from django.db import InternalError, connection, transaction
from django.db.utils import DatabaseError
from django.test import Client

from config.records import OutboundText
from config.topics import SMS_HITS, SMS_MT
from ledger import audit
from ledger.chain import Event, breaks
from ledger.models import AuditEntry, OutboundMessage, OutboxRecord
from ledger.outbound import send_text, settle_receipts
from ledger.outbox import enqueue
from tests.builders import NOW, a_receipt, an_outbound_text

EVENT = Event("lin", "case_opened", "case", "C-000001", {"evidence": 1})


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["UPDATE ledger_auditentry SET actor = 'x'", "DELETE FROM ledger_auditentry"])
def test_the_audit_log_refuses_to_be_changed(change: str) -> None:
    audit.record([EVENT], at=NOW)
    with pytest.raises((InternalError, DatabaseError), match="append-only"), connection.cursor() as cursor:
        cursor.execute(change)


@pytest.mark.django_db
def test_the_audit_log_refuses_to_be_emptied() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_auditentry ENABLE TRIGGER ledger_auditentry_no_truncate")
        with pytest.raises((InternalError, DatabaseError), match="append-only"):
            cursor.execute("TRUNCATE ledger_auditentry")


@pytest.mark.django_db
def test_an_action_that_nobody_named_is_not_recorded() -> None:
    with pytest.raises(ValueError, match="no such audit action: case_forgotten"):
        audit.record([Event("lin", "case_forgotten", "case", "C-000001")], at=NOW)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_recorded_or_sent_outside_a_transaction() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        audit.record([EVENT], at=NOW)
    with pytest.raises(transaction.TransactionManagementError):
        enqueue(SMS_MT, "1", an_outbound_text())


@pytest.mark.django_db
def test_the_outbox_takes_no_topic_of_another_writer() -> None:
    with pytest.raises(ValueError, match=SMS_HITS):
        enqueue(SMS_HITS, "1", an_outbound_text())


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_moment_make_one_unbroken_chain() -> None:
    def write() -> None:
        try:
            for _ in range(15):
                with transaction.atomic():
                    audit.record([EVENT, EVENT], at=NOW)
        finally:
            connection.close()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    entries = list(AuditEntry.objects.order_by("seq"))
    assert [entry.seq for entry in entries] == list(range(1, 121))
    assert list(breaks(entries)) == []


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_no_entry_and_no_record() -> None:
    with transaction.atomic():
        enqueue(SMS_MT, "1", an_outbound_text())
        audit.record([EVENT], at=NOW)
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()
    assert not OutboxRecord.objects.exists()


@pytest.mark.django_db
def test_a_text_with_the_same_key_is_sent_once() -> None:
    first = send_text("k", "13900000002", "10086", "您好", name="hello", at=NOW)
    second = send_text("k", "13900000002", "10086", "您好吗", name="hello", at=NOW)
    assert (first, second) == (True, False)
    assert OutboxRecord.objects.count() == 1
    assert OutboundMessage.objects.get().text == "您好"


@pytest.mark.django_db
def test_the_first_receipt_of_a_text_counts() -> None:
    text = OutboundText(id="k", at=NOW, msisdn="13900000002", port="10086", text="您好")
    send_text(text.id, text.msisdn, text.port, text.text, name="hello", at=NOW)
    settle_receipts([a_receipt(text_id="k", status="failed"), a_receipt(text_id="k", status="delivered")])
    settle_receipts([a_receipt(text_id="unknown")])
    assert OutboundMessage.objects.get().status == "failed"


@pytest.mark.django_db
@pytest.mark.parametrize("details", [{"items": 0}, {"items": 3}, {"keys": 1, "values": [1], "get": "x"}, {}])
def test_the_audit_page_shows_details_of_any_name(client: Client, details: dict[str, object]) -> None:
    reader = User.objects.create_user("lin")
    reader.groups.add(Group.objects.get(name="auditor"))
    client.force_login(reader)
    audit.record([Event("system:protection", "list_sent", "subscriber", "1", details)], at=NOW)
    page = client.get("/ledger/audit/")
    assert page.status_code == 200
    for name in details:
        assert f'<dt title="{name}">' in page.content.decode()


@pytest.mark.django_db
def test_the_audit_page_speaks_chinese_first(client: Client) -> None:
    reader = User.objects.create_user("lin")
    reader.groups.add(Group.objects.get(name="auditor"))
    client.force_login(reader)
    audit.record([EVENT], at=NOW)
    assert "新建工单" in client.get("/ledger/audit/").content.decode()
