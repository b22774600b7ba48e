"""Policies for tests: the shipped one with other values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from config.policy import DEFAULT_POLICY


def a_policy(folder: Path, values: Mapping[str, float]) -> Path:
    """The shipped policy, but that these rules, such as `scoring.threshold`, have other values."""
    text = DEFAULT_POLICY.read_text(encoding="utf-8")
    for rule, value in values.items():
        text, changed = re.subn(rf"(?m)^(\[{re.escape(rule)}\]\nvalue = ).*$", rf"\g<1>{value}", text)
        assert changed == 1, rule
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path
