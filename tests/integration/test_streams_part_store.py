"""Parts of long SMS in a real Valkey: across workers, in any order, twice, late, mixed, never all there."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import pytest
import redis
import redis.asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from config.live import PARTS_DUE
from config.policy import load_policy
from config.records import GAP, Part, Sms
from streams.lines import Item, RawRecord
from streams.part_store import PartStore, Ready
from tests.builders import NOW, an_sms

T = TypeVar("T")
POLICY = load_policy().long_sms
WEEK = 7 * 86_400 + 3600
"""Seconds for which what waits is kept: a week, and an hour more, as it is renewed once an hour at most."""
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


def two_parts(sender: str, name: str, ref: int = 5, **changes: Any) -> list[Sms]:
    """Give an SMS of two parts, `name`1 and `name`2; all have the same reference."""
    return [a_part(ref, seq, 2, f"{name}{seq}", sender=sender, id=f"{name}-{seq}", **changes) for seq in (1, 2)]


def records(*messages: Sms, first: int = 0) -> list[Item[Sms]]:
    """Place each message in a record of its own."""
    topic = "sms.smsc"
    return [Item(sms, RawRecord(topic, 0, first + place, b""), 1) for place, sms in enumerate(messages)]


def texts(ready: Ready) -> list[str]:
    return [item.message.text for item in ready.items]


def place_of(item: Item[Sms]) -> tuple[str, int, int, int]:
    return item.record.topic, item.record.partition, item.record.offset, item.line


def keys_of(client: redis.Redis, sender: str) -> list[bytes]:
    return list(client.scan_iter(f"*:{sender}:*", count=10_000))


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


@pytest.mark.parametrize("released", [True, False])
def test_a_sender_whose_reference_and_text_never_change_is_scored_every_time(
    valkey_url: str,
    released: bool,  # noqa: FBT001
) -> None:
    sender = a_sender()
    floods = [
        [a_part(0, 1, 2, "甲", sender=sender, id=f"{n}a"), a_part(0, 2, 2, "乙", sender=sender, id=f"{n}b")]
        for n in range(40)
    ]

    async def deed(one: PartStore, two: PartStore) -> list[str]:
        found = []
        for n, flood in enumerate(floods):
            ready = await (one, two)[n % 2].join(records(*flood, first=2 * n), NOW)
            if released:
                await one.release(ready.keys)
            found += [item.message.id for item in ready.items]
        in_one_batch = [part for flood in floods for part in flood]
        again = await two.join(records(*in_one_batch), NOW)
        assert len(again.items) == (0 if released else len(floods)), "read again: the same, or none once released"
        return found

    assert in_valkey(valkey_url, deed) == [f"{n}a" for n in range(40)]


def test_sms_with_one_reference_in_one_batch_are_each_whole_in_whatever_order(valkey_url: str) -> None:
    sender = a_sender()
    (a1, a2), (b1, b2) = two_parts(sender, "A"), two_parts(sender, "B")

    async def deed(one: PartStore, two: PartStore) -> None:
        for number, order in enumerate(([a1, a2, b1, b2], [a1, b1, a2, b2])):
            batch = records(*(replace(sms, sender=f"{sender}{number}") for sms in order))
            ready = await one.join(batch, NOW)
            assert texts(ready) == ["A1A2", "B1B2"]
            assert texts(await two.join(batch, NOW)) == ["A1A2", "B1B2"], "read again"
            await one.release(ready.keys)
            assert texts(await two.join(batch, NOW)) == []

    in_valkey(valkey_url, deed)


def test_a_reference_that_is_used_again_while_an_sms_lacks_parts_mixes_nothing(valkey_url: str) -> None:
    sender, then = a_sender(), NOW + timedelta(seconds=POLICY.apart_seconds + 1)
    old, _ = two_parts(sender, "旧")
    late = timedelta(seconds=2)

    async def deed(one: PartStore, two: PartStore) -> None:
        # told apart by when they were sent, even if the new one comes last part first
        await one.join(records(old), NOW)
        new = two_parts(sender, "新", sent_at=then)
        assert texts(await two.join(records(new[1], first=10), NOW)) == []
        assert texts(await two.join(records(new[0], first=11), NOW)) == ["新1新2"]
        # and by what is nearer, within the time that parts may lie apart
        near = two_parts(sender, "近", sent_at=NOW + late)
        assert texts(await one.join(records(*near, first=20), NOW + late)) == ["近1近2"]
        # and by when they came, should a gateway's clock not tell
        same = two_parts(sender, "同")
        assert texts(await one.join(records(*same, first=30), then)) == ["同1同2"]
        (left,) = await one.overdue(LATER)
        assert left.item.message.text == f"旧1{GAP}"
        await one.release([left.key])

    in_valkey(valkey_url, deed)


def test_parts_of_another_number_in_all_are_another_sms(valkey_url: str) -> None:
    sender = a_sender()

    async def deed(one: PartStore, _two: PartStore) -> Ready:
        await one.join(records(a_part(5, 1, 3, "甲", sender=sender)), NOW)
        return await one.join(records(*two_parts(sender, "乙"), first=5), NOW)

    assert texts(in_valkey(valkey_url, deed)) == ["乙1乙2"]


def test_sms_of_one_reference_that_were_forgotten_leave_room_for_new_ones(valkey_url: str) -> None:
    sender = a_sender()

    async def deed(one: PartStore, _two: PartStore) -> Ready:
        await one.join(records(*(a_part(0, 1, 2, f"甲{n}", sender=sender) for n in range(32))), NOW)
        await one.release([found.key for found in await one.overdue(LATER)])
        with redis.Redis.from_url(valkey_url) as client:  # as time does it
            client.delete(*(key for key in keys_of(client, sender) if client.type(key) == b"hash"))
        return await one.join(records(*two_parts(sender, "新", ref=0), first=90), LATER)

    assert texts(in_valkey(valkey_url, deed)) == ["新1新2"]


def test_a_part_of_too_many_unfinished_sms_of_one_reference_is_scored_alone(valkey_url: str) -> None:
    sender = a_sender()
    flood = records(*(a_part(0, 1, 2, f"甲{n}", sender=sender) for n in range(40)))

    async def deed(one: PartStore, two: PartStore) -> None:
        ready = await one.join(flood, NOW)
        alone = [item.message.text for item in ready.items]
        assert ready.outcomes.count(("smsc", "held")) + len(alone) == len(flood)
        assert alone == [f"甲{n}" for n in range(32, 40)]
        assert texts(await two.join(flood, NOW)) == alone, "read again"
        found = await one.overdue(LATER)
        assert {one.item.message.text for one in found} == {f"甲{n}{GAP}" for n in range(32)}
        await one.release([one.key for one in found])
        # those that were scored as they are make way
        assert texts(await one.join(records(*two_parts(sender, "新"), first=90), LATER)) == ["新1新2"]

    in_valkey(valkey_url, deed)


def test_what_waited_too_long_is_leased_to_one_worker_and_comes_back_if_it_dies(valkey_url: str) -> None:
    parts = three_parts(a_sender())

    async def deed(one: PartStore, two: PartStore) -> None:
        await one.join(parts[:2], NOW)
        assert await one.overdue(NOW) == []
        (found,) = await one.overdue(LATER)
        assert (found.item.message.text, found.item.message.id) == (f"甲{GAP}丙", "a")
        assert await two.overdue(LATER) == [], "another worker has it"
        # the worker died
        (again,) = await two.overdue(LATER + timedelta(seconds=POLICY.lease_seconds + 1))
        assert again == found
        await two.release([again.key])
        await one.release([found.key])
        assert await one.overdue(LATER + timedelta(hours=1)) == []
        assert texts(await one.join(parts[:2], LATER)) == [], "copies of its parts are known"

    in_valkey(valkey_url, deed)


@pytest.mark.parametrize("published", [True, False])
def test_a_part_that_comes_late_makes_its_sms_whole_under_the_id_and_place_it_was_scored_by(
    valkey_url: str,
    published: bool,  # noqa: FBT001
) -> None:
    late, early = two_parts(a_sender(), "话")

    async def deed(one: PartStore, two: PartStore) -> None:
        await one.join(records(early), NOW)
        (found,) = await one.overdue(LATER)
        assert (found.item.message.text, found.item.message.id) == (f"{GAP}话2", "话-2")
        if published:
            await one.release([found.key])
        # When the first part comes after that, or while it is scored
        ready = await two.join(records(late, first=7), LATER)
        (whole,) = ready.items
        # Then casework and the counts of senders see the SMS that they know
        assert (whole.message.text, whole.message.id) == ("话1话2", "话-2")
        assert whole.message.sent_at == found.item.message.sent_at
        assert place_of(whole) == place_of(found.item)
        assert ready.outcomes == [("smsc", "late")]
        # and read again it is the same, until its hits are published, whenever the first worker lets go
        await one.release([found.key])
        assert (await one.join(records(late, first=7), LATER)).items == [whole]
        await two.release(ready.keys)
        assert texts(await one.join(records(early), LATER)) == []
        assert texts(await one.join(records(late, first=7), LATER)) == []
        assert await one.overdue(LATER + timedelta(hours=1)) == []

    in_valkey(valkey_url, deed)


@pytest.mark.parametrize("published", [True, False])
def test_an_sms_that_still_lacks_parts_after_a_late_one_is_scored_again_as_the_same(
    valkey_url: str,
    published: bool,  # noqa: FBT001
) -> None:
    parts = three_parts(a_sender())
    much_later = LATER + timedelta(seconds=POLICY.wait_seconds + POLICY.lease_seconds)

    async def deed(one: PartStore, two: PartStore) -> None:
        await one.join(parts[:1], NOW)
        (found,) = await one.overdue(LATER)
        if published:
            await one.release([found.key])
        assert texts(await two.join(parts[1:2], LATER)) == []
        await one.release([found.key])
        (again,) = await two.overdue(much_later)
        assert (again.item.message.text, again.item.message.id) == (f"甲{GAP}丙", found.item.message.id)
        assert place_of(again.item) == place_of(found.item)
        await two.release([again.key])
        assert await two.overdue(much_later + timedelta(hours=1)) == []
        assert texts(await one.join(parts[2:], much_later)) == ["甲乙丙"]

    in_valkey(valkey_url, deed)


def test_a_worker_that_lets_go_too_late_harms_no_sms_that_has_the_reference_now(valkey_url: str) -> None:
    sender, then = a_sender(), LATER + timedelta(seconds=POLICY.lease_seconds + 1)
    old, _ = two_parts(sender, "旧")
    new = two_parts(sender, "新", sent_at=then)

    async def deed(one: PartStore, two: PartStore) -> None:
        await one.join(records(old), NOW)
        (slow,) = await one.overdue(LATER)
        (found,) = await two.overdue(then)
        await two.release([found.key])
        await two.join(records(new[0], first=5), then)
        await one.release([slow.key])
        assert texts(await two.join(records(new[1], first=6), then)) == ["新1新2"]

    in_valkey(valkey_url, deed)


def test_what_is_finished_is_known_though_its_sms_is_gone_from_redis(valkey_url: str) -> None:
    sender = a_sender()
    parts = records(*two_parts(sender, "话"))

    async def deed(one: PartStore, two: PartStore) -> None:
        ready = await one.join(parts, NOW)
        await one.release(ready.keys)
        with redis.Redis.from_url(valkey_url) as client:
            assert not keys_of(client, sender)
        assert texts(await two.join(parts[1:], NOW + timedelta(minutes=30))) == []
        assert await two.overdue(NOW + timedelta(hours=2)) == []

    in_valkey(valkey_url, deed)


def test_an_sms_that_was_deleted_before_it_was_scored_begins_anew_when_it_is_read_again(valkey_url: str) -> None:
    sender = a_sender()
    parts = records(*two_parts(sender, "话"))

    async def deed(one: PartStore, _two: PartStore) -> None:
        await one.join(parts[:1], NOW)
        with redis.Redis.from_url(valkey_url) as client:
            client.delete(*keys_of(client, sender))
        assert texts(await one.join(parts, NOW)) == ["话1话2"]

    in_valkey(valkey_url, deed)


def test_a_part_that_is_fed_again_after_its_sms_could_not_be_scored_gives_the_sms_again(valkey_url: str) -> None:
    first, last = two_parts(a_sender(), "话")
    repaired = NOW + timedelta(seconds=POLICY.lease_seconds)

    async def deed(one: PartStore, two: PartStore) -> None:
        # Given an SMS that a worker joined and never let go of, since its last part became a dead letter
        assert texts(await one.join(records(first, last), NOW)) == ["话1话2"]
        # When it is fed again, by then at another place
        assert texts(await two.join(records(last, first=50), NOW)) == [], "too early: it may be being scored"
        ready = await two.join(records(last, first=51), repaired)
        # Then it is scored
        assert texts(ready) == ["话1话2"]
        await two.release(ready.keys)
        assert texts(await one.join(records(last, first=51), repaired)) == []

    in_valkey(valkey_url, deed)


def fed_again(item: Item[Sms], mark: bytes) -> Item[Sms]:
    return item._replace(record=dataclasses.replace(item.record, replayed=mark))


def test_a_part_that_was_fed_again_marks_its_sms_whichever_part_completes_it(valkey_url: str) -> None:
    first, second, third = three_parts(a_sender())
    by_ola = b'{"letter":"D-000007","by":"ola"}'

    async def deed(here: PartStore, there: PartStore) -> list[Ready]:
        await here.join([first, fed_again(second, by_ola)], NOW)
        return [await there.join([third], NOW)]

    (ready,) = in_valkey(valkey_url, deed)
    assert [item.record.replayed for item in ready.items] == [by_ola]
    assert place_of(ready.items[0])[:3] == (third.record.topic, third.record.partition, third.record.offset)


def test_an_sms_whose_parts_did_not_all_come_is_marked_too(valkey_url: str) -> None:
    first, second, _ = three_parts(a_sender())
    late = NOW + timedelta(hours=1)

    async def deed(here: PartStore, there: PartStore) -> list[Item[Sms]]:
        await here.join([fed_again(first, b"unreadable \xff"), second], NOW)
        return [overdue.item for overdue in await there.overdue(late)]

    marks = [
        item.record.replayed for item in in_valkey(valkey_url, deed) if item.message.sender == first.message.sender
    ]
    assert len(marks) == 1
    assert marks[0].startswith(b"unreadable")


def test_a_batch_without_parts_asks_nothing(valkey_url: str) -> None:
    plain = records(an_sms(), an_sms(part=Part(3, 1, 1)))

    async def deed(_one: PartStore, _two: PartStore) -> Sequence[Item[Sms]]:
        return (await PartStore(redis.asyncio.from_url("redis://127.0.0.1:1"), POLICY).join(plain, NOW)).items

    assert in_valkey(valkey_url, deed) == plain


def test_whatever_is_kept_is_kept_for_a_time_and_what_waits_outlasts_a_week_without_workers(valkey_url: str) -> None:
    sender = a_sender()
    whole, (half, late) = records(*two_parts(sender, "整")), records(*two_parts(sender, "半"), first=5)
    alone = records(*(a_part(0, 1, 2, f"甲{n}", sender=sender) for n in range(40)), first=10)
    known = POLICY.known_seconds
    with redis.Redis.from_url(valkey_url) as client:

        def lives() -> set[int]:
            """Give how long what is new since the test began lives, rounded to minutes."""
            return {
                round(client.ttl(key) / 60) * 60 for key in set(client.scan_iter("qingxin:*", count=10_000)) - before
            }

        async def deed(one: PartStore, _two: PartStore) -> None:
            before.add(PARTS_DUE.encode())
            await one.join([half], NOW)
            assert lives() == {WEEK}
            ready = await one.join(whole, NOW)
            assert lives() == {WEEK}
            await one.release(ready.keys)
            (found,) = await one.overdue(LATER)
            assert lives() == {WEEK, known}
            await one.release([found.key])
            assert lives() == {known}
            ready = await one.join([late], LATER)
            assert lives() == {WEEK, known}
            await one.release(ready.keys)
            assert lives() == {known}
            assert not keys_of(client, sender), "only marks stay"
            await one.join(alone, LATER)
            found = await one.overdue(LATER + timedelta(hours=1))
            await one.release([one.key for one in found])
            assert lives() <= {WEEK, known}
            assert not client.exists(PARTS_DUE)

        before: set[bytes] = set(client.scan_iter("qingxin:*", count=10_000))
        in_valkey(valkey_url, deed)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_every_part_is_scored_and_none_under_two_ids_whatever_is_mixed_read_again_or_late(
    valkey_url: str, data: st.DataObject
) -> None:
    # Given SMS of one sender with the same reference, whose parts come in any order, if at all; each has its own letter
    # (numbers and ids are the same each time, and Valkey is empty: what Hypothesis tries once more goes as before)
    database, letters = f"{valkey_url.removesuffix('/0')}/9", iter("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥")
    redis.Redis.from_url(database).flushdb()
    totals = data.draw(st.lists(st.integers(2, 5), min_size=1, max_size=4))
    seconds = [data.draw(st.integers(0, 60)) for _ in totals]
    parts = [
        a_part(0, seq, total, letter := next(letters), id=letter, sent_at=NOW + timedelta(seconds=second))
        for total, second in zip(totals, seconds, strict=True)
        for seq in range(1, total + 1)
    ]
    came = data.draw(st.permutations(parts))[: data.draw(st.integers(1, len(parts)))]
    stream = records(*came)

    async def deed(*stores: PartStore) -> list[Item[Sms]]:
        scored, claims, now, place = [], [], NOW, 0

        def either() -> PartStore:
            return data.draw(st.sampled_from(stores))

        while place < len(stream):
            # When they come in batches, some of which are read again, by this worker or by another, and meanwhile some
            # wait too long; whoever has scored lets go sooner or later
            batch = stream[place : place + data.draw(st.integers(1, 4))]
            place += len(batch)
            for _ in range(data.draw(st.integers(1, 3))):
                ready = await either().join(batch, now)
                scored += ready.items
                claims += ready.keys
            now += timedelta(seconds=data.draw(st.sampled_from((0, 1, 40, 61))))
            found = await either().overdue(now)
            scored += [one.item for one in found]
            claims += [one.key for one in found]
            for claim in data.draw(st.lists(st.sampled_from(claims))) if claims else []:
                await either().release([claim])
        now += timedelta(hours=1)
        while found := await either().overdue(now):
            scored += [one.item for one in found]
            await either().release([one.key for one in found])
        return scored

    scored = in_valkey(database, deed)
    # Then no text is lost, and each part belongs to one SMS alone
    ids = {sms.text: {one.message.id for one in scored if sms.text in one.message.text} for sms in came}
    assert {text: len(found) for text, found in ids.items()} == dict.fromkeys(ids, 1)
