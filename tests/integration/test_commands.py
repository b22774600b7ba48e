"""The commands on real servers: missing tables, missing topics, pipes for files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from config.environment import Environment
from demo.datafolder import ROOT
from streams import feeder
from streams.sending import FeedError

SMS = {"id": "1", "sent_at": 1_793_491_200_000, "sender": "13800000001", "receiver": "13900000002", "text": "你好"}


def run(environment: dict[str, str], *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "config.cli", *words],
        cwd=ROOT, env={**os.environ, **environment}, input=given, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip


def test_a_database_without_tables_leads_to_migrate(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE without_tables")
    url = urlunsplit(urlsplit(postgres_url)._replace(path="/without_tables"))
    for words in (("user", "list"), ("audit", "verify")):
        told = run({"QINGXIN_DATABASE_URL": url}, *words)
        assert told.returncode == 1
        assert told.stderr.startswith("qingxin: the database has no tables of QingXin")
        assert told.stderr.count("\n") == 1


def test_a_pipe_can_be_fed_like_a_file(system: dict[str, str]) -> None:
    told = run(system, "feed", "/dev/stdin", "--gateway", "smsc", given=json.dumps(SMS))
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == "fed 1 SMS to smsc, 0 bad line(s)\n"


def test_a_missing_topic_is_named_at_once(system: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeder, "GATEWAY_TOPICS", {"smsc": "no.such.topic"})
    environment = Environment(kafka_bootstrap=system["QINGXIN_KAFKA_BOOTSTRAP"])
    with pytest.raises(FeedError, match=r"topic no\.such\.topic does not exist"):
        feeder.connect(environment, "smsc")
