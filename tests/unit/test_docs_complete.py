"""The documents mention all there is to mention, and nothing that is not there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from config.environment import Environment
from config.metrics import METRICS
from config.topics import TOPICS, Topic

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")
DOCS = ("docs/architecture.md", "docs/feeding.md", "docs/operations.md", "docs/performance.md")
PAGES = (*READMES, "CHANGELOG.md", "CONTRIBUTING.md", *DOCS)
ROOMS = ("billing_hooks", "config", "demo", "ledger", "models", "review", "streams")
DJANGO_COMMANDS = {"migrate", "makemigrations", "check", "help"}
NOT_SETTINGS = {"QINGXIN_CORPUS", "QINGXIN_TEST_KAFKA_HOME", "QINGXIN_TEST_CHROMIUM", "QINGXIN_DEMO_DATA"}
"""Variables of tests and demo, which no process of production reads."""


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands() -> set[str]:
    found = ROOT.glob("*/management/commands/*.py")
    return {path.stem.replace("_", "-") for path in found if "class Command(" in path.read_text(encoding="utf-8")}


def settings() -> list[str]:
    return [f"QINGXIN_{name.upper()}" for name in Environment.model_fields]


@pytest.mark.parametrize("topic", [topic.name for topic in TOPICS])
def test_architecture_names_every_topic(topic: str) -> None:
    assert f"`{topic}`" in page("docs/architecture.md")


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_architecture_gives_every_topic_its_key(topic: Topic) -> None:
    row = next(line for line in page("docs/architecture.md").splitlines() if f"`{topic.name}`" in line and "|" in line)
    assert row.split("|")[2].strip() == topic.key


@pytest.mark.parametrize("metric", [metric._name for metric in METRICS])
def test_architecture_names_every_metric(metric: str) -> None:
    assert f"| `{metric}` |" in page("docs/architecture.md")


def test_architecture_names_no_other_metric() -> None:
    named = set(re.findall(r"^\| `(qingxin_\w+)` \|", page("docs/architecture.md"), re.MULTILINE))
    assert named == {metric._name for metric in METRICS}


@pytest.mark.parametrize("room", ROOMS)
def test_architecture_names_every_room(room: str) -> None:
    assert re.search(rf"\b{room}\b", page("docs/architecture.md"))


@pytest.mark.parametrize("readme", READMES)
@pytest.mark.parametrize("command", sorted(commands()))
def test_readme_names_every_command(readme: str, command: str) -> None:
    assert f"`qingxin {command}" in page(readme)


@pytest.mark.parametrize("name", PAGES)
def test_page_names_only_commands_that_exist(name: str) -> None:
    named = set(re.findall(r"\bqingxin ([a-z][a-z-]*[a-z])\b", page(name)))
    assert named - commands() - DJANGO_COMMANDS == set()


@pytest.mark.parametrize("name", PAGES)
def test_page_names_only_scripts_that_exist(name: str) -> None:
    named = set(re.findall(r"\bscripts/[a-z_.]+[a-z]", page(name)))
    assert [script for script in named if not (ROOT / script).exists()] == []


@pytest.mark.parametrize("readme", READMES)
@pytest.mark.parametrize("setting", settings())
def test_readme_names_every_setting(readme: str, setting: str) -> None:
    assert f"| `{setting}` |" in page(readme)


@pytest.mark.parametrize("name", PAGES)
def test_page_names_only_settings_that_exist(name: str) -> None:
    named = set(re.findall(r"\bQINGXIN_[A-Z_]+", page(name)))
    assert named - set(settings()) - NOT_SETTINGS == set()


def test_both_readmes_give_the_same_defaults() -> None:
    english, chinese = (
        re.findall(r"^\| `(QINGXIN_\w+)` \| `([^`]*)` \|", page(name), re.MULTILINE) for name in READMES
    )
    assert english == chinese


def test_both_readmes_have_the_same_sections() -> None:
    english, chinese = (re.findall(r"^#+", page(name), re.MULTILINE) for name in READMES)
    assert english == chinese


def test_both_readmes_show_the_same_commands() -> None:
    english, chinese = (
        [
            line.split("#")[0].rstrip()
            for line in page(name).splitlines()
            if re.match(r"    (\.venv|scripts|echo)", line)
        ]
        for name in READMES
    )
    assert english == chinese


@pytest.mark.parametrize("name", PAGES)
def test_links_between_documents_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page(name))
    targets = [link for link in links if "://" not in link]
    assert [target for target in targets if not _exists(name, target)] == []


def _exists(name: str, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = (ROOT / name).parent / path if path else ROOT / name
    if not file.exists():
        return False
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
    return not anchor or anchor in {heading.lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", PAGES)
def test_files_that_a_page_names_exist(name: str) -> None:
    rooms = "|".join((*ROOMS, "docker", "docs"))
    named = re.findall(rf"`((?:{rooms})/[\w./-]+\.(?:py|toml|yaml|yml|md|json))`", page(name))
    assert [file for file in named if not (ROOT / file).exists()] == []


def test_constraints_pin_every_dependency_of_the_project() -> None:
    project = tomllib.loads(page("pyproject.toml"))["project"]
    wanted = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    pinned = {_plain(line.split("==")[0]) for line in page("constraints.txt").splitlines() if "==" in line}
    assert {_plain(re.split(r"[\[<>=~!; ]", name)[0]) for name in wanted} - pinned == set()


def test_constraints_are_exact_versions_alone() -> None:
    lines = [line for line in page("constraints.txt").splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)] == []


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
