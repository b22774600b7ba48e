"""The parts of long SMS while they wait in Redis: a batch in one round trip, none when it has no parts.

A part is acknowledged to Kafka once it is here, so here it must be safe: an SMS whose parts do not all come is scored
as it is, and nothing that waits expires before a week without a worker. The record that completed an SMS gives it again
when it is read again, until its hits are published and it is released. A part is a copy only if id, time, number and
text are those of one that was kept, so what two SMS under one reference have in common makes neither a copy. An SMS
that was scored as it is stays for a while: a part that comes late makes it whole under the id that it had.

All times that decide are the caller's; Redis's clock says only how long what is finished is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import redis.asyncio

from config.live import PART_MARKS, PARTS_DUE, parts_key
from config.policy import LongSmsPolicy
from config.records import Sms, encode
from config.topics import GATEWAY_TOPICS
from streams.hot_state import Script
from streams.lines import Item, RawRecord
from streams.long_sms import TOKEN_LENGTH, HeldPart, held, is_part, join, mark_of, part_of, sent_ms, token_of
from streams.velocity import NO_PARTITION

MOST_LEASED = 500
_part = msgspec.json.Decoder(HeldPart)


class Claim(NamedTuple):
    """An SMS in Redis that is being scored, with so many of its parts; another part makes the claim void."""

    key: str
    parts: int


class Overdue(NamedTuple):
    """A long SMS whose parts did not all come, as it is."""

    item: Item[Sms]
    key: Claim


@dataclass(slots=True)
class Ready:
    """What of a batch can be scored now, in order; keys to release once its hits are published; parts by outcome."""

    items: list[Item[Sms]]
    keys: list[Claim] = field(default_factory=list)
    outcomes: list[tuple[str, str]] = field(default_factory=list)


class PartStore:
    """Keeps and joins parts in Redis."""

    def __init__(
        self,
        client: redis.asyncio.Redis,
        policy: LongSmsPolicy,
        timed: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._script = Script(client, "parts.lua")
        self._timed = timed
        self._wait, self._lease = round(policy.wait_seconds * 1000), round(policy.lease_seconds * 1000)
        self._apart, self._known = round(policy.apart_seconds * 1000), round(policy.known_seconds) or 1

    async def join(self, items: Sequence[Item[Sms]], now: datetime) -> Ready:
        """Keep the parts among these, and give what is whole: an SMS stands where the part that completed it stood.

        Raises:
            redis.exceptions.ConnectionError: and its kin; doing it again changes nothing.
        """
        with self._timed():
            places = [place for place, item in enumerate(items) if is_part(item.message)]
            parts = [_kept(items[place]) for place in places]
        if not places:
            return Ready(list(items))
        given = ("keep", PARTS_DUE, _ms(now), self._wait, self._apart, self._lease, self._known, parts)
        answers = await self._script.run(given)
        with self._timed():
            return _ready(items, dict(zip(places, answers, strict=True)))

    async def overdue(self, now: datetime) -> list[Overdue]:
        """Lease the SMS whose parts waited long enough, `MOST_LEASED` at most; no other worker gets them for a while.

        Raises:
            redis.exceptions.ConnectionError: and its kin.
        """
        leased = await self._script.run(("lease", PARTS_DUE, _ms(now), self._lease, MOST_LEASED))
        return [
            Overdue(_out_of_redis(*_sms(key, named, total, kept), began), Claim(key, count))
            for key, began, count, named, total, kept in leased
        ]

    async def release(self, keys: Sequence[Claim]) -> None:
        """Let go of SMS whose hits are published; their parts are known for a while.

        An SMS that got another part since it was claimed stays: it will be scored with it.

        Raises:
            redis.exceptions.ConnectionError: and its kin; doing it again changes nothing.
        """
        if keys:
            await self._script.run(("release", PARTS_DUE, self._known, PART_MARKS, keys))


def _ready(items: Sequence[Item[Sms]], answers: Mapping[int, Any]) -> Ready:
    """Give what can be scored, by the answers for the parts at their places among the items."""
    ready = Ready([])
    for place, item in enumerate(items):
        if place not in answers:
            ready.items.append(item)
            continue
        outcome, *whole = answers[place]
        ready.outcomes.append((item.message.gateway, outcome))
        if whole:
            key, began, named, kept = whole
            sms, replayed = _sms(key, named, len(kept), kept)
            record = item.record if item.record.replayed == replayed else replace(item.record, replayed=replayed)
            ready.items.append(_out_of_redis(sms, replayed, began) if named else Item(sms, record, item.line))
            ready.keys.append(Claim(key, len(kept)))
        elif outcome == "alone":
            ready.items.append(item)
    return ready


def _kept(item: Item[Sms]) -> tuple[str, str, int, int, int, str, str]:
    sms, record, part = item.message, item.record, part_of(item.message)
    reference = parts_key(sms.gateway, part.ref, sms.sender, sms.receiver)
    place = f"{record.topic}:{record.partition}:{record.offset}:{item.line}"
    mark = PART_MARKS + token_of(sms)
    return reference, mark, part.total, part.seq, sent_ms(sms), encode(held(sms, record.replayed)).decode(), place


def _sms(key: str, named: int, total: int, kept: Sequence[Any]) -> tuple[Sms, bytes]:
    """Give the SMS of a key and its mark; `named` is the number of the part whose id it has, 0 if that of its first."""
    _, _, gateway, _, size, rest = key[: -TOKEN_LENGTH - 1].split(":", 5)
    sender, receiver = rest[: int(size)], rest[int(size) + 1 :]
    parts = {number: _part.decode(part) for number, part in kept}
    return join(parts, total, gateway, sender, receiver, named), mark_of(parts)


def _out_of_redis(sms: Sms, replayed: bytes, began: int) -> Item[Sms]:
    """Place an SMS that was, or is, scored with parts missing: with its late parts it is the same, and counts once."""
    return Item(sms, RawRecord(GATEWAY_TOPICS[sms.gateway], NO_PARTITION, began, encode(sms), replayed), 1)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
