"""What integration tests share: a system's environment on the test's own servers."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from config.environment import Environment
from demo.children import Keeper
from demo.errors import NoApacheKafkaError
from demo.servers.apache_kafka import ApacheKafka, kafka_classpath
from streams.topic_admin import create_missing_topics
from tests.conftest import missing

SESSION_SECONDS = "3"


@pytest.fixture
def database_url(transactional_db: None, postgres_url: str) -> str:  # noqa: ARG001 - the database must be there
    """The address of Django's test database, for processes outside the test."""
    from django.db import connection

    return urlunsplit(urlsplit(postgres_url)._replace(path=f"/{connection.settings_dict['NAME']}"))


@pytest.fixture
def system(kafka: str, valkey_url: str, database_url: str) -> dict[str, str]:
    """The settings of processes that work on Kafka, Valkey and the test database; the topics exist."""
    settings = {
        "QINGXIN_KAFKA_BOOTSTRAP": kafka,
        "QINGXIN_KAFKA_SESSION_SECONDS": SESSION_SECONDS,
        "QINGXIN_KAFKA_PARTITIONS": "4",
        "QINGXIN_REDIS_URL": valkey_url,
        "QINGXIN_DATABASE_URL": database_url,
        "QINGXIN_COMMIT_SECONDS": "0.2",
        **{name: os.environ[name] for name in ("QINGXIN_SECRET_KEY", "QINGXIN_HTTPS", "QINGXIN_ORDER_PUBLIC_KEY")},
    }
    create_missing_topics(Environment(kafka_bootstrap=kafka, kafka_partitions=4))
    return settings


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


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder for the logs of processes."""
    return tmp_path
