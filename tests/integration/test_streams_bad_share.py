"""A worker on a real Kafka that meets nothing but bad lines."""

from __future__ import annotations

import base64
import os
import uuid
from pathlib import Path

from config.records import DeadLetter, encode
from config.topics import GATEWAY_TOPICS, SMS_REJECTED
from demo.children import Keeper
from tests.builders import an_sms
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
    assert worker.child.exit_code == os.EX_DATAERR
    assert "lines were bad (invalid_json in sms.ismg" in worker.log.read_text()
    before = buried()
    assert before < LINES * RECORDS
    # And goes to the dead letters when the policy says so
    policy = a_policy(tmp_path, {"streams.bad_share_limit": 1})
    with running(a_worker("scoring", system | {"QINGXIN_POLICY_PATH": str(policy)}, logs), keeper) as worker:
        wait_until(lambda: worker.metric("qingxin_rejected_total") >= LINES * RECORDS - before, what="all is buried")
        assert worker.stop() == 0
    assert buried() >= LINES * RECORDS


def test_a_gateway_gone_mad_is_held_while_the_others_go_on(
    system: dict[str, str], keeper: Keeper, logs: Path, tmp_path: Path
) -> None:
    # Given a worker that reads good lines of one gateway and twice less of another, which are no JSON
    run, bootstrap = uuid.uuid4().hex[:8], system["QINGXIN_KAFKA_BOOTSTRAP"]
    since = ends_of(bootstrap, SMS_REJECTED)
    policy = a_policy(tmp_path, {"streams.bad_share_lines": 200})
    bad = b"\n".join(f"no json of {run}".encode() for _ in range(20))
    with running(a_worker("scoring", system | {"QINGXIN_POLICY_PATH": str(policy)}, logs), keeper) as worker:
        scored = worker.metric("qingxin_sms_scored_total", gateway="smsc")

        def feed() -> None:
            nonlocal scored
            good = b"\n".join(encode(an_sms(id=f"{run}-{scored:.0f}-{n}", gateway="smsc")) for n in range(40))
            produce(bootstrap, GATEWAY_TOPICS["ismg"], [(run, bad)])
            produce(bootstrap, GATEWAY_TOPICS["smsc"], [(run, good)])
            scored += 40
            wait_until(lambda: worker.metric("qingxin_sms_scored_total", gateway="smsc") >= scored, what="it goes on")

        # When the bad ones are most of the last two hundred of that gateway
        for _ in range(30):
            feed()
        # Then that topic is held, and says so, and the worker goes on with the others
        assert worker.metric("qingxin_topic_held", topic=GATEWAY_TOPICS["ismg"]) == 1
        assert "holds sms.ismg" in worker.state()
        assert "sms.ismg is held" in worker.log.read_text()
        assert worker.stop() == 0
    letters = consume(bootstrap, SMS_REJECTED, DeadLetter, count=1000, seconds=3, since=since)
    assert sum(run.encode() in base64.b64decode(letter.raw) for letter in letters) < 200
    # And what was held is there when the policy lets it go
    policy = a_policy(tmp_path, {"streams.bad_share_limit": 1})
    with running(a_worker("scoring", system | {"QINGXIN_POLICY_PATH": str(policy)}, logs), keeper) as worker:
        wait_until(lambda: worker.metric("qingxin_rejected_total") >= 400, what="all is buried")
        assert worker.stop() == 0
    letters = consume(bootstrap, SMS_REJECTED, DeadLetter, count=1000, seconds=3, since=since)
    assert sum(run.encode() in base64.b64decode(letter.raw) for letter in letters) >= 600
