"""A worker that is asked to stop while Kafka is away."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.environment import Environment
from demo.children import Keeper
from demo.errors import NoApacheKafkaError
from demo.servers.apache_kafka import ApacheKafka, kafka_classpath
from streams.topic_admin import create_missing_topics
from tests.conftest import missing
from tests.waiting import wait_until
from tests.workers import a_worker, running


@pytest.fixture
def own_kafka(servers_folder: Path, keeper: Keeper) -> Iterator[ApacheKafka]:
    """A Kafka of the test's own, which it may stop."""
    try:
        classpath, _ = kafka_classpath()
    except NoApacheKafkaError as error:
        missing(f"Apache Kafka is not here: {error}")
    with ApacheKafka(servers_folder / f"kafka-{uuid.uuid4().hex[:6]}", classpath, keeper) as kafka:
        create_missing_topics(Environment(kafka_bootstrap=kafka.bootstrap, kafka_partitions=4))
        yield kafka


def test_a_worker_stops_in_order_while_the_broker_is_away(
    own_kafka: ApacheKafka, valkey_url: str, keeper: Keeper, tmp_path: Path
) -> None:
    settings = {
        "QINGXIN_KAFKA_BOOTSTRAP": own_kafka.bootstrap,
        "QINGXIN_KAFKA_SESSION_SECONDS": "6",
        "QINGXIN_REDIS_URL": valkey_url,
        "QINGXIN_SECRET_KEY": os.environ["QINGXIN_SECRET_KEY"],
    }
    with running(a_worker("scoring", settings, tmp_path), keeper) as worker:
        own_kafka.stop()
        wait_until(lambda: "Failed fetch messages" in worker.log.read_text(), what="it knows that the broker is away")
        assert worker.stop() == 0
