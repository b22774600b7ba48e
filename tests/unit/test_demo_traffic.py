"""The demo's traffic: every category is there, the same seed gives the same, every SMS is a valid record."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime
from itertools import islice

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.records import Sms, encode
from config.topics import GATEWAYS
from demo.smoke.feeding import SPAMMER, fixed_traffic
from demo.traffic.disguise import WAYS
from demo.traffic.slots import SLOTS, fill
from demo.traffic.stream import BREAKS, REPORTING_NUMBER, Traffic
from demo.traffic.templates import load_groups
from tests.builders import NOW, an_sms

LABELS = {"ham", "ad", "fraud", "gambling", "porn", "loan", "forgery", "contraband", "politics"}


def some(count: int, seed: int = 1, run: str = "run", now: datetime = NOW) -> list[Sms]:
    traffic = Traffic(seed, run)
    return [traffic.sms(now) for _ in range(count)]


def test_every_category_has_texts() -> None:
    assert {group.label for group in load_groups()} == LABELS


def test_there_are_texts_enough() -> None:
    assert sum(len(group.texts) for group in load_groups()) >= 120


def test_every_slot_is_used() -> None:
    texts = "".join(text for group in load_groups() for text in group.texts)
    assert [slot for slot in SLOTS if f"{{{slot}}}" not in texts] == []


def test_the_same_seed_gives_the_same_traffic() -> None:
    assert some(300) == some(300)


def test_another_seed_gives_other_traffic() -> None:
    assert some(20) != some(20, seed=2)


def test_the_same_people_come_back_in_another_run() -> None:
    first, second = (Traffic(7, run, run_seed=seed) for run, seed in (("a", 1), ("b", 2)))
    assert first.people.spammers == second.people.spammers
    assert [first.sms(NOW).text for _ in range(20)] != [second.sms(NOW).text for _ in range(20)]


@given(st.integers(0, 2**31))
def test_every_sms_is_a_valid_record(seed: int) -> None:
    traffic = Traffic(seed, "run")
    for sms in islice(iter(lambda: traffic.sms(NOW), None), 20):
        assert msgspec.json.decode(encode(sms), type=Sms) == sms


def test_no_id_comes_twice() -> None:
    assert len({sms.id for sms in some(2000)}) == 2000


def test_most_traffic_is_harmless_and_every_gateway_has_some() -> None:
    traffic = Traffic(1, "run")
    spammers = {spammer.number for spammer in traffic.people.spammers}
    made = [traffic.sms(NOW) for _ in range(4000)]
    spam = [sms for sms in made if sms.sender in spammers]
    assert 0.04 < len(spam) / len(made) < 0.12
    assert {sms.gateway for sms in made} == set(GATEWAYS)


def test_some_forward_spam_to_the_reporting_number() -> None:
    assert any(sms.receiver == REPORTING_NUMBER for sms in some(4000))


def test_a_few_spammers_send_most_of_the_spam() -> None:
    people = Traffic(1, "run").people
    counts = Counter(people.a_spammer().number for _ in range(2000))
    assert sum(count for _, count in counts.most_common(12)) > 1000


@pytest.mark.parametrize("way", WAYS)
def test_a_disguise_changes_the_text(way) -> None:  # noqa: ANN001 - one of the ways
    text = "加微信wan8888领彩金，注册送88元，代开发票"
    assert way(text, random.Random(1)) != text  # noqa: S311 - a fixed seed


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_line_is_no_sms(broken) -> None:  # noqa: ANN001 - one of the breaks
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        msgspec.json.decode(broken(encode(an_sms(text="您好"))), type=Sms)


def test_a_slot_has_one_value_in_a_text() -> None:
    first, second = fill("{code} {code}", random.Random(3)).split()  # noqa: S311 - a fixed seed
    assert first == second


def test_the_smoke_feeds_the_same_each_time() -> None:
    assert fixed_traffic(NOW) == fixed_traffic(NOW)


def test_the_smoke_repeats_some_sms_of_its_spammer() -> None:
    made = fixed_traffic(NOW)
    assert made.again
    assert {line.sender for line in made.again} == {SPAMMER}
    assert len(made.again) == len(made.again_ids)
