"""Calibration, with figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.calibration import expected_calibration_error, reliability, top_label


def test_probabilities_that_come_true_as_often_as_they_say_have_no_error() -> None:
    # Given ten texts at 0.2 of which two are spam, and ten at 0.9 of which nine are
    said = [0.2] * 10 + [0.9] * 10
    true = [True] * 2 + [False] * 8 + [True] * 9 + [False]

    assert expected_calibration_error(said, true) == pytest.approx(0)


def test_the_error_is_the_gap_of_each_bin_weighted_by_its_rows() -> None:
    # Given three rows at 0.9 of which one came true (gap 0.5667), and one at 0.1 that did not (gap 0.1)
    said, true = [0.9, 0.9, 0.9, 0.1], [True, False, False, False]

    assert expected_calibration_error(said, true, bins=10) == pytest.approx((3 * (0.9 - 1 / 3) + 1 * 0.1) / 4)


def test_gaps_in_one_bin_cancel_out_and_more_bins_show_them() -> None:
    said, true = [0.2, 0.8], [True, False]

    assert expected_calibration_error(said, true, bins=1) == pytest.approx(0)
    assert expected_calibration_error(said, true, bins=2) == pytest.approx(0.8)


def test_a_bin_is_closed_above_and_the_first_one_below_too() -> None:
    first, second = reliability([0.0, 0.5, 0.51, 1.0], [False, True, True, True], bins=2)

    assert (first.low, first.high, first.rows, first.probability, first.share) == (0, 0.5, 2, 0.25, 0.5)
    assert (second.rows, second.share) == (2, 1.0)


def test_bins_without_rows_are_left_out() -> None:
    assert [part.low for part in reliability([0.01, 0.99], [False, True], bins=10)] == pytest.approx([0.0, 0.9])


def test_bins_of_equal_mass_hold_the_same_number_of_rows() -> None:
    said = [0.001, 0.002, 0.003, 0.004, 0.8, 0.9]

    parts = reliability(said, [False] * 4 + [True] * 2, bins=3, equal_mass=True)

    assert [part.rows for part in parts] == [2, 2, 2]
    assert (parts[0].low, parts[0].high) == (0.001, 0.002)


def test_the_top_label_is_right_where_it_is_the_true_one() -> None:
    confidence, right = top_label(np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]]), [0, 1])

    assert confidence.tolist() == [0.7, 0.6]
    assert right.tolist() == [True, False]


def test_no_row_has_no_error() -> None:
    assert expected_calibration_error([], []) == 0


@pytest.mark.parametrize(
    ("said", "true", "bins"),
    [([0.1], [True, False], 5), ([1.2], [True], 5), ([float("nan")], [True], 5), ([0.5], [True], 0)],
)
def test_what_is_no_probability_is_refused(said: list[float], true: list[bool], bins: int) -> None:
    with pytest.raises(ValueError, match=r"length|outside|bin"):
        expected_calibration_error(said, true, bins)
