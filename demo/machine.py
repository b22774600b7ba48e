"""The machine that a benchmark runs on: one core of it, and how a report names it."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Machine:
    """What figures depend on.

    `load` are the averages of 1, 5 and 15 minutes, empty where the system has none; `pinned_to` is the CPU that the
    process keeps to, None where the system cannot pin.
    """

    cpu: str
    cores: int
    load: tuple[float, ...]
    system: str
    python: str
    pinned_to: int | None

    def __str__(self) -> str:
        load = " ".join(f"{part:.2f}" for part in self.load) or "unknown"
        where = "not pinned to a CPU" if self.pinned_to is None else f"CPU {self.pinned_to} alone"
        return f"{self.cpu}, {self.cores} cores, load {load}; {self.system}, Python {self.python}; {where}, one thread"

    def figures(self) -> dict[str, Any]:
        """The same for JSON."""
        return asdict(self)


def keep_to_one_core() -> int | None:
    """Pin this process and those that it starts to one CPU, and numerical libraries to one thread.

    Gives the CPU, or None where the system cannot pin. Call it before numpy is imported.
    """
    for name in THREADS:
        os.environ[name] = "1"
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def this_machine(pinned_to: int | None) -> Machine:
    """Look at the machine now."""
    return Machine(
        cpu_model(_CPU_INFO.read_text(encoding="utf-8") if _CPU_INFO.exists() else ""),
        os.cpu_count() or 1,
        tuple(round(part, 2) for part in os.getloadavg()),
        f"{platform.system()} {platform.machine()}",
        platform.python_version(),
        pinned_to,
    )


def cpu_model(cpu_info: str) -> str:
    """Give the model's name out of Linux's /proc/cpuinfo, or what Python knows of the processor."""
    for line in cpu_info.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()
