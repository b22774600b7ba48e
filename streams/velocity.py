"""How fast each sender sends, counted in Redis: one round trip a batch, exact across gateways, workers and redelivery.

One hash a sender and local day, whose values stay within 64 bytes: SMS by hour (`h`) and day (`d`); receivers (`n` of
them, each under 32 bits of a hash), with the first ids and the last texts each got and which gateways saw them, so
that an SMS seen at two gateways, or fed twice under its id, counts once; ids that had no place there (`i`, up to 960);
how many texts are near-identical (`x`); and which SMS crossed the line (`c`). It is kept as long as SMS of the day may
come (`late_hours`), which is known from the beginning. A mark a partition says how far it was counted: within a
partition SMS are read in order, so what lies before the mark was counted. An SMS whose time is absurd counts when it is
read; only for such a one can a worker that dies between counting and publishing lose the crossing of a line.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zlib import crc32
from zoneinfo import ZoneInfo

import redis.asyncio

from config.live import counted_key, sender_key
from config.policy import VolumePolicy
from config.records import Sms, Velocity
from config.topics import GATEWAY_TOPICS
from models.classifier import Verdict
from streams.hot_state import Script
from streams.lines import Item
from streams.volume import Limits, is_without_rule, limits_on, velocity

HOUR_MS, QUARTER_MS = 3_600_000, 900_000
DAY_SECONDS: Final = 86_400
HOUR_SECONDS: Final = 3600
MOST_HOURS: Final = 64 * 96
"""Quarters of an hour whose local hour is kept in mind."""
GRACE_SECONDS: Final = 600
"""Seconds by which the clocks of workers and Redis may differ: so much longer a day is kept than SMS of it may come."""
NO_PARTITION: Final = -1
"""The partition of an SMS that came out of Redis: a long one whose parts did not all come."""
TIMED_OUT_MARK_SECONDS: Final = 6 * 3600
LOW_BITS: Final = 0xFFFF_FFFF
WORD: Final = "I"
LONG_WORD: Final = "Q"
NO_LIMITS: Final = Limits(0, 0)
GATEWAY_NUMBERS: Final = {gateway: number for number, gateway in enumerate(GATEWAY_TOPICS, start=1)}


@dataclass(frozen=True, slots=True)
class _Hour:
    """An hour of the clock on a local day (YYMMDD), by name in the hash of the day; `number` tells hours apart.

    `kept_until` (epoch seconds) is when no SMS of the day can come any more, however late.
    """

    number: int
    day: str
    name: str
    kept_until: int
    began: datetime
    limits: Limits


@dataclass(slots=True)
class _Columns:
    """A batch as the script takes it; indexes of slots (a sender's hour), groups (its day) and sources count from 1."""

    sources: list[tuple[str, int, int]] = field(default_factory=list)
    groups: list[tuple[str, int, int, int]] = field(default_factory=list)
    slots: list[tuple[int, str]] = field(default_factory=list)
    limits: list[Limits] = field(default_factory=list)
    began: list[datetime] = field(default_factory=list)
    slot_of: list[int] = field(default_factory=list)
    source_of: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    receivers: bytes = b""
    texts: bytes = b""
    ids: bytes = b""
    likenesses: bytes = b""


class Counts:
    """What the senders of a batch had sent after it."""

    def __init__(self, columns: _Columns, days: Sequence[Any], hours: Sequence[Any]) -> None:
        self._columns, self._days, self._hours = columns, days, hours
        crossed = [*(day[4] for day in days), *(hour[1] for hour in hours)]
        self.crossed: frozenset[int] = frozenset(place - 1 for place in crossed if place)
        """Places in the batch of the SMS with which a sender crossed the line of its hour or day."""

    def of(self, place: int) -> Velocity:
        """Give what the sender of the SMS at this place of the batch had sent."""
        slot = self._columns.slot_of[place] - 1
        group = self._columns.slots[slot][0] - 1
        day, receivers, top, at_least, _ = self._days[group]
        return velocity(
            self._hours[slot][0],
            day,
            receivers,
            top,
            self._columns.limits[group],
            at_least=bool(at_least),
            began=self._columns.began[slot],
        )


def _words(numbers: list[int]) -> bytes:
    """Write numbers as 32 bits each."""
    return array(WORD, numbers).tobytes()


class Speedometer:
    """Counts batches of SMS in Redis."""

    def __init__(
        self,
        client: redis.asyncio.Redis,
        policy: VolumePolicy,
        zone: ZoneInfo,
        timed: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._script = Script(client, "velocity.lua")
        self._policy, self._zone, self._timed = policy, zone, timed
        self._mark_seconds = round(policy.mark_days * DAY_SECONDS)
        self._hours: dict[int, _Hour] = {}

    async def count(self, items: Sequence[Item[Sms]], verdicts: Sequence[Verdict], now: datetime) -> Counts:
        """Count a batch, each SMS once however often it is read; texts are told apart by the digests of the verdicts.

        Raises:
            redis.exceptions.ConnectionError: and its kin; count again, nothing counts twice.
        """
        with self._timed():
            columns = self._columns(items, verdicts, now)
        if not items:
            return Counts(columns, (), ())
        days, hours = await self._script.run(
            (
                columns.sources, columns.groups, columns.slots, columns.slot_of, columns.source_of, columns.offsets,
                columns.lines, self._policy.max_receivers, len(GATEWAY_NUMBERS),
            ),
            columns.receivers, columns.texts, columns.ids, columns.likenesses,
        )  # fmt: skip
        return Counts(columns, days, hours)

    def _columns(self, items: Sequence[Item[Sms]], verdicts: Sequence[Verdict], now: datetime) -> _Columns:
        """Lay a batch out in columns; the hot path, so that loops and look-ups are few."""
        columns = _Columns()
        slots: dict[tuple[str, int], int] = {}
        groups: dict[tuple[str, str], int] = {}
        sources: dict[str, int] = {}
        now_ms = int(now.timestamp() * 1000)
        earliest, latest = now_ms - self._policy.late_hours * HOUR_MS, now_ms + HOUR_MS
        record, source = None, 0
        hours, add_slot, add_source = self._hours, columns.slot_of.append, columns.source_of.append
        for item in items:
            sms = item.message
            sent = sms.sent_at
            if type(sent) is not int:
                sent = int(sent.timestamp() * 1000)  # type: ignore[union-attr]
            if not earliest <= sent <= latest:
                sent = now_ms
            quarter = sent // QUARTER_MS
            hour = hours.get(quarter) or self._hour(quarter)
            slot = slots.get(at := (sms.sender, hour.number))
            if slot is None:
                slot = slots[at] = self._slot(sms.sender, hour, columns, groups)
            add_slot(slot)
            if item.record is not record or record.partition == NO_PARTITION:
                record = item.record
                source = self._source(item, columns, sources)
            add_source(source)
        numbers = GATEWAY_NUMBERS
        columns.offsets = [item.record.offset for item in items]
        columns.lines = [item.line for item in items]
        columns.receivers = _words([crc32(item.message.receiver.encode("utf-8", "replace")) for item in items])
        columns.ids = _words(
            [crc32(item.message.id.encode("utf-8", "replace"), numbers[item.message.gateway]) for item in items]
        )
        columns.texts = _words([verdict.digest & LOW_BITS for verdict in verdicts])
        columns.likenesses = array(LONG_WORD, [verdict.likeness for verdict in verdicts]).tobytes()
        return columns

    def _slot(self, sender: str, hour: _Hour, columns: _Columns, groups: dict[tuple[str, str], int]) -> int:
        group = groups.get(day := (sender, hour.day))
        if group is None:
            limits = NO_LIMITS if is_without_rule(sender, self._policy) else hour.limits
            columns.groups.append((sender_key(hour.day, sender), hour.kept_until, limits.per_hour, limits.per_day))
            columns.limits.append(limits)
            group = groups[day] = len(columns.groups)
        columns.slots.append((group, hour.name))
        columns.began.append(hour.began)
        return len(columns.slots)

    def _hour(self, quarter: int) -> _Hour:
        """Give the local hour of a quarter of an hour; every time zone is whole quarters from UTC."""
        local = datetime.fromtimestamp(quarter * QUARTER_MS / 1000, UTC).astimezone(self._zone)
        midnight = datetime(local.year, local.month, local.day, tzinfo=self._zone) + timedelta(days=1)
        number = local.toordinal() * 24 + local.hour
        limits = limits_on(local.date(), self._policy)
        began = local.replace(minute=0, second=0, microsecond=0)
        kept_until = int(midnight.timestamp()) + self._policy.late_hours * HOUR_SECONDS + GRACE_SECONDS
        hour = _Hour(number, f"{local:%y%m%d}", f"h{local.hour}", kept_until, began, limits)
        if len(self._hours) > MOST_HOURS:
            self._hours.clear()
        self._hours[quarter] = hour
        return hour

    def _source(self, item: Item[Sms], columns: _Columns, sources: dict[str, int]) -> int:
        record = item.record
        name, seconds = f"{record.topic}:{record.partition}", self._mark_seconds
        if record.partition == NO_PARTITION:
            name, seconds = f"{name}:{item.message.id}", TIMED_OUT_MARK_SECONDS
        source = sources.get(name)
        if source is None:
            columns.sources.append((counted_key(name), seconds, GATEWAY_NUMBERS[item.message.gateway]))
            source = sources[name] = len(columns.sources)
        return source
