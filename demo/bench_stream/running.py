"""Runs the contenders of the stream bench one after the other on the same servers, and reads what they count."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import psutil

from config.environment import Environment
from demo.bench_stream.brokers import EMBEDDED, serving
from demo.bench_stream.messages import PACK, fill, some_sms
from demo.children import LOOPBACK, Child, Keeper, free_port, inherited_environment
from demo.errors import DemoError
from demo.servers import Valkey

ROOT = Path(__file__).resolve().parents[2]
SESSION_SECONDS = "6"
PARTITIONS = 4
START_SECONDS = 120
WARM_SECONDS = 1.5
POLL_SECONDS, IDLE_POLLS = 1.0, 3
SAMPLE = re.compile(rb"^([a-z_]+)(\{[^}]*\})? ([0-9.e+-]+)$", re.MULTILINE)
STAGE = re.compile(rb'stage="([a-z]+)"')
HITS = "bench.hits"


@dataclass(frozen=True)
class Runner:
    """A contender of the stream bench: a process that reads the gateway topics."""

    name: str
    module: tuple[str, ...]


@dataclass(frozen=True)
class Counts:
    """What a process had done at a moment: SMS scored, seconds of CPU, memory, seconds in each stage.

    The parts of a long SMS count one by one.
    """

    at: float
    scored: float = 0
    cpu: float = 0
    memory: float = 0
    stages: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Lap:
    """One run of a contender between two moments: SMS a second by the clock and by CPU time.

    CPU time of its stages, and of the servers beside it, is in µs an SMS.
    """

    sms: int
    seconds: float
    cpu_seconds: float
    stages_us: dict[str, float]
    memory_mb: float
    servers_us: dict[str, float] = field(default_factory=dict)

    @property
    def sms_per_s(self) -> float:
        """By the clock."""
        return self.sms / self.seconds

    @property
    def sms_per_cpu_s(self) -> float:
        """By the time of the CPU."""
        return self.sms / max(self.cpu_seconds, 1e-9)


class Bench:
    """Broker, Valkey and messages of a bench, on the cores that the contenders do not use; a context manager.

    Each contender reads `messages` SMS from the gateway topics, `pack` in a record; `parts` is the share of them
    that are parts of long SMS. `broker` is `apache`, `embedded` or the address of one that runs already, which should
    be empty.
    """

    def __init__(
        self,
        messages: int,
        pack: int = PACK,
        partitions: int = PARTITIONS,
        broker: str = EMBEDDED,
        parts: float = 0,
    ) -> None:
        self.messages, self.pack, self.partitions, self._broker, self.parts = messages, pack, partitions, broker, parts
        self.core = max(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else None
        self._stack = ExitStack()
        self._servers: dict[str, int] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qx-bench-")))
            self.keeper = Keeper()
            stack.callback(self.keeper.close)
            self.valkey = stack.enter_context(Valkey(self.folder / "valkey", keeper=self.keeper))
            broker = stack.enter_context(serving(self._broker, self.folder, self.keeper))
            self.bootstrap, self.broker = broker.bootstrap, broker.name
            self._serves("broker", broker.child)
            self._serves("valkey", self.valkey.child)
            self._make_topics()
            fill(self.bootstrap, self.partitions, some_sms(self.messages, parts=self.parts), self.pack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def lap(self, runner: Runner, seconds: float) -> Lap:
        """Let a contender go on in the messages for so long, or to their end.

        Raises:
            DemoError: it did not start, or did nothing.
        """
        with self.running(runner) as process:
            first = last = process.begun()
            spent, idle = self._servers_spent(), 0
            while last.at - first.at < seconds and idle < IDLE_POLLS:
                time.sleep(POLL_SECONDS)
                seen = process.counts()
                idle = 0 if seen.scored > last.scored else idle + 1
                last = last if idle else seen
            spent = {name: seconds - spent[name] for name, seconds in self._servers_spent().items()}
        lap = lap_between(first, last)
        return replace(lap, servers_us={name: seconds / lap.sms * 1e6 for name, seconds in spent.items()})

    @contextmanager
    def running(self, runner: Runner, core: int | None = None, **settings: str) -> Iterator[Process]:
        """Run a contender on a core of its own within the block."""
        process = Process(runner, self.settings(**settings), self.folder, self.core if core is None else core)
        process.child.start(self.keeper)
        process.pin()
        try:
            yield process
        finally:
            process.child.stop(20)

    def settings(self, **settings: str) -> dict[str, str]:
        """Give the settings of a process of this bench."""
        return {
            "QINGXIN_KAFKA_BOOTSTRAP": self.bootstrap,
            "QINGXIN_KAFKA_SESSION_SECONDS": SESSION_SECONDS,
            "QINGXIN_KAFKA_PARTITIONS": str(self.partitions),
            "QINGXIN_REDIS_URL": self.valkey.url,
            "QINGXIN_SECRET_KEY": "only for the bench",
            **settings,
        }

    def _servers_spent(self) -> dict[str, float]:
        """Give the CPU seconds of the servers that are ours."""
        return {name: sum(psutil.Process(pid).cpu_times()[:2]) for name, pid in self._servers.items()}

    def _make_topics(self) -> None:
        from kafka.admin import KafkaAdminClient, NewTopic

        from streams.topic_admin import create_missing_topics

        create_missing_topics(Environment(kafka_bootstrap=self.bootstrap, kafka_partitions=self.partitions))
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        if HITS not in admin.list_topics():
            admin.create_topics([NewTopic(name=HITS, num_partitions=self.partitions, replication_factor=1)])
        admin.close()

    def _serves(self, name: str, child: Child | None) -> None:
        self.keep_off(child)
        if child and child.pid:
            self._servers[name] = child.pid

    def keep_off(self, child: Child | None) -> None:
        """Keep a process off the contenders' core."""
        if self.core is None or child is None or child.pid is None or (os.cpu_count() or 1) == 1:
            return
        others = [core for core in psutil.Process().cpu_affinity() if core != self.core]
        for thread in psutil.Process(child.pid).threads():
            with contextlib.suppress(psutil.NoSuchProcess):
                psutil.Process(thread.id).cpu_affinity(others)


