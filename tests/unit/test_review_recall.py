"""Recall in production: what a month's counts say, honestly; how samples are judged; which cases are lowered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.roles import Role
from models.guards import notices
from review.errors import ClaimedByAnotherError, JudgedMeanwhileError, NotAllowedError, UnknownVerdictError
from review.grouping import Summary
from review.guards import NOTICES, in_words
from review.recall import ENOUGH_SAMPLES, Month, estimate, interval
from review.rules import Person, SampleVerdict, Standing, check_sample_verdict
from tests.builders import NOW, a_hit

LIN = Person(1, frozenset({Role.REVIEWER}))
FREE = Standing("", None, None)


def a_month(**changes: int) -> Month:
    counts = {
        "confirmed": 900, "undecided": 0, "drawn": 1000, "ham": 990, "missed": 10, "unclear": 0, "unflagged": 10_000,
    }  # fmt: skip
    return Month(name="2026-11", **(counts | changes))


def test_recall_is_the_share_of_spam_that_was_found() -> None:
    found = estimate(a_month())
    assert found is not None
    assert found.recall == pytest.approx(900 / (900 + 100))
    assert found.low < 0.9 < found.high
    assert not found.rough


def test_samples_that_nobody_could_tell_are_not_judged() -> None:
    half = estimate(a_month(drawn=2000, unclear=1000, unflagged=20_000))
    assert half is not None
    assert half.recall == pytest.approx(900 / (900 + 200))


def test_too_few_samples_or_no_confirmed_hit_give_no_figure() -> None:
    assert estimate(a_month(ham=ENOUGH_SAMPLES - 2, missed=1)) is None
    assert estimate(a_month(confirmed=0)) is None


def test_none_missed_is_no_proof_of_a_full_recall() -> None:
    found = estimate(a_month(ham=300, missed=0, drawn=300, unflagged=3_000_000))
    assert found is not None
    assert (found.recall, found.high, found.rough) == (1, 1, True)
    assert found.low < 0.05


@pytest.mark.parametrize(
    ("found", "among", "low", "high"),
    [
        (0, 10, 0, 0.3085),
        (1, 10, 0.0025, 0.4450),
        (5, 10, 0.1871, 0.8129),
        (10, 10, 0.6915, 1),
        (3, 1000, 0.00062, 0.00874),
    ],
)
def test_the_interval_is_that_of_clopper_and_pearson(found: int, among: int, low: float, high: float) -> None:
    assert interval(found, among) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 10**6), st.integers(1, 10**9))
def test_the_estimate_lies_in_its_range(ham: int, missed: int, confirmed: int, unflagged: int) -> None:
    found = estimate(a_month(ham=ham, missed=missed, confirmed=confirmed, unflagged=unflagged))
    if found is not None:
        assert 0 <= found.low <= found.recall <= found.high <= 1


@pytest.mark.parametrize(
    ("said", "verdict"), [("ham", ("ham", "")), ("unclear", ("unclear", "")), ("fraud", ("spam", "fraud"))]
)
def test_a_reviewer_says_what_a_sample_is(said: str, verdict: tuple[str, str]) -> None:
    assert check_sample_verdict(FREE, LIN, said, NOW) == verdict


@pytest.mark.parametrize("said", ["", "spam", "Ham", "x"])
def test_another_word_is_no_verdict(said: str) -> None:
    with pytest.raises(UnknownVerdictError):
        check_sample_verdict(FREE, LIN, said, NOW)


def test_a_sample_is_judged_once_by_a_reviewer_who_may() -> None:
    with pytest.raises(JudgedMeanwhileError):
        check_sample_verdict(Standing(SampleVerdict.HAM, None, None), LIN, "ham", NOW)
    with pytest.raises(ClaimedByAnotherError):
        check_sample_verdict(Standing("", 2, NOW + timedelta(minutes=1)), LIN, "ham", NOW)
    with pytest.raises(NotAllowedError):
        check_sample_verdict(FREE, Person(1, frozenset({Role.AUDITOR, Role.APPROVER})), "ham", NOW)


EMPTY = Summary("", 0, NOW, NOW, 0)
GUARDED, PLAIN = a_hit(guards=["bank_notice"]), a_hit()


def test_a_case_is_lowered_while_all_of_its_evidence_is_guarded() -> None:
    lowered = EMPTY.extended_by([GUARDED]).extended_by([GUARDED, GUARDED])
    assert lowered.lowered
    assert not lowered.extended_by([GUARDED, PLAIN]).lowered


def test_one_unguarded_hit_lifts_a_case_for_good() -> None:
    assert not EMPTY.extended_by([GUARDED, PLAIN]).extended_by([GUARDED]).lowered


def test_the_policy_can_switch_lowering_off() -> None:
    assert not EMPTY.extended_by([GUARDED], guards_lower=False).lowered
    assert not EMPTY.extended_by([GUARDED]).extended_by([GUARDED], guards_lower=False).lowered


def test_every_guard_has_its_words() -> None:
    assert set(NOTICES) == set(notices())
    assert in_words(["bank_notice", "of an older release"]).endswith(" / of an older release")
