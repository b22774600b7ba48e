"""The workload, with figures of the published sources in the domain rules and others worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import CorpusInvalid
from models.workload import Traffic, load_at, wilson, workload


@pytest.mark.parametrize(("alarms", "precision"), [(50, 0.08), (1, 0.82)])
def test_where_spam_is_rare_few_hits_are_real(alarms: int, precision: float) -> None:
    # Given fraud in 0.05 % of all SMS, recall 0.9, and a false-positive rate of 0.5 % or 0.01 %
    day = load_at(0.5, (alarms, 10_000), 0.9, Traffic(prevalence=0.0005))

    # Then 8 % or 82 % of the hits are real
    assert day.precision == pytest.approx(precision, abs=0.005)


def test_the_day_is_reckoned_from_volume_prevalence_and_the_time_of_a_case() -> None:
    # Given a million SMS a day with 1 % of spam, half of it found, and 1 % of the ham flagged
    traffic = Traffic(1_000_000, 0.01, seconds_per_case=36, hours_per_day=5, hits_per_case=10, false_hits_per_case=2)

    day = load_at(0.7, (10, 1000), 0.5, traffic)

    # Then 5,000 real hits and 9,900 false ones make 500 and 4,950 cases, at 500 cases a reviewer
    assert (day.true_hits, day.hits) == pytest.approx((5000, 14_900))
    assert day.precision == pytest.approx(5000 / 14_900)
    assert traffic.cases_per_reviewer == 500
    assert (day.cases, day.reviewers) == (pytest.approx(5450), 11)


def test_ten_true_cases_a_reviewer_need_no_eleventh_of_a_reviewer() -> None:
    traffic = Traffic(1000, 1.0, seconds_per_case=360, hours_per_day=1, hits_per_case=1)

    assert load_at(0.5, (0, 10), 0.01, traffic).reviewers == 1


def test_few_false_alarms_are_called_rough_and_the_range_is_wide() -> None:
    few, many = (load_at(0.5, alarms, 0.9, Traffic()) for alarms in ((3, 1000), (300, 100_000)))

    assert few.is_rough
    assert not many.is_rough
    assert few.false_positive_rate == many.false_positive_rate
    assert few.reviewers_low < many.reviewers_low < many.reviewers < many.reviewers_high < few.reviewers_high


def test_no_false_alarm_at_all_does_not_promise_that_none_will_come() -> None:
    day = load_at(0.99, (0, 1000), 0.5, Traffic())

    assert (day.precision, day.precision_high) == (1.0, 1.0)
    assert (day.precision_low or 1) < 0.1
    assert day.reviewers_high > 100 * day.reviewers


def test_no_hit_has_no_precision() -> None:
    day = load_at(1.0, (0, 10), 0.0, Traffic())

    assert (day.precision, day.hits, day.reviewers) == (None, 0, 0)


def test_each_threshold_is_measured_on_the_scores() -> None:
    ham, spam = np.array([0.1, 0.2, 0.6, 0.7], np.float32), np.array([0.5, 0.9], np.float32)

    low, high = workload(ham, spam, Traffic(), [0.6, 0.8])

    assert (low.false_alarms, low.false_positive_rate, low.recall) == (2, 0.5, 0.5)
    assert (high.false_alarms, high.recall) == (0, 0.5)


@pytest.mark.parametrize(("ham", "spam"), [([], [0.5]), ([0.5], [])])
def test_without_ham_or_without_spam_there_is_no_workload(ham: list[float], spam: list[float]) -> None:
    with pytest.raises(CorpusInvalid, match="both ham and spam"):
        workload(np.array(ham, np.float32), np.array(spam, np.float32), Traffic(), [0.5])


def test_wilsons_interval_is_that_of_the_textbook() -> None:
    # Given 10 of 100 (Wilson 1927): 5.52 % to 17.44 %
    assert wilson(10, 100) == pytest.approx((0.0552, 0.1744), abs=5e-5)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=5e-5)
    assert wilson(0, 0) == (0, 1)


@given(st.integers(1, 10_000), st.data())
def test_an_interval_holds_its_share(rows: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, rows))

    low, high = wilson(hits, rows)

    assert 0 <= low <= hits / rows <= high <= 1
