"""`qingxin demo`: the whole system on one machine."""

from __future__ import annotations

import json
import logging
import math
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from config.commands import ExampleCommand

MAX_PORT = 65_535


class Command(ExampleCommand):
    help = (
        "Run the whole of QingXin on this machine: embedded servers, simulated gateways, BOSS and handsets, the "
        "workers and the console, on loopback and free ports. Ctrl-C stops everything; data and logs stay."
    )
    examples = """  qingxin demo
  qingxin demo --port 8000 --rate 100
  qingxin demo --reset
  qingxin demo --smoke"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--smoke", action="store_true", help="play a fixed scenario, print a JSON summary, exit")
        parser.add_argument("--reset", action="store_true", help="forget the data of earlier demos first")
        parser.add_argument("--data", type=Path, help="data folder (default: QINGXIN_DEMO_DATA, else .qingxin)")
        parser.add_argument("--port", type=int, help="port of the console (default: a free one)")
        parser.add_argument("--rate", type=float, default=20, help="SMS a second of all gateways (default 20)")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["port"] is not None and not 1 <= options["port"] <= MAX_PORT:
            raise CommandError(f"--port takes a number from 1 to {MAX_PORT}")
        if not 0 < options["rate"] < math.inf:
            raise CommandError("--rate takes a number above 0")
        try:
            from demo.datafolder import default_folder
            from demo.errors import DemoError
            from demo.running import Demo
        except ModuleNotFoundError as error:
            raise CommandError(f"{error.name} is not installed: pip install 'qingxin[demo]'") from error
        for name in (None, "kafka"):  # the second has a level of its own
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            if options["smoke"]:
                self._smoke()
                return
            path = options["data"] or default_folder()
            Demo(path, reset=options["reset"], port=options["port"], rate=options["rate"]).run()
        except DemoError as error:
            raise CommandError(str(error)) from error

    def _smoke(self) -> None:
        from demo.running import stop_requests
        from demo.smoke.play import Smoke

        smoke = Smoke(lambda what: self.stderr.write(f"smoke: {what}"))
        with stop_requests() as requests:
            requests.first = requests.again = smoke.stop
            summary = smoke.run()
        self.stdout.write(json.dumps(summary.as_json()))
