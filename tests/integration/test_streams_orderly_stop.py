"""A scoring worker that is asked to leave in the middle of its work, on a real Kafka."""

from __future__ import annotations

import signal
import uuid
from collections import Counter
from pathlib import Path

from config.records import Hit, encode
from config.topics import GATEWAY_TOPICS, SMS_HITS
from demo.children import Keeper
from tests.builders import an_sms
from tests.kafka_client import consume, ends_of, produce
from tests.model_builders import flagging_all
from tests.waiting import wait_until
from tests.workers import a_worker, running

PACK, RECORDS, STOPS = 100, 400, 2
"""Enough records that one batch takes a second or two, pieces of which are published one after the other."""


def test_a_worker_asked_to_stop_ends_its_batch_so_that_the_next_one_repeats_nothing(
    system: dict[str, str], keeper: Keeper, logs: Path, tmp_path: Path
) -> None:
    # Given a model that flags everything, so that each SMS that was scored shows
    run, bootstrap = uuid.uuid4().hex[:8], system["QINGXIN_KAFKA_BOOTSTRAP"]
    settings = flagging_all(system, tmp_path)
    since = ends_of(bootstrap, SMS_HITS)
    records = [
        (
            f"1381{n:07d}",
            b"\n".join(encode(an_sms(id=f"{run}-{n}-{k}", sender=f"1381{n:07d}")) for k in range(PACK)),
        )
        for n in range(RECORDS)
    ]

    def verdicts() -> Counter[str]:
        found = consume(bootstrap, SMS_HITS, Hit, count=10_000_000, seconds=2, since=since)
        return Counter(hit.id for hit in found if hit.id.startswith(f"{run}-"))

    # When it is asked to stop as soon as it has scored some, and another one too
    for stop in range(STOPS):
        produce(bootstrap, GATEWAY_TOPICS["smsc"], records[stop::STOPS])
        with running(a_worker("scoring", settings, logs), keeper) as worker:
            wait_until(lambda w=worker: w.metric("qingxin_sms_scored_total"), timeout=60, what="it has some of it")
            assert worker.child.process
            worker.child.process.send_signal(signal.SIGTERM)
            wait_until(lambda w=worker: not w.child.running, timeout=30, what="it stops")
            assert worker.child.exit_code == 0
    # Then the last one does what is left, and every SMS has one verdict and no second
    with running(a_worker("scoring", settings, logs), keeper) as worker:
        wait_until(lambda: len(verdicts()) == PACK * RECORDS, timeout=90, what="every SMS has its verdict")
        assert worker.stop() == 0
    assert set(verdicts().values()) == {1}
