"""The classifier: texts in, probabilities by label out, and for the hits the words that weighed most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.artifact import Artifact, Manifest, default_artifact, load
from models.explanation import Reason, reasons
from models.features import Features
from models.labels import HAM, LABELS, SPAM
from models.masking import mask
from models.text import Reading, read

__all__ = ["Classifier", "Reason", "Scores", "Verdict", "default_artifact"]

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores of n texts.

    `probabilities` is (n x 9, float32), columns as `LABELS`, rows sum to 1; `spam` is (n, float32), 1 - P(ham);
    `labels` names the most probable label of each text, whatever the threshold.
    """

    probabilities: Floats
    spam: Floats
    labels: tuple[str, ...]

    def labels_at(self, threshold: float) -> tuple[str, ...]:
        """The best spam label of each text whose `spam` reaches the threshold, `ham` for the others."""
        best = self.probabilities[:, 1:].argmax(axis=1)
        return tuple(
            SPAM[kind] if spam >= threshold else HAM for kind, spam in zip(best, self.spam.tolist(), strict=True)
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one text most likely is; `why` is empty unless `spam` reached the threshold."""

    label: str
    spam: float
    scores: dict[str, float]
    why: tuple[Reason, ...]
    normalised: str


class Classifier:
    """A loaded model. It holds no state between calls; a batch of some hundred texts is the cheapest way to use it."""

    def __init__(self, artifact: Artifact) -> None:
        self.manifest: Manifest = artifact.manifest
        self._features = Features(artifact.manifest.features, artifact.manifest.user_words)
        self._weights = artifact.weights
        self._bias = artifact.bias

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
        return self._score([read(text) for text in texts])

    def verdicts(self, texts: Sequence[str], threshold: float | None = None) -> list[Verdict]:
        """A verdict for each text, in order; `threshold` (0..1, the manifest's unless given) decides what is a hit."""
        limit = self.threshold if threshold is None else threshold
        readings = [read(text) for text in texts]
        scores = self._score(readings)
        labels = scores.labels_at(limit)
        hits = [place for place, label in enumerate(labels) if label != HAM]
        why = self._reasons([readings[place] for place in hits], [labels[place] for place in hits], 8)
        reasons_of = dict(zip(hits, why, strict=True))
        return [
            Verdict(label, spam, dict(zip(LABELS, row, strict=True)), reasons_of.get(place, ()), readings[place].text)
            for place, (label, spam, row) in enumerate(
                zip(labels, scores.spam.tolist(), scores.probabilities.tolist(), strict=True)
            )
        ]

    def explain(self, text: str, label: str, top: int = 8) -> list[Reason]:
        """The words that speak most for this spam label and against ham, heaviest first. Raises LabelUnknown."""
        return list(self._reasons([read(text)], [label], top)[0])

    def _score(self, readings: Sequence[Reading]) -> Scores:
        if not readings:
            return Scores(np.zeros((0, len(LABELS)), np.float32), np.zeros(0, np.float32), ())
        matrix = self._features.masked_matrix([mask(reading.text, reading.disguises) for reading in readings])
        logits = matrix @ self._weights + self._bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities: Floats = odds / odds.sum(axis=1, keepdims=True)
        spam = np.minimum(probabilities[:, 1:].sum(axis=1), np.float32(1))
        return Scores(probabilities, spam, tuple(LABELS[kind] for kind in probabilities.argmax(axis=1)))

    def _reasons(self, readings: Sequence[Reading], labels: Sequence[str], top: int) -> list[tuple[Reason, ...]]:
        return reasons(readings, labels, self._features, self._weights, top)
