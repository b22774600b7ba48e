"""The side-by-side measurement of the stream: who takes part, in which turns, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from demo.bench_stream.brokers import EMBEDDED
from demo.bench_stream.messages import PACK
from demo.bench_stream.running import Bench, Lap, Runner, median_of
from demo.benching import Result, result_of

SCORING: Final = ("streams.worker", "scoring")
NAIVE_FAUST = Runner("naive-faust", ("demo.bench_stream.naive_faust",))
NAIVE_QUIX = Runner("naive-quix", ("demo.bench_stream.on_quix", "naive"))
OURS_QUIX = Runner("ours-quix", ("demo.bench_stream.on_quix", "ours"))
OURS_SINGLE = Runner("ours-single", SCORING)
OURS_PACKED = Runner("ours-packed", SCORING)
OFFLINE = Runner("offline", ("demo.bench_stream.offline",))
ONE_A_RECORD = (NAIVE_FAUST, NAIVE_QUIX, OURS_QUIX, OURS_SINGLE)
NAMES = (*(runner.name for runner in ONE_A_RECORD), OURS_PACKED.name, OFFLINE.name)
MOST_SINGLE, MOST_PACKED = 12_000, 45_000
"""SMS a second for which there must be enough: nobody here is faster on one core."""
STARTING_SECONDS = 3
REST: Final = "faust"


@dataclass(frozen=True)
class Outcome:
    """What the contest came to; of the median lap of ours-packed also where the CPU time went, in µs an SMS."""

    results: list[Result]
    stages_us: dict[str, float]
    servers_us: dict[str, float]
    seconds: float
    rounds: int


def contest(rounds: int, seconds: float, tell: Callable[[str], None], broker: str = EMBEDDED) -> Outcome:
    """Let all contenders take turns, each for so many seconds a round; `tell` is told what is being done.

    Raises:
        demo.errors.DemoError: a server or a contender does not start, or does nothing.
    """
    laps: dict[str, list[Lap]] = {name: [] for name in NAMES}
    enough = rounds * (seconds + STARTING_SECONDS)
    with ExitStack() as stack:
        tell("filling the topics with one SMS a record")
        single = stack.enter_context(Bench(int(enough * MOST_SINGLE), pack=1, broker=broker))
        tell(f"filling the topics with {PACK} SMS a record")
        packed = stack.enter_context(Bench(int(enough * MOST_PACKED), pack=PACK, broker=broker))
        turns = [*((runner, single) for runner in ONE_A_RECORD), (OURS_PACKED, packed), (OFFLINE, packed)]
        for turn in range(1, rounds + 1):
            for runner, bench in turns:
                tell(f"round {turn} of {rounds}: {runner.name}")
                laps[runner.name].append(bench.lap(runner, seconds))
    results = [result_of(name, [(lap.sms_per_s, lap.sms_per_cpu_s) for lap in laps[name]]) for name in NAMES]
    packed_lap = median_of(laps[OURS_PACKED.name])
    return Outcome(results, stages_of(packed_lap), packed_lap.servers_us, seconds, rounds)


def stages_of(lap: Lap) -> dict[str, float]:
    """Give the CPU µs an SMS of each stage; what no stage accounts for is Faust's, the broker client's and Python's."""
    return lap.stages_us | {REST: lap.cpu_seconds / lap.sms * 1e6 - sum(lap.stages_us.values())}
