"""`qingxin worker`: one stream processor, in a process that holds nothing it does not need."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import CommandParser

from config.commands import ExampleCommand
from streams.worker import NAMES


class Command(ExampleCommand):
    help = (
        "Run a stream processor until SIGTERM: scoring (gateways to hits; needs neither Django nor the database), "
        "casework (hits to cases), protection (billing events, subscribers' texts), shadow (a candidate model beside "
        "the serving one; publishes nothing). Run as many of each as the topics have partitions."
    )
    examples = """  qingxin worker scoring
  QINGXIN_METRICS_PORT=9101 qingxin worker casework"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=NAMES, help="which processor")

    def handle(self, *_args: Any, **options: Any) -> None:
        os.execv(sys.executable, [sys.executable, "-m", "streams.worker", options["name"]])  # noqa: S606 - our own module
