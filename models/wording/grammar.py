"""The language of the templates: `{slot}` is filled in, `{one|two|}` picks an alternative; both may nest."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TypeAlias

from models.errors import TemplateInvalid
from models.wording.slots import Fill

Choice: TypeAlias = "tuple[Sequence_, ...]"
Sequence_: TypeAlias = "tuple[str | Slot | Choice, ...]"


class Slot(str):
    """The name of a slot; plain strings are literal text."""

    __slots__ = ()


def parse(template: str) -> Sequence_:
    """Read a template. Raises TemplateInvalid if its braces do not match."""
    sequence, end = _sequence(template, 0, top=True)
    if end != len(template):
        raise TemplateInvalid(f"a brace too many in {template!r}")
    return sequence


def slots_of(sequence: Sequence_) -> set[str]:
    """The names of all slots that a template may use."""
    names: set[str] = set()
    for item in sequence:
        if isinstance(item, Slot):
            names.add(str(item))
        elif isinstance(item, tuple):
            for option in item:
                names |= slots_of(option)
    return names


def realise(sequence: Sequence_, slots: Mapping[str, Fill], rng: random.Random) -> str:
    """One text of a template; `slots` must know every name in it."""
    parts: list[str] = []
    for item in sequence:
        if isinstance(item, Slot):
            parts.append(slots[item](rng))
        elif isinstance(item, str):
            parts.append(item)
        else:
            parts.append(realise(rng.choice(item), slots, rng))
    return "".join(parts)


def _sequence(template: str, start: int, *, top: bool) -> tuple[Sequence_, int]:
    items: list[str | Slot | Choice] = []
    literal: list[str] = []
    place = start
    while place < len(template) and (top or template[place] not in "|}"):
        if template[place] == "{":
            items.append("".join(literal))
            literal = []
            item, place = _braces(template, place + 1)
            items.append(item)
        elif template[place] == "}":
            break
        else:
            literal.append(template[place])
            place += 1
    items.append("".join(literal))
    return tuple(item for item in items if item != "" or isinstance(item, Slot)), place


def _braces(template: str, start: int) -> tuple[Slot | Choice, int]:
    options: list[Sequence_] = []
    place = start
    while True:
        option, place = _sequence(template, place, top=False)
        options.append(option)
        if place >= len(template):
            raise TemplateInvalid(f"a brace is not closed in {template!r}")
        if template[place] == "}":
            break
        place += 1
    if len(options) == 1:
        return Slot(template[start:place]), place + 1
    return tuple(options), place + 1
