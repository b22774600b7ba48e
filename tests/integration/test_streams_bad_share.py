"""A worker on a real Kafka that meets nothing but bad lines."""

from __future__ import annotations

import base64
import uuid
from pathlib import Path

from config.records import DeadLetter
from config.topics import GATEWAY_TOPICS, SMS_REJECTED
from demo.children import Keeper
from tests.kafka_client import consume, ends_of, produce
from tests.policies import a_policy
from tests.waiting import wait_until
from tests.workers import a_worker, running

LINES, RECORDS = 100, 80


def test_a_topic_of_bad_lines_stops_the_worker_and_waits_in_kafka_until_an_operator_lets_it_go(
    system: dict[str, str], keeper: Keeper, logs: Path, tmp_path: Path
) -> None:
    # Given a topic of nothing but lines that are no JSON
    run, bootstrap = uuid.uuid4().hex[:8], system["QINGXIN_KAFKA_BOOTSTRAP"]
    since = ends_of(bootstrap, SMS_REJECTED)
    packed = b"\n".join(f"no json of {run}".encode() for _ in range(LINES))
    produce(bootstrap, GATEWAY_TOPICS["ismg"], [(f"{run}-{number}", packed) for number in range(RECORDS)])

    def buried() -> int:
        letters = consume(bootstrap, SMS_REJECTED, DeadLetter, count=LINES * RECORDS, seconds=3, since=since)
        return sum(run.encode() in base64.b64decode(letter.raw) for letter in letters)

    # When a worker reads it
    worker = a_worker("scoring", system, logs)
    worker.child.start(keeper)
    wait_until(lambda: not worker.child.running, timeout=60, what="the worker stops by itself")
    # Then it says why, and most of the topic is still there
    assert worker.child.exit_code == 1
    assert "lines were bad (invalid_json in sms.ismg" in worker.log.read_text()
    before = buried()
    assert before < LINES * RECORDS
    # And goes to the dead letters when the policy says so
    policy = a_policy(tmp_path, {"streams.bad_share_limit": 1})
    with running(a_worker("scoring", system | {"QINGXIN_POLICY_PATH": str(policy)}, logs), keeper) as worker:
        wait_until(lambda: worker.metric("qingxin_rejected_total") >= LINES * RECORDS - before, what="all is buried")
        assert worker.stop() == 0
    assert buried() >= LINES * RECORDS
