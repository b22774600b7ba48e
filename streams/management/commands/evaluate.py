"""`qingxin evaluate`: the figures of a model on labelled rows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from config.commands import ExampleCommand
from models.artifact import default_artifact
from models.classifier import Classifier
from models.corpus import read_corpus
from models.errors import ModelError
from models.evaluation import Report, Share, measure, score_rows


class Command(ExampleCommand):
    help = (
        "Measure a model on labelled TSV files: `label, text` or `label, subtype, text` a line. Rows the model was "
        "trained on flatter it; see models/MODEL_CARD.md for held-out figures. Bad rows are named and left out."
    )
    examples = """  qingxin evaluate reviewed.tsv
  qingxin evaluate corpus/masked_spam.tsv corpus/english.tsv --json
  qingxin evaluate reviewed.tsv --model /var/lib/qingxin/model --threshold 0.8"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("data", nargs="+", type=Path, metavar="DATA.tsv", help="labelled rows")
        parser.add_argument(
            "--model", type=Path, default=default_artifact(), help="directory of a model (the released one)"
        )
        parser.add_argument("--threshold", type=float, help="least `spam` of a hit, 0 to 1 (the model's own)")
        parser.add_argument("--json", action="store_true", help="the whole report as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        threshold = options["threshold"]
        if threshold is not None and not 0 <= threshold <= 1:
            raise CommandError("--threshold takes a number from 0 to 1")
        try:
            classifier = Classifier.load(options["model"])
            corpus = read_corpus(options["data"])
            for fault in corpus.faults:
                self.stderr.write(str(fault))
            scores = score_rows(classifier, corpus.rows)
            report = measure(corpus.rows, scores, classifier.threshold if threshold is None else threshold)
        except ModelError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(msgspec.json.encode(report).decode())
            return
        for table in tables(report):
            Console(file=sys.stdout).print(table)


def tables(report: Report) -> Iterator[Table]:
    """The report as tables for a terminal."""
    whole = Table(title=f"threshold {report.threshold:.4f}", title_justify="left")
    for column in ("figure", "value"):
        whole.add_column(column)
    whole.add_row("ROC AUC", "-" if report.auc is None else f"{report.auc:.4f}")
    for rate, recall in report.recall_at.items():
        whole.add_row(f"recall at {float(rate):.1%} false positives", f"{recall:.3f}")
    yield whole
    parts = Table(title="share that reached the threshold", title_justify="left")
    for column in ("rows of", "rows", "hits", "share", "label right"):
        parts.add_column(column, justify="left" if column == "rows of" else "right")
    overall = {"ham": report.ham, "spam": report.spam, "illegal": report.illegal}
    for shares in (overall, report.categories, report.sources, report.ham_kinds):
        for name, share in shares.items():
            parts.add_row(name, *_cells(share))
        parts.add_section()
    yield parts


def _cells(share: Share) -> tuple[str, str, str, str]:
    rows = max(share.rows, 1)
    return str(share.rows), str(share.hits), f"{share.hits / rows:.3f}", f"{share.named / rows:.3f}"
