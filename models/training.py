"""From labelled rows to a model: split by near-duplicate group, fit, set the threshold on the held-out, fit on all."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from models.artifact import FORMAT, Artifact, Manifest, Training
from models.classifier import Classifier
from models.corpus import UNSPECIFIED, Corpus, Row
from models.errors import CorpusInvalid
from models.evaluation import Report, measure, score_rows, threshold_at
from models.features import Features, FeatureSettings
from models.grouping import held_out
from models.labels import HAM, LABELS

Progress = Callable[[str, int, int], None]
Rows = npt.NDArray[np.int64]

# A modern, clean source weighs more; chat is easy and plentiful, the fake base stations' text is mutilated. English
# spam of no stated kind cannot be learned from, so English ham alone would teach that English is harmless.
SOURCE_WEIGHTS: Final = {"rubric": 1.0, "written": 3.0, "chat": 0.5, "fake_base_station": 0.5, "english": 0.0}
_CHUNK: Final = 1000
_NEVER: Final = -20.0  # the bias of a label without a row


class Recipe(msgspec.Struct, frozen=True):
    """How a model is trained; every figure was chosen on held-out groups.

    `held_out` is the share of groups measured on, `false_positive_rate` sets the threshold there, `strength` is the
    inverse of the regularisation, `balance` the power to which a class's rarity counts, `rarity` the power of the
    inverse document frequency, `scale` the mean feature scale, `rounds` the passes of the solver, `min_rows` the texts
    an n-gram must be seen in (one text alone leaves no trace in the weights).
    """

    seed: int = 7
    held_out: float = 0.2
    false_positive_rate: float = 0.01
    strength: float = 5.0
    balance: float = 0.5
    rarity: float = 0.5
    scale: float = 4.0
    rounds: int = 25
    min_rows: int = 2


class Trained(msgspec.Struct, frozen=True, eq=False):
    """The model fitted on all rows, and the report of its twin that never saw the held-out ones."""

    artifact: Artifact
    report: Report


def _silent(_stage: str, _done: int, _total: int) -> None:
    pass


def train(
    corpus: Corpus,
    user_words: Sequence[str],
    *,
    version: str,
    created: str,
    recipe: Recipe | None = None,
    progress: Progress = _silent,
) -> Trained:
    """Train on the rows of known label from sources of some weight; `created` is an ISO date.

    Raises CorpusInvalid if ham or spam is missing or nothing is held out.
    The same corpus, words and recipe give the same model.
    """
    recipe, settings = recipe or Recipe(), FeatureSettings()
    rows = [row for row in corpus.rows if row.label != UNSPECIFIED and SOURCE_WEIGHTS.get(row.source, 1.0)]
    texts = [row.text for row in rows]
    progress("split", 0, 1)
    away = held_out(texts, recipe.held_out, recipe.seed)
    progress("split", 1, 1)
    matrix = _matrix(Features(settings, user_words), texts, progress)
    manifest = Manifest(
        format=FORMAT,
        name="qingxin-linear",
        version=version,
        created=created,
        labels=LABELS,
        features=settings,
        user_words=tuple(user_words),
        threshold=0.5,
        training=Training(Corpus(tuple(rows), ()).digest, dict(Counter(row.source for row in rows)), recipe.seed),
        figures={},
    )
    progress("fit", 0, 2)
    twin = Artifact(manifest, *_fit(matrix, rows, np.flatnonzero(~away), recipe))
    progress("fit", 1, 2)
    whole = Artifact(manifest, *_fit(matrix, rows, np.arange(len(rows)), recipe))
    progress("fit", 2, 2)
    report = _report(Classifier(twin), [row for row, kept in zip(rows, away, strict=True) if kept], recipe)
    manifest = msgspec.structs.replace(manifest, threshold=report.threshold, figures=_figures(report))
    return Trained(Artifact(manifest, whole.weights, whole.bias), report)


def _matrix(features: Features, texts: Sequence[str], progress: Progress) -> Any:
    parts = []
    for start in range(0, len(texts), _CHUNK):
        parts.append(features.matrix(texts[start : start + _CHUNK]))
        progress("features", min(start + _CHUNK, len(texts)), len(texts))
    return sparse.vstack(parts).tocsr()


def _fit(
    matrix: Any, rows: Sequence[Row], chosen: Rows, recipe: Recipe
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Weights and bias, rounded as they are on disk; what scales a feature is folded into its weights."""
    kinds = np.array([LABELS.index(rows[place].label) for place in chosen], dtype=np.int64)
    if (kinds == 0).all() or (kinds != 0).all():
        raise CorpusInvalid("training needs both ham and spam")
    part = matrix[chosen]
    seen = np.bincount(part.indices, minlength=matrix.shape[1])
    columns = np.flatnonzero(seen >= recipe.min_rows)
    scale = (np.log((1 + len(chosen)) / (1 + seen[columns])) + 1) ** recipe.rarity
    scale = (scale / scale.mean() * recipe.scale).astype(np.float32)
    model = LogisticRegression(
        C=recipe.strength, solver="saga", max_iter=recipe.rounds, tol=1e-3, random_state=recipe.seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of rounds is part of the recipe
        model.fit(
            (part[:, columns] @ sparse.diags(scale)).tocsr(), kinds, sample_weight=_importance(rows, chosen, recipe)
        )
    weights, bias = np.zeros((matrix.shape[1], len(LABELS)), np.float32), np.full(len(LABELS), _NEVER, np.float32)
    coefficients, intercept = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # noqa: PLR2004 - scikit-learn stores one row for two classes
        coefficients, intercept = np.vstack([-coefficients, coefficients]) / 2, np.hstack([-intercept, intercept]) / 2
    weights[np.ix_(columns, model.classes_)] = coefficients.T * scale[:, None]
    bias[model.classes_] = intercept
    return weights.astype(np.float16).astype(np.float32), bias


def _importance(rows: Sequence[Row], chosen: Rows, recipe: Recipe) -> npt.NDArray[np.float64]:
    counts = Counter(rows[place].label for place in chosen)
    most = max(counts.values())
    balance = {label: (most / count) ** recipe.balance for label, count in counts.items()}
    return np.array([SOURCE_WEIGHTS.get(rows[place].source, 1.0) * balance[rows[place].label] for place in chosen])


def _report(classifier: Classifier, rows: Sequence[Row], recipe: Recipe) -> Report:
    if not rows:
        raise CorpusInvalid("too few rows to hold any out")
    scores = score_rows(classifier, rows)
    ham = np.array([row.label == HAM for row in rows])
    threshold = round(min(max(threshold_at(scores.spam[ham], recipe.false_positive_rate), 0.01), 0.99) + 5e-5, 4)
    return measure(rows, scores, threshold)


def _figures(report: Report) -> dict[str, float]:
    figures = {f"recall at {float(rate):.1%} false positives": value for rate, value in report.recall_at.items()}
    return {name: round(value, 4) for name, value in ({"auc": report.auc or 0.0} | figures).items()}
