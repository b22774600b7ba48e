"""Calibration: a factor and an offset for each label, so that probabilities mean what they say.

Vector scaling of Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks" (ICML 2017), fitted on
rows that the model has not seen. It folds into weights and bias, so it costs nothing later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from models.labels import LABELS
from models.linear import Floats, Weights

_PULL: Final = 1e-3
"""How strongly factors are drawn to their common mean, and offsets to 0: labels with few rows move little."""

Kinds = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scaling:
    """`factor` and `offset` of each label's logit."""

    factor: Floats
    offset: Floats

    def applied(self, logits: Floats) -> Floats:
        """Calibrated logits."""
        scaled: Floats = logits * self.factor + self.offset
        return scaled

    def folded(self, model: Weights) -> Weights:
        """The model whose logits are calibrated."""
        return Weights(model.weights * self.factor, model.bias * self.factor + self.offset)


def fit_scaling(logits: Floats, kinds: Kinds) -> Scaling:
    """The scaling under which these rows' true labels are likeliest; `kinds` are places in LABELS.

    Of a label without a row nothing can be learned: it takes the mean factor of the others and no offset.
    """
    present, kinds = np.unique(kinds, return_inverse=True)
    size = len(present)
    scores = np.ascontiguousarray(logits[:, present], dtype=np.float64)

    def loss(values: Numbers) -> tuple[float, Numbers]:
        factor, offset = values[:size], values[size:]
        log_odds = scores * factor + offset
        log_odds -= special.logsumexp(log_odds, axis=1, keepdims=True)
        error = np.exp(log_odds)
        error[np.arange(len(kinds)), kinds] -= 1
        error /= len(kinds)
        apart = factor - factor.mean()
        value = -log_odds[np.arange(len(kinds)), kinds].mean() + _PULL * (apart @ apart + offset @ offset)
        return float(value), np.concatenate(
            ((error * scores).sum(axis=0) + 2 * _PULL * apart, error.sum(axis=0) + 2 * _PULL * offset)
        )

    start = np.concatenate((np.ones(size), np.zeros(size)))
    best = optimize.minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=[(0.05, 20.0)] * size + [(-10, 10)] * size
    )
    factor, offset = np.full(len(LABELS), best.x[:size].mean(), np.float32), np.zeros(len(LABELS), np.float32)
    factor[present], offset[present] = best.x[:size], best.x[size:]
    return Scaling(factor, offset)
