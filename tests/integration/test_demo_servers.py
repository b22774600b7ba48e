"""The embedded servers: data found again after a restart, no process left, errors in one sentence."""

from __future__ import annotations

from pathlib import Path

import dj_database_url
import psutil
import psycopg
import pytest
import redis

from demo.children import Keeper, free_port
from demo.errors import ServerError
from demo.servers import Broker, Postgres, Valkey, speaks_kafka


def test_postgres_finds_its_data_again_and_leaves_no_process(servers_folder: Path, keeper: Keeper) -> None:
    server = Postgres(servers_folder / "pg-again", keeper=keeper)
    with server, psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT '清信' AS word")
        pid = server.child.pid
    with server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("清信",)
    assert not psutil.pid_exists(pid)
    assert not psutil.Process().children(recursive=True) or server.child is None


def test_postgres_says_that_its_data_is_of_another_version(servers_folder: Path) -> None:
    server = Postgres(servers_folder / "pg-old")
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("14\n")

    with pytest.raises(ServerError, match=r"made by PostgreSQL 14 .* --reset"):
        server.start()


def test_postgres_takes_a_data_folder_with_a_long_path(servers_folder: Path) -> None:
    with Postgres(servers_folder / ("long-" * 30) / "pg", durable=False) as server:
        assert len(str(server.socket_folder)) < 100
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not server.socket_folder.exists()


def test_servers_take_a_folder_whose_path_has_spaces_and_chinese(servers_folder: Path) -> None:
    folder = servers_folder / "清信 data"
    with Postgres(folder / "pg", durable=False) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert dj_database_url.parse(server.url)["OPTIONS"]["host"] == str(server.socket_folder)
    with Valkey(folder / "valkey") as valkey, redis.Redis.from_url(valkey.url) as client:
        assert client.ping()


def test_valkey_finds_its_counts_again(servers_folder: Path) -> None:
    folder = servers_folder / "valkey-again"
    with Valkey(folder) as server, redis.Redis.from_url(server.url) as client:
        client.set("seen", 7)
    with Valkey(folder) as server, redis.Redis.from_url(server.url) as client:
        assert client.get("seen") == b"7"


def test_a_taken_port_is_said(servers_folder: Path, valkey_url: str) -> None:
    port = int(valkey_url.rsplit(":", maxsplit=1)[-1].removesuffix("/0"))

    with pytest.raises(ServerError, match=f"port {port} is taken"):
        Valkey(servers_folder / "valkey-taken", port=port).start()


def test_the_broker_speaks_kafka_and_stops(servers_folder: Path) -> None:
    with Broker(servers_folder / "broker-once") as server:
        assert speaks_kafka(server.bootstrap)
    assert not speaks_kafka(server.bootstrap)


def test_nothing_speaks_kafka_on_a_free_port() -> None:
    assert not speaks_kafka(f"127.0.0.1:{free_port()}")


@pytest.mark.django_db
def test_django_uses_the_embedded_postgres() -> None:
    from django.db import connection

    assert connection.vendor == "postgresql"
    assert connection.settings_dict["NAME"] == "test_qingxin"


def test_the_kafka_fixture_speaks_kafka(kafka: str) -> None:
    assert speaks_kafka(kafka)
