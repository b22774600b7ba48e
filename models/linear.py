"""The model itself: one weight for each feature and label, and a bias for each label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A linear model: `weights` (2**bits x labels) and `bias` (labels), float32."""

    weights: Floats
    bias: Floats

    def logits(self, matrix: Any) -> Floats:
        """A number for each row of a CSR matrix and each label; `probabilities` makes sense of them."""
        logits: Floats = np.asarray(matrix @ self.weights + self.bias, dtype=np.float32)
        return logits


def probabilities(logits: Floats) -> Floats:
    """Logits (n x labels) as probabilities: rows sum to 1."""
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = odds / odds.sum(axis=1, keepdims=True)
    return shares
