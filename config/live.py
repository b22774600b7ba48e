"""Names in Redis: live counts that may be lost without losing a decision.

Each gateway has a hash of totals, and a hash an hour with its counts by the minute of arrival, which expires.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

HISTORY_DAYS = 8
"""Days for which the counts by the minute are kept: a week to compare with, and the day that runs."""
HISTORY_SECONDS = HISTORY_DAYS * 86_400
MINUTES_AN_HOUR = 60
Minute = int
"""Minutes since 1970."""


def gateway_key(gateway: str) -> str:
    """Give the hash of a gateway's live counts: received, scored, exempt, hits, rejected, last_at (epoch ms)."""
    return f"qingxin:gateway:{gateway}"


def history_key(gateway: str, minute: Minute) -> str:
    """Give the hash of the hour that a minute is in."""
    return f"qingxin:gateway:{gateway}:hour:{minute // MINUTES_AN_HOUR}"


def history_field(minute: Minute, name: str) -> str:
    """Give the field of a count in the hash of its hour, such as `7:received`."""
    return f"{minute % MINUTES_AN_HOUR}:{name}"


def add_history(pipeline: Any, counts: Mapping[tuple[str, Minute], Mapping[str, int]]) -> None:
    """Add counts by gateway and minute to a Redis pipeline, synchronous or not, which the caller executes."""
    for (gateway, minute), names in counts.items():
        key = history_key(gateway, minute)
        for name, count in names.items():
            pipeline.hincrby(key, history_field(minute, name), count)
        pipeline.expire(key, HISTORY_SECONDS)


def read_history(hour: int, fields: Iterable[tuple[str, str]]) -> dict[Minute, dict[str, int]]:
    """Give the counts of an hour (hours since 1970) by minute; what is no count is left out."""
    found: dict[Minute, dict[str, int]] = {}
    for field, value in fields:
        minute, _, name = field.partition(":")
        if minute.isdecimal() and value.isdecimal():
            found.setdefault(hour * MINUTES_AN_HOUR + int(minute), {})[name] = int(value)
    return found
