"""Real processes of QingXin for a test: workers and the relay, on the test's own servers."""

from __future__ import annotations

import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from demo.children import LOOPBACK, Child, Keeper, free_port, inherited_environment
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60


class Process:
    """One process of QingXin with its health and metrics."""

    def __init__(self, name: str, arguments: Sequence[str], environment: dict[str, str], folder: Path) -> None:
        self.port = free_port()
        self.log = folder / f"{name}-{self.port}.log"
        settings = inherited_environment(**environment, QINGXIN_METRICS_PORT=str(self.port))
        self.child = Child(name, [sys.executable, "-m", *arguments], self.log, settings, cwd=ROOT)

    def start(self, keeper: Keeper) -> Process:
        """Start and wait until the process is at work."""
        self.child.start(keeper)
        self.child.wait_ready(self.ready, START_SECONDS)
        return self

    def ready(self) -> bool:
        """Say whether /health says so."""
        try:
            with urllib.request.urlopen(f"http://{LOOPBACK}:{self.port}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def state(self) -> str:
        """Give what /health says."""
        with urllib.request.urlopen(f"http://{LOOPBACK}:{self.port}/health", timeout=2) as answer:
            return str(answer.read().decode())

    def metric(self, name: str, **labels: str) -> float:
        """Give the sum of a metric over all label values but those given; 0 when it was never set."""
        with urllib.request.urlopen(f"http://{LOOPBACK}:{self.port}/metrics", timeout=5) as answer:
            families = text_string_to_metric_families(answer.read().decode())
            return sum(
                sample.value
                for family in families
                for sample in family.samples
                if sample.name == name and labels.items() <= sample.labels.items()
            )

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        assert self.child.process
        self.child.process.kill()
        self.child.process.wait()

    def stop(self) -> int:
        """Ask the process to stop and give its exit status."""
        assert self.child.process
        self.child.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not self.child.running, timeout=30, what=f"{self.child.name} stops on SIGTERM")
        return int(self.child.exit_code or 0)


def a_worker(name: str, environment: dict[str, str], folder: Path) -> Process:
    """Give a worker that is not started yet."""
    return Process(name, ["streams.worker", name], environment, folder)


def a_relay(environment: dict[str, str], folder: Path) -> Process:
    """Give a relay that is not started yet."""
    return Process("relay", ["config.cli", "relay"], environment, folder)


@contextmanager
def running(process: Process, keeper: Keeper) -> Iterator[Process]:
    """Run a process for the length of a block, and end it whatever happens."""
    try:
        yield process.start(keeper)
    finally:
        process.child.stop()
