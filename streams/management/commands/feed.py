"""`qingxin feed`: a file of SMS, or one that grows, into a gateway topic."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any

from django.core.management.base import CommandError, CommandParser

from config.commands import ExampleCommand
from config.environment import load_environment
from config.errors import BadRecordError
from config.feeds import Profile, load_profiles
from config.topics import GATEWAYS
from streams.feeding import BadLine, Format

SHOWN_FAULTS = 10


class Command(ExampleCommand):
    help = (
        "Feed SMS from a JSONL or CSV file, or from standard input with -, into the topic of a gateway. Bad lines are "
        "named, counted and left out; blank ones are passed over. The order within a sender is kept. With --follow a "
        "growing file is fed as it grows, through rotation and truncation, until SIGTERM or Ctrl-C; what the broker "
        "has is kept in FILE.feed-state, and the next run goes on from there (at least once; ids make that harmless). "
        "Standard input cannot be resumed: what was read and not yet acknowledged in a crash has to be sent again."
    )
    examples = """  qingxin feed sms.jsonl --gateway smsc
  qingxin feed sms.csv --gateway ismg --pack 200
  qingxin feed /var/log/smsc/sms.jsonl --gateway smsc --follow --rejects /var/log/smsc/bad.jsonl
  qingxin feed mt.csv --gateway smsc --profile smsc-billing-export --follow
  qingxin feed --profiles
  zcat sms.jsonl.gz | qingxin feed - --gateway interconnect

a line of JSONL:
  {"id": "1", "sent_at": "2026-11-01T08:00:00+08:00", "sender": "13800000001", "receiver": "139...", "text": "..."}

files of a gateway's own form, TLS and the record format: docs/feeding.md"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", help="JSONL or CSV file, or - for standard input")
        parser.add_argument("--gateway", choices=list(GATEWAYS), help="the gateway the SMS come from")
        parser.add_argument("--format", choices=["jsonl", "csv"], help="by the profile or the file's name if not given")
        parser.add_argument("--profile", metavar="NAME", help="how the gateway's files are written; see --profiles")
        parser.add_argument("--profiles", action="store_true", help="list the profiles and check them")
        parser.add_argument("--follow", action="store_true", help="go on when the file grows, as tail -F does")
        parser.add_argument(
            "--state", metavar="FILE", type=Path,
            help="where to keep how far the broker has it, and to go on from; with --follow FILE.feed-state if not "
            "given, without --follow none",
        )  # fmt: skip
        parser.add_argument(
            "--rejects", metavar="FILE", type=Path, help="add bad lines with their reason as JSON lines"
        )
        parser.add_argument("--pack", type=int, default=100, metavar="N", help="SMS in a Kafka record (default 100)")
        parser.add_argument(
            "--linger", type=float, default=0.2, metavar="SECONDS",
            help="send a record that is not full after so long (default 0.2)",
        )  # fmt: skip
        parser.add_argument(
            "--report", type=float, default=10.0, metavar="SECONDS",
            help="say rate, lag and bad lines so often when there is no terminal (default 10; 0 is never)",
        )  # fmt: skip
        parser.add_argument("--strict", action="store_true", help="exit with 1 when there were bad lines")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["profiles"]:
            self._list_profiles()
            return
        if not options["file"] or not options["gateway"]:
            raise CommandError("name a file (or - for standard input) and its --gateway; or list the --profiles")
        if options["pack"] < 1:
            raise CommandError("--pack takes a number from 1")
        if options["linger"] < 0 or options["report"] < 0:
            raise CommandError("--linger and --report take seconds from 0")
        logging.getLogger("kafka").setLevel(logging.CRITICAL)  # what fails is said once, in the error
        from streams.feed_state import StateError
        from streams.rejects import RejectsError
        from streams.sending import FeedError
        from streams.tailing import MissedFileError

        try:
            with ExitStack() as stack:
                fed, bad = self._feed(options, stack)
        except (FeedError, BadRecordError, MissedFileError, StateError, RejectsError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"cannot read {options['file']}: {error.strerror}") from error
        self.stdout.write(f"fed {fed} SMS to {options['gateway']}, {bad} bad line(s)")
        if bad and options["strict"]:
            sys.exit(1)

    def _feed(self, options: dict[str, Any], stack: ExitStack) -> tuple[int, int]:
        from streams.feed_opening import Asked, open_source
        from streams.feed_report import Report
        from streams.feeder import Feeder, connect, let_go
        from streams.rejects import Rejects

        environment, gateway, stopping = load_environment(), options["gateway"], Event()
        profile = self._profile(options["profile"], options["format"])
        file_format = _format_of(options["file"], options["format"], profile)
        asked = Asked(
            options["file"], gateway, file_format, profile, options["follow"], options["state"], options["rejects"]
        )
        _stop_on_signals(stopping, stack)
        opened = open_source(asked, stopping, stack, self.stderr.write)
        if opened is None:
            return 0, 0
        if opened.note:
            self.stderr.write(opened.note)
        rejects = Rejects(options["rejects"]) if options["rejects"] else None
        if rejects:
            stack.callback(rejects.close)
        producer, topic, partitions = connect(environment, gateway)
        stack.callback(let_go, producer)
        report = stack.enter_context(
            Report(
                f"feeding {gateway}",
                options["report"],
                environment.broken_world_seconds,
                self.stderr.write,
                opened.size,
            )
        )
        feeder = Feeder(
            opened,
            asked,
            options["pack"],
            options["linger"],
            report,
            _teller(report.say, options["rejects"]),
            rejects,
            stopping,
        )
        return feeder.run(producer, topic, partitions), feeder.bad

    def _profile(self, name: str | None, file_format: Format | None) -> Profile | None:
        if name is None:
            return None
        profiles = load_profiles(load_environment().feeds_path)
        if name not in profiles:
            raise CommandError(f"no profile {name}; there are {', '.join(profiles) or 'none'}")
        if file_format not in (None, profiles[name].format):
            raise CommandError(f"profile {name} is for {profiles[name].format}, --format says {file_format}")
        return profiles[name]

    def _list_profiles(self) -> None:
        for name, profile in load_profiles(load_environment().feeds_path).items():
            self.stdout.write(f"{name} ({profile.format}, {profile.encoding}): {profile.description}")


def _format_of(name: str, given: Format | None, profile: Profile | None) -> Format:
    return profile.format if profile else given or ("csv" if name.lower().endswith(".csv") else "jsonl")


def _teller(say: Callable[[str], None], rejects: Path | None) -> Callable[[BadLine], None]:
    """Give what names the first bad lines."""
    told = 0

    def tell(fault: BadLine) -> None:
        nonlocal told
        told += 1
        if told <= SHOWN_FAULTS:
            say(f"line {fault.number}: {fault.reason}")
        elif told == SHOWN_FAULTS + 1:
            say(f"further bad lines are counted{f', and kept in {rejects}' if rejects else ''}")

    return tell


def _stop_on_signals(stopping: Event, stack: ExitStack) -> None:
    """Stop in order on the first SIGTERM or Ctrl-C; a second one ends the process at once."""

    def stop(number: int, _frame: object) -> None:
        stopping.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        stack.callback(signal.signal, number, signal.signal(number, stop))
