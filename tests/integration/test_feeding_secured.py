"""TLS and SASL on a real Apache Kafka: topics, feed and a worker; what is wrong is told in one sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.records import Hit
from config.topics import SMS_HITS
from demo.children import Keeper, inherited_environment
from demo.datafolder import ROOT
from demo.errors import NoApacheKafkaError
from demo.servers.apache_kafka import kafka_classpath
from tests.conftest import missing
from tests.kafka_client import consume
from tests.servers.secure_kafka import Authority, SecureKafka
from tests.workers import a_worker, running

SPAM = "恭喜您获得二十万元大奖，请加微信领奖，先交手续费，客服等您"


@pytest.fixture(scope="module")
def secured(servers_folder: Path, keeper: Keeper) -> Iterator[SecureKafka]:
    try:
        classpath, _ = kafka_classpath()
    except NoApacheKafkaError as error:
        missing(f"Apache Kafka is not here: {error}")
    with SecureKafka(servers_folder / "secured", classpath, keeper) as kafka:
        yield kafka


def run(settings: dict[str, str], *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "config.cli", *words],
        cwd=ROOT, env=inherited_environment(**settings, QINGXIN_SECRET_KEY=os.environ["QINGXIN_SECRET_KEY"]),
        input=given, capture_output=True, text=True, check=False, timeout=90,
    )  # fmt: skip


def spam_lines(run_id: str, count: int) -> str:
    sms = {"sent_at": 1_793_491_200_000, "sender": f"{run_id}-1", "receiver": "13900000002", "text": SPAM}
    return "".join(json.dumps({**sms, "id": f"{run_id}-{number}"}) + "\n" for number in range(count))


def test_sms_fed_through_tls_and_scram_are_scored_by_a_worker_that_logs_in(
    secured: SecureKafka, valkey_url: str, keeper: Keeper, tmp_path: Path
) -> None:
    settings = {
        **secured.by_sasl(), "QINGXIN_REDIS_URL": valkey_url, "QINGXIN_KAFKA_SESSION_SECONDS": "3",
        "QINGXIN_KAFKA_PARTITIONS": "2", "QINGXIN_COMMIT_SECONDS": "0.2",
    }  # fmt: skip
    made = run(settings, "topics", "create")
    assert (made.returncode, made.stderr) == (0, "")
    run_id = uuid.uuid4().hex[:8]
    with running(a_worker("scoring", settings, tmp_path), keeper) as worker:
        told = run(settings, "feed", "-", "--gateway", "smsc", given=spam_lines(run_id, 30))
        assert (told.returncode, told.stderr) == (0, "")
        assert told.stdout == "fed 30 SMS to smsc, 0 bad line(s)\n"
        hits = consume(secured.bootstrap, SMS_HITS, Hit, count=30)
        assert {hit.id for hit in hits} >= {f"{run_id}-{number}" for number in range(30)}
        assert worker.stop() == 0


@pytest.mark.parametrize("way", ["plain", "certificate"])
def test_other_ways_in_work_too(secured: SecureKafka, way: str) -> None:
    settings = secured.by_sasl("PLAIN") if way == "plain" else secured.by_certificate()
    assert run(settings, "topics", "create").returncode == 0
    told = run(settings, "feed", "-", "--gateway", "ismg", given=spam_lines(uuid.uuid4().hex[:8], 3))
    assert (told.returncode, told.stdout) == (0, "fed 3 SMS to ismg, 0 bad line(s)\n")


def refusals(secured: SecureKafka, folder: Path) -> dict[str, tuple[dict[str, str], str]]:
    stranger = Authority(folder / "stranger", "somebody else")
    certificate = secured.by_certificate()
    return {
        "a wrong password": (
            {**secured.by_sasl(), "QINGXIN_KAFKA_SASL_PASSWORD": "wrong-word"}, "refuses the log-in as feeder"
        ),
        "a wrong password by PLAIN": (
            {**secured.by_sasl("PLAIN"), "QINGXIN_KAFKA_SASL_PASSWORD": "wrong-word"}, "refuses the log-in as feeder"
        ),
        "a mechanism that is off": (secured.by_sasl("SCRAM-SHA-256"), "SCRAM-SHA-256"),
        "an unknown CA": (
            {**secured.by_sasl(), "QINGXIN_KAFKA_SSL_CAFILE": str(stranger.file)}, "is not trusted"
        ),
        "no certificate": (
            {name: value for name, value in certificate.items() if "CERTFILE" not in name and "KEYFILE" not in name},
            "QINGXIN_KAFKA_SSL_CERTFILE",
        ),
        "TLS at a plain port": (
            {**certificate, "QINGXIN_KAFKA_BOOTSTRAP": secured.bootstrap}, "do not agree on TLS"
        ),
        "no TLS at a port with TLS": (
            {"QINGXIN_KAFKA_BOOTSTRAP": secured.sasl}, "speaks TLS, and QINGXIN_KAFKA_SECURITY_PROTOCOL is PLAINTEXT"
        ),
        "a log-in without TLS at a port with TLS": (
            {**secured.by_sasl(), "QINGXIN_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "QINGXIN_KAFKA_SSL_CAFILE": ""},
            "speaks TLS, and QINGXIN_KAFKA_SECURITY_PROTOCOL is SASL_PLAINTEXT",
        ),
        "no log-in where one is asked for": (
            {
                name: value.replace("SASL_SSL", "SSL")
                for name, value in secured.by_sasl().items() if "_SASL_" not in name
            },
            "asks for a log-in, and QINGXIN_KAFKA_SECURITY_PROTOCOL is SSL",
        ),
    }  # fmt: skip


WRONG = (
    "a wrong password", "a wrong password by PLAIN", "a mechanism that is off", "an unknown CA", "no certificate",
    "TLS at a plain port", "no TLS at a port with TLS", "a log-in without TLS at a port with TLS",
    "no log-in where one is asked for",
)  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_told_in_one_sentence(secured: SecureKafka, tmp_path: Path, what: str) -> None:
    settings, sentence = refusals(secured, tmp_path)[what]
    for words in (("feed", "-", "--gateway", "smsc"), ("topics", "list")):
        told = run(settings, *words)
        assert told.returncode == 1
        assert sentence in told.stderr
        assert told.stderr.count("\n") == 1
        assert "wrong-word" not in told.stderr


@pytest.mark.parametrize("what", ["a wrong password", "an unknown CA", "no TLS at a port with TLS"])
def test_a_worker_that_is_not_let_in_says_why_and_ends(
    secured: SecureKafka, valkey_url: str, tmp_path: Path, what: str
) -> None:
    settings, sentence = refusals(secured, tmp_path)[what]
    told = run({**settings, "QINGXIN_REDIS_URL": valkey_url}, "worker", "scoring")
    assert told.returncode == 1
    assert sentence in told.stderr
    assert "Traceback" not in told.stderr
    assert told.stdout == ""
