"""Levels the spellings of a subscriber's number, so that one person is one subscriber; pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from config.numbers import level
from config.records import BossAck, ChargeDue, ServiceText, SubscriptionOrdered

Numbered = TypeVar("Numbered", SubscriptionOrdered, ChargeDue, SubscriptionOrdered | ChargeDue, ServiceText, BossAck)


def levelled(records: Iterable[Numbered]) -> list[Numbered]:
    """Give these records with their numbers levelled."""
    return [msgspec.structs.replace(record, msisdn=level(record.msisdn)) for record in records]
