"""The classifier: texts in, probabilities by label out, and for the hits the words that weighed most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from models.artifact import Artifact, Manifest, default_artifact, load
from models.explanation import Reason, reasons
from models.features import Features
from models.labels import HAM, LABELS, SPAM
from models.linear import Floats, Weights, probabilities
from models.text import Reading, read_many, read_traced

__all__ = ["Classifier", "Reason", "Scores", "Verdict", "default_artifact", "scores_of"]

TOP_REASONS: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores of n texts.

    `probabilities` is (n x 9, float32), columns as `LABELS`, rows sum to 1; `spam` is (n, float32), 1 - P(ham).
    """

    probabilities: Floats
    spam: Floats

    def labels_at(self, threshold: float) -> tuple[str, ...]:
        """The best spam label of each text whose `spam` reaches the threshold, `ham` for the others."""
        labels = [HAM] * len(self.spam)
        hits = np.flatnonzero(self.spam.astype(np.float64) >= threshold)
        for place, kind in zip(hits.tolist(), self.probabilities[hits, 1:].argmax(axis=1).tolist(), strict=True):
            labels[place] = SPAM[kind]
        return tuple(labels)


def scores_of(logits: Floats) -> Scores:
    """Scores of n texts from their logits (n x 9)."""
    shares = probabilities(logits)
    spam = np.minimum(shares[:, 1:].sum(axis=1), np.float32(1))
    return Scores(shares, spam)


class Verdict(NamedTuple):
    """What one text most likely is; `why` is empty unless `spam` reached the threshold.

    `probabilities` are those of `LABELS`, in their order; `digest` (64 bits) is equal for near-identical texts, which
    differ in links, numbers, amounts, codes and dates alone. `likeness` is two times 32 bits, one of which is most
    likely equal for texts of which a few words differ.
    """

    label: str
    spam: float
    probabilities: tuple[float, ...]
    why: tuple[Reason, ...]
    normalised: str
    digest: int = 0
    likeness: int = 0

    @property
    def scores(self) -> dict[str, float]:
        """The probability of each label."""
        return dict(zip(LABELS, self.probabilities, strict=True))


class Classifier:
    """A loaded model. It holds no state between calls; a batch of some hundred texts is the cheapest way to use it."""

    def __init__(self, artifact: Artifact) -> None:
        self.manifest: Manifest = artifact.manifest
        self._features = Features(artifact.manifest.features, artifact.manifest.user_words)
        self._model = Weights(artifact.weights, artifact.bias)

    @classmethod
    def load(cls, path: Path | str) -> Classifier:
        """The model in this directory. Raises ArtifactMissing, ArtifactInvalid or ArtifactTampered."""
        return cls(load(Path(path)))

    @property
    def version(self) -> str:
        """Name and version, as hits and evidence record it."""
        return f"{self.manifest.name} {self.manifest.version}"

    @property
    def threshold(self) -> float:
        """The least `spam` that the makers of the model suggest to call a hit."""
        return self.manifest.threshold

    def score(self, texts: Sequence[str]) -> Scores:
        """Probabilities of any strings, empty ones included."""
        return self._score(read_many(texts))

    def verdicts(self, texts: Sequence[str], threshold: float | None = None) -> list[Verdict]:
        """A verdict for each text, in order; `threshold` (0..1, the manifest's unless given) decides what is a hit."""
        limit = self.threshold if threshold is None else threshold
        readings, traces = read_traced(texts)
        if not readings:
            return []
        batch = self._features.batch(readings)
        scores = scores_of(self._model.logits(batch.matrix))
        labels = scores.labels_at(limit)
        hits = [place for place, label in enumerate(labels) if label != HAM]
        why = reasons(batch, hits, [labels[place] for place in hits], self._model.weights, TOP_REASONS, traces)
        reasons_of: list[tuple[Reason, ...]] = [()] * len(readings)
        for place, found in zip(hits, why, strict=True):
            reasons_of[place] = found
        shares = map(tuple, scores.probabilities.tolist())
        texts_read = (text for text, _ in readings)
        names = (batch.digests.tolist(), batch.likenesses.tolist())
        columns = (labels, scores.spam.tolist(), shares, reasons_of, texts_read, *names)
        return [*map(Verdict._make, zip(*columns, strict=True))]

    def explain(self, text: str, label: str, top: int = TOP_REASONS) -> list[Reason]:
        """The words that speak most for this spam label and against ham, heaviest first. Raises LabelUnknown."""
        readings, traces = read_traced([text])
        return list(reasons(self._features.batch(readings), [0], [label], self._model.weights, top, traces)[0])

    def _score(self, readings: Sequence[Reading]) -> Scores:
        if not readings:
            return Scores(np.zeros((0, len(LABELS)), np.float32), np.zeros(0, np.float32))
        return scores_of(self._model.logits(self._features.rows(readings)))
