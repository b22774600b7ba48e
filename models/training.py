"""From labelled rows to a model: split by near-duplicate group, fit, calibrate, set the threshold, fit on all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import sparse

from models.artifact import FORMAT, Artifact, Manifest, Training, rounded
from models.classifier import scores_of
from models.corpus import UNSPECIFIED, Corpus, Row
from models.corrections import corrected
from models.errors import CorpusInvalid
from models.evaluation import Report, measure, threshold_at
from models.features import Features, FeatureSettings
from models.fitting import Fit, fit
from models.grouping import held_out
from models.labels import HAM, LABELS
from models.linear import Floats, Weights
from models.scaling import Scaling, fit_scaling
from models.wording.generator import SOURCE as GENERATED

Progress = Callable[[str, int, int], None]
Rows = npt.NDArray[np.int64]

# Chat is easy and plentiful, the fake base stations' text is mutilated, generated texts are many variants of few.
# English spam of no stated kind cannot be learned from, so English ham alone would teach that English is harmless.
SOURCE_WEIGHTS: Final = {
    "rubric": 1.5,
    "written": 1.5,
    "chat": 0.5,
    "fake_base_station": 0.3,
    "english": 0.0,
    GENERATED: 0.5,
}
_CHUNK: Final = 1000
_LOWEST, _HIGHEST = 0.01, 0.999
"""No threshold is set outside."""


class Recipe(msgspec.Struct, frozen=True):
    """How a model is trained; every figure was chosen on held-out groups.

    `held_out` is the share of groups measured on, `false_positive_rate` sets the threshold there; the rest is told in
    `models.fitting.Fit`. `features` decides the columns.
    """

    seed: int = 7
    held_out: float = 0.2
    false_positive_rate: float = 0.01
    strength: float = 5.0
    balance: float = 0.3
    rarity: float = 1.0
    scale: float = 4.0
    rounds: int = 25
    min_rows: int = 2
    features: FeatureSettings = FeatureSettings()

    @property
    def fit(self) -> Fit:
        """The part that concerns the solver."""
        return Fit(self.strength, self.balance, self.rarity, self.scale, self.rounds, self.min_rows, self.seed)


class Trained(msgspec.Struct, frozen=True, eq=False):
    """The model fitted on all rows; its twin that never saw the held-out ones, these rows, and the report on them.

    Both are calibrated on the held-out rows; for the report each half of them was calibrated on the other half.
    """

    artifact: Artifact
    report: Report
    twin: Artifact
    held_out: tuple[Row, ...]


def _silent(_stage: str, _done: int, _total: int) -> None:
    pass


def train(  # noqa: PLR0913 - each is a thing of its own
    corpus: Corpus,
    user_words: Sequence[str],
    *,
    version: str,
    created: str,
    shipped: Sequence[Row] = (),
    start: Artifact | None = None,
    recipe: Recipe | None = None,
    progress: Progress = _silent,
) -> Trained:
    """Train on the rows of known label from sources of some weight; `created` is an ISO date.

    `shipped` rows (`models.wording.shipped`) are trained on but neither held out nor measured on. With `start` the new
    model learns what the rows change about that one, with its features, user words and threshold; its probabilities
    are fitted to held-out shipped rows as well, which the old one may have seen.

    Raises CorpusInvalid if ham or spam is missing or nothing is held out.
    The same corpus, words and recipe give the same model.
    """
    recipe = recipe or Recipe()
    settings = start.manifest.features if start else recipe.features
    user_words = start.manifest.user_words if start else user_words
    rows = [*_usable(corpus.rows), *_unseen(_usable(shipped), corpus.rows)]
    if not rows:
        raise CorpusInvalid("training needs both ham and spam; there is no row of a known label")
    texts = [row.text for row in rows]
    ours = np.arange(len(rows)) < sum(1 for _ in _usable(corpus.rows))
    progress("split", 0, 1)
    away = held_out(texts, recipe.held_out, recipe.seed)
    progress("split", 1, 1)
    matrix = _matrix(Features(settings, user_words), texts, progress)
    kinds = np.array([LABELS.index(row.label) for row in rows], dtype=np.int64)
    weight = np.array([SOURCE_WEIGHTS.get(row.source, 1.0) for row in rows])
    old = Weights(start.weights, start.bias) if start else None
    real = away & np.array([row.source != GENERATED for row in rows])
    # Reviewers decide on hits alone: probabilities fitted to their rows would be of no use for all the other traffic.
    unseen = np.flatnonzero(real if start else real & ours)
    measured = unseen[ours[unseen]]
    if len(measured) < 2:  # noqa: PLR2004 - each half is calibrated by the other
        raise CorpusInvalid("too few rows to hold any out")
    progress("fit", 0, 2)
    twin = _fitted(matrix, kinds, weight, np.flatnonzero(~away), recipe, old)
    progress("fit", 1, 2)
    whole = _fitted(matrix, kinds, weight, np.arange(len(rows)), recipe, old)
    progress("fit", 2, 2)
    logits = twin.logits(matrix[unseen])
    calibrated = _cross_scaled(logits, kinds[unseen])[ours[unseen]]
    report = _report([rows[place] for place in measured], calibrated, recipe, start)
    scaling = fit_scaling(logits, kinds[unseen])
    manifest = Manifest(
        format=FORMAT,
        name="qingxin-linear",
        version=version,
        created=created,
        labels=LABELS,
        features=settings,
        user_words=tuple(user_words),
        threshold=report.threshold,
        training=Training(Corpus(tuple(rows), ()).digest, dict(Counter(row.source for row in rows)), recipe.seed),
        figures=_figures(report),
    )
    finished, held = (_artifact(manifest, scaling.folded(model)) for model in (whole, twin))
    return Trained(finished, report, held, tuple(rows[place] for place in measured))


def _artifact(manifest: Manifest, model: Weights) -> Artifact:
    return Artifact(manifest, rounded(model.weights), model.bias)


def _usable(rows: Iterable[Row]) -> Iterator[Row]:
    return corrected(row for row in rows if row.label != UNSPECIFIED and SOURCE_WEIGHTS.get(row.source, 1.0))


def _unseen(rows: Iterable[Row], known: Iterable[Row]) -> Iterator[Row]:
    """The rows whose text is not among the known ones: a corpus may hold what ships with the package."""
    texts = {row.text for row in known}
    return (row for row in rows if row.text not in texts)


def _matrix(features: Features, texts: Sequence[str], progress: Progress) -> Any:
    parts = []
    for start in range(0, len(texts), _CHUNK):
        parts.append(features.matrix(texts[start : start + _CHUNK]))
        progress("features", min(start + _CHUNK, len(texts)), len(texts))
    return sparse.vstack(parts).tocsr()


def _fitted(
    matrix: Any, kinds: Rows, weight: npt.NDArray[np.float64], chosen: Rows, recipe: Recipe, old: Weights | None
) -> Weights:
    return fit(matrix[chosen], kinds[chosen], weight[chosen], recipe.fit, old)


def _cross_scaled(logits: Floats, kinds: Rows) -> Floats:
    """Logits calibrated on one half of the rows each for the other half, so that the report is not of itself."""
    scaled = np.empty_like(logits)
    half = np.arange(len(kinds)) % 2 == 0
    for one in (half, ~half):
        scaling: Scaling = fit_scaling(logits[one], kinds[one])
        scaled[~one] = scaling.applied(logits[~one])
    return scaled


def _report(rows: Sequence[Row], logits: Floats, recipe: Recipe, start: Artifact | None) -> Report:
    """The figures at the threshold for the recipe's share of ham, or at that of the model started from."""
    scores = scores_of(logits)
    if start:
        return measure(rows, scores, start.manifest.threshold)
    ham = np.array([row.label == HAM for row in rows])
    if not ham.any():
        raise CorpusInvalid("too few rows to hold any ham out")
    threshold = threshold_at(scores.spam[ham], recipe.false_positive_rate)
    return measure(rows, scores, round(min(max(threshold, _LOWEST), _HIGHEST) + 5e-5, 4))


def _figures(report: Report) -> dict[str, float]:
    figures = {f"recall at {float(rate):.1%} false positives": value for rate, value in report.recall_at.items()}
    return {name: round(value, 4) for name, value in ({"auc": report.auc or 0.0} | figures).items()}
