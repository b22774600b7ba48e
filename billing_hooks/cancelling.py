"""Decides which orders a cancellation sends to BOSS and what BOSS's answers amount to; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

OrderKind = Literal["CancelSubscription", "WaiveCharge", "ExcludeFromSettlement"]
ORDER_IDS = UUID("5d0c7f0e-6b0b-4d0a-9a54-6b2f8b9c2a10")


@dataclass(frozen=True)
class Charge:
    """A charge that is known to come; `announced` by BOSS, or else only derived from an order."""

    cycle: str
    charge_at: datetime
    announced: bool


@dataclass(frozen=True)
class Order:
    """An order to BOSS about a subscription; `cycle` is empty when it is about every later one."""

    kind: OrderKind
    cycle: str = ""


@dataclass(frozen=True)
class Answer:
    """What BOSS did with an order; `status` is queued, done or failed."""

    kind: str
    status: str
    reason: str = ""


@dataclass(frozen=True)
class Verdict:
    """What became of a cancellation; `outcome` is done, not_waived or failed."""

    outcome: Literal["done", "not_waived", "failed"]
    reason: str = ""


def open_cycles(charges: Iterable[Charge], asked_at: datetime) -> tuple[str, ...]:
    """Give the cycles whose charge had not fallen when the subscriber asked; what BOSS announced goes first.

    Of a cycle that BOSS announced, what an order said before does not count.
    """
    known = list(charges)
    told = {charge.cycle for charge in known if charge.announced}
    coming = [
        charge for charge in known if charge.charge_at > asked_at and (charge.announced or charge.cycle not in told)
    ]
    announced = [charge for charge in coming if charge.announced]
    return tuple(dict.fromkeys(charge.cycle for charge in announced or coming))


def orders_to_cancel(cycles: Sequence[str]) -> tuple[Order, ...]:
    """Give the orders of a cancellation: end it, and for each open cycle charge nothing and settle nothing."""
    return (Order("CancelSubscription"), *(order for cycle in cycles for order in orders_to_waive(cycle)))


def orders_to_waive(cycle: str) -> tuple[Order, ...]:
    """Give the orders that keep a cycle of a cancelled subscription from being charged and settled."""
    return Order("WaiveCharge", cycle), Order("ExcludeFromSettlement", cycle)


def order_id(subscription: str, request: str, order: Order) -> str:
    """Give the id of an order: the same for the same subscription, asking text, kind and cycle."""
    return str(uuid5(ORDER_IDS, json.dumps([subscription, request, order.kind, order.cycle])))


def verdict(answers: Sequence[Answer]) -> Verdict | None:
    """Give what became of a cancellation; None while an answer is missing.

    The subscription has ended if BOSS ended it; a charge that could not be waived is told. A settlement that could not
    be excluded is between the operator and the provider, and stays on the page of the subscriber.
    """
    if any(answer.status == "queued" for answer in answers):
        return None
    failed = {answer.kind: answer.reason for answer in reversed(answers) if answer.status == "failed"}
    if "CancelSubscription" in failed:
        return Verdict("failed", failed["CancelSubscription"])
    if "WaiveCharge" in failed:
        return Verdict("not_waived", failed["WaiveCharge"])
    return Verdict("done")
