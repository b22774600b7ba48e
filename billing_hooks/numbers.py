"""Levels the spellings of a subscriber's number, so that one person is one subscriber; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from config.records import BossAck, ChargeDue, ServiceText, SubscriptionOrdered

Numbered = TypeVar("Numbered", SubscriptionOrdered, ChargeDue, SubscriptionOrdered | ChargeDue, ServiceText, BossAck)
ABROAD = re.compile(r"(?:\+|00)?86(1[0-9]{10})")
"""A mobile number of mainland China with its country code."""


def level(msisdn: str) -> str:
    """Give a number without the country code of China: +86, 0086 or 86; any other number as it is."""
    found = ABROAD.fullmatch(msisdn)
    return found[1] if found else msisdn


def levelled(records: Iterable[Numbered]) -> list[Numbered]:
    """Give these records with their numbers levelled."""
    return [msgspec.structs.replace(record, msisdn=level(record.msisdn)) for record in records]
