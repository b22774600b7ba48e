"""A worker at full speed for a long time: does its memory stay flat?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from demo.bench_stream.brokers import EMBEDDED
from demo.bench_stream.contest import OURS_PACKED
from demo.bench_stream.latency import fed
from demo.bench_stream.running import Bench, Counts

LOOK_SECONDS = 2.0


@dataclass(frozen=True)
class Soak:
    """What a worker had done and held, every two seconds."""

    seen: list[Counts]

    @property
    def sms_per_s(self) -> float:
        """SMS a second over the whole time."""
        return (self.seen[-1].scored - self.seen[0].scored) / (self.seen[-1].at - self.seen[0].at)

    def memory_mb(self, share: float) -> float:
        """Give the median memory (MiB) in the tenth of the time that begins at this share of it."""
        first = int(len(self.seen) * share)
        part = sorted(counts.memory for counts in self.seen[first : first + max(1, len(self.seen) // 10)])
        return part[len(part) // 2]


def soak(rate: float, seconds: float, tell: Callable[[str], None], broker: str = EMBEDDED) -> Soak:
    """Feed at this rate, above what a worker does, and look at it until the time is over."""
    tell("starting the servers and a worker")
    with Bench(messages=100, broker=broker) as bench, bench.running(OURS_PACKED) as worker:
        seen = [worker.begun()]
        start = seen[0].at
        with fed(bench, "flooding", rate, seconds):
            while time.perf_counter() - start < seconds:
                time.sleep(LOOK_SECONDS)
                seen.append(worker.counts())
                tell(f"{seen[-1].scored:,.0f} SMS after {seen[-1].at - start:.0f} s, {seen[-1].memory:.0f} MiB")
    return Soak([counts for counts in seen if counts.memory])
