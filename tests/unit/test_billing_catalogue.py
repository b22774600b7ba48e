"""The catalogue is checked whole before it is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_hooks.catalogue import load_catalogue
from billing_hooks.errors import CatalogueError

GOOD = """
[providers]
OWN = { zh = "本公司", en = "the operator" }
[services.A]
zh = "彩铃"
en = "Ring Tones"
provider = "OWN"
price_fen = 500
takes_effect = "at_once"
"""


def load(tmp_path: Path, text: str) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text(text, encoding="utf-8")
    load_catalogue(path)


def test_the_catalogue_has_own_and_partner_services_in_and_outside_packages() -> None:
    services = load_catalogue().services.values()
    assert len(services) >= 12
    assert {service.provider == "OWN" for service in services} == {True, False}
    assert {service.in_package for service in services} == {True, False}
    assert {service.takes_effect for service in services} == {"at_once", "next_day", "next_cycle"}
    assert any(not service.cancellable and service.reason_zh for service in services)


def test_a_good_catalogue_loads(tmp_path: Path) -> None:
    load(tmp_path, GOOD)


@pytest.mark.parametrize(
    ("changed", "into", "fault"),
    [
        ('provider = "OWN"', 'provider = "SP-X"', "unknown provider SP-X"),
        ('zh = "彩铃"', 'zh = "退订"', "is a command"),
        ('zh = "彩铃"', 'zh = "0000"', "is a command"),
        ('zh = "彩铃"', 'zh = "ring  TONES"', "used twice"),
        ("price_fen = 500", "price_fen = -1", "price_fen"),
        ('takes_effect = "at_once"', 'takes_effect = "soon"', "takes_effect"),
        ("price_fen = 500", "price_fen = 500\ncancellable = false", "reason_zh"),
        ("[services.A]", "[services", "catalogue.toml"),
    ],
)
def test_a_wrong_catalogue_names_its_fault(tmp_path: Path, changed: str, into: str, fault: str) -> None:
    with pytest.raises(CatalogueError, match=fault):
        load(tmp_path, GOOD.replace(changed, into))


def test_a_missing_catalogue_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"nothing\.toml"):
        load_catalogue(tmp_path / "nothing.toml")
