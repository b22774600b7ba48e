"""Velocity of senders in a real Valkey: exact whoever counts and however often, bounded, and over with the day."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
import redis
import redis.asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.live import sender_key
from config.policy import VolumePolicy, load_policy
from config.records import Sms
from models.classifier import Classifier, Verdict, default_artifact
from streams.hot_state import HotStateAwayError
from streams.lines import Item, RawRecord
from streams.marks import forget_marks
from streams.velocity import Counts, Speedometer
from tests.builders import an_sms

T = TypeVar("T")
RULES = load_policy()
NOW = (datetime.now(UTC) + timedelta(days=1)).replace(hour=4, minute=0, second=0, microsecond=0)
"""Noon in Shanghai on a day that Valkey has not forgotten while a test runs."""
DAY = f"{NOW:%y%m%d}"


def in_valkey(url: str, deed: Callable[[Callable[..., Speedometer]], Awaitable[T]]) -> T:
    """Do a deed that makes speedometers, each with a connection of its own as each worker has."""

    async def run() -> T:
        clients: list[Any] = []

        def a_speedometer(**rules: Any) -> Speedometer:
            clients.append(redis.asyncio.from_url(url))
            rules |= {f"holiday_{name}": value for name, value in rules.items() if name.startswith("per_")}
            policy = VolumePolicy(**(RULES.volume.model_dump() | rules))
            return Speedometer(clients[-1], policy, RULES.reminders.zone)

        try:
            return await deed(a_speedometer)
        finally:
            for client in clients:
                await client.aclose()

    return asyncio.run(run())


def items(messages: Sequence[Sms], topic: str, *, first: int = 0, partition: int = 0) -> list[Item[Sms]]:
    """Place messages in records of ten lines."""
    return [
        Item(sms, RawRecord(topic, partition, first + place // 10, b""), place % 10 + 1)
        for place, sms in enumerate(messages)
    ]


def verdicts(batch: Sequence[Item[Sms]]) -> list[Verdict]:
    """Verdicts whose digests and likenesses tell texts apart."""
    return [
        Verdict("ham", 0.1, (), (), text, hash(text), hash(text) & 2**64 - 1)
        for text in (item.message.text for item in batch)
    ]


async def count(speedometer: Speedometer, batch: Sequence[Item[Sms]], now: datetime = NOW) -> Counts:
    return await speedometer.count(batch, verdicts(batch), now)


def a_sender() -> str:
    return f"138{uuid.uuid4().int % 10**8:08}"


def some_sms(sender: str, number: int, **changes: Any) -> list[Sms]:
    return [an_sms(sender=sender, receiver=f"139{place:08}", **({"sent_at": NOW} | changes)) for place in range(number)]


def test_hours_days_receivers_and_same_texts_are_counted(valkey_url: str) -> None:
    sender = a_sender()
    batch = [
        *some_sms(sender, 6, text="尾货清仓"),
        *some_sms(sender, 2, text="晚上好", sent_at=NOW - timedelta(hours=2)),
        *some_sms(sender, 1, sent_at=NOW - timedelta(days=1)),
    ]
    counts = in_valkey(valkey_url, lambda new: count(new(), items(batch, f"t-{sender}")))
    today, earlier, yesterday = counts.of(0), counts.of(6), counts.of(8)
    assert (today.hour, today.day, today.receivers, today.same_share) == (6, 8, 6, 0.75)
    assert (earlier.hour, earlier.day) == (2, 8)
    assert (yesterday.hour, yesterday.day) == (1, 1)


def test_two_workers_count_exactly_whatever_is_redelivered_to_whom(valkey_url: str) -> None:
    # Given one sender seen at two gateways, whose partitions wander between two workers that were cut off in between
    sender, chance = a_sender(), random.Random(3)  # noqa: S311 - the same order each time
    batches = {
        topic: items(some_sms(sender, 150), f"{topic}-{sender}", partition=partition)
        for partition, topic in enumerate(("smsc", "ismg"))
    }

    async def deed(new: Callable[..., Speedometer]) -> Counts:
        workers = [new(per_hour=200), new(per_hour=200)]

        async def read_a_partition(batch: list[Item[Sms]]) -> None:
            done = 0
            while done < len(batch):
                upto = done + chance.randint(1, 40)
                await count(chance.choice(workers), batch[done:upto])
                done = max(0, upto - chance.choice([0, 0, 15, 30]))

        # When they count at the same time, and everything once more at the end
        await asyncio.gather(*map(read_a_partition, batches.values()))
        await asyncio.gather(*(count(worker, batch) for worker in workers for batch in batches.values()))
        return await count(workers[0], batches["smsc"])

    counts = in_valkey(valkey_url, deed)
    # Then each SMS counted once
    assert (counts.of(0).hour, counts.of(0).day, counts.of(0).receivers) == (300, 300, 150)
    assert counts.of(0).exceeded


@pytest.mark.parametrize("step", [1, 7, 500])
def test_an_sms_that_two_gateways_saw_counts_once_in_whatever_order(valkey_url: str, step: int) -> None:
    # Given 90 SMS that the SMSC saw, 40 of them on their way out too, some receivers told the same thing twice,
    # and 30 that the interconnect alone saw
    sender, chance = a_sender(), random.Random(step)  # noqa: S311 - the same each time
    seen = [
        an_sms(sender=sender, gateway="smsc", receiver=f"139{n % 60}", text=f"{n % 3}", sent_at=NOW) for n in range(90)
    ]
    copies = [
        an_sms(sender=sender, gateway="interconnect", receiver=sms.receiver, text=sms.text, sent_at=NOW)
        for sms in seen[50:]
    ]
    others = [
        an_sms(sender=sender, gateway="interconnect", receiver=f"137{n}", text="4", sent_at=NOW) for n in range(30)
    ]
    elsewhere = copies + others
    chance.shuffle(elsewhere)
    todo = [
        [read[start : start + step] for start in range(0, len(read), step)]
        for read in (items(seen, f"smsc-{sender}"), items(elsewhere, f"out-{sender}"))
    ]
    last = todo[1][-1]

    # When they are counted in pieces, those of the two gateways in turns that chance decides
    async def deed(new: Callable[..., Speedometer]) -> Counts:
        worker, crossed = new(per_hour=100), 0
        while any(todo):
            counts = await count(worker, chance.choice([pieces for pieces in todo if pieces]).pop(0))
            crossed += len(counts.crossed)
        assert crossed == 1, "the 101st of them, no copy"
        return await count(worker, last)

    counts = in_valkey(valkey_url, deed)
    # Then only what was sent counts
    assert (counts.of(0).hour, counts.of(0).day, counts.of(0).receivers) == (120, 120, 90)
    assert counts.of(0).same_share == round(30 / 120, 4)


def test_what_a_receiver_got_is_kept_within_bounds(valkey_url: str) -> None:
    sender = a_sender()
    batch = items(
        [an_sms(sender=sender, receiver="13900000001", text=f"{n}", sent_at=NOW) for n in range(100)], f"t-{sender}"
    )
    counts = in_valkey(valkey_url, lambda new: count(new(), batch))
    assert (counts.of(0).day, counts.of(0).receivers) == (100, 1)
    with redis.Redis.from_url(valkey_url) as client:
        held = client.hgetall(sender_key(DAY, sender))
    assert max(len(value) for value in held.values()) <= 64


def test_one_sms_crosses_the_line_of_the_hour_and_one_that_of_the_day_across_workers(valkey_url: str) -> None:
    sender = a_sender()
    hours = [NOW - timedelta(hours=hour) for hour in (3, 2, 1, 0)]
    batch = items([sms for at in hours for sms in some_sms(sender, 30, sent_at=at)], f"t-{sender}")

    async def deed(new: Callable[..., Speedometer]) -> list[int]:
        workers = [new(per_hour=20, per_day=100), new(per_hour=20, per_day=100)]
        crossed = []
        for number, start in enumerate(range(0, len(batch), 7)):
            counts = await count(workers[number % 2], batch[start : start + 7])
            crossed += [start + place for place in sorted(counts.crossed)]
        # and read again as a whole, as after a crash before publishing, the same ones cross it
        again = await count(workers[0], batch)
        assert sorted(again.crossed) == crossed
        return crossed

    # The 21st of each hour, and the 101st of the day
    assert in_valkey(valkey_url, deed) == [20, 50, 80, 100, 110]


def test_one_by_one_and_in_one_batch_the_same_is_counted(valkey_url: str) -> None:
    # Given the same SMS of two senders, who differ in nothing but how they are counted
    chance = random.Random(5)  # noqa: S311 - the same each time
    slow, fast = a_sender(), a_sender()
    told = [
        {
            "receiver": f"139{chance.randrange(30)}",
            "text": f"{chance.randrange(9)}",
            "sent_at": NOW - timedelta(hours=h),
            "id": f"{min(number, chance.randrange(480))}",  # one in eight is that of another SMS
        }
        for number, h in enumerate(chance.randrange(3) for _ in range(120))
    ]
    one_by_one = items([an_sms(sender=slow, **fields) for fields in told], f"t-{slow}")
    at_once = items([an_sms(sender=fast, **fields) for fields in told], f"t-{fast}")
    rules = {"per_hour": 25, "per_day": 90, "max_receivers": 20}

    async def deed(new: Callable[..., Speedometer]) -> None:
        crossed = []
        for place, item in enumerate(one_by_one):
            counts = await count(new(**rules), [item])
            crossed += [place] if counts.crossed else []
        counts = await count(new(**rules), at_once)
        assert sorted(counts.crossed) == crossed
        assert len(crossed) == 4, "three hours and a day"

    in_valkey(valkey_url, deed)
    # Then the same is kept of both, but for the names of the SMS that crossed
    with redis.Redis.from_url(valkey_url) as client:
        kept = [client.hgetall(sender_key(DAY, sender)) for sender in (slow, fast)]
    one, other = ({name: value for name, value in of.items() if not name.startswith(b"c")} for of in kept)
    assert one == other


def test_an_exempt_sender_is_counted_and_crosses_no_line(valkey_url: str) -> None:
    sender = f"10690{uuid.uuid4().int % 10**8:08}"
    counts = in_valkey(valkey_url, lambda new: count(new(per_hour=5), items(some_sms(sender, 30), f"t-{sender}")))
    assert (counts.of(0).day, counts.of(0).exceeded, counts.crossed) == (30, False, frozenset())


def test_a_heavy_sender_does_not_grow_a_hash_without_bound(valkey_url: str) -> None:
    sender = a_sender()
    batch = items(
        [an_sms(sender=sender, sent_at=NOW, receiver=f"{n}", text=f"{n}") for n in range(2000)], f"t-{sender}"
    )
    counts = in_valkey(valkey_url, lambda new: count(new(max_receivers=50), batch))
    assert (counts.of(0).day, counts.of(0).receivers, counts.of(0).receivers_at_least) == (2000, 50, True)
    with redis.Redis.from_url(valkey_url) as client:
        held = client.hgetall(sender_key(DAY, sender))
    assert len(held) <= 50 + 64 + 10
    assert max(len(value) for value in held.values()) <= 64


def test_a_mark_is_not_renewed_by_what_lies_before_it(valkey_url: str) -> None:
    sender = a_sender()
    first = items(some_sms(sender, 3), f"t-{sender}", first=100)
    anew = items(some_sms(sender, 3), f"t-{sender}")
    mark = f"qingxin:counted:t-{sender}:0"

    async def deed(new: Callable[..., Speedometer]) -> int:
        with redis.Redis.from_url(valkey_url) as client:
            await count(new(), first)
            client.expire(mark, 1000)
            await count(new(), anew)
            assert client.ttl(mark) <= 1000
        assert forget_marks(valkey_url) > 0
        return (await count(new(), anew)).of(0).day

    assert in_valkey(valkey_url, deed) == 6


def test_counts_end_with_their_day_and_absurd_times_make_no_keys(valkey_url: str) -> None:
    sender, now = a_sender(), datetime.now(UTC)
    absurd = [datetime(2001, 1, 1, tzinfo=UTC), datetime(2098, 1, 1, tzinfo=UTC), now - timedelta(days=20)]
    batch = items([an_sms(sender=sender, sent_at=at) for at in (now, *absurd)], f"t-{sender}")
    counts = in_valkey(valkey_url, lambda new: count(new(), batch, now))
    assert counts.of(1).day == 4, "they count when they are read"
    with redis.Redis.from_url(valkey_url) as client:
        (key,) = client.scan_iter(f"*{sender}", count=10_000)
        assert 0 < client.ttl(key) <= (24 + RULES.volume.late_hours) * 3600 + 600
        assert client.ttl(f"qingxin:counted:t-{sender}:0") > 0


def test_a_server_without_the_rights_counts_as_away_and_a_key_of_another_kind_as_bad_data(valkey_url: str) -> None:
    sender, user = a_sender(), f"u{uuid.uuid4().hex[:8]}"
    batch = items(some_sms(sender, 3), f"t-{sender}")
    with redis.Redis.from_url(valkey_url) as client:
        client.acl_setuser(user, enabled=True, passwords=["+only-here"], commands=["+eval", "+evalsha"])
        with pytest.raises(HotStateAwayError, match="permissions"):
            in_valkey(valkey_url.replace("//", f"//{user}:only-here@"), lambda new: count(new(), batch))
        client.acl_deluser(user)

        client.hset(f"qingxin:counted:t-{sender}:0", "no", "mark")
        with pytest.raises(redis.exceptions.ResponseError, match="WRONGTYPE"):
            in_valkey(valkey_url, lambda new: count(new(), batch))
        client.delete(f"qingxin:counted:t-{sender}:0")


def test_a_server_that_cannot_write_counts_as_away_and_nothing_is_counted_twice(valkey_url: str) -> None:
    sender = a_sender()
    batch = items(some_sms(sender, 3), f"t-{sender}")

    async def deed(new: Callable[..., Speedometer]) -> Counts:
        with redis.Redis.from_url(valkey_url) as client:
            client.config_set("maxmemory", 1)
            try:
                with pytest.raises(HotStateAwayError):
                    await count(new(), batch)
            finally:
                client.config_set("maxmemory", 0)
            await count(new(), batch)
            client.script_flush()
        return await count(new(), batch)

    assert in_valkey(valkey_url, deed).of(0).day == 3


def test_late_sms_count_in_their_day_as_long_as_they_may_be_late(valkey_url: str) -> None:
    # Given a sender's day, read when it is over, and more of that day that comes ever later
    sender, late = a_sender(), RULES.volume.late_hours
    evening = NOW.replace(hour=15, minute=30) - timedelta(days=1)  # 23:30 in Shanghai: the day ends half an hour later
    ends = evening + timedelta(minutes=30)
    expiries = []
    with redis.Redis.from_url(valkey_url) as client:
        for number, read_at in enumerate((evening, ends + timedelta(hours=3), evening + timedelta(hours=late))):
            batch = items(some_sms(sender, 10, sent_at=evening), f"t-{sender}", first=10 * number)
            counts = in_valkey(valkey_url, lambda new, batch=batch, at=read_at: count(new(), batch, at))
            assert counts.of(0).day == 10 * (number + 1)
            expiries.append(client.expiretime(sender_key(f"{evening + timedelta(hours=8):%y%m%d}", sender)))
    # Then the day is kept until nothing of it can count any more, whenever it was read, and nothing renews it
    assert expiries == [expiries[0]] * 3
    assert expiries[0] >= (ends + timedelta(hours=late)).timestamp()
    # and what is later counts in the day in which it is read
    batch = items(some_sms(sender, 1, sent_at=evening), f"t-{sender}", first=90)
    too_late = evening + timedelta(hours=late, seconds=1)
    assert in_valkey(valkey_url, lambda new: count(new(), batch, too_late)).of(0).day == 1


@pytest.mark.parametrize("late", [1, 24, 72])
def test_a_day_that_anything_can_still_count_in_is_never_forgotten(valkey_url: str, late: int) -> None:
    # Given SMS as late as they may be, of the first and the last moment of a day
    sender = a_sender()
    for sent in (NOW.replace(hour=16), NOW.replace(hour=15, minute=59, second=59) + timedelta(days=1)):
        read_at = sent + timedelta(hours=late)
        batch = items(some_sms(sender, 1, sent_at=sent), f"t-{sender}-{sent:%H}")
        in_valkey(valkey_url, lambda new, batch=batch, at=read_at: count(new(late_hours=late), batch, at))
        with redis.Redis.from_url(valkey_url) as client:
            expires = client.expiretime(sender_key(f"{sent + timedelta(hours=8):%y%m%d}", sender))
        assert expires > read_at.timestamp()


def test_texts_that_differ_in_names_and_tails_are_near_identical(valkey_url: str) -> None:
    # Given a loan campaign of a hundred texts, none of which is equal to another, and ten harmless texts
    sender, classifier = a_sender(), Classifier.load(default_artifact())
    loan = "您好，我是平安普惠的客户经理，您的信用额度已提升到20万元，当天放款，利息低至三厘"
    texts = [f"{name}{given}{loan}{tail}" for name in "王李张刘陈" for given in "伟芳娜秀" for tail in "甲乙丙丁戊"]
    plain = ["晚上一起吃饭吗？", "明天的会改到下午三点", "妈，我到学校了，放心", "车停在地下二层东边", "生日快乐呀"]
    batch = items([an_sms(sender=sender, sent_at=NOW, text=text) for text in texts + plain * 2], f"t-{sender}")

    async def deed(new: Callable[..., Speedometer]) -> Counts:
        return await new().count(batch, classifier.verdicts([item.message.text for item in batch]), NOW)

    assert in_valkey(valkey_url, deed).of(0).same_share >= 0.75


@pytest.mark.parametrize(
    ("others", "copies", "mixed", "least"), [(100, 900, False, 0.89), (900, 900, True, 0.35), (9, 1, False, 0.1)]
)
def test_many_different_texts_hide_no_copies(
    valkey_url: str,
    others: int,
    copies: int,
    mixed: bool,  # noqa: FBT001
    least: float,
) -> None:
    sender = a_sender()
    texts = [f"{number}" for number in range(others)] + ["澳门娱乐城"] * copies
    if mixed:
        random.Random(6).shuffle(texts)  # noqa: S311 - the same each time
    batch = items(
        [an_sms(sender=sender, sent_at=NOW, text=text, receiver=f"{n}") for n, text in enumerate(texts)], sender
    )
    share = in_valkey(valkey_url, lambda new: count(new(), batch)).of(0).same_share
    assert least <= share <= max(copies, 1) / len(texts)


@pytest.mark.parametrize("receivers", [1, 3, 400])
@pytest.mark.parametrize("step", [1, 90])
def test_what_a_feeder_that_died_feeds_again_counts_once(valkey_url: str, receivers: int, step: int) -> None:
    # Given 150 SMS that the feeder wrote before it died, and wrote again under the same ids, later in the partition
    sender = a_sender()
    fed = [
        an_sms(sender=sender, receiver=f"139{n % receivers}", text=f"{n % 2}", id=f"{n}", sent_at=NOW)
        for n in range(150)
    ]
    read = items(fed + fed, f"t-{sender}")

    async def deed(new: Callable[..., Speedometer]) -> Counts:
        for start in range(0, len(read), step):
            counts = await count(new(per_hour=150), read[start : start + step])
            assert not counts.crossed
        return counts

    counts = in_valkey(valkey_url, deed)
    assert (counts.of(0).hour, counts.of(0).day, counts.of(0).exceeded) == (150, 150, False)
    assert counts.of(0).receivers == min(receivers, 150)


def test_ids_stay_known_when_another_receiver_gets_many_sms_in_one_batch(valkey_url: str) -> None:
    sender = a_sender()

    def fed(receiver: str, number: int) -> list[Sms]:
        return [an_sms(sender=sender, receiver=receiver, id=f"{receiver}-{n}", sent_at=NOW) for n in range(number)]

    one, other = fed("13900000001", 100), fed("13900000002", 40)
    read = items(one + other + one + other, f"t-{sender}")

    async def deed(new: Callable[..., Speedometer]) -> Counts:
        for upto, start in ((100, 0), (140, 100), (280, 140)):
            counts = await count(new(), read[start:upto])
        return counts

    counts = in_valkey(valkey_url, deed)
    assert (counts.of(0).day, counts.of(0).receivers) == (140, 2)


def test_copies_are_told_from_originals_when_a_receiver_got_more_than_can_be_counted(valkey_url: str) -> None:
    # Given 300 times one text to one receiver, 200 of which the interconnect saw too
    sender = a_sender()
    flood = [an_sms(sender=sender, gateway="smsc", sent_at=NOW) for _ in range(300)]
    copies = [an_sms(sender=sender, gateway="interconnect", sent_at=NOW) for _ in range(200)]

    async def deed(new: Callable[..., Speedometer]) -> Counts:
        await count(new(), items(flood, f"smsc-{sender}"))
        return await count(new(), items(copies, f"out-{sender}"))

    assert in_valkey(valkey_url, deed).of(0).day == 300


def test_equal_ids_of_two_gateways_are_two_sms(valkey_url: str) -> None:
    sender = a_sender()
    batch = [
        *items([an_sms(sender=sender, gateway="smsc", id="1", text="甲", sent_at=NOW)], f"a-{sender}"),
        *items([an_sms(sender=sender, gateway="ismg", id="1", text="乙", sent_at=NOW)], f"b-{sender}"),
    ]
    assert in_valkey(valkey_url, lambda new: count(new(), batch)).of(0).day == 2


SENT = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 1), st.booleans()), min_size=1, max_size=25
)
"""Receiver, text, hour of each SMS, and whether a second gateway sees it, too."""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=SENT, chance=st.randoms(use_true_random=False))
def test_each_sms_counts_once_whatever_is_read_and_fed_again(
    valkey_url: str, sent: list[tuple[int, int, int, bool]], chance: random.Random
) -> None:
    # Given SMS at two gateways, each of whose feeders died and fed what it had fed last once more
    sender = a_sender()
    feeds: dict[str, list[Sms]] = {"smsc": [], "interconnect": []}
    for number, (receiver, text, hours, twice) in enumerate(sent):
        for gateway in ("smsc", "interconnect") if twice else ("smsc",):
            feeds[gateway].append(
                an_sms(
                    sender=sender, gateway=gateway, receiver=f"{receiver}", text=f"{text}", id=f"{gateway}{number}",
                    sent_at=NOW - timedelta(hours=hours),
                )
            )  # fmt: skip
    read = {}
    for gateway, fed in feeds.items():
        cut = chance.randint(0, len(fed))
        read[gateway] = items(fed[:cut] + fed[chance.randint(0, cut) :], f"{gateway}-{sender}")
    done = dict.fromkeys(read, 0)

    # When two workers read them in pieces, some of them once more
    async def deed(new: Callable[..., Speedometer]) -> Counts:
        workers = [new(), new()]
        while left := [gateway for gateway in read if done[gateway] < len(read[gateway])]:
            gateway = chance.choice(left)
            upto = done[gateway] + chance.randint(1, 9)
            await count(chance.choice(workers), read[gateway][done[gateway] : upto])
            done[gateway] = max(0, upto - chance.choice([0, 0, 3]))
        return await count(workers[0], read["smsc"])

    counts = in_valkey(valkey_url, deed)
    # Then the day has as many as were sent
    assert counts.of(0).day == len(sent)
    assert counts.of(0).receivers == len({receiver for receiver, *_ in sent})
