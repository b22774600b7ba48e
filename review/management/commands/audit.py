"""`qingxin audit`: checks that the audit chain holds and that no order lacks its two people."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.progress import track

from ledger.chain import Break, breaks
from ledger.models import AuditEntry
from review.integrity import Fault, faulty_orders, faulty_records, key_of_environment
from review.models import EnforcementOrder

T = TypeVar("T")
CHUNK = 2000
BREAKS_SHOWN = 20
FAULTS_SHOWN = 10
UNCHECKED = (
    "the signatures of the orders were NOT checked: "
    "neither QINGXIN_ORDER_PUBLIC_KEY nor QINGXIN_ORDER_SIGNING_KEY is set"
)
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
            "verify", help="walk the chain, check the two people behind each order; exit status 1 on any fault"
        )
        verify.add_argument("--json", action="store_true", help="one JSON object instead of text")

    def handle(self, *_args: Any, **options: Any) -> None:
        total = AuditEntry.objects.count()
        key = key_of_environment()
        breaks_shown, broken = _first(breaks(_entries(total, quiet=options["json"])), BREAKS_SHOWN)
        orders_shown, orders = _first(faulty_orders(key), FAULTS_SHOWN)
        records_shown, records = _first(faulty_records(), FAULTS_SHOWN)
        report = {
            "entries": total,
            "breaks": broken,
            "orders": EnforcementOrder.objects.count(),
            "orders_without_two_people": orders,
            "outbox_faults": records,
            "signatures_checked": key is not None,
        }
        unchecked = key is None and report["orders"] > 0
        ok = not (broken or orders or records or unchecked)
        if options["json"]:
            shown = {
                "first_breaks": [vars(one) for one in breaks_shown],
                "first_faulty_orders": [vars(one) for one in orders_shown],
                "first_outbox_faults": [vars(one) for one in records_shown],
            }
            self.stdout.write(json.dumps({"ok": ok, **report, **shown}))
        else:
            self.tell(report, breaks_shown, orders_shown, records_shown)
        if unchecked:
            self.stderr.write(self.style.ERROR(UNCHECKED))
        if not options["json"]:
            self.stdout.write(self.style.SUCCESS("all holds") if ok else self.style.ERROR("FAULTS FOUND"))
        if not ok:
            sys.exit(1)

    def tell(self, report: dict[str, int], broken: list[Break], orders: list[Fault], records: list[Fault]) -> None:
        """Print the report for people."""
        self.stdout.write(f"audit entries: {report['entries']}, breaks in the chain: {report['breaks']}")
        for one in broken:
            self.stdout.write(self.style.ERROR(f"  entry {one.seq} {one.reason}"))
        self.stdout.write(
            f"enforcement orders: {report['orders']}, without two people: {report['orders_without_two_people']}"
        )
        for fault in orders:
            self.stdout.write(self.style.ERROR(f"  order {fault.id}: {fault.reason}"))
        self.stdout.write(f"outbox records of orders, refused or forged: {report['outbox_faults']}")
        for fault in records:
            self.stdout.write(self.style.ERROR(f"  record {fault.id}: {fault.reason}"))


def _first(found: Iterator[T], limit: int) -> tuple[list[T], int]:
    """Give the first of what was found, and how much there is."""
    shown = list(islice(found, limit))
    return shown, len(shown) + sum(1 for _ in found)


def _entries(total: int, *, quiet: bool) -> Iterator[AuditEntry]:
    entries = AuditEntry.objects.order_by("seq").iterator(chunk_size=CHUNK)
    console = Console(stderr=True)
    yield from track(
        entries, "audit chain", total=total, console=console, disable=quiet or not console.is_terminal, transient=True
    )
