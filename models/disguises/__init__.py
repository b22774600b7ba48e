"""The tables of disguises: TOML, read once. Each says in its first lines what it holds."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """The table of this name, as TOML gives it."""
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text("utf-8"))


@cache
def sensitive_words() -> tuple[str, ...]:
    """All words that spam disguises, each once, in the order of the table."""
    return tuple(dict.fromkeys(word for group in table("words")["words"].values() for word in group))


@cache
def heard_words() -> tuple[str, ...]:
    """Those of `sensitive_words` that are known by their sound, too."""
    return tuple(word for word in sensitive_words() if word not in set(table("words")["words"]["common"]))
