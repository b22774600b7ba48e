"""`qingxin bench`: side-by-side measurements on this machine."""

from __future__ import annotations

import json
import os
from typing import Any

from django.core.management.base import CommandError, CommandParser

from config.commands import ExampleCommand

SEED = 20_261_122


class Command(ExampleCommand):
    help = (
        "Measure contenders side by side in one run, on the same messages and one core, and print SMS a second "
        "(median of the rounds) and how many times the first contender that is. `models`: raw text to verdict with "
        "reasons for the hits."
    )
    examples = """  qingxin bench models
  qingxin bench models --json --rounds 9"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", nargs="?", default="models", choices=["models"], help="what to measure")
        parser.add_argument("--json", action="store_true", help='print {"results": [{"name", "sms_per_s"}...]} alone')
        parser.add_argument("--rounds", type=int, default=5, help="counted rounds (default 5)")
        parser.add_argument("--messages", type=int, default=5000, help="messages a round (default 5000)")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["rounds"] < 1 or options["messages"] < 1:
            raise CommandError("--rounds and --messages take numbers from 1")
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[name] = "1"
        from rich.console import Console
        from rich.progress import Progress
        from rich.table import Table

        from demo.bench_models import contenders, some_texts
        from demo.benching import measure

        stderr = Console(stderr=True)
        texts, _ = some_texts(options["messages"], SEED)
        with Progress(console=stderr, transient=True, disable=not stderr.is_terminal) as progress:
            results = measure(contenders(SEED), texts, options["rounds"], progress)
        if options["json"]:
            figures = [{"name": result.name, "sms_per_s": round(result.sms_per_s, 1)} for result in results]
            self.stdout.write(json.dumps({"results": figures}))
            return
        table = Table("contender", "SMS/s (median)", "slowest", "fastest", f"times {results[0].name}")
        for result in results:
            ratio = result.sms_per_s / results[0].sms_per_s
            table.add_row(
                result.name,
                f"{result.sms_per_s:,.0f}",
                f"{result.slowest:,.0f}",
                f"{result.fastest:,.0f}",
                f"{ratio:.1f}",
            )
        Console().print(table)
