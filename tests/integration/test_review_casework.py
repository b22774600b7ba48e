"""Hits become evidence, each once, in the one open case of their sender; answers of the network finish orders once."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from config import metrics
from config.errors import BadRecordError
from config.records import Replayed
from ledger.models import AuditEntry, OutboundMessage, OutboxRecord
from review import desk
from review.casework import TakenHits, take_acks, take_hits
from review.models import Case, EnforcementOrder, Evidence
from tests.builders import NOW, SENDER, a_hit, an_enforcement_ack
from tests.review_builders import POLICY, a_case, a_reviewer, an_order

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def actions() -> Counter[str]:
    return Counter(AuditEntry.objects.values_list("action", flat=True))


def test_hits_of_one_sender_open_one_case() -> None:
    hits = [a_hit(spam=0.7), a_hit(spam=0.99, label="fraud", sent_at=LATER), a_hit(sender="13800000009")]
    assert take_hits(hits, NOW, POLICY) == TakenHits(evidence=3, duplicates=0, opened=2)
    case = Case.objects.get(sender=SENDER)
    assert (case.label, case.spam, case.evidence_count) == ("fraud", 0.99, 2)
    assert (case.first_seen, case.last_seen) == (NOW, LATER)
    assert case.sight_due == NOW + timedelta(hours=POLICY.review.first_sight_hours)
    assert case.decision_due == NOW + timedelta(hours=POLICY.review.decision_hours)


def test_further_evidence_extends_the_open_case() -> None:
    case = a_case()
    assert take_hits([a_hit(), a_hit()], LATER, POLICY) == TakenHits(evidence=2, duplicates=0, opened=0)
    case.refresh_from_db()
    assert case.evidence_count == case.evidence.count() == 3
    assert Case.objects.count() == 1


def test_redelivery_changes_nothing() -> None:
    hits = [a_hit(), a_hit(), a_hit(sender="13800000009")]
    take_hits(hits, NOW, POLICY)
    before = list(Case.objects.order_by("pk").values()), list(AuditEntry.objects.values())
    assert take_hits([*hits, hits[0]], LATER, POLICY) == TakenHits(evidence=0, duplicates=4, opened=0)
    assert before == (list(Case.objects.order_by("pk").values()), list(AuditEntry.objects.values()))


def test_redelivery_does_not_open_a_case_that_was_closed() -> None:
    hit = a_hit()
    take_hits([hit], NOW, POLICY)
    desk.decide(Case.objects.get().pk, a_reviewer(), "clear", now=NOW)
    take_hits([hit], LATER, POLICY)
    assert Case.objects.count() == 1
    assert take_hits([a_hit()], LATER, POLICY).opened == 1


def test_evidence_keeps_what_the_reviewer_needs() -> None:
    hit = a_hit(text="加\x00薇信", id="a\x00b")
    take_hits([hit], NOW, POLICY)
    kept = Evidence.objects.get()
    assert (kept.text, kept.sms_id, kept.gateway, kept.label) == ("加␀薇信", "a␀b", "smsc", "gambling")
    assert kept.why == [{"term": "娱乐城", "weight": 2.5}]
    assert kept.scores == hit.scores
    assert take_hits([hit], NOW, POLICY).duplicates == 1


def test_a_batch_costs_as_many_queries_as_a_single_hit() -> None:
    with CaptureQueriesContext(connection) as one:
        take_hits([a_hit(sender="13900001111")], NOW, POLICY)
    with CaptureQueriesContext(connection) as many:
        take_hits([a_hit(sender=f"1380000{number % 100:04d}") for number in range(500)], NOW, POLICY)
    assert len(many) <= len(one) + 2


def test_the_audit_log_tells_of_each_case_once_a_batch() -> None:
    take_hits([a_hit() for _ in range(20)], NOW, POLICY)
    take_hits([a_hit() for _ in range(20)], NOW, POLICY)
    assert actions() == {"case_opened": 1, "case_extended": 1}
    assert set(AuditEntry.objects.values_list("actor", flat=True)) == {"system:casework"}


def test_metrics_count_after_the_commit(django_capture_on_commit_callbacks: object) -> None:
    hit = a_hit()
    before = metrics.EVIDENCE._value.get(), metrics.EVIDENCE_DUPLICATES._value.get(), metrics.CASES_OPENED._value.get()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        take_hits([hit, hit], NOW, POLICY)
        assert metrics.EVIDENCE._value.get() == before[0]
    after = metrics.EVIDENCE._value.get(), metrics.EVIDENCE_DUPLICATES._value.get(), metrics.CASES_OPENED._value.get()
    assert tuple(now - then for now, then in zip(after, before, strict=True)) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_moment_lose_and_double_nothing() -> None:
    # Given batches of the same senders, half of them delivered to both of two workers
    batches = [[a_hit(sender=f"1380000{number % 7:04d}") for number in range(40)] for _ in range(8)]
    shared = [a_hit(sender=f"1380000{number % 7:04d}") for number in range(60)]
    start, taken, faults = threading.Barrier(2), [], []

    def work(mine: list[list[object]]) -> None:
        try:
            start.wait(10)
            taken.extend(take_hits(batch, NOW, POLICY) for batch in mine)  # type: ignore[arg-type]
        except Exception as fault:  # noqa: BLE001 - the test shows whatever came out of a thread
            faults.append(fault)
        finally:
            connections.close_all()

    # When both work
    halves = [[shared, *batches[:4]], [list(reversed(shared)), *batches[4:]]]
    threads = [threading.Thread(target=work, args=(half,)) for half in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    # Then each hit is evidence once, and each sender has one case that counts right
    assert not faults
    assert sum(one.evidence for one in taken) == Evidence.objects.count() == 8 * 40 + 60
    assert sum(one.duplicates for one in taken) == 60
    assert sum(one.opened for one in taken) == Case.objects.count() == 7
    assert all(case.evidence_count == case.evidence.count() for case in Case.objects.all())


@pytest.mark.parametrize(
    ("answer", "status", "outcome"),
    [("done", "done", "stopped"), ("failed", "failed", "failed"), ("refused", "refused", "failed")],
)
def test_an_answer_finishes_the_order_and_closes_the_case(answer: str, status: str, outcome: str) -> None:
    order = an_order()
    take_acks([an_enforcement_ack(order=str(order.pk), status=answer, reason="空号", at=LATER)], LATER)
    order.refresh_from_db()
    assert (order.status, order.acked_at, order.ack_reason) == (status, LATER, "空号")
    assert (order.case.status, order.case.outcome, order.case.closed_at) == ("closed", outcome, LATER)


def test_a_sender_whose_service_was_stopped_is_told_once() -> None:
    order = an_order()
    ack = an_enforcement_ack(order=str(order.pk))
    take_acks([ack, ack], LATER)
    take_acks([ack], LATER)
    told = OutboundMessage.objects.get(msisdn=SENDER)
    assert (told.key, told.port, told.name) == (f"stop:{order.pk}", "10086", "service_stopped")
    assert "赌博" in told.text
    assert order.case.reference in told.text
    assert actions()["order_answered"] == 1


def test_nobody_is_told_of_a_stop_that_failed() -> None:
    take_acks([an_enforcement_ack(order=str(an_order().pk), status="failed")], LATER)
    assert not OutboundMessage.objects.exists()


def test_the_first_answer_counts() -> None:
    order = an_order()
    take_acks([an_enforcement_ack(order=str(order.pk), status="failed")], LATER)
    take_acks([an_enforcement_ack(order=str(order.pk), status="done")], LATER)
    order.refresh_from_db()
    assert (order.status, order.case.outcome) == ("failed", "failed")


@pytest.mark.parametrize("unknown", [str(uuid4()), "no-uuid", "1\x00"])
def test_an_answer_to_an_unknown_order_is_a_bad_record_and_changes_nothing(unknown: str) -> None:
    order = an_order()
    acks = [an_enforcement_ack(order=str(order.pk)), an_enforcement_ack(order=unknown)]
    with pytest.raises(BadRecordError) as caught, transaction.atomic():
        take_acks(acks, LATER)
    assert caught.value.reason == "unknown_order"
    assert EnforcementOrder.objects.get().status == "queued"


def test_an_answer_about_another_number_is_a_bad_record() -> None:
    order = an_order()
    with pytest.raises(BadRecordError, match="wrong_target"):
        take_acks([an_enforcement_ack(order=str(order.pk), target="13899999999")], LATER)


def test_a_sender_with_an_order_on_its_way_gets_no_second_case() -> None:
    order = an_order()
    assert take_hits([a_hit()], LATER, POLICY).opened == 0
    assert OutboxRecord.objects.filter(topic="enforcement.orders").count() == 1
    take_acks([an_enforcement_ack(order=str(order.pk))], LATER)
    assert take_hits([a_hit()], LATER, POLICY).opened == 1


def test_evidence_of_a_repaired_line_says_so_and_the_audit_log_names_the_letter() -> None:
    take_hits([a_hit(replayed=Replayed("D-000011", "ola", ["text"], ["sent_at"])), a_hit()], NOW, POLICY)
    marked, plain = Evidence.objects.order_by("id")
    assert marked.replayed == {"letter": "D-000011", "by": "ola", "changed": ["text"], "unread": ["sent_at"]}
    assert plain.replayed is None
    assert AuditEntry.objects.get(action="case_opened").details["replayed"] == ["D-000011"]
