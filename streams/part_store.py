"""The parts of long SMS while they wait in Redis: a batch in one round trip, none when it has no parts.

A part is acknowledged to Kafka once it is here, so here it must be safe: no unfinished SMS expires, it is scored as it
is. The record that completed an SMS gives it again when it is read again, until its hits are published and it is
released. What stays then is a tombstone of check sums, so that a copy of a part does not begin a new SMS.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import msgspec
import redis.asyncio

from config.live import PARTS_DUE, parts_key
from config.policy import LongSmsPolicy
from config.records import Sms, encode
from config.topics import GATEWAY_TOPICS
from streams.hot_state import Script
from streams.lines import Item, RawRecord
from streams.long_sms import HeldPart, check_sum, held, is_part, join, part_of
from streams.velocity import NO_PARTITION

MOST_LEASED = 500
_part = msgspec.json.Decoder(HeldPart)


class Overdue(NamedTuple):
    """A long SMS whose parts did not all come, as it is; `key` is where its parts are."""

    item: Item[Sms]
    key: str


@dataclass(slots=True)
class Ready:
    """What of a batch can be scored now, in order; keys to release once its hits are published; parts by outcome."""

    items: list[Item[Sms]]
    keys: list[str] = field(default_factory=list)
    outcomes: list[tuple[str, str]] = field(default_factory=list)


class PartStore:
    """Keeps and joins parts in Redis."""

    def __init__(self, client: redis.asyncio.Redis, policy: LongSmsPolicy) -> None:
        self._script = Script(client, "parts.lua")
        self._policy = policy

    async def join(self, items: Sequence[Item[Sms]], now: datetime) -> Ready:
        """Keep the parts among these, and give what is whole: an SMS stands where the part that completed it stood.

        Raises:
            redis.exceptions.ConnectionError: and its kin; doing it again changes nothing.
        """
        places = [place for place, item in enumerate(items) if is_part(item.message)]
        if not places:
            return Ready(list(items))
        parts = [_kept(items[place]) for place in places]
        wait = round(self._policy.wait_seconds * 1000)
        answers = await self._script.run(("keep", PARTS_DUE, _ms(now), wait, parts))
        ready, found = Ready([]), dict(zip(places, answers, strict=True))
        for place, item in enumerate(items):
            if place not in found:
                ready.items.append(item)
                continue
            outcome, kept = found[place]
            ready.outcomes.append((item.message.gateway, outcome))
            if outcome == "joined":
                whole = _joined(dict(kept), item.message)
                ready.items.append(Item(whole, item.record, item.line))
                ready.keys.append(_key(item.message))
            elif outcome == "alone":
                ready.items.append(item)
        return ready

    async def overdue(self, now: datetime) -> list[Overdue]:
        """Lease the SMS whose parts waited long enough, `MOST_LEASED` at most; no other worker gets them for a while.

        Raises:
            redis.exceptions.ConnectionError: and its kin.
        """
        lease = round(self._policy.lease_seconds * 1000)
        found = []
        for key, began, total, kept in await self._script.run(("lease", PARTS_DUE, _ms(now), lease, MOST_LEASED)):
            _, _, gateway, _, size, rest = key.split(":", 5)
            sender, receiver = rest[: int(size)], rest[int(size) + 1 :]
            parts = {number: _part.decode(part) for number, part in kept}
            sms = join(parts, total, gateway, sender, receiver)
            record = RawRecord(GATEWAY_TOPICS[gateway], NO_PARTITION, began, encode(sms))
            found.append(Overdue(Item(sms, record, 1), key))
        return found

    async def release(self, keys: Sequence[str]) -> None:
        """Let go of SMS whose hits are published; copies of their parts are known for a while.

        Raises:
            redis.exceptions.ConnectionError: and its kin.
        """
        if keys:
            await self._script.run(("release", PARTS_DUE, round(self._policy.same_ref_seconds) or 1, keys))


def _kept(item: Item[Sms]) -> tuple[str, int, int, int, str, str]:
    sms, record, part = item.message, item.record, part_of(item.message)
    place = f"{record.topic}:{record.partition}:{record.offset}:{item.line}"
    return _key(sms), part.seq, part.total, check_sum(sms), place, encode(held(sms)).decode()


def _key(sms: Sms) -> str:
    return parts_key(sms.gateway, part_of(sms).ref, sms.sender, sms.receiver)


def _joined(kept: dict[int, str], sms: Sms) -> Sms:
    parts = {number: _part.decode(part) for number, part in kept.items()}
    return join(parts, len(parts), sms.gateway, sms.sender, sms.receiver)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
