"""The linear model: what a fit learns, what it keeps of the model it starts from, and that it stays plain weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from models.errors import CorpusInvalid
from models.fitting import Fit, fit
from models.labels import LABELS
from models.linear import Weights, probabilities

COLUMNS, TOPICS = 64, (0, 1, 3)
HOW = Fit(strength=5.0, balance=0.0, rarity=0.0, scale=1.0, rounds=300, min_rows=1, seed=7)


def rows_of(kinds: np.ndarray[Any, Any], seed: int) -> Any:
    """Rows whose features 8k to 8k + 7 speak for kind k, and of the rest at random."""
    rng = np.random.default_rng(seed)
    dense = (rng.random((len(kinds), COLUMNS)) < 0.05).astype(np.float32)
    for row, kind in enumerate(kinds):
        dense[row, 8 * kind + rng.choice(7, 3, replace=False)] = 1
    dense /= np.sqrt(dense.sum(axis=1, keepdims=True))
    return sparse.csr_matrix(dense)


def some_kinds(count: int, seed: int, among: tuple[int, ...] = TOPICS) -> np.ndarray[Any, Any]:
    kinds = np.random.default_rng(seed).choice(among, count)
    kinds[: len(among)] = among
    return kinds.astype(np.int64)


def fitted(kinds: np.ndarray[Any, Any], matrix: Any, how: Fit = HOW, start: Weights | None = None) -> Weights:
    return fit(matrix, kinds, np.ones(len(kinds)), how, start)


@pytest.fixture(scope="module")
def old() -> Weights:
    """A model of three labels."""
    kinds = some_kinds(300, seed=1)
    return fitted(kinds, rows_of(kinds, seed=1))


def test_logits_are_the_weighted_sum_and_the_bias() -> None:
    weights = Weights(np.arange(18, dtype=np.float32).reshape(2, 9), np.arange(9, dtype=np.float32))

    logits = weights.logits(sparse.csr_matrix(np.array([[0.5, 2.0], [0, 0]], np.float32)))

    assert logits.dtype == np.float32
    assert logits[0].tolist() == [0.5 * one + 2 * (one + 9) + one for one in range(9)]
    assert logits[1].tolist() == list(range(9))


def test_probabilities_sum_to_one_however_large_the_logits() -> None:
    shares = probabilities(np.array([[0, 0, 0], [1000, 0, -1000]], np.float32))

    np.testing.assert_allclose(shares, [[1 / 3] * 3, [1, 0, 0]], atol=1e-6)


def test_a_fit_tells_unseen_rows_apart(old: Weights) -> None:
    kinds = some_kinds(200, seed=2)

    assert (old.logits(rows_of(kinds, seed=2)).argmax(axis=1) == kinds).mean() > 0.97


def test_a_fit_is_the_logistic_regression_of_the_scaled_rows_but_for_its_shape() -> None:
    # Given rows, and features that weigh more the rarer they are
    kinds = some_kinds(200, seed=3)
    matrix, how = rows_of(kinds, seed=3), replace(HOW, rarity=1.0, scale=4.0, balance=0.3)
    rarity = np.log(201 / (1 + np.asarray((matrix > 0).sum(axis=0)).ravel())) + 1
    scaled = (matrix @ sparse.diags(rarity / rarity.mean() * 4.0)).astype(np.float32)
    counts = np.bincount(kinds)
    balance = ((counts.max() / counts[kinds]) ** 0.3).astype(np.float64)

    # When the same is fitted by hand
    by_hand = LogisticRegression(C=5.0, solver="saga", max_iter=300, tol=1e-3, random_state=7)
    by_hand.fit(scaled, kinds, sample_weight=balance)

    # Then plain weights give the same logits on rows that are not scaled
    logits = fitted(kinds, matrix, how).logits(matrix)
    np.testing.assert_allclose(logits[:, TOPICS], by_hand.decision_function(scaled), atol=0.02)


def test_a_label_without_a_row_is_never_said(old: Weights) -> None:
    shares = probabilities(old.logits(rows_of(some_kinds(50, seed=4), seed=4)))

    assert shares[:, [kind for kind in range(len(LABELS)) if kind not in TOPICS]].max() < 1e-6


def test_a_feature_of_too_few_rows_weighs_nothing() -> None:
    # Given a feature that only one row of spam has
    kinds = some_kinds(100, seed=5)
    matrix = rows_of(kinds, seed=5).tolil()
    matrix[:, 63] = 0
    matrix[1, 63] = 1

    found = [np.abs(fitted(kinds, matrix.tocsr(), replace(HOW, min_rows=least)).weights[63]).max() for least in (1, 2)]

    assert found[0] > 0 == found[1]


def test_the_more_a_row_counts_the_more_it_pulls() -> None:
    # Given two rows that are equal but for what they are called
    matrix, kinds = sparse.csr_matrix(np.ones((2, 4), np.float32)), np.array([0, 1])

    shares = [probabilities(fit(matrix, kinds, np.array([1, more]), HOW).logits(matrix))[0, 1] for more in (1.0, 3.0)]

    assert shares == pytest.approx([0.5, 0.75], abs=0.03)


def test_balance_raises_the_rare_label() -> None:
    # Given rows without features, one spam among four
    matrix, kinds = sparse.csr_matrix(np.ones((4, 4), np.float32)), np.array([0, 0, 0, 1])

    models = [fitted(kinds, matrix, replace(HOW, balance=power)) for power in (0.0, 1.0)]

    shares = [probabilities(model.logits(matrix))[0, 1] for model in models]
    assert shares == pytest.approx([0.25, 0.5], abs=0.03)


@pytest.mark.parametrize("kinds", [[0, 0, 0], [1, 2, 1]])
def test_rows_without_ham_or_without_spam_are_refused(kinds: list[int]) -> None:
    with pytest.raises(CorpusInvalid, match="both ham and spam"):
        fitted(np.array(kinds), sparse.csr_matrix(np.ones((3, 4), np.float32)))


@pytest.mark.parametrize("among", [TOPICS, (0, 3)])
def test_what_starts_from_a_model_folds_into_plain_weights(old: Weights, among: tuple[int, ...]) -> None:
    # Given rows with half the logits of the old model as nine further features
    kinds = some_kinds(120, seed=6, among=among)
    matrix = rows_of(kinds, seed=6)
    taught = sparse.hstack([matrix * HOW.scale, sparse.csr_matrix(0.5 * old.logits(matrix))]).tocsr()

    # When they are fitted by hand, and by `fit` from the old model
    by_hand = LogisticRegression(C=5.0, solver="saga", max_iter=300, tol=1e-3, random_state=7)
    by_hand.fit(taught.astype(np.float32), kinds)
    new = fitted(kinds, matrix, start=old)

    # Then weights and bias alone, on rows without those features, give the same
    logits, decision = new.logits(matrix).astype(np.float64), by_hand.decision_function(taught)
    if len(among) == 2:
        np.testing.assert_allclose(logits[:, 3] - logits[:, 0], decision, atol=1e-4)
    else:
        np.testing.assert_allclose(logits[:, among], decision, atol=1e-4)


def test_rows_that_say_nothing_new_leave_what_the_old_model_says(old: Weights) -> None:
    # Given rows that are called what the old model calls them
    matrix = rows_of(some_kinds(150, seed=8), seed=8)
    others = rows_of(some_kinds(300, seed=9), seed=9)

    new = fitted(old.logits(matrix).argmax(axis=1), matrix, start=old)

    # Then on other rows both name the same
    assert (new.logits(others).argmax(axis=1) == old.logits(others).argmax(axis=1)).mean() > 0.98


def test_a_few_decisions_change_the_old_model_where_they_differ_and_nowhere_else(old: Weights) -> None:
    # Given a feature that the old model takes for label 3, and ten decisions that it is ham, among what it knows
    kinds = some_kinds(60, seed=10)
    known = rows_of(kinds, seed=10)
    decided = np.zeros((10, COLUMNS), np.float32)
    decided[:, 24] = 1
    before = old.logits(decided[:1]).argmax()

    # When the decisions are learned
    rows = sparse.vstack([known, sparse.csr_matrix(decided)]).tocsr()
    new = fitted(np.concatenate([kinds, np.zeros(10, np.int64)]), rows, start=old)

    # Then the decided rows are ham, and all others what they were
    others = some_kinds(200, seed=11)
    assert before == 3
    assert new.logits(decided[:1]).argmax() == 0
    assert (new.logits(rows_of(others, seed=11)).argmax(axis=1) == others).mean() > 0.95


def test_a_start_teaches_more_than_a_few_rows_alone(old: Weights) -> None:
    # Given nine rows, far too few to learn from
    kinds, others = some_kinds(9, seed=12), some_kinds(300, seed=13)
    matrix, unseen = rows_of(kinds, seed=12), rows_of(others, seed=13)

    alone, taught = (
        (fitted(kinds, matrix, start=start).logits(unseen).argmax(axis=1) == others).mean() for start in (None, old)
    )

    assert taught > 0.95
    assert taught > alone


def test_a_label_without_a_new_row_keeps_its_place_in_the_model_it_starts_from(old: Weights) -> None:
    # Given decisions of ham and label 1 alone, and a model that knows label 3 as well
    kinds = some_kinds(60, seed=14, among=(0, 1))
    gambling = np.full(50, 3)

    new = fitted(kinds, rows_of(kinds, seed=14), start=old)

    assert (new.logits(rows_of(gambling, seed=15)).argmax(axis=1) == 3).mean() > 0.9
