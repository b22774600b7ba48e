"""What a user can get wrong is answered with one sentence, exit status 1 and no traceback."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command, load_command_class
from django.db import OperationalError, ProgrammingError

from config import cli
from config.environment import Environment, SettingsError, load_environment

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str, stdin: int | None = subprocess.DEVNULL, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `qingxin` as a process of its own, without a database unless one is given."""
    environment = {name: value for name, value in os.environ.items() if name != "QINGXIN_DATABASE_URL"} | settings
    return subprocess.run(
        [sys.executable, "-m", "config.cli", *words],
        cwd=ROOT, env=environment, stdin=stdin, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def refusal(error: type[Exception], cause: Exception | None, text: str = "") -> Exception:
    """Make Django's error as Django raises it."""
    made = error(text or str(cause))
    made.__cause__ = cause
    return made


@pytest.mark.parametrize("words", [("user", "list"), ("audit", "verify"), ("migrate",)])
def test_a_database_that_is_not_set_is_named(words: tuple[str, ...]) -> None:
    told = run(*words)
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith("qingxin: QINGXIN_DATABASE_URL is not set: PostgreSQL, as a URL")
    assert told.stderr.count("\n") == 1


def test_a_database_that_refuses_is_named_without_its_password() -> None:
    told = run("user", "list", QINGXIN_DATABASE_URL="postgresql://li:geheim@127.0.0.1:1/x")
    assert told.returncode == 1
    assert told.stderr.startswith("qingxin: the database cannot be used; check that PostgreSQL runs")
    assert told.stderr.count("\n") == 1
    assert "geheim" not in told.stderr


def test_the_traceback_is_there_for_whoever_asks() -> None:
    told = run("user", "list", "--traceback")
    assert told.returncode == 1
    assert "Traceback" in told.stderr


def test_missing_tables_lead_to_migrate() -> None:
    error = refusal(ProgrammingError, psycopg.errors.UndefinedTable("no such relation"))
    assert "run `qingxin migrate`" in str(cli.explain(error))


@pytest.mark.parametrize(
    "error",
    [
        refusal(ProgrammingError, psycopg.errors.SyntaxError("at SELEC")),
        refusal(OperationalError, psycopg.errors.DeadlockDetected("deadlock")),
        ImproperlyConfigured("The STATIC_ROOT is wrong"),
        ValueError("a fault of ours"),
    ],
)
def test_other_faults_are_not_hidden(error: Exception) -> None:
    assert cli.explain(error) is None


def test_a_missing_secret_is_named() -> None:
    error = ImproperlyConfigured("The SECRET_KEY setting must not be empty.")
    assert str(cli.explain(error)).startswith("QINGXIN_SECRET_KEY is not set")


def test_an_empty_path_is_no_path_and_not_the_working_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MODELS_DIR", "MODEL_PATH", "POLICY_PATH"):
        monkeypatch.setenv(f"QINGXIN_{name}", "")
    environment = Environment()
    assert (environment.models_dir, environment.model_path, environment.policy_path) == (None, None, None)


def test_every_wrong_address_is_named_at_once_and_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "KAFKA_BOOTSTRAP"):
        monkeypatch.setenv(f"QINGXIN_{name}", "geheim:geheim")
    with pytest.raises(SettingsError) as refused:
        load_environment.__wrapped__()
    lines = str(refused.value).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "QINGXIN_DATABASE_URL", "QINGXIN_REDIS_URL", "QINGXIN_KAFKA_BOOTSTRAP",
    ]  # fmt: skip
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", "nonsense"),
        ("database_url", "mysql://u:p@host/name"),
        ("database_url", "postgresql://u:p@host"),
        ("database_url", "postgresql://u:p#w@host/name"),
        ("database_url", "postgresql://[::1/name"),
        ("redis_url", ""),
        ("redis_url", "foo"),
        ("redis_url", "redis://"),
        ("redis_url", "redis://host:x/0"),
        ("redis_counts_urls", "redis://one:6379/0,foo"),
        ("redis_counts_urls", "redis://one:6379/0, redis://one:6379/0"),
        ("kafka_bootstrap", ""),
        ("kafka_bootstrap", "foo:bar"),
        ("kafka_bootstrap", "a:9092,,b:9092"),
        ("kafka_bootstrap", "a:0"),
        ("kafka_bootstrap", "a:70000"),
        ("kafka_bootstrap", "kafka://a:9092"),
    ],
)
def test_a_wrong_address_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        Environment(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("database_url", "postgresql://u:p%23w@host:5432/name", None),
        ("database_url", "postgresql://postgres@/qingxin?host=%2Ftmp%2Fpg", None),
        ("database_url", "postgres://host/name", None),
        ("database_url", "", None),
        ("redis_url", "rediss://:p@host:6380/1", None),
        ("redis_url", "unix:///run/valkey.sock", None),
        ("redis_counts_urls", "redis://one/0, redis://two/0", "redis://one/0,redis://two/0"),
        ("kafka_bootstrap", "a:9092, b:9093", "a:9092,b:9093"),
        ("kafka_bootstrap", "[::1]:9092", None),
        ("kafka_bootstrap", "kafka", None),
    ],
)
def test_a_good_address_is_taken(name: str, value: str, taken: str | None) -> None:
    environment = Environment(**{name: value})  # type: ignore[arg-type]
    assert getattr(environment, name) == (value if taken is None else taken)


