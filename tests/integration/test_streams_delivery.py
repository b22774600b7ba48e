"""What Kafka, the database and the workers promise each other, on real servers that fail for real."""

from __future__ import annotations

import base64
import uuid
from pathlib import Path

import pytest

from config.records import DeadLetter, EnforcementAck, Hit
from config.topics import ENFORCEMENT_ACKS, SMS_HITS, SMS_REJECTED
from demo.children import Keeper
from review.models import Case, Evidence
from tests.builders import a_hit
from tests.kafka_client import consume, ends_of, produce
from tests.waiting import wait_until
from tests.workers import a_worker, running

pytestmark = pytest.mark.django_db(transaction=True)


def some_hits(count: int, senders: int = 20) -> list[Hit]:
    run = uuid.uuid4().hex[:8]
    return [a_hit(id=f"{run}-{number}", sender=f"{run}-{number % senders}") for number in range(count)]


def keyed(hits: list[Hit]) -> list[tuple[str, Hit]]:
    return [(hit.sender, hit) for hit in hits]


def evidence_of(hits: list[Hit]) -> int:
    return Evidence.objects.filter(sms_id__in=[hit.id for hit in hits]).count()


def test_a_killed_worker_loses_nothing_and_doubles_nothing(system: dict[str, str], keeper: Keeper, logs: Path) -> None:
    # Given a worker in the middle of a stream of hits
    hits = some_hits(600)
    with running(a_worker("casework", system, logs), keeper) as worker:
        produce(system["QINGXIN_KAFKA_BOOTSTRAP"], SMS_HITS, keyed(hits))
        wait_until(lambda: evidence_of(hits), what="the first evidence")
        # When it dies at once, and another takes over
        worker.kill()
    with running(a_worker("casework", system, logs), keeper):
        wait_until(lambda: evidence_of(hits) == len(hits), timeout=60, what="all evidence")
    # Then each hit is evidence once, in one open case for each sender
    cases = Case.objects.filter(sender__in={hit.sender for hit in hits})
    assert cases.count() == 20
    assert sum(cases.values_list("evidence_count", flat=True)) == len(hits)


def test_sigterm_stops_a_worker_in_order_and_the_next_goes_on(
    system: dict[str, str], keeper: Keeper, logs: Path
) -> None:
    hits = some_hits(400)
    with running(a_worker("casework", system, logs), keeper) as worker:
        produce(system["QINGXIN_KAFKA_BOOTSTRAP"], SMS_HITS, keyed(hits))
        wait_until(lambda: evidence_of(hits), what="the first evidence")
        assert worker.stop() == 0
    more = some_hits(50)
    produce(system["QINGXIN_KAFKA_BOOTSTRAP"], SMS_HITS, keyed(more))
    with running(a_worker("casework", system, logs), keeper):
        wait_until(lambda: evidence_of([*hits, *more]) == 450, timeout=60, what="all evidence")


def test_an_idle_worker_that_saw_bad_lines_still_stops_on_sigterm(
    system: dict[str, str], keeper: Keeper, logs: Path
) -> None:
    with running(a_worker("casework", system, logs), keeper) as worker:
        produce(system["QINGXIN_KAFKA_BOOTSTRAP"], SMS_HITS, [("x", b"not json")])
        wait_until(lambda: worker.metric("qingxin_rejected_total"), what="the bad line is counted")
        assert worker.stop() == 0


def test_an_answer_to_no_order_is_buried_and_its_neighbours_are_not(
    system: dict[str, str], keeper: Keeper, logs: Path
) -> None:
    order, bootstrap = uuid.uuid4().hex, system["QINGXIN_KAFKA_BOOTSTRAP"]
    since = ends_of(bootstrap, SMS_REJECTED)
    answer = EnforcementAck(id="a", order=order, target="13800000001", at=a_hit().scored_at, status="done")
    hits = some_hits(3)
    with running(a_worker("casework", system, logs), keeper):
        produce(system["QINGXIN_KAFKA_BOOTSTRAP"], ENFORCEMENT_ACKS, [("13800000001", answer)])
        produce(system["QINGXIN_KAFKA_BOOTSTRAP"], SMS_HITS, keyed(hits))
        wait_until(lambda: evidence_of(hits) == 3, what="the hits are evidence")

        def buried() -> list[DeadLetter]:
            letters = consume(bootstrap, SMS_REJECTED, DeadLetter, count=10_000, seconds=1, since=since)
            return [letter for letter in letters if order in base64.b64decode(letter.raw).decode(errors="replace")]

        (letter,) = wait_until(buried, what="the dead letter")
    assert (letter.topic, letter.reason) == (ENFORCEMENT_ACKS, "unknown_order")
