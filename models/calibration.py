"""Whether a probability means what it says: of all texts given 0.8, are eight in ten what they were said to be?

The expected calibration error is that of Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks"
(ICML 2017): the probabilities are sorted into bins of equal width, and the gap between the mean probability of a bin
and the share that came true in it is averaged, each bin by its rows. Bins of equal mass (Nixon et al., "Measuring
Calibration in Deep Learning", 2019) hold the same number of rows each; they show gaps where nearly all rows are, near
0 and 1, which equal width lumps together.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

BINS: Final = 15

Numbers = npt.NDArray[np.floating[Any]]


class Bin(msgspec.Struct, frozen=True):
    """Rows whose probability lies from `low` to `high`: their mean probability, and the share that came true."""

    low: float
    high: float
    rows: int
    probability: float
    share: float


def expected_calibration_error(
    probabilities: npt.ArrayLike, outcomes: npt.ArrayLike, bins: int = BINS, *, equal_mass: bool = False
) -> float:
    """The mean gap, 0 to 1, between what was said and what came true; 0 without rows. See `reliability`."""
    parts = reliability(probabilities, outcomes, bins, equal_mass=equal_mass)
    rows = sum(part.rows for part in parts)
    return sum(part.rows * abs(part.probability - part.share) for part in parts) / max(rows, 1)


def reliability(
    probabilities: npt.ArrayLike, outcomes: npt.ArrayLike, bins: int = BINS, *, equal_mass: bool = False
) -> tuple[Bin, ...]:
    """The bins that hold a row, lowest first; `probabilities` (0..1) and `outcomes` (came true or not) have one shape.

    Bins are of equal width, closed above (the first one below, too); with `equal_mass` of equal numbers of rows.
    Raises ValueError for arrays of different length, for a probability outside 0..1, and for less than one bin.
    """
    said, true = np.asarray(probabilities, dtype=np.float64), np.asarray(outcomes, dtype=np.bool_)
    if said.shape != true.shape or said.ndim != 1:
        raise ValueError("probabilities and outcomes must be two lists of the same length")
    if bins < 1:
        raise ValueError("at least one bin")
    if not ((said >= 0) & (said <= 1)).all():
        raise ValueError("a probability lies outside 0 and 1")
    if not len(said):
        return ()
    if equal_mass:
        return tuple(
            _bin(float(said[part].min()), float(said[part].max()), said[part], true[part])
            for part in np.array_split(np.argsort(said, kind="stable"), bins)
            if len(part)
        )
    edges = np.linspace(0, 1, bins + 1)
    places = np.clip(np.searchsorted(edges, said, side="left") - 1, 0, bins - 1)
    return tuple(
        _bin(float(edges[place]), float(edges[place + 1]), said[places == place], true[places == place])
        for place in np.unique(places)
    )


def top_label(probabilities: npt.ArrayLike, kinds: npt.ArrayLike) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    """Of each row (n x labels) the largest probability, and whether its label is the true one (n places of labels)."""
    table = np.asarray(probabilities, dtype=np.float64)
    return np.clip(table.max(axis=1), 0, 1), table.argmax(axis=1) == np.asarray(kinds)


def _bin(low: float, high: float, said: Numbers, true: npt.NDArray[np.bool_]) -> Bin:
    return Bin(low, high, len(said), float(said.mean()), float(true.mean()))
