"""`qingxin audit`: proves that the audit chain holds and that no order lacks its two people."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.progress import track

from ledger.chain import Break, breaks
from ledger.models import AuditEntry
from review.integrity import orders_without_two_people
from review.models import EnforcementOrder

CHUNK = 2000
BREAKS_SHOWN = 20
EXAMPLES = """\
examples:
  qingxin audit verify
  qingxin audit verify --json
"""


class Command(BaseCommand):
    help = "Checks the audit log and the orders."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name, subcommand, epilog=EXAMPLES, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True, metavar="verify")
        verify = deeds.add_parser(
            "verify", help="walk the chain, count orders without two people; exit status 1 on any fault"
        )
        verify.add_argument("--json", action="store_true", help="one JSON object instead of text")

    def handle(self, *_args: Any, **options: Any) -> None:
        total = AuditEntry.objects.count()
        found = breaks(_entries(total, quiet=options["json"]))
        shown = list(islice(found, BREAKS_SHOWN))
        report = {
            "entries": total,
            "breaks": len(shown) + sum(1 for _ in found),
            "orders": EnforcementOrder.objects.count(),
            "orders_without_two_people": orders_without_two_people(),
        }
        ok = not (report["breaks"] or report["orders_without_two_people"])
        if options["json"]:
            self.stdout.write(json.dumps({"ok": ok, **report, "first_breaks": [vars(one) for one in shown]}))
        else:
            self.tell(report, shown, ok=ok)
        if not ok:
            sys.exit(1)

    def tell(self, report: dict[str, int], shown: list[Break], *, ok: bool) -> None:
        """Print the report for people."""
        self.stdout.write(f"audit entries: {report['entries']}, breaks in the chain: {report['breaks']}")
        for one in shown:
            self.stdout.write(self.style.ERROR(f"  entry {one.seq} {one.reason}"))
        self.stdout.write(
            f"enforcement orders: {report['orders']}, without two people: {report['orders_without_two_people']}"
        )
        self.stdout.write(self.style.SUCCESS("all holds") if ok else self.style.ERROR("FAULTS FOUND"))


def _entries(total: int, *, quiet: bool) -> Iterator[AuditEntry]:
    entries = AuditEntry.objects.order_by("seq").iterator(chunk_size=CHUNK)
    console = Console(stderr=True)
    yield from track(
        entries, "audit chain", total=total, console=console, disable=quiet or not console.is_terminal, transient=True
    )
