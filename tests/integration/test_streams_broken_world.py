"""A server that goes away is waited out: nothing is acknowledged, nothing is lost, and it shows in a metric."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.environment import Environment
from config.records import Hit
from config.topics import SMS_HITS
from demo.children import Keeper, inherited_environment
from demo.servers import Postgres
from demo.servers.apache_kafka import ApacheKafka
from streams.topic_admin import create_missing_topics
from tests.builders import a_hit
from tests.kafka_client import produce
from tests.waiting import wait_until
from tests.workers import ROOT, a_worker, running


@pytest.fixture
def postgres(servers_folder: Path, keeper: Keeper) -> Iterator[Postgres]:
    """A PostgreSQL of the test's own, with QingXin's tables, that may go away."""
    with Postgres(servers_folder / f"pg-{uuid.uuid4().hex[:6]}", durable=False, keeper=keeper) as postgres:
        yield postgres


@pytest.fixture
def settings_of_processes(postgres: Postgres, kafka: str, valkey_url: str) -> dict[str, str]:
    settings = {
        "QINGXIN_KAFKA_BOOTSTRAP": kafka,
        "QINGXIN_KAFKA_SESSION_SECONDS": "3",
        "QINGXIN_REDIS_URL": valkey_url,
        "QINGXIN_DATABASE_URL": postgres.url,
        "QINGXIN_COMMIT_SECONDS": "0.2",
        "QINGXIN_SECRET_KEY": os.environ["QINGXIN_SECRET_KEY"],
        "QINGXIN_HTTPS": "false",
    }
    create_missing_topics(Environment(kafka_bootstrap=kafka, kafka_partitions=4))
    subprocess.run(
        [sys.executable, "-m", "config.cli", "migrate", "-v0"],
        check=True, cwd=ROOT, env=inherited_environment(**settings),
    )  # fmt: skip
    return settings


def some_hits(count: int) -> list[tuple[str, Hit]]:
    run = uuid.uuid4().hex[:8]
    return [(f"{run}-{n % 5}", a_hit(id=f"{run}-{n}", sender=f"{run}-{n % 5}")) for n in range(count)]


def evidence_in(postgres: Postgres, hits: list[tuple[str, Hit]]) -> int:
    with psycopg.connect(postgres.url) as connection:
        query = "SELECT count(*) FROM review_evidence WHERE sms_id = ANY(%s)"
        row = connection.execute(query, [[hit.id for _, hit in hits]]).fetchone()
        assert row
        return int(row[0])


def test_a_worker_waits_for_its_database_and_then_goes_on(
    settings_of_processes: dict[str, str], postgres: Postgres, keeper: Keeper, tmp_path: Path
) -> None:
    before, during = some_hits(20), some_hits(200)
    with running(a_worker("casework", settings_of_processes, tmp_path), keeper) as worker:
        produce(settings_of_processes["QINGXIN_KAFKA_BOOTSTRAP"], SMS_HITS, before)
        wait_until(lambda: evidence_in(postgres, before) == 20, what="evidence while the database is there")
        postgres.stop()
        produce(settings_of_processes["QINGXIN_KAFKA_BOOTSTRAP"], SMS_HITS, during)
        wait_until(lambda: worker.metric("qingxin_world_broken") == 1, what="the metric says the world is broken")
        postgres.start()
        wait_until(lambda: evidence_in(postgres, during) == 200, timeout=60, what="evidence after the database is back")
        wait_until(lambda: worker.metric("qingxin_world_broken") == 0, what="the metric says the world is whole")
        assert worker.metric("qingxin_rejected_total", reason="processing_failed") == 0


def test_a_worker_waits_for_a_database_that_is_only_to_be_read(
    settings_of_processes: dict[str, str], postgres: Postgres, keeper: Keeper, tmp_path: Path
) -> None:
    hits = some_hits(30)
    with running(a_worker("casework", settings_of_processes, tmp_path), keeper) as worker:
        set_read_only(postgres, "on")
        produce(settings_of_processes["QINGXIN_KAFKA_BOOTSTRAP"], SMS_HITS, hits)
        wait_until(lambda: worker.metric("qingxin_world_broken") == 1, what="the metric says the world is broken")
        set_read_only(postgres, "off")
        wait_until(lambda: evidence_in(postgres, hits) == 30, timeout=60, what="evidence after the fail-over")
        assert worker.metric("qingxin_rejected_total", reason="processing_failed") == 0


def set_read_only(postgres: Postgres, value: str) -> None:
    with psycopg.connect(postgres.url, autocommit=True, options="-c default_transaction_read_only=off") as connection:
        connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        connection.execute("SELECT pg_reload_conf()")


def test_a_worker_refuses_a_database_without_its_tables(
    settings_of_processes: dict[str, str], postgres: Postgres, tmp_path: Path
) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE empty")
    settings = {**settings_of_processes, "QINGXIN_DATABASE_URL": postgres.url.replace("/qingxin?", "/empty?")}
    worker = a_worker("casework", settings, tmp_path)
    worker.child.start()
    wait_until(lambda: not worker.child.running, timeout=60, what="the worker stops")
    assert worker.child.exit_code == 1
    assert "run `qingxin migrate` first" in worker.log.read_text()


def test_a_worker_that_waited_too_long_stops_with_status_1_and_acknowledged_nothing(
    settings_of_processes: dict[str, str], postgres: Postgres, keeper: Keeper, tmp_path: Path
) -> None:
    hits = some_hits(50)
    impatient = {**settings_of_processes, "QINGXIN_BROKEN_WORLD_SECONDS": "1"}
    with running(a_worker("casework", impatient, tmp_path), keeper) as worker:
        postgres.stop()
        produce(settings_of_processes["QINGXIN_KAFKA_BOOTSTRAP"], SMS_HITS, hits)
        wait_until(lambda: not worker.child.running, timeout=60, what="the worker stops")
        assert worker.child.exit_code == 1
        assert "giving up" in worker.log.read_text()
    postgres.start()
    with running(a_worker("casework", settings_of_processes, tmp_path), keeper):
        wait_until(lambda: evidence_in(postgres, hits) == 50, timeout=60, what="the hits came back")


def test_a_broker_that_restarts_costs_nothing(
    settings_of_processes: dict[str, str],
    postgres: Postgres,
    apache_kafka: ApacheKafka,
    keeper: Keeper,
    tmp_path: Path,
) -> None:
    before, after = some_hits(100), some_hits(100)
    with running(a_worker("casework", settings_of_processes, tmp_path), keeper):
        produce(apache_kafka.bootstrap, SMS_HITS, before)
        wait_until(lambda: evidence_in(postgres, before), what="the first evidence")
        apache_kafka.stop()
        apache_kafka.start()
        produce(apache_kafka.bootstrap, SMS_HITS, after)
        wait_until(lambda: evidence_in(postgres, before) == 100, timeout=90, what="evidence from before the restart")
        wait_until(lambda: evidence_in(postgres, after) == 100, timeout=90, what="evidence from after the restart")
