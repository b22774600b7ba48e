"""Throughput against the number of workers, that of partitions, and the share of long SMS."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import psutil

from demo.bench_stream.brokers import EMBEDDED
from demo.bench_stream.contest import MOST_PACKED, OURS_PACKED, STARTING_SECONDS
from demo.bench_stream.running import PARTITIONS, Bench, lap_between

CROWDS = (2, 4)
"""Workers that share one core."""
SHARES = (0.1, 0.3)
"""Parts of long SMS among all SMS, each of which waits in Redis for the other."""


@dataclass(frozen=True)
class Grown:
    """SMS a second of so many workers together, on so many cores, and on gateway topics of so many partitions each.

    By CPU time too: that of the workers alone, so that it tells what they cost each other when cores are short. `parts`
    is the share of parts of long SMS, each of which counts one.
    """

    workers: int
    cores: int
    partitions: int
    sms_per_s: float
    sms_per_cpu_s: float
    parts: float = 0


def grow(
    workers: Sequence[int],
    partitions: Sequence[int],
    seconds: float,
    tell: Callable[[str], None],
    broker: str = EMBEDDED,
) -> list[Grown]:
    """Measure workers each on a core of its own, several on one core, one by number of partitions, one by long SMS.

    The last of several cores is shared with the servers, unless the machine has more of them.
    """
    cases = [(count, count, PARTITIONS, 0.0) for count in workers]
    cases += [(count, 1, PARTITIONS, 0.0) for count in CROWDS]
    cases += [(1, 1, count, 0.0) for count in partitions if (1, 1, count, 0.0) not in cases]
    cases += [(1, 1, PARTITIONS, share) for share in SHARES]
    found = []
    for count, cores, split, share in cases:
        tell(f"{count} worker(s) on {cores} core(s), {split} partition(s) a topic, {share:.0%} parts of long SMS")
        found.append(_together(count, cores, split, seconds, broker, share))
    return found


def _together(workers: int, cores: int, partitions: int, seconds: float, broker: str, parts: float) -> Grown:
    all_cores = psutil.Process().cpu_affinity() if hasattr(psutil.Process, "cpu_affinity") else []
    messages = int(MOST_PACKED * (seconds + STARTING_SECONDS) * cores)
    with ExitStack() as stack:
        bench = stack.enter_context(Bench(messages, partitions=partitions, broker=broker, parts=parts))
        at_work = [
            stack.enter_context(bench.running(OURS_PACKED, all_cores[-1 - number % cores] if all_cores else None))
            for number in range(workers)
        ]
        for worker in at_work:
            worker.begun()
        first = [worker.counts() for worker in at_work]
        time.sleep(seconds)
        laps = [lap_between(one, worker.counts()) for one, worker in zip(first, at_work, strict=True)]
    return Grown(
        workers,
        cores,
        partitions,
        sum(lap.sms_per_s for lap in laps),
        sum(lap.sms for lap in laps) / sum(lap.cpu_seconds for lap in laps),
        parts,
    )
