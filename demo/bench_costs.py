"""What a verdict of ours is made of, in CPU time; and what a fresh process of the model takes to start and to hold."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TypeVar

from demo.bench_models import batches
from demo.errors import DemoError
from models.artifact import Artifact
from models.classifier import TOP_REASONS, Classifier, scores_of
from models.explanation import reasons
from models.features import Features, join
from models.labels import HAM
from models.linear import Weights
from models.masking import mask_many
from models.text import read_traced

STAGES = ("normalise", "mask", "cut", "hash", "multiply", "verdicts", "explain")

T = TypeVar("T")


@dataclass(frozen=True)
class Costs:
    """CPU microseconds of each of `STAGES`, spread over all SMS; medians of the rounds.

    `hash` is what making rows of features takes beside masking and cutting, `verdicts` what is left when the other
    stages are taken from the whole. `explain_us_per_hit` is the cost of reasons for one of the `hits`.
    """

    stages_us: dict[str, float]
    explain_us_per_hit: float
    messages: int
    hits: int


@dataclass(frozen=True)
class Footprint:
    """A fresh process: seconds to import the code, to load the model, and to give the first verdict; then the memory.

    `memory_mb` is what is resident (MiB) after 10,000 texts.
    """

    import_s: float
    load_s: float
    first_verdict_s: float
    memory_mb: float


def costs(artifact: Artifact, texts: Sequence[str], rounds: int) -> Costs:
    """Measure the stages of a model on these texts in batches; a round more warms up."""
    parts = batches(texts)
    verdict = _Verdict(artifact)
    measured = [verdict.round(parts) for _ in range(rounds + 1)][1:]
    spent = {stage: statistics.median(seconds[stage] for seconds in measured) for stage in STAGES}
    return Costs(
        {stage: seconds / len(texts) * 1e6 for stage, seconds in spent.items()},
        spent["explain"] / max(verdict.hits, 1) * 1e6,
        len(texts),
        verdict.hits,
    )


def footprint(processes: int) -> Footprint:
    """Start so many fresh processes one after the other, and give the median of each figure."""
    seen = [_fresh_process() for _ in range(processes)]
    return Footprint(**{name: statistics.median(one[name] for one in seen) for name in asdict(Footprint(0, 0, 0, 0))})


class _Verdict:
    """The steps of `Classifier.verdicts`, each timed on its own."""

    def __init__(self, artifact: Artifact) -> None:
        self.hits = 0
        self._classifier = Classifier(artifact)
        self._features = Features(artifact.manifest.features, artifact.manifest.user_words)
        self._weights = Weights(artifact.weights, artifact.bias)

    def round(self, parts: Sequence[Sequence[str]]) -> dict[str, float]:
        """CPU seconds of each of `STAGES` for all parts."""
        seconds = dict.fromkeys(STAGES, 0.0)
        self.hits = 0
        for part in parts:
            self._time(part, seconds)
        return seconds

    def _time(self, part: Sequence[str], seconds: dict[str, float]) -> None:
        self._classifier.verdicts(part)  # the stages find caches as warm as the whole does after them
        (readings, traces), normalise = _timed(lambda: read_traced(part))
        masked, mask = _timed(lambda: mask_many(readings))
        _, cut = _timed(lambda: self._features.cut(join(masked)))
        batch, rows = _timed(lambda: self._features.batch(readings))
        logits, multiply = _timed(lambda: self._weights.logits(batch.matrix))
        labels = scores_of(logits).labels_at(self._classifier.threshold)
        hits = [place for place, label in enumerate(labels) if label != HAM]
        named = [labels[place] for place in hits]
        _, explain = _timed(lambda: reasons(batch, hits, named, self._weights.weights, TOP_REASONS, traces))
        _, whole = _timed(lambda: self._classifier.verdicts(part))
        self.hits += len(hits)
        known = {"normalise": normalise, "mask": mask, "cut": cut, "hash": rows - mask - cut, "multiply": multiply}
        known["explain"] = explain
        for stage, spent in (known | {"verdicts": whole - sum(known.values())}).items():
            seconds[stage] += spent


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    start = time.process_time()
    done = work()
    return done, time.process_time() - start


def _fresh_process() -> dict[str, float]:
    answer = subprocess.run([sys.executable, "-m", "demo.fresh_process"], capture_output=True, text=True, check=False)
    if answer.returncode:
        raise DemoError(f"a process that loads the model failed: {(answer.stderr.splitlines() or ['no output'])[-1]}")
    figures: dict[str, float] = json.loads(answer.stdout)
    return figures
