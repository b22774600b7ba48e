"""Side-by-side measurements in one run: contenders take turns over the same messages, medians and ratios are told."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.progress import Progress


@dataclass(frozen=True)
class Contender:
    """One way of doing the work; `run` takes the texts and does all of them."""

    name: str
    run: Callable[[Sequence[str]], object]


@dataclass(frozen=True)
class Result:
    """SMS a second of a contender: the median of all rounds, the slowest and the fastest of them.

    `sms_per_cpu_s` is the median of SMS a second of CPU time; it is the higher, the more the core was shared.
    """

    name: str
    sms_per_s: float
    slowest: float
    fastest: float
    sms_per_cpu_s: float

    @property
    def us_per_sms(self) -> float:
        """Microseconds an SMS took in the median."""
        return 1e6 / self.sms_per_s


def measure(
    contenders: Sequence[Contender], texts: Sequence[str], rounds: int, progress: Progress | None = None
) -> list[Result]:
    """Let the contenders take turns, so that a slow moment of the machine hits them all; the first round warms up."""
    gc.collect()
    gc.freeze()  # the dictionaries and models of all are not to be searched for garbage while one is at work
    speeds: dict[str, list[tuple[float, float]]] = {contender.name: [] for contender in contenders}
    task = progress.add_task("measuring", total=(rounds + 1) * len(contenders)) if progress else None
    for turn in range(rounds + 1):
        for contender in contenders:
            start, cpu_start = time.perf_counter(), time.process_time()
            contender.run(texts)
            seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
            if turn:
                speeds[contender.name].append((_speed(texts, seconds), _speed(texts, cpu_seconds)))
            if progress and task is not None:
                progress.advance(task)
    return [_result(name, measured) for name, measured in speeds.items()]


def ratios(results: Sequence[Result]) -> dict[str, dict[str, float]]:
    """For each contender: how many times as fast as each of them it is, by CPU time."""
    return {
        result.name: {other.name: result.sms_per_cpu_s / other.sms_per_cpu_s for other in results} for result in results
    }


def _speed(texts: Sequence[str], seconds: float) -> float:
    return len(texts) / max(seconds, 1e-9)


def _result(name: str, measured: Sequence[tuple[float, float]]) -> Result:
    speeds = [speed for speed, _ in measured]
    return Result(
        name, statistics.median(speeds), min(speeds), max(speeds), statistics.median(speed for _, speed in measured)
    )
