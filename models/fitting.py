"""One multinomial logistic regression over hashed features, as weights and bias of all labels."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from models.errors import CorpusInvalid
from models.labels import LABELS
from models.linear import Weights

Kinds = npt.NDArray[np.int64]

_NEVER: Final = -20.0  # the bias of a label without a row
_START_SCALE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Fit:
    """How to fit.

    `strength` is the inverse of the regularisation, `balance` the power to which a class's rarity counts, `rarity` the
    power of the inverse document frequency, `scale` the mean feature scale, `rounds` the passes of the solver,
    `min_rows` the texts a feature must be seen in (one text alone leaves no trace), `seed` that of the solver.
    """

    strength: float
    balance: float
    rarity: float
    scale: float
    rounds: int
    min_rows: int
    seed: int


def fit(
    matrix: Any, kinds: Kinds, importance: npt.NDArray[np.float64], how: Fit, start: Weights | None = None
) -> Weights:
    """Fit on rows of a CSR matrix; `kinds` are places in LABELS. What scales a feature is folded into its weights.

    With `start` the model learns what to change about that one: its logits are nine further features, which fold into
    plain weights again; a label without a row keeps its odds against ham.

    Raises CorpusInvalid if ham or spam is missing.
    """
    if (kinds == 0).all() or (kinds != 0).all():
        raise CorpusInvalid("training needs both ham and spam")
    seen = np.bincount(matrix.indices, minlength=matrix.shape[1])
    columns = np.flatnonzero(seen >= how.min_rows)
    scale = (np.log((1 + matrix.shape[0]) / (1 + seen[columns])) + 1) ** how.rarity
    scale = (scale / scale.mean() * how.scale).astype(np.float32)
    part = (matrix[:, columns] @ sparse.diags(scale)).tocsr().astype(np.float32)
    if start is not None:
        part = sparse.hstack([part, sparse.csr_matrix(_START_SCALE * start.logits(matrix))]).tocsr()
    model = LogisticRegression(C=how.strength, solver="saga", max_iter=how.rounds, tol=1e-3, random_state=how.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of rounds is part of the recipe
        model.fit(part, kinds, sample_weight=importance * _balance(kinds, how.balance))
    coefficients, intercept = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # noqa: PLR2004 - scikit-learn stores one row for two classes
        coefficients, intercept = np.vstack([-coefficients, coefficients]) / 2, np.hstack([-intercept, intercept]) / 2
    weights = np.zeros((matrix.shape[1], len(LABELS)), np.float32)
    bias = np.full(len(LABELS), _NEVER, np.float32)
    weights[np.ix_(columns, model.classes_)] = coefficients[:, : len(columns)].T * scale[:, None]
    bias[model.classes_] = intercept
    if start is not None:
        change = np.zeros((len(LABELS), len(LABELS)), np.float32)
        change[:, model.classes_] = _START_SCALE * coefficients[:, len(columns) :].T
        weights += start.weights @ change
        bias[model.classes_] += (start.bias @ change)[model.classes_]
        absent = np.setdiff1d(np.arange(len(LABELS)), model.classes_)
        weights[:, absent] = weights[:, :1] + start.weights[:, absent] - start.weights[:, :1]
        bias[absent] = bias[0] + start.bias[absent] - start.bias[0]
    return Weights(weights, bias)


def _balance(kinds: Kinds, power: float) -> npt.NDArray[np.float64]:
    counts = Counter(kinds.tolist())
    most = max(counts.values())
    by_kind = np.array([(most / counts[kind]) ** power if kind in counts else 1.0 for kind in range(len(LABELS))])
    balance: npt.NDArray[np.float64] = by_kind[kinds]
    return balance
