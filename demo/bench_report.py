"""What `qingxin bench models` tells: as figures for programs, and as tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Column, Table

from demo.bench_costs import Costs, Footprint
from demo.benching import Result, figures_of, ratios
from demo.machine import Machine


@dataclass(frozen=True)
class Report:
    """One run: the contenders that took part, why others did not, and what ours costs beside its speed."""

    results: Sequence[Result]
    left_out: Sequence[str]
    machine: Machine
    rounds: int
    messages: int
    costs: Costs
    footprint: Footprint
    artifact_bytes: int

    def figures(self) -> dict[str, Any]:
        """The report for JSON; `times` are the ratios of their speeds, by CPU time."""
        return {
            "results": [figures_of(result) for result in self.results],
            "times": {
                name: {other: round(ratio, 3) for other, ratio in row.items()}
                for name, row in ratios(self.results).items()
            },
            "left_out": list(self.left_out),
            "machine": self.machine.figures(),
            "rounds": self.rounds,
            "messages": self.messages,
            "ours": {
                **asdict(self.costs), **asdict(self.footprint), "artifact_bytes": self.artifact_bytes,
            },
        }  # fmt: skip

    def tables(self) -> Iterator[Table]:
        """The report for the terminal."""
        yield self._speeds()
        yield self._ratios()
        yield self._costs()
        yield self._footprint()

    def _speeds(self) -> Table:
        table = Table(
            "", "contender", *(_right(head) for head in ("SMS/s", "slowest", "fastest", "a CPU second", "µs an SMS")),
            title=f"Raw text to label: median of {self.rounds} rounds of the same {self.messages:,} messages",
        )  # fmt: skip
        for number, result in enumerate(self.results, start=1):
            speeds = (result.sms_per_s, result.slowest, result.fastest, result.sms_per_cpu_s)
            table.add_row(str(number), result.name, *(f"{speed:,.0f}" for speed in speeds), f"{result.us_per_sms:.1f}")
        return table

    def _ratios(self) -> Table:
        numbers = [str(number) for number in range(1, len(self.results) + 1)]
        table = Table(
            "", "contender", *map(_right, numbers), title="How many times as fast as contender number (by CPU time)"
        )
        for number, (name, row) in zip(numbers, ratios(self.results).items(), strict=True):
            table.add_row(number, name, *(f"{ratio:.2f}" for ratio in row.values()))
        return table

    def _costs(self) -> Table:
        costs = self.costs
        whole = sum(costs.stages_us.values())
        table = Table("stage", _right("µs an SMS"), _right("share"), title="What ours spends, in CPU time")
        for stage, spent in costs.stages_us.items():
            table.add_row(stage, f"{spent:.1f}", f"{spent / whole:.0%}")
        table.add_row("in all", f"{whole:.1f}", "", end_section=True)
        table.caption = (
            f"{costs.hits} of {costs.messages} messages are hits; reasons cost {costs.explain_us_per_hit:.0f} µs a hit"
        )
        return table

    def _footprint(self) -> Table:
        table = Table("a fresh process", _right("takes"), title="The released model")
        table.add_row("to load the model", f"{self.footprint.load_s:.2f} s")
        table.add_row("before that, to import the code", f"{self.footprint.import_s:.2f} s")
        table.add_row("after that, to give the first verdict", f"{self.footprint.first_verdict_s:.2f} s")
        table.add_row("memory after 10,000 texts", f"{self.footprint.memory_mb:.0f} MiB")
        table.add_row("files of the model", f"{self.artifact_bytes:,} bytes")
        return table


def _right(head: str) -> Column:
    return Column(head, justify="right")
