"""Decides what a subscriber's text means in its situation: what is cancelled, what is answered; pure.

A reply finds its reminder by the port it was sent to or by the short code; a bare `T` to 10086 counts only if exactly
one reminder awaits a reply. A number means an item of the newest list alone. Where more than one thing could be meant,
the subscriber is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from billing_hooks.parsing import CancelAsked, Intent, ListWanted, NotUnderstood
from billing_hooks.ports import LAST_ITEM, code_of_port, is_ours


class Outcome(StrEnum):
    """What a text was taken as."""

    NOT_OURS = "not_ours"
    LIST = "list_sent"
    CANCEL = "cancel_asked"
    EXPLAINED = "explained"
    ASKED = "asked_which"
    HELP = "helped"


class Why(StrEnum):
    """What the answer must mention beside what is cancelled."""

    NOT_CANCELLABLE = "not_cancellable"
    ALREADY_CANCELLED = "already_cancelled"
    BEING_CANCELLED = "being_cancelled"
    NOT_SUBSCRIBED = "not_subscribed"
    WHICH_ONE = "which_one"
    NOT_ON_LIST = "not_on_list"
    LIST_EXPIRED = "list_expired"
    NO_LIST = "no_list"


@dataclass(frozen=True)
class Remark:
    """One thing to mention; `about` is a service's code, or the number that was not on the list, or empty."""

    why: Why
    about: str = ""


@dataclass(frozen=True)
class SentReminder:
    """A reminder that was sent; `open` while a reply stops its charge."""

    code: int
    subscription: int
    open: bool


@dataclass(frozen=True)
class Holding:
    """A subscription of the subscriber, ended or not."""

    subscription: int
    service: str
    status: str
    cancellable: bool = True

    @property
    def running(self) -> bool:
        """Whether it still costs money and nobody is cancelling it."""
        return self.status in ("active", "cancel_failed")


@dataclass(frozen=True)
class ShownList:
    """The newest 0000 list: which subscription each number stands for."""

    valid: bool
    items: Mapping[int, int]


@dataclass(frozen=True)
class Situation:
    """All that a text can refer to; reminders newest first."""

    holdings: Mapping[int, Holding]
    reminders: Sequence[SentReminder] = ()
    shown: ShownList | None = None

    def subscription_of_code(self, code: int | None) -> int | None:
        """Give the subscription of the newest reminder with this code."""
        return next((reminder.subscription for reminder in self.reminders if reminder.code == code), None)

    def awaiting(self) -> list[SentReminder]:
        """Give the reminders a reply can answer, the newest of each subscription."""
        newest = {reminder.subscription: reminder for reminder in reversed(self.reminders) if reminder.open}
        return sorted(newest.values(), key=lambda reminder: reminder.code)


@dataclass(frozen=True)
class Chosen:
    """A subscription to cancel; `origin` is `reminder` or `desk`."""

    subscription: int
    origin: str


@dataclass(frozen=True)
class Decision:
    """What to do about a text; `codes` are the reminders to choose from when asked."""

    outcome: Outcome
    cancels: tuple[Chosen, ...] = ()
    remarks: tuple[Remark, ...] = ()
    codes: tuple[int, ...] = ()


def decide(intent: Intent, port: str, situation: Situation) -> Decision:
    """Decide what a text to a port asks for."""
    if not is_ours(port):
        return Decision(Outcome.NOT_OURS)
    match intent:
        case ListWanted():
            return Decision(Outcome.LIST)
        case NotUnderstood():
            return Decision(Outcome.HELP)
        case CancelAsked(bare=True):
            return _bare(port, situation)
        case CancelAsked():
            return _named(intent, situation)


def _bare(port: str, situation: Situation) -> Decision:
    code = code_of_port(port)
    if code is not None:
        subscription = situation.subscription_of_code(code)
        if subscription is None:
            return Decision(Outcome.HELP)
        return _settle([Chosen(subscription, "reminder")], situation)
    awaiting = situation.awaiting()
    offered = [one for one in awaiting if situation.holdings[one.subscription].cancellable] or awaiting
    if not offered:
        return Decision(Outcome.HELP)
    if len(offered) > 1:
        return Decision(Outcome.ASKED, codes=tuple(reminder.code for reminder in offered))
    return _settle([Chosen(offered[0].subscription, "reminder")], situation)


def _named(asked: CancelAsked, situation: Situation) -> Decision:
    if not asked.verb and not all(_expected(service, situation) for service in asked.services):
        return Decision(Outcome.HELP)
    found = [
        *(_number(number, situation) for number in asked.numbers),
        *(_service(service, situation) for service in asked.services),
    ]
    return _settle(found, situation)


def _expected(service: str, situation: Situation) -> bool:
    """Tell whether a name alone can be an answer: it stands on the valid list or in an open reminder."""
    shown = situation.shown.items.values() if situation.shown and situation.shown.valid else ()
    mentioned = {*shown, *(reminder.subscription for reminder in situation.awaiting())}
    return any(situation.holdings[subscription].service == service for subscription in mentioned)


def _number(number: int, situation: Situation) -> Chosen | Remark:
    if number > LAST_ITEM:
        subscription = situation.subscription_of_code(number)
        return Remark(Why.NOT_ON_LIST, str(number)) if subscription is None else Chosen(subscription, "reminder")
    if situation.shown is None:
        return Remark(Why.NO_LIST)
    if not situation.shown.valid:
        return Remark(Why.LIST_EXPIRED)
    subscription = situation.shown.items.get(number)
    return Remark(Why.NOT_ON_LIST, str(number)) if subscription is None else Chosen(subscription, "desk")


def _service(service: str, situation: Situation) -> Chosen | Remark:
    held = [holding for holding in situation.holdings.values() if holding.service == service]
    running = [holding for holding in held if holding.running]
    if len(running) > 1:
        return Remark(Why.WHICH_ONE, service)
    if not held:
        return Remark(Why.NOT_SUBSCRIBED, service)
    cancelling = [holding for holding in held if holding.status == "cancelling"]
    return Chosen((running or cancelling or held)[0].subscription, "desk")


def _settle(found: Sequence[Chosen | Remark], situation: Situation) -> Decision:
    """Sort what was found into cancellations and remarks, each once."""
    sorted_out = list(_sorted_out(found, situation))
    cancels = {one.subscription: one for one in reversed(sorted_out) if isinstance(one, Chosen)}
    remarks = dict.fromkeys(one for one in sorted_out if isinstance(one, Remark))
    return Decision(Outcome.CANCEL if cancels else Outcome.EXPLAINED, tuple(reversed(cancels.values())), tuple(remarks))


def _sorted_out(found: Sequence[Chosen | Remark], situation: Situation) -> Iterator[Chosen | Remark]:
    for one in found:
        if isinstance(one, Remark):
            yield one
            continue
        holding = situation.holdings[one.subscription]
        if not holding.cancellable:
            yield Remark(Why.NOT_CANCELLABLE, holding.service)
        elif holding.running:
            yield one
        elif holding.status == "cancelling":
            yield Remark(Why.BEING_CANCELLED, holding.service)
        else:
            yield Remark(Why.ALREADY_CANCELLED, holding.service)
