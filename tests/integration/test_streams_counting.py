"""Counts of senders shared out between two real Valkeys: the same as on one, also when one is away for a while."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import redis.asyncio
import redis.exceptions

from config.policy import VolumePolicy, load_policy
from config.records import Sms
from demo.children import free_port
from demo.servers import Valkey
from streams.counting import shared
from streams.hits import Counted
from streams.lines import Item
from streams.velocity import Speedometer
from tests.builders import an_sms
from tests.integration.test_streams_velocity import NOW, items, verdicts

RULES = load_policy()


@pytest.fixture
def second(servers_folder: Path) -> Iterator[Valkey]:
    with Valkey(servers_folder / f"second-{uuid.uuid4().hex[:6]}", port=free_port()) as valkey:
        yield valkey


async def count(urls: list[str], batch: list[Item[Sms]], **rules: int) -> Counted:
    policy = VolumePolicy(**(RULES.volume.model_dump() | rules | {f"holiday_{name}": n for name, n in rules.items()}))
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(redis.asyncio.from_url(url)) for url in urls]
        counter = shared([Speedometer(client, policy, RULES.reminders.zone) for client in clients])
        return await counter.count(batch, verdicts(batch), NOW)


def a_batch(topic: str) -> list[Item[Sms]]:
    """SMS of forty senders, some of them many times, from two partitions."""
    chance = random.Random(topic)  # noqa: S311 - the same for each topic
    senders = [f"138{uuid.uuid4().int % 10**8:08}" for _ in range(40)]
    messages = [
        an_sms(sender=senders[int(chance.expovariate(0.2)) % 40], receiver=f"139{place % 50:08}", sent_at=NOW)
        for place in range(400)
    ]
    return items(messages[:200], topic) + items(messages[200:], topic, partition=1)


def test_two_servers_count_what_one_would(valkey_url: str, second: Valkey) -> None:
    batch = a_batch(f"one-{uuid.uuid4()}")

    alone = asyncio.run(count([f"{second.url[:-1]}1"], batch, per_hour=20, per_day=30))
    together = asyncio.run(count([valkey_url, second.url], batch, per_hour=20, per_day=30))

    assert [together.of(place) for place in range(400)] == [alone.of(place) for place in range(400)]
    assert set(together.crossed) == set(alone.crossed)
    assert alone.crossed
    with redis.Redis.from_url(second.url) as client:
        held = sum(1 for _ in client.scan_iter("qingxin:v:*"))
    assert 0 < held < len({item.message.sender for item in batch}), "each server has some of the senders"


def test_while_one_of_two_servers_is_away_nothing_is_counted_twice(valkey_url: str, second: Valkey) -> None:
    batch = a_batch(f"two-{uuid.uuid4()}")
    url = second.url
    second.stop()

    with pytest.raises(redis.exceptions.ConnectionError):
        asyncio.run(count([valkey_url, url], batch))
    second.start()
    counts = asyncio.run(count([valkey_url, url], batch))

    sent = [item.message.sender for item in batch]
    assert [counts.of(place).day for place in range(400)] == [sent.count(sender) for sender in sent]
