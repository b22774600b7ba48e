"""Fixtures of every level: the environment, real servers that start when first asked for, the browser, the corpus.

The environment stands before Django loads its settings. PostgreSQL listens on a Unix socket whose path is chosen here,
so its address is known to Django from the start and the server itself starts with the first test that needs it.
"""

from __future__ import annotations

import base64
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from demo.children import Keeper
from demo.errors import NoApacheKafkaError
from demo.servers import Broker, Postgres, Valkey
from demo.servers.apache_kafka import ApacheKafka, kafka_classpath
from tests.servers.running_system import RunningSystem

UNDER_CI = os.environ.get("CI", "").lower() == "true"
ORDER_KEY = Ed25519PrivateKey.generate()
SERVERS_FOLDER = Path(tempfile.mkdtemp(prefix="qx-test-"))
POSTGRES = Postgres(SERVERS_FOLDER / "pg", durable=False)

os.environ |= {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "QINGXIN_SECRET_KEY": "only-for-tests-" + os.urandom(24).hex(),
    "QINGXIN_HTTPS": "false",
    "QINGXIN_ORDER_SIGNING_KEY": base64.b64encode(ORDER_KEY.private_bytes_raw()).decode(),
    "QINGXIN_ORDER_PUBLIC_KEY": base64.b64encode(ORDER_KEY.public_key().public_bytes_raw()).decode(),
    "QINGXIN_DATABASE_URL": POSTGRES.url,
}


def missing(what: str) -> None:
    """Skip a test on a laptop that lacks something; fail it under CI, where everything has to be there."""
    if UNDER_CI:
        pytest.fail(f"{what}; CI must not leave this out")
    pytest.skip(what)


def pytest_configure() -> None:
    """Load Django's settings now that the environment stands; pytest-django sets Django up after this."""
    from django.conf import settings

    assert settings.DATABASES


def pytest_unconfigure() -> None:
    """Remove the servers' folder."""
    shutil.rmtree(SERVERS_FOLDER, ignore_errors=True)


@pytest.fixture(scope="session")
def keeper() -> Iterator[Keeper]:
    """Ends the servers should the test run be killed."""
    keeper = Keeper()
    yield keeper
    keeper.close()


@pytest.fixture(scope="session")
def servers_folder() -> Path:
    """A folder with a short path for the data of servers; gone after the run."""
    return SERVERS_FOLDER


@pytest.fixture(scope="session")
def postgres_url(keeper: Keeper) -> Iterator[str]:
    """An embedded PostgreSQL; Django's tests use a database of their own on it."""
    POSTGRES._keeper = keeper
    with POSTGRES:
        yield POSTGRES.url


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres_url: str) -> None:
    """Let pytest-django start PostgreSQL before it makes the test database."""


@pytest.fixture(scope="session")
def valkey_url(servers_folder: Path, keeper: Keeper) -> Iterator[str]:
    """An embedded Valkey."""
    with Valkey(servers_folder / "valkey", keeper=keeper) as valkey:
        yield valkey.url


@pytest.fixture(scope="session")
def broker(servers_folder: Path, keeper: Keeper) -> Iterator[str]:
    """The embedded broker (Tansu), as a bootstrap address."""
    with Broker(servers_folder / "broker", keeper=keeper) as broker:
        yield broker.bootstrap


@pytest.fixture(scope="session")
def apache_kafka(servers_folder: Path, keeper: Keeper) -> Iterator[ApacheKafka]:
    """Apache Kafka itself, which a test may stop and start again; skipped where it cannot be had."""
    try:
        classpath, _ = kafka_classpath()
    except NoApacheKafkaError as error:
        missing(f"Apache Kafka is not here: {error}")
    with ApacheKafka(servers_folder / "kafka", classpath, keeper) as kafka:
        yield kafka


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> str:
    """A Kafka as a bootstrap address: Apache Kafka where it can be had, else (never under CI) the embedded broker."""
    report = request.config.get_terminal_writer()
    try:
        _, source = kafka_classpath()
    except NoApacheKafkaError as error:
        if UNDER_CI:
            pytest.fail(f"Apache Kafka is not here: {error}; CI must not leave this out")
        report.line(f"\nkafka fixture: the embedded broker (Tansu), because: {error}")
        return str(request.getfixturevalue("broker"))
    report.line(f"\nkafka fixture: Apache Kafka from {source}")
    return str(request.getfixturevalue("apache_kafka").bootstrap)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium: QINGXIN_TEST_CHROMIUM, or one on PATH."""
    named = os.environ.get("QINGXIN_TEST_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not found or not Path(found).exists():
        missing(f"no Chromium at {found}" if found else "no Chromium on PATH and QINGXIN_TEST_CHROMIUM is not set")
    return str(found)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of the training corpus, from QINGXIN_CORPUS; its texts never enter the repository."""
    named = os.environ.get("QINGXIN_CORPUS")
    if not named or not Path(named).is_dir():
        missing(f"QINGXIN_CORPUS={named} is no folder" if named else "QINGXIN_CORPUS is not set")
    return Path(str(named))


@pytest.fixture(scope="session")
def order_keys() -> tuple[str, str]:
    """The signing key of orders and its public key, in base64 as in the environment."""
    return os.environ["QINGXIN_ORDER_SIGNING_KEY"], os.environ["QINGXIN_ORDER_PUBLIC_KEY"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:  # noqa: ARG001 - widens the plugin's fixture
    """Let Django empty the audit log between tests; outside tests a trigger refuses that."""
    with django_db_blocker.unblock():
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_auditentry DISABLE TRIGGER ledger_auditentry_no_truncate")


@pytest.fixture(scope="session")
def running_system(servers_folder: Path, django_db_blocker: Any) -> Iterator[RunningSystem]:
    """The whole system on embedded servers, quiet until a test makes it do something; shared by all tests of a run."""
    with RunningSystem(servers_folder / "system", django_db_blocker) as system:
        yield system
