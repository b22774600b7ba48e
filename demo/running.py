"""Runs the demo until it is told to stop, and shows it."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import FrameType

from rich.console import Console
from rich.live import Live

from demo.datafolder import DataFolder
from demo.errors import DemoError
from demo.live import LiveSystem
from demo.screen import NEXT_STEPS, View, feeding_address, progress_line, render
from demo.stack import Stack

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SCREEN_SECONDS = 1.0
PROGRESS_SECONDS = 10.0


class StopRequests:
    """Turns signals into a wish to stop; `first` is called with the first, `again` with every later one."""

    def __init__(self) -> None:
        self.asked = Event()
        self.first = lambda: None
        self.again = lambda: None

    def take(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Note a wish to stop."""
        if self.asked.is_set():
            self.again()
            return
        self.asked.set()
        self.first()


@contextmanager
def stop_requests() -> Iterator[StopRequests]:
    """Take SIGINT, SIGTERM and SIGHUP as wishes to stop while the block runs."""
    requests = StopRequests()
    before = {number: signal.signal(number, requests.take) for number in STOP_SIGNALS}
    try:
        yield requests
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Demo:
    """One run of the demo on a data folder."""

    def __init__(self, path: Path, *, reset: bool, port: int | None, rate: float) -> None:
        self._path = path
        self._reset = reset
        self._port = port
        self._rate = rate
        self._console = Console()
        self._began = time.monotonic()

    def run(self) -> None:
        """Start, show, and stop when asked.

        Raises:
            DemoError: it cannot start.
        """
        with stop_requests() as requests, DataFolder(self._path) as folder:
            if self._reset:
                folder.reset()
            stack = Stack(folder, self._tell_step, self._port)
            requests.first, requests.again = stack.cancel, stack.hurry
            live: LiveSystem | None = None
            try:
                stack.start()
                if not requests.asked.is_set():
                    live = LiveSystem(stack, self._rate)
                    live.start()
                    folder.note_running(stack.base_url)
                    self._show(live, requests.asked)
            except DemoError:
                if not requests.asked.is_set():
                    raise
            finally:
                self._say("stopping everything (Ctrl-C again: at once)")
                if live is not None:
                    live.stop()
                stack.stop()
        self._say("stopped; no process is left")

    def _show(self, live: LiveSystem, asked: Event) -> None:
        if self._console.is_terminal:
            with Live(console=self._console, auto_refresh=False) as screen:
                while not asked.is_set():
                    screen.update(render(self._view(live)), refresh=True)
                    asked.wait(SCREEN_SECONDS)
            return
        stack = live.stack
        self._say(f"QingXin is at {stack.base_url}")
        self._say(feeding_address(stack.broker.bootstrap))
        for login, password in stack.secrets.passwords.items():
            self._say(f"login {login} password {password}")
        for number, step in enumerate(NEXT_STEPS, 1):
            self._say(f"{number}. {step}")
        told: set[str] = set()
        while not asked.is_set():
            view = self._view(live)
            self._say(progress_line(view.counts))
            deaths = [f"{child.name} ended with {child.exit_code}; log: {child.log}" for child in stack.died()]
            for bad_news in (*deaths, *view.failures):
                if bad_news not in told:
                    self._say(bad_news)
                    told.add(bad_news)
            asked.wait(PROGRESS_SECONDS)

    def _view(self, live: LiveSystem) -> View:
        stack = live.stack
        return View(
            address=stack.base_url,
            kafka=stack.broker.bootstrap,
            folder=str(stack.folder.path),
            people=stack.secrets.passwords,
            counts=live.counts(),
            processes=stack.children,
            failures=[f"{one.part.name}: {one.failure}" for one in live.simulators if one.failure],
        )

    def _tell_step(self, name: str, seconds: float) -> None:
        self._say(f"{time.monotonic() - self._began:5.1f} s  {name} ({seconds:.1f} s)")

    def _say(self, line: str) -> None:
        """Print a line; a terminal that has gone away stops nothing."""
        try:
            print(line, flush=True)  # noqa: T201 - the demo's screen
        except OSError:
            sys.stdout = sys.stderr = open("/dev/null", "w", encoding="utf-8")  # noqa: PTH123, SIM115 - until the end
