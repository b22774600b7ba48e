"""The protection app: billing events become reminders, texts of subscribers cancel, BOSS's answers are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
from django.db import transaction

from billing_hooks.protection import send_due_reminders, take_acks, take_events, take_texts
from config.environment import Environment
from config.policy import load_policy
from config.records import BossAck, BossEvent, DeliveryReceipt, ServiceText
from config.topics import BOSS_ACKS, BOSS_EVENTS, SMS_MO, SMS_RECEIPTS
from ledger.outbound import settle_receipts
from streams.checks import check_moments, check_service_text
from streams.desks import BROKEN_WORLD_WITH_DATABASE, in_database
from streams.engine import Engine
from streams.lines import Item

TICK = 1.0
"""Seconds between looks for reminders that have come due."""


def _messages(items: Sequence[Item[Any]]) -> list[Any]:
    return [item.message for item in items]


def make_engine(environment: Environment) -> Engine:
    """Wire the app together; Django is set up before.

    Raises:
        config.policy.PolicyError: the policy file is wrong.
    """
    policy = load_policy(environment.policy_path)
    engine = Engine("protection", environment, BROKEN_WORLD_WITH_DATABASE)

    async def remind(items: Sequence[Item[BossEvent]]) -> None:
        await in_database(lambda: take_events(_messages(items), datetime.now(UTC), policy))

    async def answer(items: Sequence[Item[ServiceText]]) -> None:
        await in_database(lambda: take_texts(_messages(items), datetime.now(UTC), policy))

    async def settle(items: Sequence[Item[BossAck]]) -> None:
        await in_database(lambda: take_acks(_messages(items), datetime.now(UTC), policy))

    @transaction.atomic
    def note_receipts(receipts: Sequence[DeliveryReceipt]) -> None:
        settle_receipts(receipts)

    async def note(items: Sequence[Item[DeliveryReceipt]]) -> None:
        await in_database(lambda: note_receipts(_messages(items)))

    engine.reads([BOSS_EVENTS], msgspec.json.Decoder(BossEvent), check_moments, remind)
    engine.reads([SMS_MO], msgspec.json.Decoder(ServiceText), check_service_text, answer)
    engine.reads([BOSS_ACKS], msgspec.json.Decoder(BossAck), check_moments, settle)
    engine.reads([SMS_RECEIPTS], msgspec.json.Decoder(DeliveryReceipt), check_moments, note)

    def send_reminders_now() -> None:
        send_due_reminders(datetime.now(UTC), policy)

    async def send_reminders() -> None:
        waiting_for_the_world = partial(engine.guard.outlast, partial(in_database, send_reminders_now))
        await engine.guard.contain(waiting_for_the_world)

    engine.app.timer(TICK)(send_reminders)
    return engine
