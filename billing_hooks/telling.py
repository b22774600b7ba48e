"""Composes what a subscriber is told about a request: what was cancelled, what was not, and why; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from billing_hooks.replies import Remark, Why
from billing_hooks.wording import monthly
from config.texts import Language, render

LONGEST_REASON = 60
"""Characters of BOSS's reason that are told."""


@dataclass(frozen=True)
class Told:
    """What became of one cancellation; `effect` is the sentence of `wording.effect`."""

    service: str
    price_fen: int
    outcome: Literal["done", "not_waived", "failed"]
    waived: bool
    effect: str
    reason: str


@dataclass(frozen=True)
class ServiceWords:
    """What a subscriber reads about a service: its name, and why a text cannot cancel it."""

    name: str
    refusal: str = ""


@dataclass(frozen=True)
class Choice:
    """A reminder to choose from."""

    code: int
    service: str
    price_fen: int


def answer_lines(
    told: Sequence[Told], remarks: Sequence[Remark], services: Mapping[str, ServiceWords], language: Language
) -> list[str]:
    """Give the lines of an answer; each one must not be cut."""
    lines = [*(_told(one, language) for one in told), *_remarks(remarks, services, language)]
    lines[:1] = [render("signature", language) + line for line in lines[:1]]
    return [*lines, render("told_footer", language)]


def question_lines(choices: Sequence[Choice], language: Language) -> list[str]:
    """Give the lines that ask which of several reminders a reply was meant for."""
    return [
        render("ask_which", language),
        *(
            render(
                "ask_item",
                language,
                code=choice.code,
                service=choice.service,
                price=monthly(choice.price_fen, language),
            )
            for choice in choices
        ),
    ]


def late_lines(service: str, price_fen: int, cycle: str, language: Language) -> list[str]:
    """Give the lines that tell of a later charge that BOSS could not waive."""
    price = monthly(price_fen, language)
    line = render("told_late_not_waived", language, service=service, price=price, cycle=tidy(cycle))
    return [render("signature", language) + line, render("told_footer", language)]


def tidy(words: str) -> str:
    """Give BOSS's words fit for a text: one line without control characters, cut at 60 characters."""
    return " ".join("".join(mark if mark.isprintable() else " " for mark in words).split())[:LONGEST_REASON]


def _told(one: Told, language: Language) -> str:
    price = monthly(one.price_fen, language)
    if one.outcome == "failed":
        reason = tidy(one.reason) or render("reason_unknown", language)
        return render("told_failed", language, service=one.service, price=price, reason=reason)
    name = "told_not_waived" if one.outcome == "not_waived" else "told_waived" if one.waived else "told_done"
    return render(name, language, service=one.service, price=price, effect=one.effect)


def _remarks(remarks: Sequence[Remark], services: Mapping[str, ServiceWords], language: Language) -> Iterator[str]:
    missing = [remark.about for remark in remarks if remark.why is Why.NOT_ON_LIST]
    if missing:
        yield render("told_not_on_list", language, numbers=",".join(missing))
    for remark in remarks:
        name = f"told_{remark.why}"
        if remark.why in (Why.LIST_EXPIRED, Why.NO_LIST):
            yield render(name, language)
        elif remark.why is Why.NOT_CANCELLABLE:
            service = services[remark.about]
            yield render(name, language, service=service.name, reason=service.refusal)
        elif remark.why is not Why.NOT_ON_LIST:
            yield render(name, language, service=services[remark.about].name)
