"""Side-by-side measurements in one run: contenders take turns over the same messages, medians and ratios are told."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.progress import Progress


@dataclass(frozen=True)
class Contender:
    """One way of doing the work; `run` takes the texts and does all of them, `share` is the part it is given."""

    name: str
    run: Callable[[Sequence[str]], object]
    share: float = 1.0


@dataclass(frozen=True)
class Result:
    """SMS a second of a contender: the median of all rounds, and the slowest and fastest of them."""

    name: str
    sms_per_s: float
    slowest: float
    fastest: float


def measure(
    contenders: Sequence[Contender], texts: Sequence[str], rounds: int, progress: Progress | None = None
) -> list[Result]:
    """Let the contenders take turns, so that a slow moment of the machine hits them all; the first round warms up."""
    speeds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    task = progress.add_task("measuring", total=(rounds + 1) * len(contenders)) if progress else None
    for turn in range(rounds + 1):
        for contender in contenders:
            share = texts[: max(1, int(len(texts) * contender.share))]
            start = time.perf_counter()
            contender.run(share)
            if turn:
                speeds[contender.name].append(len(share) / (time.perf_counter() - start))
            if progress and task is not None:
                progress.advance(task)
    return [
        Result(name, statistics.median(measured), min(measured), max(measured)) for name, measured in speeds.items()
    ]
