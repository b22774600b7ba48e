"""`qingxin bench`: side-by-side measurements on this machine."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError, CommandParser

from config.commands import ExampleCommand
from demo.errors import DemoError
from demo.machine import Machine, keep_to_one_core, this_machine
from models.errors import ModelError

if TYPE_CHECKING:
    from rich.console import Console

    from demo.bench_report import Report

SEED = 20_261_122


class Command(ExampleCommand):
    help = (
        "Measure contenders side by side in one run, on the same messages and one core: how many SMS a second from raw "
        "text to a label. `models`: jieba + TF-IDF + logistic regression, fastText, and ours with the reasons for its "
        "hits; then what ours spends its time on, and what its model takes to load and to hold."
    )
    examples = """  qingxin bench models
  qingxin bench models --json --rounds 9"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", nargs="?", default="models", choices=["models"], help="what to measure")
        parser.add_argument(
            "--json", action="store_true", help='print {"results": [{"name", "sms_per_s"}...], "machine"...} alone'
        )
        parser.add_argument("--rounds", type=int, default=5, help="counted rounds (default 5)")
        parser.add_argument("--messages", type=int, default=2000, help="messages a round (default 2000)")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["rounds"] < 1 or options["messages"] < 1:
            raise CommandError("--rounds and --messages take numbers from 1")
        machine = this_machine(keep_to_one_core())
        from rich.console import Console

        try:
            report = _report(machine, options["messages"], options["rounds"], Console(stderr=True))
        except (DemoError, ModelError) as error:
            raise CommandError(str(error)) from error
        for sentence in report.left_out:
            self.stderr.write(sentence)
        if options["json"]:
            self.stdout.write(json.dumps(report.figures()))
            return
        console = Console()
        console.print(str(machine), highlight=False)
        for table in report.tables():
            console.print(table)


def _report(machine: Machine, messages: int, rounds: int, stderr: Console) -> Report:
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
