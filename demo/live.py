"""The demo while it runs: the stack, the simulators around it, and the counts of the moment."""

from __future__ import annotations

import contextlib
import random
import secrets
from datetime import timedelta

import django.db
import redis

from billing_hooks.catalogue import load_catalogue
from config.environment import decode_key
from config.topics import BOSS_ORDERS, ENFORCEMENT_ORDERS
from demo.accounts import ensure_accounts
from demo.boss import Boss
from demo.counts import Counts, DatabaseCounts, database_counts, gateway_counts
from demo.gateways import Gateways
from demo.handsets import Handsets
from demo.network import NetworkAdapter
from demo.orm import connect, disconnect
from demo.simulator import Simulator
from demo.stack import PARTITIONS, Stack
from demo.traffic.slots import mobile
from demo.traffic.stream import Traffic

PEOPLE_SEED = 7
SUBSCRIBERS = 60
FORGOTTEN = timedelta(minutes=1)


class LiveSystem:
    """The stack with accounts and simulators; each simulator may be left out of the play with `lively=False`."""

    def __init__(self, stack: Stack, rate: float, *, lively: bool = True) -> None:
        self.stack = stack
        seed = secrets.randbelow(2**31)
        run = f"run{stack.folder.next_run()}-{seed:x}"
        rng = random.Random(PEOPLE_SEED)  # noqa: S311 - believable, not secret
        subscribers = [mobile(rng) for _ in range(SUBSCRIBERS)]
        services = [(code, service.price_fen) for code, service in load_catalogue().services.items()]
        # The same people at every start, so that cases grow from run to run.
        traffic = Traffic(PEOPLE_SEED, run, run_seed=seed)
        self.gateways = Gateways(traffic, rate, PARTITIONS, seed)
        self.boss = Boss(run, seed, services, subscribers, lively=lively)
        self.handsets = Handsets(run, seed, subscribers, lively=lively)
        self.network = NetworkAdapter(decode_key(stack.secrets.order_public_key))
        self.simulators: list[Simulator] = []
        self._redis: redis.Redis | None = None

    def start(self) -> None:
        """Make the accounts and start the simulators; the stack runs.

        Raises:
            DemoError: the broker does not answer.
        """
        connect(self.stack.postgres.url)
        ensure_accounts(self.stack.secrets.passwords)
        self.start_simulators()
        _send_forgotten_orders_again()

    def start_simulators(self) -> None:
        """Start the simulators alone.

        Raises:
            DemoError: the broker does not answer.
        """
        self._redis = redis.Redis.from_url(self.stack.valkey.url, socket_timeout=2)
        parts = (self.network, self.boss, self.handsets, self.gateways)
        for part in parts:
            simulator = Simulator(part, self.stack.broker.bootstrap)
            self.simulators.append(simulator)
            simulator.start()

    def stop(self) -> None:
        """Stop the simulators and let go of the servers."""
        self.stop_simulators()
        disconnect()

    def stop_simulators(self) -> None:
        """Stop the simulators alone, the gateways first."""
        for simulator in reversed(self.simulators):
            simulator.stop()
        if self._redis is not None:
            self._redis.close()

    def counts(self) -> Counts:
        """Give the counts of the moment; what cannot be read counts nothing."""
        gateways: dict[str, dict[str, int]] = {}
        database = DatabaseCounts()
        if self._redis is not None:
            with contextlib.suppress(redis.RedisError):
                gateways = gateway_counts(self._redis)
        with contextlib.suppress(django.db.Error):
            database = database_counts()
        return Counts(gateways, database)


def _send_forgotten_orders_again() -> None:
    """Hand the last orders to the relay once more: the embedded broker forgets them when it stops.

    An order that was done already is acknowledged twice, which changes nothing.
    """
    from django.db.models import Max

    from ledger.models import OutboxRecord

    orders = OutboxRecord.objects.filter(topic__in=[ENFORCEMENT_ORDERS, BOSS_ORDERS])
    last = orders.aggregate(Max("sent_at"))["sent_at__max"]
    if last is not None:
        orders.filter(sent_at__gte=last - FORGOTTEN).update(sent_at=None)
