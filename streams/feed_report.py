"""What `qingxin feed` tells while it runs: a live line on a terminal, else a line every some seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

WAITING_SECONDS = 5.0
"""Without an answer of the broker for so long it is said that it is waited for."""

RATE_SECONDS = 5.0
"""The rate is that of so many seconds."""
SAMPLE_SECONDS = 0.2


@dataclass
class Standing:
    """Where a feed stands."""

    fed: int
    bad: int
    behind: int | None
    last_sent_at: datetime | int | None
    waiting: int
    silent_seconds: float


def sentence(now: Standing, per_second: float, at: float) -> str:
    """Say where a feed stands; `at` is the time in epoch seconds."""
    parts = [f"{now.fed:,} SMS fed", f"{per_second:,.0f}/s", f"{now.bad:,} bad"]
    if now.behind is not None:
        parts.append(f"{_size(now.behind)} behind")
    if now.last_sent_at is not None:
        sent = now.last_sent_at
        age = at - (sent.timestamp() if isinstance(sent, datetime) else sent / 1000)
        parts.append(f"last SMS {_age(age)} old")
    return ", ".join(parts)


@dataclass
class Report:
    """Tells people on standard error.

    Attributes:
        title: what is fed.
        every: seconds between two lines where there is no terminal; 0 is never.
        patience: seconds for which the broker is waited for.
        tell: writes a line.
        size: bytes of a file that will end, for the bar.
    """

    title: str
    every: float
    patience: float
    tell: Callable[[str], None]
    size: int | None = None
    _progress: Progress | None = field(default=None, init=False)
    _said_at: float = field(default_factory=time.monotonic, init=False)
    _rates: list[tuple[float, int]] = field(default_factory=list, init=False)
    _waits: bool = field(default=False, init=False)

    def __enter__(self) -> Self:
        console = Console(stderr=True)
        if console.is_terminal:
            bar = (BarColumn(bar_width=20), TaskProgressColumn()) if self.size else ()
            self._progress = Progress(TextColumn("{task.description}"), *bar, console=console, transient=True)
            self._progress.start()
            self._progress.add_task(self.title, total=self.size)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress:
            self._progress.stop()

    def say(self, line: str) -> None:
        """Tell something at once, above a live line where there is one."""
        if self._progress:
            self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            self.tell(line)

    def update(self, standing: Standing) -> None:
        """Tell where the feed stands, if it is time to, and at once when the broker falls silent or comes back."""
        now = time.monotonic()
        if not self._rates or now - self._rates[-1][0] >= SAMPLE_SECONDS:
            self._rates = [sample for sample in self._rates if now - sample[0] <= RATE_SECONDS]
            self._rates.append((now, standing.fed))
        self._say_waiting(standing)
        if self._progress:
            told = sentence(standing, self._rate(), time.time())
            done = self.size - standing.behind if self.size and standing.behind is not None else None
            self._progress.update(self._progress.task_ids[0], description=f"{self.title}: {told}", completed=done)
        elif self.every and now - self._said_at >= self.every:
            self._said_at = now
            self.tell(f"{self.title}: {sentence(standing, self._rate(), time.time())}")

    def _rate(self) -> float:
        (began, before), (ended, after) = self._rates[0], self._rates[-1]
        return (after - before) / (ended - began) if ended > began else 0.0

    def _say_waiting(self, standing: Standing) -> None:
        waits = standing.waiting > 0 and standing.silent_seconds >= WAITING_SECONDS
        if waits and not self._waits:
            self.say(
                f"{self.title}: waiting for the broker, which has not answered for {standing.silent_seconds:.0f} s; "
                f"{standing.waiting} record(s) wait, for {self.patience:.0f} s at most"
            )
        if self._waits and not standing.waiting:
            self.say(f"{self.title}: the broker is back and has taken what waited")
        self._waits = waits or (self._waits and standing.waiting > 0)


def _size(count: int) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:  # noqa: PLR2004 - units of a thousand
            return f"{count:.0f} {unit}"
        count //= 1000
    return f"{count} GB"


def _age(seconds: float) -> str:
    if seconds < 120:  # noqa: PLR2004 - two minutes are told in seconds
        return f"{seconds:.0f} s"
    if seconds < 7200:  # noqa: PLR2004 - two hours in minutes
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} d"  # noqa: PLR2004 - two days
