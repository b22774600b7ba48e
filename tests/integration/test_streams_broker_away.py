"""A worker that has nothing to do while Kafka is away says so, stops when it is asked to, and gives up when told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from demo.children import Keeper
from demo.servers.apache_kafka import ApacheKafka
from tests.waiting import wait_until
from tests.workers import a_worker, running


@pytest.fixture
def settings(own_kafka: ApacheKafka, valkey_url: str) -> dict[str, str]:
    return {
        "QINGXIN_KAFKA_BOOTSTRAP": own_kafka.bootstrap,
        "QINGXIN_KAFKA_SESSION_SECONDS": "6",
        "QINGXIN_REDIS_URL": valkey_url,
        "QINGXIN_SECRET_KEY": os.environ["QINGXIN_SECRET_KEY"],
    }


def test_a_worker_stops_in_order_while_the_broker_is_away(
    own_kafka: ApacheKafka, settings: dict[str, str], keeper: Keeper, tmp_path: Path
) -> None:
    with running(a_worker("scoring", settings, tmp_path), keeper) as worker:
        own_kafka.stop()
        wait_until(lambda: "Failed fetch messages" in worker.log.read_text(), what="it knows that the broker is away")
        assert worker.stop() == 0


def test_an_idle_worker_says_that_the_broker_is_away_and_gives_up_when_that_lasts(
    own_kafka: ApacheKafka, settings: dict[str, str], keeper: Keeper, tmp_path: Path
) -> None:
    impatient = settings | {"QINGXIN_BROKEN_WORLD_SECONDS": "30"}
    with running(a_worker("scoring", impatient, tmp_path), keeper) as worker:
        own_kafka.stop()
        wait_until(lambda: worker.metric("qingxin_world_broken") == 1, what="the metric says that it waits")
        assert worker.state() == "ready: waits for a server; nothing is lost meanwhile"
        own_kafka.start()
        wait_until(lambda: worker.metric("qingxin_world_broken") == 0, what="the metric says that all is well")
        assert worker.state() == "ready"
        own_kafka.stop()
        wait_until(lambda: not worker.child.running, timeout=90, what="it stops by itself")
        assert worker.child.exit_code == 1
        assert "giving up: BrokerAwayError for 30 s" in worker.log.read_text()
