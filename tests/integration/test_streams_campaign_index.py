"""The campaign index on a real Valkey: near-duplicates meet over batches and workers; what it forgets does no harm."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import redis.asyncio
import redis.exceptions

from config.live import CAMPAIGN_KEYS
from config.policy import load_policy
from config.records import Contact, Hit
from demo.campaign_trial import Figures, distinct, template_texts, trial, written_texts
from models.corpus import read_corpus, tsv_files
from models.text import normalise
from streams.campaign_index import CampaignIndex
from tests.builders import a_hit

POLICY = load_policy().campaigns
TEXT = (
    "【星河娱乐】尊敬的会员，今日首存100送88元，真人视讯、体育电竞任您选，提款三分钟到账，官网xh668.top，加微信xinghe88"
)
OTHER_WORDS = TEXT.replace("尊敬的会员，", "").replace("xh668.top", "abc123.vip").replace("体育电竞", "体育竞猜")
ANOTHER = "代开各类正规发票，住宿餐饮建材广告，验证后付款，量大从优，详询李经理13800001111"


@pytest.fixture(autouse=True)
def memory(valkey_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(valkey_url) as client:
        client.flushdb()
        yield client
        client.flushdb()


def a_text(text: str, **changes: Any) -> Hit:
    return a_hit(text=text, normalised=normalise(text), **changes)


def with_index(url: str, deed: Callable[[CampaignIndex], Awaitable[Any]], **policy: Any) -> Any:
    """Do something with an index of its own, as a worker has it."""

    async def run() -> Any:
        async with redis.asyncio.from_url(url, socket_timeout=5) as client:
            return await deed(CampaignIndex(client, POLICY.model_copy(update=policy)))

    return asyncio.run(run())


def campaigns(url: str, *texts: str, **policy: Any) -> list[str]:
    """The campaign of each text, all in one batch."""
    marked = with_index(url, lambda index: index.mark([a_text(text) for text in texts]), **policy)
    return [hit.campaign for hit in marked]


def test_near_duplicates_of_one_batch_are_one_campaign_and_others_are_not(valkey_url: str) -> None:
    first, near, other = campaigns(valkey_url, TEXT, OTHER_WORDS, ANOTHER)
    assert first == near != other
    assert len(first) == 16


def test_near_duplicates_meet_over_batches_and_workers(valkey_url: str) -> None:
    assert campaigns(valkey_url, TEXT) == campaigns(valkey_url, OTHER_WORDS)


def test_hits_keep_everything_else_and_get_their_contacts(valkey_url: str) -> None:
    hits = [a_text(TEXT), a_text(ANOTHER)]
    marked = with_index(valkey_url, lambda index: index.mark(hits))
    assert [(hit.id, hit.text, hit.scores) for hit in marked] == [(hit.id, hit.text, hit.scores) for hit in hits]
    assert marked[0].contacts == [Contact("link", "xh668.top"), Contact("wechat", "xinghe88")]
    assert marked[1].contacts == [Contact("phone", "13800001111")]


def test_no_hits_ask_nothing_of_redis() -> None:
    assert with_index("redis://127.0.0.1:1/0", lambda index: index.mark([])) == []


def test_the_same_hit_gets_the_same_campaign_again(valkey_url: str) -> None:
    texts = [TEXT, OTHER_WORDS, ANOTHER, "办证13800001111", ""]
    before = campaigns(valkey_url, *texts)
    campaigns(valkey_url, TEXT.replace("提款三分钟到账", "注册就送好礼"))
    assert campaigns(valkey_url, *reversed(texts)) == before[::-1]


def test_an_index_that_forgot_begins_the_same_campaign_with_the_same_text(memory: Any, valkey_url: str) -> None:
    before = campaigns(valkey_url, TEXT, OTHER_WORDS)
    memory.flushdb()
    memory.script_flush()
    assert campaigns(valkey_url, TEXT, OTHER_WORDS) == before


def test_a_second_wording_brings_a_third_into_the_campaign(memory: Any, valkey_url: str) -> None:
    clauses = ["急招夜间配送", "日结三百", "包吃包住", "自备车辆优先", "年龄不限", "入职送手机", "推荐有奖", "名额不多"]
    first, second, third = ("，".join(clauses[start : start + 5]) for start in (0, 2, 3))
    alone = campaigns(valkey_url, first, third)
    assert alone[0] != alone[1], "they have too little in common"
    memory.flushdb()
    assert len(set(campaigns(valkey_url, first, second, third))) == 1
    memory.flushdb()
    assert len(set(campaigns(valkey_url, first, second, third, wordings=1))) == 2


def test_workers_at_the_same_moment_begin_one_campaign(valkey_url: str) -> None:
    async def at_once() -> list[list[Hit]]:
        clients = [redis.asyncio.from_url(valkey_url) for _ in range(8)]
        try:
            indexes = [CampaignIndex(client, POLICY) for client in clients]
            return await asyncio.gather(*(index.mark([a_text(TEXT), a_text(OTHER_WORDS)]) for index in indexes))
        finally:
            await asyncio.gather(*(client.aclose() for client in clients))

    assert len({hit.campaign for hits in asyncio.run(at_once()) for hit in hits}) == 1


def test_every_key_expires(memory: Any, valkey_url: str) -> None:
    campaigns(valkey_url, TEXT, OTHER_WORDS, ANOTHER, "办证")
    longest = POLICY.index_days * 86400
    keys = list(memory.scan_iter())
    assert len(keys) > 60
    assert all(key.startswith(CAMPAIGN_KEYS.encode()) for key in keys)
    assert all(0 < memory.ttl(key) <= longest for key in keys)


def test_a_wording_lives_longer_once_another_text_came_near(memory: Any, valkey_url: str) -> None:
    first, longest = POLICY.first_hours * 3600, POLICY.index_days * 86400

    def lives(campaign: str) -> int:
        return int(memory.ttl(CAMPAIGN_KEYS.encode() + b"e" + bytes.fromhex(campaign)))

    campaign, other = campaigns(valkey_url, TEXT, ANOTHER)
    assert lives(campaign) <= first
    campaigns(valkey_url, OTHER_WORDS)
    assert first < longest - 60 < lives(campaign) <= longest
    assert lives(other) <= first
    bands = sorted(memory.ttl(key) for key in memory.scan_iter(f"{CAMPAIGN_KEYS}b*"))
    assert bands[0] <= first < bands[-1]
    # And one more wording does not shorten the life of the bands that it shares
    campaigns(valkey_url, OTHER_WORDS.replace("真人视讯", "棋牌电子"), likeness=1.0)
    assert max(memory.ttl(key) for key in memory.scan_iter(f"{CAMPAIGN_KEYS}b*")) > first


def test_a_text_that_comes_again_later_counts_as_near(memory: Any, valkey_url: str) -> None:
    (campaign,) = campaigns(valkey_url, TEXT)
    memory.delete(CAMPAIGN_KEYS.encode() + b"t" + bytes.fromhex(campaign))
    assert campaigns(valkey_url, TEXT) == [campaign]
    assert memory.ttl(CAMPAIGN_KEYS.encode() + b"e" + bytes.fromhex(campaign)) > POLICY.first_hours * 3600


def test_a_band_that_thousands_share_holds_few(memory: Any, valkey_url: str) -> None:
    texts = [f"{TEXT}，{chr(0x4E00 + number)}{chr(0x5E00 + number)}" * 2 for number in range(300)]
    campaigns(valkey_url, *texts, likeness=1.0)
    assert max(memory.strlen(key) for key in memory.scan_iter(f"{CAMPAIGN_KEYS}b*")) == 64


def test_a_campaign_costs_about_as_much_memory_as_the_policy_says(memory: Any, valkey_url: str) -> None:
    before = memory.info("memory")["used_memory"]
    texts = written_texts(1200, seed=3)
    campaigns(valkey_url, *texts)
    kilobytes = (memory.info("memory")["used_memory"] - before) / len(texts) / 1000
    print(f"\na campaign costs {kilobytes:.1f} kB of Valkey")  # noqa: T201 - figures for the page
    assert kilobytes < 8


def test_a_redis_that_is_full_is_waited_out_like_one_that_is_away(memory: Any, valkey_url: str) -> None:
    memory.config_set("maxmemory", 1)
    try:
        with pytest.raises(redis.exceptions.ConnectionError, match="maxmemory"):
            campaigns(valkey_url, TEXT)
    finally:
        memory.config_set("maxmemory", 0)
    with pytest.raises(redis.exceptions.ConnectionError):
        campaigns("redis://127.0.0.1:1/0", TEXT)


def tried(url: str, texts: list[str], name: str) -> Figures:
    started = time.perf_counter()
    found: Figures = with_index(url, lambda index: trial(texts, 8, 11, index.mark))
    print(f"\n{name}: {dataclasses.asdict(found)}, {time.perf_counter() - started:.1f} s")  # noqa: T201 - the same
    return found


@pytest.mark.parametrize("texts", [template_texts, written_texts])
def test_variants_of_shipped_texts_land_together_and_strangers_do_not(
    valkey_url: str, texts: Callable[..., list[str]]
) -> None:
    found = tried(valkey_url, texts(600, seed=5), texts.__name__)
    assert found.campaigns == 600
    assert found.together >= 0.95
    assert found.strangers_together <= 0.001


def test_variants_of_real_texts_land_together_and_strangers_do_not(memory: Any, valkey_url: str, corpus: Path) -> None:
    for file in tsv_files([corpus]):
        texts = distinct(read_corpus([file]).rows, 600, seed=5)
        if len(texts) >= 100:
            memory.flushdb()
            found = tried(valkey_url, texts, file.stem)
            assert found.together >= 0.95, file.stem
            assert found.strangers_together <= 0.001, file.stem
