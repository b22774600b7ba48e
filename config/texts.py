"""Every text a subscriber can get, by name and language, from `config/templates/sms/<language>.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Literal

Language = Literal["zh-Hans", "en"]
LANGUAGES: tuple[Language, ...] = ("zh-Hans", "en")
TEMPLATES = Path(__file__).parent / "templates" / "sms"


@cache
def _texts(language: Language) -> dict[str, str]:
    return tomllib.loads((TEMPLATES / f"{language}.toml").read_text(encoding="utf-8"))


def names(language: Language) -> frozenset[str]:
    """Give the names of all texts of a language."""
    return frozenset(_texts(language))


def fields(name: str, language: Language) -> frozenset[str]:
    """Give the fields that a text needs."""
    return frozenset(field for _, field, _, _ in Formatter().parse(_texts(language)[name]) if field)


def render(name: str, language: Language = "zh-Hans", **values: str | int) -> str:
    """Give a text with its fields filled in.

    Raises:
        KeyError: no such text, or a field without a value.
    """
    return _texts(language)[name].format(**values)
