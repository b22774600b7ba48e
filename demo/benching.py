"""Side-by-side measurements in one run: contenders take turns over the same messages, medians and ratios are told.

Each family of contenders has a process of its own (`demo.contending`), as it would serve: what one keeps in memory does
not slow another. All of them keep to the core of this process.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from rich.progress import Progress

from demo.errors import ContenderMissingError, DemoError

Lap = tuple[float, float]
"""Seconds by the clock and of CPU time."""


class Contender(Protocol):
    """One way of doing the work."""

    @property
    def name(self) -> str:
        """What reports call it."""

    def lap(self) -> Lap:
        """Do the work once for all messages."""


class Family:
    """The contenders of one process."""

    def __init__(self, name: str, messages: int, seed: int) -> None:
        command = [sys.executable, "-m", "demo.contending", name, str(messages), str(seed)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own module

    def contenders(self) -> list[Contender]:
        """Wait until they are ready. Raises ContenderMissingError if they cannot take part, DemoError if they died."""
        answer = self._read()
        if "missing" in answer:
            raise ContenderMissingError(answer["missing"])
        return [_Member(name, self) for name in answer["names"]]

    def lap(self, name: str) -> Lap:
        """Let one of them do the work. Raises DemoError if the process died."""
        assert self._process.stdin  # noqa: S101 - a pipe was asked for
        try:
            self._process.stdin.write(f"{name}\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError) as error:  # the latter once it was closed
            raise DemoError(f"the process of {name} died") from error
        wall, cpu = self._read()["lap"]
        return wall, cpu

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout  # noqa: S101 - a pipe was asked for
        line = self._process.stdout.readline()
        if not line:
            raise DemoError("a process of the bench died; what it said stands above")
        answer: dict[str, Any] = json.loads(line)
        return answer


@dataclass(frozen=True)
class _Member:
    name: str
    family: Family

    def lap(self) -> Lap:
        return self.family.lap(self.name)


@contextmanager
def families(names: Sequence[str], messages: int, seed: int) -> Iterator[tuple[list[Contender], list[str]]]:
    """Start the families one after the other; give their contenders, and a sentence for each family left out."""
    started: list[Family] = []
    ready: list[Contender] = []
    left_out: list[str] = []
    try:
        for name in names:
            started.append(Family(name, messages, seed))
            try:
                ready += started[-1].contenders()
            except ContenderMissingError as error:
                left_out.append(str(error))
        yield ready, left_out
    finally:
        for family in started:
            family.close()


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
    contenders: Sequence[Contender], messages: int, rounds: int, progress: Progress | None = None
) -> list[Result]:
    """Let the contenders take turns, so that a slow moment of the machine hits them all; the first round warms up."""
    laps: dict[str, list[Lap]] = {contender.name: [] for contender in contenders}
    task = progress.add_task("measuring", total=(rounds + 1) * len(contenders)) if progress else None
    for turn in range(rounds + 1):
        for contender in contenders:
            wall, cpu = contender.lap()
            if turn:
                laps[contender.name].append((_speed(messages, wall), _speed(messages, cpu)))
            if progress and task is not None:
                progress.advance(task)
    return [result_of(name, measured) for name, measured in laps.items()]


def result_of(name: str, measured: Sequence[tuple[float, float]]) -> Result:
    """Sum up the rounds of a contender: SMS a second by the clock and by the CPU's time of each."""
    speeds = [speed for speed, _ in measured]
    return Result(
        name, statistics.median(speeds), min(speeds), max(speeds), statistics.median(speed for _, speed in measured)
    )


def ratios(results: Sequence[Result]) -> dict[str, dict[str, float]]:
    """For each contender: how many times as fast as each of them it is, by CPU time."""
    return {
        result.name: {other.name: result.sms_per_cpu_s / other.sms_per_cpu_s for other in results} for result in results
    }


def figures_of(result: Result) -> dict[str, Any]:
    """Give a result for JSON."""
    figures = {name: round(value, 1) if name != "name" else value for name, value in asdict(result).items()}
    return figures | {"us_per_sms": round(result.us_per_sms, 2)}


def _speed(messages: int, seconds: float) -> float:
    return messages / max(seconds, 1e-9)
