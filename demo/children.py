"""Child processes of the demo: each in a session of its own, with a log file, ended in order and never left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from demo.errors import ServerError

STOP_SECONDS = 15
TAIL_BYTES = 4000
POLL_SECONDS = 0.05
LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Give a port of the loopback address that nobody listens on at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def tail(log: Path, lines: int = 8) -> str:
    """Give the last lines of a log file; empty when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.strip().splitlines()[-lines:])


class Keeper:
    """Ends registered processes when this process dies without having closed the keeper; see `demo.keeper`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from demo.keeper import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd=Path(__file__).resolve().parent.parent,
            text=True,
        )

    def watch(self, pid: int, started: float, stop_signal: int) -> None:
        """Tell the keeper about a process."""
        assert self._process.stdin is not None  # noqa: S101 - for the type checker: it was asked for as a pipe
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{pid} {started!r} {int(stop_signal)}\n")
            self._process.stdin.flush()

    def close(self) -> None:
        """Let the keeper go; what it watched has been ended by its owner."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()


@dataclass
class Child:
    """A process to start, watch and end; `name` is how people know it."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    popen_options: Mapping[str, Any] = field(default_factory=dict)
    cwd: Path | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started: float = field(default=0.0, init=False)
    """Start time as the system knows it, seconds since 1970: with the pid it names this very process."""

    def start(self, keeper: Keeper | None = None) -> None:
        """Start the process.

        Raises:
            ServerError: the system refuses to.
        """
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(  # noqa: S603 - fixed commands of ours
                    list(self.command),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    env=dict(self.environment) if self.environment is not None else None,
                    cwd=self.cwd,
                    **self.popen_options,
                )
        except OSError as error:
            raise ServerError(f"{self.name} cannot be started: {error}") from error
        with contextlib.suppress(psutil.NoSuchProcess):
            self.started = psutil.Process(self.process.pid).create_time()
        if keeper is not None:
            keeper.watch(self.process.pid, self.started, self.stop_signal)

    @property
    def pid(self) -> int | None:
        """The process id; None before the start."""
        return self.process.pid if self.process else None

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while it runs or before the start."""
        return self.process.poll() if self.process else None

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def wait_ready(self, ready: Callable[[], bool], seconds: float, every: float = POLL_SECONDS) -> None:
        """Wait until `ready()` says so, asking `every` so many seconds.

        Raises:
            ServerError: the process ended, or time ran out; with the end of its log.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise ServerError(f"{self.name} ended while starting ({self.log}):\n{tail(self.log)}")
            if time.monotonic() > deadline:
                raise ServerError(f"{self.name} was not ready within {seconds:.0f} s ({self.log}):\n{tail(self.log)}")
            time.sleep(every)

    def ask_to_stop(self) -> None:
        """Send the stop signal and return at once."""
        if self.running and self.process:
            self.process.send_signal(self.stop_signal)

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """End the process and all it started; kill what has not gone after `seconds`."""
        if self.process is None:
            return
        offspring = _offspring(self.process.pid)
        self.ask_to_stop()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        _, alive = psutil.wait_procs(offspring, timeout=1)
        for orphan in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                orphan.kill()


def _offspring(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def inherited_environment(**extra: str) -> dict[str, str]:
    """Give this process's environment without any `QINGXIN_` setting, and `extra` on top."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QINGXIN_")}
    return kept | extra