@pytest.mark.parametrize("words", [(), ("score",)])
def test_a_reader_that_leaves_gets_no_traceback(words: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [sys.executable, "-m", "config.cli", *words],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=writing, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        os.close(writing)
        _, said = process.communicate(b'{"text": "x"}\n', timeout=60)
    assert (process.returncode, said) == (1, b"")


def test_a_pipe_that_breaks_elsewhere_is_not_hidden(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(_arguments: list[str]) -> None:
        raise BrokenPipeError("a server's")

    monkeypatch.setattr(cli, "_run", broken)
    with (tmp_path / "out").open("w") as out, monkeypatch.context() as patch:
        patch.setattr("sys.stdout", out)
        with pytest.raises(BrokenPipeError):
            cli.main()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"port": 99999}, "--port takes a number from 1 to 65535"),
        ({"port": 0}, "--port takes a number from 1 to 65535"),
        ({"rate": 0.0}, "--rate takes a number above 0"),
        ({"rate": -1.0}, "--rate takes a number above 0"),
        ({"rate": float("nan")}, "--rate takes a number above 0"),
    ],
)
def test_the_demo_refuses_what_cannot_be(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("demo", **options)


def test_the_demo_keeps_the_clients_of_kafka_quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    levels = {name: logging.getLogger(name).level for name in (None, "kafka")}
    monkeypatch.setattr("demo.running.Demo.run", lambda _self: None)
    try:
        call_command("demo", data=tmp_path / "data")
        assert not logging.getLogger("kafka.net.selector").isEnabledFor(logging.WARNING)
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def test_a_corpus_that_is_not_there_or_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="/nonexist does not exist"):
        call_command("train", "/nonexist", out=tmp_path)
    with pytest.raises(CommandError, match="no good row"):
        call_command("train", __file__, out=tmp_path)


@pytest.mark.parametrize("command", ["feed", "score"])
def test_a_closed_standard_input_is_said(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setattr("sys.stdin", None)
    words = ["-", "--gateway", "smsc"] if command == "feed" else []
    with pytest.raises(CommandError, match="standard input is closed"):
        call_command(command, *words)


def test_the_help_of_user_has_examples_and_no_clutter() -> None:
    told = load_command_class("review", "user").create_parser("qingxin", "user").format_help()
    assert "qingxin user add wang --role reviewer" in told
    assert "--pythonpath" not in told
