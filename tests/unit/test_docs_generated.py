"""What is generated is up to date."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
import yaml
from jsonschema import Draft202012Validator

from config.records import encode
from config.topics import REPLAYED_HEADER, TOPICS
from tests import builders

ROOT = Path(__file__).resolve().parents[2]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"script_{name}", ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def described() -> dict:
    return yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text(encoding="utf-8"))


def test_asyncapi_is_up_to_date() -> None:
    assert (ROOT / "docs" / "asyncapi.yaml").read_text(encoding="utf-8") == script("asyncapi").text()


def test_asyncapi_has_a_channel_for_every_topic() -> None:
    assert set(described()["channels"]) == {topic.name for topic in TOPICS}


def test_asyncapi_describes_the_header_of_lines_that_were_fed_again() -> None:
    messages = described()["components"]["messages"]
    assert {name for name, message in messages.items() if "headers" in message} == {"Sms"}
    header = messages["Sms"]["headers"]["properties"][REPLAYED_HEADER]
    assert header["contentSchema"] == {"$ref": "#/components/schemas/Replayed"}


def test_every_reference_of_asyncapi_leads_somewhere() -> None:
    whole = described()
    broken = []
    for reference in references(whole):
        place = whole
        for step in reference.removeprefix("#/").split("/"):
            place = place.get(step, {})
        if not place:
            broken.append(reference)
    assert broken == []


@pytest.mark.parametrize(
    "build",
    [
        builders.an_sms,
        builders.a_hit,
        builders.a_sample,
        builders.a_subscription_ordered,
        builders.a_charge_due,
        builders.a_service_text,
    ],
)
def test_a_record_on_the_wire_fits_its_schema(build: Callable[[], msgspec.Struct]) -> None:
    record = build()
    schemas = described()["components"]["schemas"]
    schema = {"$ref": f"#/components/schemas/{type(record).__name__}", "components": {"schemas": schemas}}
    Draft202012Validator(schema).validate(msgspec.json.decode(encode(record)))


def references(part: object) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [found for value in part.values() for found in references(value)]
    if isinstance(part, list):
        return [found for value in part for found in references(value)]
    return []


def test_settings_table_of_the_readme_is_up_to_date() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme == script("settings_table").with_table(readme)
