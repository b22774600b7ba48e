"""Parts of long SMS in a real Valkey: across workers, in any order, twice, and never all there."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import redis
import redis.asyncio

from config.live import PARTS_DUE
from config.policy import load_policy
from config.records import Part, Sms
from streams.lines import Item, RawRecord
from streams.long_sms import GAP
from streams.part_store import PartStore, Ready
from tests.builders import NOW, an_sms

T = TypeVar("T")
POLICY = load_policy().long_sms
LATER = NOW + timedelta(seconds=POLICY.wait_seconds + 1)


def in_valkey(url: str, deed: Callable[[PartStore, PartStore], Awaitable[T]]) -> T:
    """Do a deed with the stores of two workers, from which nothing is due."""

    async def run() -> T:
        clients = [redis.asyncio.from_url(url) for _ in range(2)]
        await clients[0].delete(PARTS_DUE)
        try:
            return await deed(*(PartStore(client, POLICY) for client in clients))
        finally:
            for client in clients:
                await client.aclose()

    return asyncio.run(run())


def a_part(ref: int, seq: int, total: int, text: str, **changes: Any) -> Sms:
    return an_sms(text=text, part=Part(ref, seq, total), **changes)


def records(*messages: Sms, first: int = 0) -> list[Item[Sms]]:
    """Place each message in a record of its own."""
    topic = "sms.smsc"
    return [Item(sms, RawRecord(topic, 0, first + place, b""), 1) for place, sms in enumerate(messages)]


def texts(ready: Ready) -> list[str]:
    return [item.message.text for item in ready.items]


def a_sender() -> str:
    return f"138{uuid.uuid4().int % 10**8:08}"


def three_parts(sender: str) -> list[Item[Sms]]:
    return records(
        a_part(9, 3, 3, "丙", sender=sender, id="c"),
        a_part(9, 1, 3, "甲", sender=sender, id="a"),
        a_part(9, 2, 3, "乙", sender=sender, id="b"),
    )


def test_parts_that_came_to_two_workers_in_any_order_are_one_sms(valkey_url: str) -> None:
    parts, plain = three_parts(a_sender()), records(an_sms(text="平常"), first=50)

    async def deed(one: PartStore, two: PartStore) -> tuple[Ready, Ready]:
        return await one.join([*parts[:2], *plain], NOW), await two.join(parts[2:], NOW)

    early, late = in_valkey(valkey_url, deed)
    assert texts(early) == ["平常"]
    assert [(item.message.text, item.message.id, item.record.offset) for item in late.items] == [("甲乙丙", "a", 2)]
    assert [outcome for _, outcome in (*early.outcomes, *late.outcomes)] == ["held", "held", "joined"]


def test_a_worker_that_died_before_publishing_gets_the_sms_again_and_nobody_else_does(valkey_url: str) -> None:
    parts = three_parts(a_sender())

    async def deed(one: PartStore, two: PartStore) -> None:
        ready = await one.join(parts, NOW)
        assert texts(ready) == ["甲乙丙"]
        # read again by another worker, as nothing was acknowledged
        assert texts(await two.join(parts, NOW)) == ["甲乙丙"]
        # a gateway's copy of the last part is none
        assert texts(await two.join(records(parts[2].message, first=90), NOW)) == []
        # once the hits are published nothing comes again, read as often as you like
        await two.release(ready.keys)
        assert texts(await one.join(parts, NOW)) == []
        assert await one.overdue(LATER) == []

    in_valkey(valkey_url, deed)


def test_a_reference_that_is_used_again_begins_a_new_sms(valkey_url: str) -> None:
    sender = a_sender()

    async def deed(one: PartStore, _two: PartStore) -> None:
        ready = await one.join(three_parts(sender), NOW)
        await one.release(ready.keys)
        first = records(a_part(9, 1, 2, "丁", sender=sender), first=10)
        second = records(a_part(9, 2, 2, "戊", sender=sender), first=11)
        assert texts(await one.join(first, NOW)) == []
        assert texts(await one.join(second, NOW)) == ["丁戊"]

    in_valkey(valkey_url, deed)


def test_a_part_that_fits_nowhere_is_scored_alone(valkey_url: str) -> None:
    sender = a_sender()

    async def deed(one: PartStore, _two: PartStore) -> Ready:
        await one.join(records(a_part(9, 1, 2, "甲", sender=sender)), NOW)
        return await one.join(records(a_part(9, 1, 2, "别的", sender=sender), first=5), NOW)

    ready = in_valkey(valkey_url, deed)
    assert (texts(ready), ready.outcomes) == (["别的"], [("smsc", "alone")])


def test_what_waited_too_long_is_leased_to_one_worker_and_comes_back_if_it_dies(valkey_url: str) -> None:
    parts = three_parts(a_sender())

    async def deed(one: PartStore, two: PartStore) -> None:
        await one.join(parts[:2], NOW)
        assert await one.overdue(NOW) == []
        (found,) = await one.overdue(LATER)
        assert (found.item.message.text, found.item.message.id) == (f"甲{GAP}丙", "a")
        assert await two.overdue(LATER) == [], "another worker has it"
        # the missing part comes while it is scored: it is not lost, and makes no second whole
        assert texts(await two.join(parts[2:], LATER)) == ["乙"]
        # the worker died
        (again,) = await two.overdue(LATER + timedelta(seconds=POLICY.lease_seconds + 1))
        assert again == found
        await two.release([again.key])
        assert await one.overdue(LATER + timedelta(hours=1)) == []
        assert texts(await one.join(parts[:2], LATER)) == [], "copies of its parts are known"

    in_valkey(valkey_url, deed)


def test_a_batch_without_parts_asks_nothing_and_unfinished_sms_never_expire(valkey_url: str) -> None:
    sender = a_sender()

    async def deed(one: PartStore, _two: PartStore) -> Sequence[Item[Sms]]:
        await one.join(three_parts(sender)[:1], NOW)
        return (await PartStore(redis.asyncio.from_url("redis://127.0.0.1:1"), POLICY).join(plain, NOW)).items

    plain = records(an_sms(), an_sms(part=Part(3, 1, 1)))
    assert in_valkey(valkey_url, deed) == plain
    with redis.Redis.from_url(valkey_url) as client:
        (key,) = client.scan_iter(f"qingxin:parts:*{sender}*", count=10_000)
        assert client.ttl(key) == -1
