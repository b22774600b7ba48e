"""`qingxin bench`: side-by-side measurements on this machine."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError, CommandParser

from config.commands import ExampleCommand
from demo.errors import DemoError
from demo.machine import Machine, keep_to_one_core, this_machine
from models.errors import ModelError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from demo.bench_report import Report

SEED = 20_261_122
WORDS = ("models", "stream", "latency", "growth", "soak")
DEFAULT_ROUNDS = {"models": 5, "stream": 3}
DEFAULT_SECONDS = {"stream": 6.0, "latency": 30.0, "growth": 8.0, "soak": 600.0}


class Command(ExampleCommand):
    help = (
        "Measure on this machine. `models`: from raw text to a label, ours beside jieba + TF-IDF + logistic regression "
        "and fastText. `stream`: from a Kafka record to a hit, the scoring worker beside naive apps on Faust and Quix "
        "Streams, on one core. `latency`: from an SMS handed over to its hit, at a steady rate. `growth`: more "
        "workers, more partitions. `soak`: memory at full speed for ten minutes. Servers are started on loopback."
    )
    examples = """  qingxin bench models --json --rounds 9
  qingxin bench stream
  qingxin bench latency --rate 12050 --out pictures
  qingxin bench soak --broker 127.0.0.1:9092"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", nargs="?", default="models", choices=WORDS, help="what to measure")
        parser.add_argument("--json", action="store_true", help="print one JSON object alone")
        parser.add_argument("--rounds", type=int, help="counted rounds (models: default 5; stream: default 3)")
        parser.add_argument("--messages", type=int, default=2000, help="messages a round of models (default 2000)")
        parser.add_argument("--seconds", type=float, help="length of a round of stream (default 6), latency (30), "
                            "growth (8) or soak (600)")  # fmt: skip
        parser.add_argument("--rate", type=float, help="SMS a second (latency: default 12050; soak: 60000)")
        parser.add_argument("--broker", default="auto", metavar="auto|apache|embedded|HOST:PORT",
                            help="what stream, latency, growth and soak measure on: Apache Kafka where Java 17 and "
                            "Maven (or QINGXIN_TEST_KAFKA_HOME) give it, else the embedded broker, which is the "
                            "slower the more it holds (auto, the default); or an empty Kafka of yours")  # fmt: skip
        parser.add_argument("--out", type=Path, help="folder for the pictures of latency and soak")

    def handle(self, *_args: Any, **options: Any) -> None:
        from rich.console import Console

        what = options["what"]
        options["rounds"] = _given(options["rounds"], DEFAULT_ROUNDS.get(what, 1))
        options["seconds"] = _given(options["seconds"], DEFAULT_SECONDS.get(what, 1.0))
        if min(options["rounds"], options["messages"]) < 1 or options["seconds"] < 1:
            raise CommandError("--rounds, --messages and --seconds take numbers from 1")
        if options["rate"] is not None and options["rate"] < 1:
            raise CommandError("--rate takes a number from 1")
        machine = this_machine(keep_to_one_core() if what == "models" else None)
        try:
            tables, figures = self._measure(what, options, machine, Console(stderr=True))
        except (DemoError, ModelError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(figures))
            return
        console = Console()
        console.print(str(machine), highlight=False)
        if "broker" in figures:
            console.print(f"broker: {figures['broker']}", highlight=False)
        for table in tables:
            console.print(table)

    def _measure(
        self, what: str, options: dict[str, Any], machine: Machine, stderr: Console
    ) -> tuple[list[Table], dict[str, Any]]:
        if what == "models":
            report = _models(machine, options["messages"], options["rounds"], stderr)
            for sentence in report.left_out:
                self.stderr.write(sentence)
            return list(report.tables()), report.figures()
        from demo.bench_stream.brokers import chosen

        with stderr.status("starting") as status:
            tell = status.update if stderr.is_terminal else stderr.print
            broker = chosen(options["broker"], self.stderr.write)
            tables, figures = _stream(what, options, machine, tell, broker)
            return tables, {**figures, "broker": broker}


def _given(value: Any, default: Any) -> Any:
    return default if value is None else value


def _stream(
    what: str, options: dict[str, Any], machine: Machine, tell: Any, broker: str
) -> tuple[list[Table], dict[str, Any]]:
    """Measure something about the scoring worker; tells what is being done."""
    from demo.bench_stream import report
    from demo.bench_stream.contest import contest
    from demo.bench_stream.growth import grow
    from demo.bench_stream.latency import measure_latency
    from demo.bench_stream.plots import plot_latency, plot_soak
    from demo.bench_stream.soak import soak

    seconds, out = options["seconds"], options["out"]
    if what == "stream":
        outcome = contest(options["rounds"], seconds, tell, broker)
        return list(report.contest_tables(outcome)), report.contest_figures(outcome, machine)
    if what == "growth":
        grown = grow(range(1, machine.cores + 1), (1, 4, 16), seconds, tell, broker)
        return [report.growth_table(grown)], report.growth_figures(grown, machine)
    if what == "latency":
        latency = measure_latency(_given(options["rate"], report.GOAL_PER_S / 2), seconds, tell, broker)
        if out:
            plot_latency(latency, out / "latency.svg")
        return [report.latency_table(latency)], report.latency_figures(latency, machine)
    soaked = soak(_given(options["rate"], 60_000), seconds, tell, broker)
    if out:
        plot_soak(soaked, out / "soak.svg")
    return [report.soak_table(soaked)], report.soak_figures(soaked, machine)


def _models(machine: Machine, messages: int, rounds: int, stderr: Console) -> Report:
    """Train the contenders and measure all; tells on `stderr` what is being done."""
    from rich.progress import Progress

    from demo.bench_costs import costs, footprint
    from demo.bench_models import FAMILIES, some_texts
    from demo.bench_report import Report
    from demo.benching import families, measure
    from models.artifact import default_artifact, load

    with ExitStack() as stack:
        with stderr.status("training the other contenders"):
            ready, left_out = stack.enter_context(families(FAMILIES, messages, SEED))
        with Progress(console=stderr, transient=True, disable=not stderr.is_terminal) as progress:
            results = measure(ready, messages, rounds, progress)
    artifact = load(default_artifact())
    texts, _ = some_texts(messages, SEED)
    with stderr.status("measuring the stages, and fresh processes"):
        return Report(
            results, left_out, machine, rounds, messages, costs(artifact, texts, rounds), footprint(rounds),
            sum(file.stat().st_size for file in default_artifact().iterdir()),
        )  # fmt: skip
