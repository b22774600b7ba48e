"""Scoring workers that join, leave and die while SMS keep coming, on a real Kafka: no SMS goes without its verdict."""

from __future__ import annotations

import uuid
from pathlib import Path

from config.records import Hit, encode
from config.topics import GATEWAY_TOPICS, SMS_HITS
from demo.children import Keeper
from tests.builders import an_sms
from tests.kafka_client import consume, ends_of, produce
from tests.model_builders import flagging_all
from tests.waiting import wait_until
from tests.workers import Process, a_worker

PACK, RECORDS, ROUNDS = 20, 25, 4


def test_every_sms_gets_its_verdict_while_workers_come_go_and_die(
    system: dict[str, str], keeper: Keeper, logs: Path, tmp_path: Path
) -> None:
    # Given a model that flags everything, so that each SMS that was scored shows
    run, bootstrap = uuid.uuid4().hex[:8], system["QINGXIN_KAFKA_BOOTSTRAP"]
    settings = flagging_all(system, tmp_path)
    since, fed = ends_of(bootstrap, SMS_HITS), set()

    def feed() -> None:
        records = []
        for _ in range(RECORDS):
            sender = f"1380{len(fed) % 10_000_000:07d}"
            some = [an_sms(id=f"{run}-{len(fed) + n}", sender=sender) for n in range(PACK)]
            fed.update(sms.id for sms in some)
            records.append((sender, b"\n".join(map(encode, some))))
        produce(bootstrap, GATEWAY_TOPICS["smsc"], records)

    def started() -> Process:
        return a_worker("scoring", settings, logs).start(keeper)

    def works(worker: Process) -> None:
        feed()
        wait_until(lambda: worker.metric("qingxin_sms_scored_total"), timeout=60, what="the worker has some of it")

    # When a second worker joins, the first leaves in order, the second dies, and a third takes over
    first = started()
    works(first)
    second = started()
    works(second)
    feed()
    assert first.stop() == 0
    feed()
    second.kill()
    third = started()
    feed()

    def verdicts() -> list[str]:
        found = consume(bootstrap, SMS_HITS, Hit, count=10_000_000, seconds=2, since=since)
        return [hit.id for hit in found if hit.id.startswith(f"{run}-")]

    wait_until(lambda: set(verdicts()) == fed, timeout=90, what="every SMS has its verdict")
    # Then only what was at work when a worker died may be there twice, and the casework knows how to take that
    assert third.stop() == 0
    assert set(verdicts()) == fed
