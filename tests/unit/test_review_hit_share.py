"""A share of hits that really changed is seen, in both directions; noise, bursts and few messages raise nothing."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.policy import load_policy
from review.hit_share import Comparison, Share, compare, spread

POLICY = load_policy().coverage


def changed(found: Comparison | None) -> bool:
    return found is not None and found.ratio >= POLICY.share_ratio and found.chance <= POLICY.share_by_chance


def days(share: float, scored: int = 30_000, count: int = 7) -> list[Share]:
    return [Share(round(share * scored), scored) for _ in range(count)]


def test_a_share_that_doubles_is_seen() -> None:
    assert changed(compare(Share(420, 10_000), days(0.02)))


def test_a_share_that_falls_to_nothing_is_seen() -> None:
    found = compare(Share(0, 10_000), days(0.02))
    assert changed(found)
    assert found is not None
    assert not found.risen


def test_a_share_that_was_nothing_and_rises_is_seen() -> None:
    found = compare(Share(50, 10_000), days(0))
    assert changed(found)


def test_no_hit_among_few_sms_says_nothing_where_hits_are_rare() -> None:
    assert not changed(compare(Share(0, 600), days(0.001)))


def test_three_hits_where_a_quarter_was_expected_are_no_alarm() -> None:
    """The normal approximation would call this a matter of five standard deviations."""
    assert not changed(compare(Share(3, 500), days(0.0005)))


def test_few_sms_show_a_great_change_and_no_small_one() -> None:
    assert changed(compare(Share(10, 10), days(0.02, scored=30)))
    assert not changed(compare(Share(2, 10), days(0.02, scored=30)))
    assert not changed(compare(Share(10, 10), [Share(0, 1)] * 3)), "three SMS of the past say nothing"


def test_without_sms_there_is_nothing_to_compare() -> None:
    assert compare(Share(0, 0), days(0.01)) is None
    assert compare(Share(10, 10), days(0, scored=0)) is None


def test_less_than_three_pieces_of_the_past_are_not_compared() -> None:
    assert compare(Share(500, 1000), days(0.01, count=2)) is None


def test_days_that_differ_among_themselves_make_a_change_less_remarkable() -> None:
    steady, bursts = days(0.02), [Share(100, 30_000), Share(2500, 30_000), *days(0.002, count=5)]
    window = Share(450, 10_000)
    calm, wild = compare(window, steady), compare(window, bursts)
    assert calm is not None
    assert wild is not None
    assert wild.chance > calm.chance
    assert not changed(wild)
    assert spread(bursts, 0.02) > 100


@pytest.mark.parametrize("share", [0.001, 0.02, 0.3])
def test_thousands_of_windows_of_noise_raise_no_alarm_however_small(share: float) -> None:
    rng = random.Random(11)  # noqa: S311 - invented traffic
    import numpy as np

    source = np.random.default_rng(rng.randrange(10**6))
    for scored in (3, 30, 3000):
        for _ in range(1000):
            past = [Share(int(source.binomial(3 * scored, share)), 3 * scored) for _ in range(7)]
            assert not changed(compare(Share(int(source.binomial(scored, share)), scored), past))


@given(
    hits=st.integers(0, 5000),
    more=st.integers(0, 5000),
    past=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900))),
)
def test_the_chance_is_a_chance_and_the_ratio_says_how_much(hits: int, more: int, past: list[tuple[int, int]]) -> None:
    found = compare(Share(hits, hits + more), [Share(one, one + other) for one, other in past])
    if found is not None:
        assert 0 <= found.chance <= 1
        assert found.ratio >= 1


@given(scored=st.integers(500, 20_000), more=st.integers(1, 300))
def test_more_hits_are_never_less_remarkable(scored: int, more: int) -> None:
    usual = days(0.02)
    few = compare(Share(round(scored * 0.05), scored), usual)
    many = compare(Share(round(scored * 0.05) + more, scored + more), usual)
    assert few is not None
    assert many is not None
    assert many.chance <= few.chance * (1 + 1e-9)
