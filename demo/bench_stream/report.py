"""What `qingxin bench stream` and its like tell: tables for people, figures for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Column, Table

from demo.bench_stream.contest import NAIVE_FAUST, OFFLINE, OURS_PACKED, OURS_QUIX, OURS_SINGLE, Outcome
from demo.bench_stream.growth import Grown
from demo.bench_stream.latency import Latency
from demo.bench_stream.soak import Soak
from demo.benching import figures_of, ratios
from demo.machine import Machine

GOAL_PER_S = 24_100
GOALS = (
    (OURS_PACKED.name, NAIVE_FAUST.name, 30.0),
    (OURS_PACKED.name, OURS_QUIX.name, 5.0),
    (OURS_PACKED.name, OFFLINE.name, 0.6),
    (OURS_SINGLE.name, OURS_QUIX.name, 1.5),
)
"""Who should be how many times as fast as whom, by CPU time."""
P50_MS, P99_MS = 150.0, 500.0


def contest_figures(outcome: Outcome, machine: Machine) -> dict[str, Any]:
    """The contest for JSON; `times` are the ratios of their speeds, by CPU time."""
    return {
        "results": [figures_of(result) for result in outcome.results],
        "times": {
            name: {other: round(ratio, 3) for other, ratio in row.items()}
            for name, row in ratios(outcome.results).items()
        },
        "stages_us": {stage: round(spent, 2) for stage, spent in outcome.stages_us.items()},
        "servers_us": {server: round(spent, 2) for server, spent in outcome.servers_us.items()},
        "machine": machine.figures(),
        "rounds": outcome.rounds,
        "seconds": outcome.seconds,
    }


def contest_tables(outcome: Outcome) -> Iterator[Table]:
    """The contest for the terminal."""
    table = Table(
        "contender", *map(_right, ("SMS/s", "slowest", "fastest", "a CPU second", "µs an SMS")),
        title=f"Record to hit on one core: median of {outcome.rounds} rounds of {outcome.seconds:.0f} s",
    )  # fmt: skip
    for result in outcome.results:
        speeds = (result.sms_per_s, result.slowest, result.fastest, result.sms_per_cpu_s)
        table.add_row(result.name, *(f"{speed:,.0f}" for speed in speeds), f"{result.us_per_sms:.1f}")
    yield table
    goals = Table("goal", _right("wanted"), _right("reached"), title="The goals (ratios by CPU time)")
    packed = next(result for result in outcome.results if result.name == OURS_PACKED.name)
    goals.add_row(f"{OURS_PACKED.name}, SMS/s", f"{GOAL_PER_S:,}", f"{packed.sms_per_s:,.0f}")
    times = ratios(outcome.results)
    for one, other, least in GOALS:
        goals.add_row(f"{one} : {other}", f"{least:g}", f"{times[one][other]:.2f}")
    yield goals
    yield _stages(outcome.stages_us, outcome.servers_us)


def _stages(stages: dict[str, float], servers: dict[str, float]) -> Table:
    whole = sum(stages.values())
    table = Table("stage", _right("µs an SMS"), _right("share"), title="Where the CPU time of ours-packed goes")
    for stage, spent in stages.items():
        table.add_row(stage, f"{spent:.2f}", f"{spent / whole:.0%}")
    table.add_row("in all", f"{whole:.2f}", "", end_section=True)
    for server, spent in servers.items():
        table.add_row(f"({server}, on other cores)", f"{spent:.2f}", "")
    return table


def latency_figures(latency: Latency, machine: Machine) -> dict[str, Any]:
    """The latency for JSON, in milliseconds."""
    return {
        "rate": latency.rate,
        "hits": len(latency.age),
        **{f"p{share:g}_ms": round(latency.percentile(share), 1) for share in (50, 90, 99, 99.9)},
        "machine": machine.figures(),
    }


def latency_table(latency: Latency) -> Table:
    """The latency for the terminal."""
    table = Table(
        "of the hits", _right("ms at most"), _right("goal"),
        title=f"From hand-over to hit at {latency.rate:,.0f} SMS/s, {len(latency.age):,} hits",
    )  # fmt: skip
    for share, goal in ((50, f"{P50_MS:.0f}"), (90, ""), (99, f"{P99_MS:.0f}"), (99.9, "")):
        table.add_row(f"{share:g} %", f"{latency.percentile(share):.0f}", goal)
    return table


def growth_figures(grown: Sequence[Grown], machine: Machine) -> dict[str, Any]:
    """The growth for JSON."""
    return {"results": [asdict(one) for one in grown], "machine": machine.figures()}


def growth_table(grown: Sequence[Grown]) -> Table:
    """The growth for the terminal."""
    heads = ("cores", "partitions a topic", "parts of long SMS", "SMS/s together", "a CPU second")
    table = Table(_right("workers"), *map(_right, heads), title="More workers, more partitions, long SMS")
    for one in grown:
        counted = (one.workers, one.cores, one.partitions)
        speeds = (f"{one.sms_per_s:,.0f}", f"{one.sms_per_cpu_s:,.0f}")
        table.add_row(*map(str, counted), f"{one.parts:.0%}", *speeds)
    return table


def soak_figures(soaked: Soak, machine: Machine) -> dict[str, Any]:
    """The soak for JSON; memory in MiB, medians of the second and of the last tenth of the time."""
    first, last = soaked.seen[0], soaked.seen[-1]
    return {
        "seconds": round(last.at - first.at, 1),
        "sms": int(last.scored - first.scored),
        "sms_per_s": round(soaked.sms_per_s, 1),
        "memory_early_mb": round(soaked.memory_mb(0.1), 1),
        "memory_late_mb": round(soaked.memory_mb(0.9), 1),
        "machine": machine.figures(),
    }


def soak_table(soaked: Soak) -> Table:
    """The soak for the terminal."""
    table = Table("a worker at full speed", _right("figure"), title="Soak")
    seconds = soaked.seen[-1].at - soaked.seen[0].at
    table.add_row("time", f"{seconds / 60:.1f} min")
    table.add_row("SMS a second", f"{soaked.sms_per_s:,.0f}")
    table.add_row("memory in the second tenth of it", f"{soaked.memory_mb(0.1):.0f} MiB")
    table.add_row("memory in the last tenth of it", f"{soaked.memory_mb(0.9):.0f} MiB")
    return table


def _right(head: str) -> Column:
    return Column(head, justify="right")
