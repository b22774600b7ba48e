"""Composes the answer to 0000: two messages, outside and inside packages, with numbers that never move; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from billing_hooks.ports import LAST_ITEM
from billing_hooks.wording import monthly
from config.texts import Language, render


@dataclass(frozen=True)
class Paid:
    """A running subscription as the list shows it."""

    subscription: int
    service: str
    provider: str
    price_fen: int
    in_package: bool
    cancellable: bool = True


@dataclass(frozen=True)
class Item:
    """A line of the list with its number."""

    number: int
    paid: Paid


def number_items(paid: Iterable[Paid]) -> tuple[Item, ...]:
    """Give each subscription its number: outside packages first, in the order they came."""
    ordered = sorted(paid, key=lambda one: one.in_package)[:LAST_ITEM]
    return tuple(Item(number, one) for number, one in enumerate(ordered, start=1))


def list_messages(items: Sequence[Item], list_hours: float, language: Language) -> tuple[list[str], ...]:
    """Give the messages of a list, each as the lines that must not be cut; one message if there is nothing to pay."""
    if not items:
        return ([render("list_empty", language)],)
    outside = [item for item in items if not item.paid.in_package]
    inside = [item for item in items if item.paid.in_package]
    return (
        _message("list_outside", outside, list_hours, language),
        _message("list_inside", inside, list_hours, language),
    )


def _message(heading: str, items: Sequence[Item], list_hours: float, language: Language) -> list[str]:
    if not items:
        return [render(heading, language) + render("list_nothing", language)]
    if any(item.paid.cancellable for item in items):
        footer = render("list_footer", language, hours=f"{list_hours:g}")
    else:
        footer = render("told_footer", language)
    return [render(heading, language), *(_line(item, language) for item in items), footer]


def _line(item: Item, language: Language) -> str:
    return render(
        "list_item",
        language,
        number=item.number,
        service=item.paid.service,
        provider=item.paid.provider,
        price=monthly(item.paid.price_fen, language),
    )