class Process:
    """A contender at work."""

    def __init__(self, runner: Runner, settings: dict[str, str], folder: Path, core: int | None) -> None:
        self._port, self._core = free_port(), core
        environment = inherited_environment(**settings, QINGXIN_METRICS_PORT=str(self._port), PYTHONUNBUFFERED="1")
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        log = folder / f"{runner.name}-{self._port}.log"
        self.child = Child(
            runner.name, [sys.executable, "-m", *runner.module], log, environment | threads, cwd=ROOT
        )  # fmt: skip

    def pin(self) -> None:
        """Keep the process to its core; its threads come later and inherit it."""
        if self._core is not None:
            psutil.Process(self.child.pid).cpu_affinity([self._core])

    def begun(self) -> Counts:
        """Wait until it scores, and a moment longer.

        Raises:
            ServerError: it does not come to it.
        """
        self.child.wait_ready(lambda: self.counts().scored > 0, START_SECONDS)
        time.sleep(WARM_SECONDS)
        return self.counts()

    def counts(self) -> Counts:
        """Read what the process counts; nothing while it does not answer."""
        address = f"http://{LOOPBACK}:{self._port}/metrics"
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                page = answer.read()
        except (urllib.error.URLError, OSError):
            return Counts(time.perf_counter())
        return counts_of(page, time.perf_counter())


def counts_of(page: bytes, at: float) -> Counts:
    """Give the counts on a page of metrics."""
    sums: defaultdict[str, float] = defaultdict(float)
    stages: defaultdict[str, float] = defaultdict(float)
    for name, labels, value in SAMPLE.findall(page):
        sums[name.decode()] += float(value)
        if name == b"qingxin_stage_seconds_total" and (stage := STAGE.search(labels)):
            stages[stage[1].decode()] += float(value)
    return Counts(
        at,
        sums["qingxin_sms_received_total"] or sums["qingxin_sms_scored_total"],  # the others tell the second alone
        sums["process_cpu_seconds_total"],
        sums["process_resident_memory_bytes"] / 2**20,
        stages,
    )


def lap_between(first: Counts, last: Counts) -> Lap:
    """Give what was done between two moments. Raises DemoError if that is nothing."""
    sms = last.scored - first.scored
    if sms <= 0:
        raise DemoError("nothing was scored while the clock ran")
    stages = {name: (spent - first.stages.get(name, 0)) / sms * 1e6 for name, spent in last.stages.items()}
    return Lap(int(sms), last.at - first.at, last.cpu - first.cpu, stages, last.memory)


def median_of(laps: Sequence[Lap]) -> Lap:
    """Give the lap with the median speed."""
    return sorted(laps, key=lambda lap: lap.sms_per_s)[len(laps) // 2]
