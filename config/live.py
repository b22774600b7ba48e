"""Names in Redis: live counts, the counts of senders, the parts of long SMS that wait, and the campaign index.

Each gateway has a hash of totals, and a hash an hour with its counts by the minute of arrival, which expires. These may
be lost without losing a decision.
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
    """Give the hash of a gateway's live counts: received, scored, exempt, hits, rejected, last_at (epoch ms).

    Also replayed, what people fed again; and for parts of long SMS held, joined, late, copy, alone, timed_out.
    """
    return f"qingxin:gateway:{gateway}"


def sender_key(day: str, sender: str) -> str:
    """Give the hash of what a sender sent on a day (YYMMDD): see `streams/velocity.py`."""
    return f"qingxin:v:{day}:{sender}"


def counted_key(source: str) -> str:
    """Give the mark of how far a source (topic and partition) was counted."""
    return f"qingxin:counted:{source}"


def parts_key(gateway: str, ref: int, sender: str, receiver: str) -> str:
    """Give the set of a reference's unfinished long SMS; with `:` and a token, the hash of one: `streams/parts.lua`."""
    return f"qingxin:long:{gateway}:{ref}:{len(sender)}:{sender}:{receiver}"


PART_MARKS = "qingxin:part:"
"""What the marks of the parts that are known begin with, each before the part's token."""
PARTS_DUE = "qingxin:long-due"
"""The sorted set of unfinished long SMS by the time (epoch ms) at which they wait no longer."""


CAMPAIGN_KEYS = "qx:{c}:"
"""What the keys of the campaign index begin with; one slot of a cluster, since one script uses them together."""


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
