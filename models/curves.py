"""The curves behind a report: what is found against what is wrongly flagged, as points few enough to draw."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_curve, roc_curve

_POINTS: Final = 400
_BINS: Final = 25

Floats = npt.NDArray[np.float32]


class Curve(msgspec.Struct, frozen=True):
    """Points of a curve, in order of `x`; both are shares."""

    x: tuple[float, ...]
    y: tuple[float, ...]


class Histogram(msgspec.Struct, frozen=True):
    """Rows by score: bar i counts the scores from `edges[i]` to `edges[i + 1]`."""

    edges: tuple[float, ...]
    ham: tuple[int, ...]
    spam: tuple[int, ...]


def roc(ham: Floats, spam: Floats) -> Curve:
    """False-positive rate (x) and recall (y) over all thresholds; both kinds of rows must be there."""
    false, found, _ = roc_curve(*_both(ham, spam))
    return _thinned(false, found)


def precision_recall(ham: Floats, spam: Floats) -> Curve:
    """Recall (x) and precision (y) over all thresholds, at the share of spam that the rows themselves have."""
    precision, recall, _ = precision_recall_curve(*_both(ham, spam))
    return _thinned(recall[::-1], precision[::-1])


def histogram(ham: Floats, spam: Floats, bins: int = _BINS) -> Histogram:
    """Scores from 0 to 1, counted in bins of equal width."""
    edges = np.linspace(0, 1, bins + 1)
    counts = [tuple(np.histogram(scores, edges)[0].tolist()) for scores in (ham, spam)]
    return Histogram(tuple(edges.tolist()), counts[0], counts[1])


def _both(ham: Floats, spam: Floats) -> tuple[npt.NDArray[np.bool_], Floats]:
    return np.repeat([False, True], [len(ham), len(spam)]), np.concatenate([ham, spam])


def _thinned(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> Curve:
    """At most `_POINTS` points, spread evenly along the way the curve goes on a logarithmic and on a linear axis."""
    if len(x) > _POINTS:
        steps = np.abs(np.diff(np.log10(np.maximum(x, 1e-6)))) / 6 + np.abs(np.diff(x)) + np.abs(np.diff(y))
        way = np.concatenate([[0.0], np.cumsum(steps)])
        kept = np.unique(np.searchsorted(way, np.linspace(0, way[-1], _POINTS)).clip(0, len(x) - 1))
        x, y = x[kept], y[kept]
    return Curve(tuple(x.tolist()), tuple(y.tolist()))
