"""The Docker files name only what exists, publish on loopback only, and hold no secret."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from config.environment import Environment, load_environment
from config.metrics import METRICS
from config.topics import GATEWAY_TOPICS, GATEWAYS
from streams.kafka_access import client_settings
from streams.worker import NAMES

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
YAML_FILES = sorted([*DOCKER.rglob("*.yml"), *DOCKER.rglob("*.yaml")])
ALLOWED_WITHOUT_DEFAULT = re.compile(
    r"\$\{\w*(PASSWORD|SECRET_KEY|SIGNING_KEY|PUBLIC_KEY)\w*:\?[^}]+\}|\$\{QINGXIN_KAFKA_(SASL|SSL)_PASSWORD:-\}"
)
SECRET = re.compile(r"\$\{\w*(?:PASSWORD|SECRET_KEY|SIGNING_KEY|PUBLIC_KEY)\w*[^}]*\}")


def compose() -> dict:
    return yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))


def own_services() -> dict[str, dict]:
    return {name: service for name, service in compose()["services"].items() if service.get("image") == "qingxin"}


def exposed_names() -> set[str]:
    """Names under which Prometheus sees our metrics."""
    names = set()
    for metric in METRICS:
        if metric._type == "counter":
            names.add(f"{metric._name}_total")
        elif metric._type == "histogram":
            names |= {f"{metric._name}_{part}" for part in ("bucket", "count", "sum")}
        else:
            names.add(metric._name)
    return names


def metric_names(text: str) -> set[str]:
    return set(re.findall(r"\bqingxin_\w+", text))


@pytest.mark.parametrize("file", YAML_FILES, ids=lambda file: file.name)
def test_yaml_can_be_read(file: Path) -> None:
    assert yaml.safe_load(file.read_text(encoding="utf-8"))


def test_compose_runs_every_process_of_production() -> None:
    services = [service for service in own_services().values() if "tools" not in service.get("profiles", [])]
    run = {" ".join(service["command"]) for service in services}
    assert run == {"migrate", "topics create", *(f"worker {name}" for name in NAMES), "relay", "web"}


@pytest.mark.parametrize("service", sorted(own_services()))
def test_compose_gives_a_process_only_settings_that_exist(service: str) -> None:
    given = set(own_services()[service]["environment"])
    assert given <= {f"QINGXIN_{name.upper()}" for name in Environment.model_fields}


def test_env_example_names_only_settings_that_exist() -> None:
    named = set(re.findall(r"\bQINGXIN_\w+", (DOCKER / ".env.example").read_text(encoding="utf-8")))
    assert named <= {f"QINGXIN_{name.upper()}" for name in Environment.model_fields}


def test_only_the_console_has_the_signing_key() -> None:
    having = {name for name, service in own_services().items() if "QINGXIN_ORDER_SIGNING_KEY" in service["environment"]}
    assert having == {"web"}


def test_scoring_has_no_database() -> None:
    assert "QINGXIN_DATABASE_URL" not in own_services()["scoring"]["environment"]


def test_only_the_model_command_writes_the_store() -> None:
    mounts = [
        (name, mount)
        for name, service in own_services().items()
        for mount in service.get("volumes", [])
        if mount.startswith("models:")
    ]
    assert {name for name, mount in mounts if not mount.endswith(":ro")} == {"model"}
    assert {name for name, _ in mounts} == {"scoring", "shadow", "web", "model"}


def given_to(service: str, **env_file: str) -> dict[str, str]:
    """The environment of a service as compose makes it with these variables in docker/.env."""

    def value(found: re.Match[str]) -> str:
        return env_file.get(found[1]) or (found[2] or "")

    given = own_services()[service]["environment"]
    return {name: re.sub(r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}", value, text) for name, text in given.items()}


TALKING = sorted({"topics", "relay", *NAMES})
KAFKA = sorted(
    f"QINGXIN_{name.upper()}" for name in Environment.model_fields if name.startswith(("kafka_s", "kafka_bootstrap"))
    and name != "kafka_session_seconds"
)  # fmt: skip


@pytest.mark.parametrize("service", TALKING)
def test_the_way_to_kafka_is_the_same_for_every_service_that_talks_to_it(service: str) -> None:
    wanted = {name: f"the value of {name}" for name in KAFKA}
    assert len(KAFKA) == 10
    assert wanted.items() <= given_to(service, **wanted).items()


@pytest.mark.parametrize("service", TALKING)
def test_without_a_word_in_the_env_file_the_broker_inside_is_talked_to_in_the_clear(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in given_to(service).items():
        if name.startswith("QINGXIN_KAFKA"):
            monkeypatch.setenv(name, text)
    settings = client_settings(load_environment.__wrapped__())
    assert settings == {"bootstrap_servers": ["kafka:19092"], "security_protocol": "PLAINTEXT"}


@pytest.mark.parametrize("service", TALKING)
def test_certificates_of_kafka_are_where_the_settings_can_name_them(service: str) -> None:
    mounts = own_services()[service]["volumes"]
    assert "${KAFKA_TLS_FOLDER:-./kafka-tls}:/etc/qingxin/kafka-tls:ro" in mounts
    assert (DOCKER / "kafka-tls").is_dir()


def test_the_env_example_names_every_setting_of_the_way_to_kafka() -> None:
    text = (DOCKER / ".env.example").read_text(encoding="utf-8")
    assert set(KAFKA) | {"KAFKA_TLS_FOLDER"} <= set(re.findall(r"^# (\w+)=", text, re.MULTILINE))


def test_every_published_port_is_on_loopback() -> None:
    ports = [port for service in compose()["services"].values() for port in service.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_no_secret_has_a_default() -> None:
    found = [secret[0] for secret in SECRET.finditer((DOCKER / "compose.yaml").read_text(encoding="utf-8"))]
    assert found
    assert [secret for secret in found if not ALLOWED_WITHOUT_DEFAULT.fullmatch(secret)] == []


def test_env_example_sets_no_secret() -> None:
    lines = (DOCKER / ".env.example").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if re.match(r"\w*(PASSWORD|KEY)\w*=.", line)] == []


def test_every_variable_of_compose_is_in_the_env_example_or_has_a_default() -> None:
    text = (DOCKER / "compose.yaml").read_text(encoding="utf-8")
    needed = set(re.findall(r"\$\{(\w+):\?", text))
    offered = set(re.findall(r"^(\w+)=", (DOCKER / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert needed <= offered


def test_prometheus_scrapes_services_that_serve_metrics() -> None:
    jobs = yaml.safe_load((DOCKER / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    targets = [target for job in jobs for target in job["static_configs"][0]["targets"]]
    serving = {
        f"{name}:{service['environment']['QINGXIN_METRICS_PORT']}"
        for name, service in own_services().items()
        if "QINGXIN_METRICS_PORT" in service["environment"]
    }
    assert set(targets) == serving


@pytest.mark.parametrize("file", ["alerts.yml", "grafana/dashboards/qingxin.json"])
def test_every_metric_that_is_looked_at_exists(file: str) -> None:
    assert metric_names((DOCKER / file).read_text(encoding="utf-8")) - exposed_names() == set()


def test_the_dashboard_shows_every_metric() -> None:
    dashboard = json.loads((DOCKER / "grafana/dashboards/qingxin.json").read_text(encoding="utf-8"))
    shown = metric_names(" ".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"]))
    assert [metric._name for metric in METRICS if not any(name.startswith(metric._name) for name in shown)] == []


def test_alerts_know_every_gateway() -> None:
    text = (DOCKER / "alerts.yml").read_text(encoding="utf-8")
    assert set(re.findall(r'absent\(\w+\{gateway="(\w+)"\}\)', text)) == set(GATEWAYS)
    assert {topic.removeprefix("sms.") for topic in GATEWAY_TOPICS.values()} == set(
        re.findall(r"sms\[\.\]\(([\w|]+)\)", text)[0].split("|")
    )


def test_every_alert_says_what_is_wrong() -> None:
    rules = yaml.safe_load((DOCKER / "alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    assert [
        rule["alert"] for rule in rules if not rule["annotations"]["summary"] or "severity" not in rule["labels"]
    ] == []


def test_the_image_does_not_run_as_root() -> None:
    lines = (DOCKER / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER qingxin"]


def test_the_image_copies_every_room() -> None:
    copied = set(re.findall(r"^COPY (\w+) \w+$", (DOCKER / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE))
    assert copied == {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}


def test_the_context_of_the_image_holds_what_it_copies() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"}
    text = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    sources = [word for line in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.MULTILINE) for word in line.split()]
    assert set(sources) <= let_in


@contextmanager
def in_a_container(folder: Path, program: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The entry point of the image at work, with a shell program in the place of qingxin."""
    (folder / "qingxin").write_text(f"#!/bin/sh\n{program}\n")
    (folder / "qingxin").chmod(0o755)
    container = subprocess.Popen(
        ["sh", str(DOCKER / "entrypoint.sh"), *words],
        env={"PATH": f"{folder}:{os.environ['PATH']}"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield container
    finally:
        container.kill()
        container.communicate(timeout=10)


def test_a_worker_that_is_fed_nothing_but_bad_lines_is_not_started_again_by_docker(tmp_path: Path) -> None:
    with in_a_container(tmp_path, "exit 65", "worker", "scoring") as container:
        assert container.stderr
        assert "qingxin worker scoring: what is fed is broken" in container.stderr.readline()
        assert container.poll() is None
        container.send_signal(signal.SIGTERM)
        assert container.wait(10) == 65


@pytest.mark.parametrize(("words", "status"), [("worker scoring", 1), ("worker scoring", 0), ("relay", 65)])
def test_a_container_ends_as_its_process_does_otherwise(tmp_path: Path, words: str, status: int) -> None:
    with in_a_container(tmp_path, f"exit {status}", *words.split()) as container:
        assert container.wait(10) == status


def test_a_container_that_is_asked_to_stop_lets_its_worker_come_to_its_end(tmp_path: Path) -> None:
    program = "trap 'echo ended; exit 0' TERM; echo at work; while :; do sleep 0.05; done"
    with in_a_container(tmp_path, program, "worker", "scoring") as container:
        assert container.stdout
        assert container.stdout.readline() == "at work\n"
        container.send_signal(signal.SIGTERM)
        assert (container.wait(10), container.stdout.read()) == (0, "ended\n")


def test_a_container_that_is_asked_twice_lets_its_worker_come_to_its_end(tmp_path: Path) -> None:
    program = (
        "trap 'asked=yes' TERM; echo at work; until [ \"$asked\" ]; do sleep 0.05; done; asked=; echo once;"
        ' until [ "$asked" ]; do sleep 0.05; done; echo ended; exit 0'
    )
    with in_a_container(tmp_path, program, "worker", "scoring") as container:
        assert container.stdout
        assert container.stdout.readline() == "at work\n"
        container.send_signal(signal.SIGTERM)
        assert container.stdout.readline() == "once\n"
        container.send_signal(signal.SIGTERM)
        assert (container.wait(10), container.stdout.read()) == (0, "ended\n")


def test_a_container_that_was_asked_to_stop_does_not_stay_for_bad_lines(tmp_path: Path) -> None:
    program = "trap 'exit 65' TERM; echo at work; while :; do sleep 0.05; done"
    with in_a_container(tmp_path, program, "worker", "scoring") as container:
        assert container.stdout
        assert container.stdout.readline() == "at work\n"
        container.send_signal(signal.SIGTERM)
        assert container.wait(10) == 65


def test_docker_is_no_package() -> None:
    assert list(DOCKER.rglob("__init__.py")) == []
