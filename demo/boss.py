"""The simulated BOSS: announces orders and charges, and does what it is ordered to."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from billing_hooks.reminding import cycle_of
from config.policy import load_policy
from config.records import BossAck, BossOrder, ChargeDue, SubscriptionOrdered, encode
from config.topics import BOSS_ACKS, BOSS_EVENTS, BOSS_ORDERS
from demo.wire import Writer

ORDER_SECONDS = 12.0
"""Seconds between two orders of subscribers, on average."""
CHARGE_SHARE = 0.3
"""Share of announcements that are charges of subscriptions that are there already."""
LATEST_CHARGE = timedelta(days=3)
SOON_SHARE = 0.5
"""Share of charges that fall soon: their reminders go out even at night, so that there is something to see."""


class Boss:
    """Answers `boss.orders`; with `lively` it also announces orders and charges of its own accord."""

    name = "BOSS"
    topics = (BOSS_ORDERS,)

    def __init__(
        self, run: str, seed: int, services: Sequence[tuple[str, int]], subscribers: Sequence[str], *, lively: bool
    ) -> None:
        self.lively = lively
        self.announced = 0
        self.orders: list[BossOrder] = []
        self._run = run
        self._zone = load_policy().reminders.zone
        self._rng = random.Random(seed)  # noqa: S311 - believable, not secret
        self._services = list(services)
        self._subscribers = list(subscribers)
        self._active: dict[str, SubscriptionOrdered] = {}
        self._next: datetime | None = None

    def take(self, topic: str, line: bytes, now: datetime, writer: Writer) -> None:  # noqa: ARG002 - one topic
        """Do what an order says and answer."""
        order = msgspec.json.decode(line, type=BossOrder)
        self.orders.append(order)
        self._active.pop(order.subscription, None)
        ack = BossAck(
            id=f"ack-{order.id}", order=order.id, msisdn=order.msisdn, at=now, status="done",
            effective_at=now if order.kind == "CancelSubscription" else None,
        )  # fmt: skip
        writer.send(BOSS_ACKS, order.msisdn, encode(ack))

    def act(self, now: datetime, writer: Writer) -> None:
        """Announce an order or a charge when one is due."""
        if not (self.lively and self._services):
            return
        if self._next is None:
            self._next = now + timedelta(seconds=3)
        if now < self._next:
            return
        self._next = now + timedelta(seconds=self._rng.expovariate(1 / ORDER_SECONDS))
        if self._active and self._rng.random() < CHARGE_SHARE:
            self.announce(self._charge(now), writer)
        else:
            self.announce(self._order(now), writer)

    def announce(self, event: SubscriptionOrdered | ChargeDue, writer: Writer) -> None:
        """Put an event on the wire."""
        self.announced += 1
        writer.send(BOSS_EVENTS, event.msisdn, encode(event))

    def _order(self, now: datetime) -> SubscriptionOrdered:
        number = self.announced + 1
        service, price = self._rng.choice(self._services)
        first = self._charge_time(now)
        event = SubscriptionOrdered(
            id=f"{self._run}-order-{number}", at=now, msisdn=self._rng.choice(self._subscribers),
            subscription=f"{self._run}-sub-{number}", service=service, price_fen=price, first_charge_at=first,
            trial_until=first if self._rng.random() < 0.2 else None,  # noqa: PLR2004 - a share
        )  # fmt: skip
        self._active[event.subscription] = event
        return event

    def _charge(self, now: datetime) -> ChargeDue:
        order = self._rng.choice(list(self._active.values()))
        charge_at = self._charge_time(now)
        return ChargeDue(
            id=f"{self._run}-charge-{self.announced + 1}", at=now, msisdn=order.msisdn,
            subscription=order.subscription, service=order.service, cycle=cycle_of(charge_at, self._zone),
            amount_fen=order.price_fen, charge_at=charge_at,
        )  # fmt: skip

    def _charge_time(self, now: datetime) -> datetime:
        if self._rng.random() < SOON_SHARE:
            return now + timedelta(minutes=self._rng.uniform(20, 60))
        return now + self._rng.uniform(0.1, 1) * LATEST_CHARGE
