"""Plays the smoke from the first process to the last and gives its summary."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import redis

from config.environment import decode_key
from config.topics import SMS_REJECTED
from demo.accounts import ensure_accounts
from demo.boss import Boss
from demo.counts import database_counts
from demo.datafolder import DataFolder
from demo.errors import StepFailedError
from demo.handsets import Handsets
from demo.network import NetworkAdapter
from demo.orm import connect, disconnect
from demo.simulator import Simulator
from demo.smoke.feeding import check_feed, feed
from demo.smoke.reviewing import review
from demo.smoke.steps import Play, check
from demo.smoke.subscribing import subscribe
from demo.stack import Stack
from demo.wire import Reader, Writer


@dataclass(frozen=True)
class Summary:
    """What the smoke did and found."""

    fed: int
    scored: int
    hits: int
    rejected: int
    cases: int
    decisions: int
    orders: int
    acks: int
    reminders: int
    cancels: int
    audit_ok: bool
    seconds: float

    def as_json(self) -> dict[str, object]:
        """Give the summary for JSON."""
        return asdict(self)


class Smoke:
    """One run in a fresh folder, which is removed afterwards; `stop` breaks it off."""

    def __init__(self, say: Callable[[str], None], parent: Path | None = None) -> None:
        self._say = say
        self._parent = parent
        self._stack: Stack | None = None
        self._stopped = Event()

    def stop(self) -> None:
        """Break off; a second call hurries."""
        if self._stack and self._stopped.is_set():
            self._stack.hurry()
        self._stopped.set()
        if self._stack:
            self._stack.cancel()

    def run(self) -> Summary:
        """Play everything.

        Raises:
            DemoError: a step that did not come out right, or a server that does not start.
        """
        started = time.monotonic()
        folder = Path(tempfile.mkdtemp(prefix="qx-smoke-", dir=self._parent))
        try:
            with DataFolder(folder) as data:
                self._stack = Stack(data, lambda name, took: self._say(f"{name} is ready ({took:.1f} s)"))
                try:
                    self._stack.start()
                    self._go_on()
                    summary = self._play(self._stack, started)
                finally:
                    disconnect()
                    self._stack.stop()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return summary

    def _play(self, stack: Stack, started: float) -> Summary:
        connect(stack.postgres.url)
        ensure_accounts(stack.secrets.passwords)
        boss = Boss("smoke", 1, [], [], lively=False)
        network = NetworkAdapter(decode_key(stack.secrets.order_public_key))
        handsets = Handsets("smoke", 1, [], lively=False)
        simulators = [Simulator(part, stack.broker.bootstrap) for part in (boss, network, handsets)]
        writer = Writer(stack.broker.bootstrap, "smoke")
        dead_letters = Reader(stack.broker.bootstrap, (SMS_REJECTED,), "smoke")
        try:
            for simulator in simulators:
                simulator.start()
            client = redis.Redis.from_url(stack.valkey.url)
            play = Play(stack, boss, network, handsets, writer, dead_letters, client, self._tell)
            made = feed(play, datetime.now(UTC))
            counts, _ = check_feed(play, made)
            review(play)
            subscribe(play)
            audit_ok = self._audit(decode_key(stack.secrets.order_public_key))
        finally:
            for simulator in simulators:
                simulator.stop()
            writer.close()
            dead_letters.close()
        found = database_counts()
        check("no process died", right=not stack.died(), found=[child.name for child in stack.died()])
        return Summary(
            fed=made.fed, scored=counts.total("scored"), hits=counts.total("hits"), rejected=counts.total("rejected"),
            cases=found.cases, decisions=found.decisions, orders=found.orders, acks=found.acks,
            reminders=found.reminders, cancels=found.cancels, audit_ok=audit_ok,
            seconds=round(time.monotonic() - started, 1),
        )  # fmt: skip

    def _audit(self, public_key: bytes) -> bool:
        """Verify the audit chain, and that two people stand behind every order."""
        from ledger.chain import breaks
        from ledger.models import AuditEntry
        from review.integrity import orders_without_two_people

        self._tell("verifying the audit chain")
        broken = list(breaks(AuditEntry.objects.order_by("seq").iterator()))
        check("the audit chain holds", right=not broken, found=broken[:3])
        check("the audit log tells something", right=AuditEntry.objects.exists())
        alone = orders_without_two_people(public_key)
        check("no order without two people", right=alone == 0, found=alone)
        return True

    def _tell(self, what: str) -> None:
        self._go_on()
        self._say(what)

    def _go_on(self) -> None:
        if self._stopped.is_set():
            raise StepFailedError("broken off")
