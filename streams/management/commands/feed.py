"""`qingxin feed`: a file of SMS into a gateway topic."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError, CommandParser

from config.commands import ExampleCommand
from config.environment import load_environment
from config.errors import BadRecordError
from config.topics import GATEWAYS
from streams.feeding import BadLine, Format, read_lines

SHOWN_FAULTS = 10


class Command(ExampleCommand):
    help = (
        "Feed SMS from a JSONL or CSV file, or from standard input with -, into the topic of a gateway. Bad lines are "
        "named, counted and left out; blank ones are passed over. The order within a sender is kept."
    )
    examples = """  qingxin feed sms.jsonl --gateway smsc
  qingxin feed sms.csv --gateway ismg --pack 200
  zcat sms.jsonl.gz | qingxin feed - --gateway interconnect

a line of JSONL:
  {"id": "1", "sent_at": "2026-11-01T08:00:00+08:00", "sender": "13800000001", "receiver": "139...", "text": "..."}"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="JSONL or CSV file, or - for standard input")
        parser.add_argument("--gateway", required=True, choices=list(GATEWAYS), help="the gateway the SMS come from")
        parser.add_argument("--format", choices=["jsonl", "csv"], help="by the file's name if not given")
        parser.add_argument("--pack", type=int, default=100, metavar="N", help="SMS in a Kafka record (default 100)")
        parser.add_argument("--strict", action="store_true", help="exit with 1 when there were bad lines")

    def handle(self, *_args: Any, **options: Any) -> None:
        from streams.feeder import FeedError, feed

        if options["pack"] < 1:
            raise CommandError("--pack takes a number from 1")
        file_format: Format = options["format"] or ("csv" if options["file"].lower().endswith(".csv") else "jsonl")
        stream = self._open(options["file"])
        logging.getLogger("kafka").setLevel(logging.CRITICAL)  # what fails is said once, in the error
        faults: list[BadLine] = []

        def tell(fault: BadLine) -> None:
            faults.append(fault)
            if len(faults) <= SHOWN_FAULTS:
                self.stderr.write(f"line {fault.number}: {fault.reason}")

        try:
            fed = feed(
                read_lines(stream, file_format, options["gateway"]),
                options["gateway"],
                load_environment(),
                pack=options["pack"],
                tell=tell,
                file=stream,
            )
        except (FeedError, BadRecordError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"fed {fed} SMS to {options['gateway']}, {len(faults)} bad line(s)")
        if faults and options["strict"]:
            sys.exit(1)

    def _open(self, name: str) -> BinaryIO:
        if name == "-":
            if sys.stdin is None:
                raise CommandError("standard input is closed; name a file, or send the SMS through a pipe")
            return sys.stdin.buffer
        path = Path(name)
        try:
            return path.open("rb")
        except OSError as error:
            raise CommandError(f"cannot read {name}: {error.strerror}") from error
