"""Levels the numbers of SMS: gateways write the same one with and without the country's code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from config.numbers import level
from config.records import Sms
from streams.lines import Item

FIRST_SIGNS: Final = "+08"
"""What a number may begin with that has the country's code before it; mobile numbers and ports begin with 1."""


def levelled(items: Sequence[Item[Sms]]) -> list[Item[Sms]]:
    """Give the items with sender and receiver without the country's code: one subscriber, one count, one case."""
    return [
        item
        if item.message.sender[0] not in FIRST_SIGNS and item.message.receiver[0] not in FIRST_SIGNS
        else _level(item)
        for item in items
    ]


def _level(item: Item[Sms]) -> Item[Sms]:
    sms = item.message
    sender, receiver = level(sms.sender), level(sms.receiver)
    if (sender, receiver) == (sms.sender, sms.receiver):
        return item
    return item._replace(message=msgspec.structs.replace(sms, sender=sender, receiver=receiver))
