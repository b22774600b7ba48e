"""Calibration: factors and offsets are found again, and probabilities mean more after it than before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from models.calibration import expected_calibration_error, top_label
from models.labels import LABELS
from models.linear import Floats, Weights, probabilities
from models.scaling import Scaling, fit_scaling
from models.training import _cross_scaled

SIZE = len(LABELS)


def drawn(true: Floats, seed: int) -> np.ndarray[Any, Any]:
    """A label for each row of logits, each as often as its probability says."""
    shares = probabilities(true).astype(np.float64)
    spots = np.random.default_rng(seed).random((len(shares), 1))
    return np.minimum((shares.cumsum(axis=1) < spots).sum(axis=1), true.shape[1] - 1)


def true_logits(rows: int, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).normal(0, 2, (rows, SIZE)).astype(np.float32)


def calibration_error(logits: Floats, kinds: np.ndarray[Any, Any]) -> float:
    return expected_calibration_error(*top_label(probabilities(logits), kinds))


def test_a_known_temperature_and_known_offsets_are_found_again() -> None:
    # Given logits of a model that is twice too sure and takes label 2 for too likely, label 4 for too rare
    true = true_logits(8000)
    offset = np.zeros(SIZE, np.float32)
    offset[[2, 4]] = 1, -1
    said = (true - offset) / np.float32(0.5)

    # When they are scaled to labels drawn from the true ones
    scaling = fit_scaling(said, drawn(true, seed=2))

    # Then the factor is a half for each label, and the offsets are back, up to what all labels share
    np.testing.assert_allclose(scaling.factor, 0.5, atol=0.06)
    np.testing.assert_allclose(scaling.offset - scaling.offset.mean(), offset, atol=0.3)


def test_logits_that_mean_what_they_say_are_left_alone() -> None:
    true = true_logits(8000)

    scaling = fit_scaling(true, drawn(true, seed=3))

    np.testing.assert_allclose(scaling.factor, 1, atol=0.1)
    np.testing.assert_allclose(scaling.offset, 0, atol=0.15)


def test_folded_into_the_model_scaling_gives_the_same_logits() -> None:
    rng = np.random.default_rng(4)
    model = Weights(rng.normal(size=(20, SIZE)).astype(np.float32), rng.normal(size=SIZE).astype(np.float32))
    scaling = Scaling(rng.uniform(0.5, 2, SIZE).astype(np.float32), rng.normal(size=SIZE).astype(np.float32))
    matrix = sparse.random(30, 20, density=0.3, format="csr", dtype=np.float32, random_state=5)

    folded = scaling.folded(model)

    assert (folded.weights.dtype, folded.bias.dtype) == (np.float32, np.float32)
    np.testing.assert_allclose(folded.logits(matrix), scaling.applied(model.logits(matrix)), atol=1e-5)


def test_a_label_without_a_row_moves_as_the_others_do() -> None:
    # Given rows of all labels but the last two, though the model takes many for one of these
    true = true_logits(1000)
    kinds = drawn(true[:, :-2], seed=6)

    scaling = fit_scaling(true * np.float32(2), kinds)

    # Then those two are no more and no less sure than the others
    np.testing.assert_allclose(scaling.factor[-2:], scaling.factor[:-2].mean(), rtol=1e-5)
    assert scaling.offset[-2:].tolist() == [0, 0]
    np.testing.assert_allclose(scaling.factor, 0.5, atol=0.15)


@pytest.mark.parametrize("sureness", [3.0, 0.3])
def test_calibrated_across_halves_the_expected_error_drops(sureness: float) -> None:
    # Given logits that are far too sure, or not sure enough
    true = true_logits(3000)
    kinds, said = drawn(true, seed=7), true * np.float32(sureness)

    # When each half of the rows is calibrated by the other half
    scaled = _cross_scaled(said, kinds)

    # Then what they say comes true as often as they say
    assert calibration_error(said, kinds) > 0.1
    assert calibration_error(scaled, kinds) < 0.03


def test_no_half_is_calibrated_by_its_own_labels() -> None:
    # Given rows, and the same with other labels in the second half of each pair
    true = true_logits(400)
    kinds = drawn(true, seed=8)
    other = kinds.copy()
    other[1::2] = (other[1::2] + 1) % SIZE

    # Then the rows whose labels changed are scaled as before, for their own labels do not count
    one, two = _cross_scaled(true, kinds), _cross_scaled(true, other)
    np.testing.assert_array_equal(one[1::2], two[1::2])
    assert not np.allclose(one[::2], two[::2])
