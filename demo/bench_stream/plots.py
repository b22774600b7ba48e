"""Pictures of the stream bench, as SVG files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from demo.bench_stream.latency import Latency
from demo.bench_stream.report import P50_MS, P99_MS
from demo.bench_stream.soak import Soak

SMOOTH = 5
"""Looks over which a speed is taken."""
BLUE, GREY = "#1f5fa8", "#666666"


def plot_latency(latency: Latency, file: Path) -> None:
    """Draw which share of the hits was how old at most, and the ages over time."""
    with _figure(file, columns=2) as (left, right):
        ages = np.sort(latency.age) * 1000
        left.plot(ages, np.arange(1, len(ages) + 1) / len(ages) * 100, color=BLUE)
        for share, goal in ((50, P50_MS), (99, P99_MS)):
            left.axhline(share, color=GREY, linewidth=0.5)
            left.plot([goal], [share], marker="v", color=GREY)
            left.annotate(
                f"goal: {share} % in {goal:.0f} ms", (goal, share), (-6, -12), textcoords="offset points", ha="right"
            )
        left.set(xlabel="age of the hit (ms)", ylabel="share of the hits (%)", ylim=(0, 101), xscale="log")
        right.plot(latency.at, latency.age * 1000, ".", markersize=1, color=BLUE, rasterized=True)
        right.set(xlabel="time (s)", ylabel="age of the hit (ms)", ylim=(0, None))
        right.set_title(f"{latency.rate:,.0f} SMS/s, {len(ages):,} hits", fontsize=10)


def plot_soak(soaked: Soak, file: Path) -> None:
    """Draw the memory, and the SMS scored a second, over time."""
    with _figure(file, columns=2) as (left, right):
        minutes = [(counts.at - soaked.seen[0].at) / 60 for counts in soaked.seen]
        left.plot(minutes, [counts.memory for counts in soaked.seen], color=BLUE)
        left.set(xlabel="time (min)", ylabel="resident memory (MiB)", ylim=(0, None))
        steps = list(zip(soaked.seen, soaked.seen[SMOOTH:], strict=False))
        right.plot(minutes[SMOOTH:], [(b.scored - a.scored) / (b.at - a.at) for a, b in steps], color=BLUE)
        right.set(xlabel="time (min)", ylabel="SMS scored a second", ylim=(0, None))


@contextmanager
def _figure(file: Path, columns: int) -> Iterator[Any]:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "qingxin", "font.size": 9}):
        figure = Figure(figsize=(4.6 * columns, 3.2), layout="constrained", dpi=120)
        yield figure.subplots(1, columns)
        file.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file, metadata={"Date": None})
