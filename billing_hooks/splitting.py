"""Splits a long answer into texts of SMS size, never inside an item; pure. Sizes are UCS-2 units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from config.policy import SmsPolicy

JOINT = "\n"
EDGES = " ，。；："


def units(text: str) -> int:
    """Count UCS-2 units; a character outside the basic plane, such as an emoji, takes two."""
    return len(text.encode("utf-16-be", "surrogatepass")) // 2


def split(items: Sequence[str], policy: SmsPolicy) -> tuple[str, ...]:
    """Give the texts that carry all items in order, each item on its own line.

    One text of `first_part_units` if everything fits, else parts of `next_part_units`. Only an item that is longer
    than a part is cut; those of the catalogue never are.
    """
    whole = JOINT.join(items)
    if units(whole) <= policy.first_part_units:
        return (whole,) if whole else ()
    return tuple(_parts([piece for item in items for piece in _cut(item, policy.next_part_units)], policy))


def _parts(pieces: Sequence[str], policy: SmsPolicy) -> Iterator[str]:
    part = ""
    for piece in pieces:
        longer = f"{part}{JOINT}{piece}" if part else piece
        if units(longer) > policy.next_part_units:
            yield part
            part = piece
        else:
            part = longer
    if part:
        yield part


def _cut(item: str, limit: int) -> Iterator[str]:
    """Cut an item that is longer than a part, behind a space or a mark where there is one."""
    rest = item
    while units(rest) > limit:
        fitting = _fitting(rest, limit)
        edge = max((place for place, sign in enumerate(rest[:fitting], start=1) if sign in EDGES), default=fitting)
        yield rest[:edge]
        rest = rest[edge:]
    if rest:
        yield rest


def _fitting(text: str, limit: int) -> int:
    """Count the characters, at least one, that fit into a part."""
    taken = 0
    for place, sign in enumerate(text):
        taken += units(sign)
        if taken > limit:
            return max(place, 1)
    return len(text)
