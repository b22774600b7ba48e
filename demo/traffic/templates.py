"""Loads the texts of the demo and checks them whole."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter

from demo.traffic.slots import SLOTS

FOLDER = Path(__file__).parent
HAM = "ham"


class TrafficError(Exception):
    """The texts of the demo are wrong; the message lists every fault."""


@dataclass(frozen=True)
class Group:
    """Texts of one kind: who sends them, how often, and which share is disguised further."""

    label: str
    kind: str
    sender: str
    weight: float
    disguise: float
    texts: tuple[str, ...]


@cache
def load_groups() -> tuple[Group, ...]:
    """Give all groups of texts.

    Raises:
        TrafficError: a text with an unknown slot, or a text that is there twice.
    """
    groups = [
        Group(
            label=raw.get("label", HAM),
            kind=raw["kind"],
            sender=raw.get("sender", "person"),
            weight=raw.get("weight", 1),
            disguise=raw.get("disguise", 0.0),
            texts=tuple(raw["texts"]),
        )
        for name in (HAM, "spam")
        for raw in tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))["group"]
    ]
    faults = [
        f"unknown slot {slot} in: {text}"
        for group in groups
        for text in group.texts
        for _, slot, _, _ in Formatter().parse(text)
        if slot is not None and slot not in SLOTS
    ]
    texts = [text for group in groups for text in group.texts]
    faults += [f"twice: {text}" for text in sorted({text for text in texts if texts.count(text) > 1})]
    if faults:
        raise TrafficError("\n".join(faults))
    return tuple(groups)


def spam_groups() -> tuple[Group, ...]:
    """Give the groups that are not ham."""
    return tuple(group for group in load_groups() if group.label != HAM)


def ham_groups() -> tuple[Group, ...]:
    """Give the groups of ham."""
    return tuple(group for group in load_groups() if group.label == HAM)
