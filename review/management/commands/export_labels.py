"""`qingxin export-labels`: what people decided becomes labelled rows for training."""

from __future__ import annotations

import getpass
import os
import sys
import tempfile
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from rich.console import Console
from rich.progress import track
from rich.table import Table

from config.commands import ExampleCommand
from ledger import audit
from ledger.chain import Event
from review.exporting import Export
from review.labelled import Harvest, Labelled, harvest, line_of

ACTOR = "system:export-labels"
SHOWN_CONTRADICTIONS = 10


class Command(ExampleCommand):
    help = (
        "Write what people decided as labelled rows (`label, subtype, text`), which `qingxin train` reads. A confirmed "
        "and signed case gives the texts that the reviewer saw its category, a cleared one `ham`, a sample of the "
        "recall check its verdict. A text with different labels is left out. Numbers of seven digits and more are "
        "replaced, always by the same ones; everything else of a text stays, so keep the file as you keep the "
        "database. The audit log notes who exported how many."
    )
    examples = """  qingxin export-labels --out /srv/corpus/decisions.tsv
  qingxin export-labels --out november.tsv --since 2026-11-01"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, required=True, metavar="FILE.tsv", help="file to write or replace")
        parser.add_argument("--since", type=_day, metavar="DATE", help="only what was decided on this day or later")

    def handle(self, *_args: Any, **options: Any) -> None:
        out: Path = options["out"]
        secret: str = settings.SECRET_KEY
        if out.is_dir():
            raise CommandError(f"{out} is a folder; name a file in it")
        if not out.parent.is_dir():
            raise CommandError(f"the folder {out.parent} does not exist")
        export = Export(options["since"])
        found = harvest(_rows(export))
        if not found.rows:
            raise CommandError("no decision gives a label yet, so nothing was written")
        try:
            _write(out, found, secret, lambda: _tell(out, found, options["since"]))
        except OSError as error:
            raise CommandError(f"cannot write {out}: {error.strerror}") from error
        self._report(out, found, export.guarded)

    def _report(self, out: Path, found: Harvest, guarded: int) -> None:
        self.stdout.write(f"{len(found.rows)} row(s) in {out}")
        table = Table()
        table.add_column("label")
        table.add_column("rows", justify="right")
        for label, count in sorted(found.counts.items()):
            table.add_row(label, str(count))
        Console(file=sys.stdout).print(table)
        self.stdout.write(f"left out: {found.repeated} repeated, {guarded} in confirmed cases that look like notices")
        if found.contradictions:
            self.stdout.write(f"left out because people contradict each other: {len(found.contradictions)} text(s)")
        for one in found.contradictions[:SHOWN_CONTRADICTIONS]:
            self.stdout.write(f"  {one}")


def _day(text: str) -> datetime:
    try:
        return timezone.make_aware(datetime.combine(date.fromisoformat(text), time.min))
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no date like 2026-11-01") from error


def _rows(export: Export) -> Iterator[Labelled]:
    console = Console(stderr=True)
    hidden = not console.is_terminal
    for rows in track(export, "decisions", total=export.total, console=console, disable=hidden, transient=True):
        yield from rows


def _write(out: Path, found: Harvest, secret: str, tell: Callable[[], None]) -> None:
    """Write the file whole, readable by its owner alone; it takes its name once the audit log knows of it."""
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.writelines(f"{line_of(row, secret)}\n" for row in found.rows)
            file.flush()
            os.fsync(file.fileno())
        tell()
        Path(name).replace(out)
    finally:
        Path(name).unlink(missing_ok=True)


def _user() -> str:
    """Give who runs the command, as the operating system calls them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _tell(out: Path, found: Harvest, since: datetime | None) -> None:
    details = {
        "operating_system_user": _user(),
        "rows": len(found.rows),
        "labels": dict(sorted(found.counts.items())),
        "contradictions": len(found.contradictions),
        "since": since.date().isoformat() if since else "",
    }
    with transaction.atomic():
        audit.record([Event(ACTOR, "labels_exported", "export", out.name[:128], details)], at=timezone.now())
