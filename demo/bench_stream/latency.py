"""How long it takes from an SMS that a gateway hands over to its hit in Kafka, at a steady rate."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from kafka import KafkaConsumer

from config.topics import SMS_HITS
from demo.bench_stream.brokers import EMBEDDED
from demo.bench_stream.contest import OURS_PACKED
from demo.bench_stream.pacing import MARK
from demo.bench_stream.running import ROOT, WARM_SECONDS, Bench
from demo.children import Child, inherited_environment
from demo.errors import DemoError

SETTLE_SECONDS = 5.0
"""After the start nothing is counted: the group joins, and what waited meanwhile is caught up with."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Latency:
    """Ages of hits (s) and the moments of their arrival (s after the first), at `rate` SMS a second."""

    rate: float
    at: Floats
    age: Floats

    def percentile(self, share: float) -> float:
        """Give the age in milliseconds that so many percent of the hits did not exceed."""
        return float(np.percentile(self.age, share)) * 1000


def measure_latency(rate: float, seconds: float, tell: Callable[[str], None], broker: str = EMBEDDED) -> Latency:
    """Feed at this rate for so long and take the ages of all hits.

    Raises:
        DemoError: a server or the worker does not start, or no hit came.
    """
    tell("starting the servers and a worker")
    with Bench(messages=100, broker=broker) as bench, bench.running(OURS_PACKED) as worker:
        worker.begun()
        tell(f"feeding {rate:,.0f} SMS a second for {seconds:.0f} s")
        with fed(bench, "pacing", rate, SETTLE_SECONDS + seconds):
            found = list(_ages(bench.bootstrap, SETTLE_SECONDS + seconds))
    if not found:
        raise DemoError("no hit came back from the worker")
    at, age = np.array(found).T
    late = at - at.min() >= SETTLE_SECONDS
    return Latency(rate, at[late] - at[late].min(), age[late])


@contextmanager
def fed(bench: Bench, feeder: str, rate: float, seconds: float) -> Iterator[Child]:
    """Feed at this rate within the block, from a process on the servers' cores: `pacing` or `flooding`."""
    command = [sys.executable, "-m", f"demo.bench_stream.{feeder}", str(rate), str(seconds)]
    environment = inherited_environment(**bench.settings())
    child = Child("the gateways of the bench", command, bench.folder / f"{feeder}.log", environment, cwd=ROOT)
    child.start(bench.keeper)
    bench.keep_off(child)
    try:
        yield child
    finally:
        child.stop(10)


def _ages(bootstrap: str, seconds: float) -> Iterator[tuple[float, float]]:
    """Give the moment of arrival and the age of each hit that comes while the gateways feed."""
    consumer = KafkaConsumer(
        SMS_HITS, bootstrap_servers=bootstrap, group_id=None, auto_offset_reset="latest", fetch_max_wait_ms=10
    )
    end = time.monotonic() + seconds + WARM_SECONDS
    try:
        while time.monotonic() < end:
            for messages in consumer.poll(timeout_ms=100).values():
                now = time.time_ns()
                for message in messages:
                    for sent in _sent_at(message.value):
                        yield now / 1e9, (now - sent) / 1e9
    finally:
        consumer.close()


def _sent_at(record: bytes) -> Iterator[int]:
    """Give the moment of hand-over in the id of each hit in a record (ns)."""
    head = f'{{"id":"{MARK}-'.encode()
    for line in record.split(b"\n"):
        if line.startswith(head):
            yield int(line[len(head) :].split(b'"', 1)[0].split(b"-")[1])
