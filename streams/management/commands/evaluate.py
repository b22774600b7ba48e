"""`qingxin evaluate`: the figures of a model on labelled rows, as tables, as a page with pictures, as JSON."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from config.commands import ExampleCommand
from models.artifact import default_artifact
from models.assessment import Assessment, Wishes, assess
from models.classifier import Classifier
from models.corpus import Corpus, read_corpus, tsv_files
from models.errors import CorpusInvalid, ModelError
from models.evaluation import Report, Share
from models.figures import count, percent, three_digits
from models.labels import HAM
from models.robustness import Robustness
from models.workload import FEW, Load, Traffic

SHOWN_FAULTS: Final = 20
_PAGE: Final = Path("evaluation.html")
_WORDING_SEED: Final = 20261122
_TEXTS_A_TEMPLATE: Final = 2
_NO_ROW: Final = Corpus((), ())
_STANDARD: Final = Traffic()


class Command(ExampleCommand):
    help = (
        "Measure a model on labelled TSV files or folders of them: `label, text` or `label, subtype, text` a line. "
        "Prints tables and writes a page with pictures: how much spam is found at what price, calibration, the worst "
        "mistakes, disguises, and the people needed for your volume. Rows the model was trained on flatter it; see "
        "models/MODEL_CARD.md for held-out figures. Bad rows are named and left out. The page quotes messages "
        "(long numbers starred): keep it as you keep them."
    )
    examples = """  qingxin evaluate reviewed.tsv
  qingxin evaluate corpus/ --html /tmp/report.html --language en
  qingxin evaluate reviewed.tsv --volume 800000000 --prevalence 0.002 --seconds-per-case 20
  qingxin evaluate corpus/masked_spam.tsv corpus/english.tsv --json
  qingxin evaluate reviewed.tsv --model /var/lib/qingxin/model --threshold 0.8"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("data", nargs="*", type=Path, metavar="DATA", help="TSV files, or folders of *.tsv")
        parser.add_argument(
            "--wording",
            type=int,
            nargs="?",
            const=_WORDING_SEED,
            metavar="SEED",
            help=f"add texts out of the program's own wording, made with this seed ({_WORDING_SEED})",
        )
        parser.add_argument(
            "--model", type=Path, default=default_artifact(), help="directory of a model (the released one)"
        )
        parser.add_argument("--threshold", type=float, help="least `spam` of a hit, 0 to 1 (the model's own)")
        parser.add_argument("--html", type=Path, metavar="FILE", help=f"where the page goes (./{_PAGE})")
        parser.add_argument("--language", choices=("zh", "en"), default="zh", help="of the page (zh)")
        parser.add_argument("--json", action="store_true", help="print all figures as JSON; no page unless --html")
        parser.add_argument("--seed", type=int, default=7, help="of the disguises (7)")
        parser.add_argument(
            "--disguised-rows", type=int, default=2000, metavar="N", help="spam rows to disguise (2000; 0: none)"
        )
        parser.add_argument("--full-numbers", action="store_true", help="do not star long numbers in quoted messages")
        people = parser.add_argument_group("workload")
        for option, default, meaning in (
            ("volume", _STANDARD.volume, "messages a day"),
            ("prevalence", _STANDARD.prevalence, "share of spam among them"),
            ("seconds-per-case", _STANDARD.seconds_per_case, "time a reviewer needs for a case"),
            ("hours-per-day", _STANDARD.hours_per_day, "hours a reviewer decides a day"),
            ("hits-per-case", _STANDARD.hits_per_case, "real hits of one sender that make one case"),
            ("false-hits-per-case", _STANDARD.false_hits_per_case, "false alarms that make one case"),
        ):
            people.add_argument(
                f"--{option}", type=float, default=default, metavar="N", help=f"{meaning} ({default:g})"
            )

    def handle(self, *_args: Any, **options: Any) -> None:
        traffic, target = _checked(options), options["html"]
        if target is None and not options["json"]:
            target = _PAGE
        if target is not None and not target.absolute().parent.is_dir():
            raise CommandError(f"the folder {target.absolute().parent} does not exist")
        try:
            classifier = Classifier.load(options["model"])
            corpus, files, generated = _rows(options)
            self._tell_faults(corpus)
            wishes = Wishes(
                threshold=classifier.threshold if options["threshold"] is None else options["threshold"],
                traffic=traffic,
                seed=options["seed"],
                disguised_rows=options["disguised_rows"],
                full_numbers=options["full_numbers"],
            )
            with Progress(console=Console(file=sys.stderr, stderr=True), transient=True) as bar:
                made = assess(classifier, corpus.rows, wishes, _Stages(bar).show)
        except ModelError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            data = {"rows": len(corpus.rows), "bad_rows": len(corpus.faults), "duplicates": corpus.duplicates}
            whole = made.as_json() | {"model": classifier.version, "files": files, "data": data}
            self.stdout.write(msgspec.json.encode(whole).decode())
        else:
            for table in (*tables(made.report), *_more_tables(made)):
                Console(file=sys.stdout).print(table)
        if target is not None:
            about = _about(classifier, corpus, files, generated, full_numbers=options["full_numbers"])
            self._write_page(made, target, options["language"], about)

    def _tell_faults(self, corpus: Corpus) -> None:
        for fault in corpus.faults[:SHOWN_FAULTS]:
            self.stderr.write(str(fault))
        if corpus.faults:
            more = "" if len(corpus.faults) <= SHOWN_FAULTS else f"; the first {SHOWN_FAULTS} are named above"
            self.stderr.write(f"{len(corpus.faults)} bad row(s) left out{more}")
        sides = {row.label == HAM for row in corpus.rows}
        if corpus.rows and len(sides) == 1:
            lacking = "spam" if True in sides else "ham"
            self.stderr.write(
                f"there is no {lacking} among the rows; curves, AUC and recall at a share of ham need both"
            )
        if corpus.duplicates:
            self.stderr.write(f"{corpus.duplicates} row(s) repeat another one; they count each time")

    def _write_page(self, made: Assessment, target: Path, language: str, about: Any) -> None:
        from streams.evaluation_page import page

        try:
            target.write_text(page(made, about, language), encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise CommandError(f"cannot write {target}: {error.strerror}") from error
        self.stderr.write(f"The report with pictures is in {target.absolute()}")


def _checked(options: dict[str, Any]) -> Traffic:
    """The traffic to plan for; refuses what cannot be, in one sentence."""
    threshold = options["threshold"]
    if threshold is not None and not 0 <= threshold <= 1:
        raise CommandError("--threshold takes a number from 0 to 1")
    if not options["data"] and options["wording"] is None:
        raise CommandError("name a TSV file or a folder of them, or --wording")
    if not 0 <= options["prevalence"] <= 1:
        raise CommandError("--prevalence takes a share from 0 to 1, such as 0.0005")
    if options["disguised_rows"] < 0:
        raise CommandError("--disguised-rows takes a number from 0")
    for name in ("volume", "seconds_per_case", "hours_per_day", "hits_per_case", "false_hits_per_case"):
        if not (options[name] > 0 and math.isfinite(options[name])):
            raise CommandError(f"--{name.replace('_', '-')} takes a number above 0")
    if options["hours_per_day"] > 24:  # noqa: PLR2004 - a day's
        raise CommandError("--hours-per-day takes a number up to 24")
    return Traffic(**{name: options[name] for name in Traffic.__struct_fields__})


def _rows(options: dict[str, Any]) -> tuple[Corpus, list[str], int]:
    """The rows of all files and of the wording, the names of both, and how many rows are wording."""
    files = tsv_files(options["data"])
    corpus = read_corpus(files) if files else _NO_ROW
    names = [str(file) for file in files]
    if options["wording"] is None:
        return corpus, names, 0
    from models.wording.generator import generate

    made = tuple(generate(_TEXTS_A_TEMPLATE, options["wording"]))
    if not made:
        raise CorpusInvalid("the wording gives no row")
    names.append(f"--wording {options['wording']}")
    return Corpus((*corpus.rows, *made), corpus.faults), names, len(made)


def _about(classifier: Classifier, corpus: Corpus, files: list[str], generated: int, *, full_numbers: bool) -> Any:
    from streams.evaluation_page import About

    return About(
        model=classifier.version,
        files=tuple(files),
        made_at=timezone.localtime(datetime.now(UTC)),
        faults=corpus.faults,
        duplicates=corpus.duplicates,
        generated=generated,
        full_numbers=full_numbers,
    )


class _Stages:
    """A progress bar for each stage."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks = {stage: bar.add_task(stage, total=None) for stage in ("score", "disguise")}

    def show(self, stage: str, done: int, total: int) -> None:
        self._bar.update(self._tasks[stage], completed=done, total=total)


def tables(report: Report) -> Iterator[Table]:
    """The report as tables for a terminal."""
    whole = Table(title=f"threshold {report.threshold:.4f}", title_justify="left")
    for column in ("figure", "value"):
        whole.add_column(column)
    whole.add_row("ROC AUC", "-" if report.auc is None else f"{report.auc:.4f}")
    for rate, recall in report.recall_at.items():
        alarms = report.rests_on.get(rate, FEW)
        rough = f" (rough: rests on {alarms} false alarms)" if alarms < FEW else ""
        whole.add_row(f"recall at {float(rate):.1%} false positives", f"{recall:.3f}{rough}")
    if report.calibration:
        whole.add_row("calibration error of spam", f"{report.calibration.spam:.4f}")
        if report.calibration.top_label is not None:
            whole.add_row("calibration error of the label", f"{report.calibration.top_label:.4f}")
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


def _more_tables(made: Assessment) -> Iterator[Table]:
    """Disguises and the workload."""
    if made.robustness:
        yield _disguises(made.robustness)
    if made.chosen:
        yield _days((made.chosen, *sorted(made.levels, key=lambda day: -day.threshold)), made.traffic)


def _disguises(measured: Robustness) -> Table:
    table = Table(title=f"{measured.rows} spam rows in disguise, seed {measured.seed}", title_justify="left")
    for column in ("disguise", "recall", "points lost", "rows changed"):
        table.add_column(column, justify="left" if column == "disguise" else "right")
    table.add_row("(as sent)", f"{measured.plain:.3f}", "", "")
    for name, result in measured.disguises.items():
        table.add_row(name, f"{result.recall:.3f}", f"{result.drop:.1f}", str(result.changed))
    return table


def _days(days: tuple[Load, ...], traffic: Traffic) -> Table:
    table = Table(
        title=f"a day of {traffic.volume:,.0f} SMS, {percent(traffic.prevalence)} of them spam",
        caption=f"first line: the threshold of this report; *: rough, fewer than {FEW} alarms",
        title_justify="left",
        caption_justify="left",
    )
    for column in ("threshold", "hits", "real", "precise", "recall", "reviewers", "alarms"):
        table.add_column(column, justify="right", no_wrap=True)
    for day in days:
        table.add_row(
            f"{day.threshold:.4f}",
            count(three_digits(day.hits)),
            count(three_digits(day.true_hits)),
            "-" if day.precision is None else percent(day.precision),
            percent(day.recall),
            f"{day.reviewers:,} ({day.reviewers_low:,}-{day.reviewers_high:,})",
            f"{day.false_alarms}{' *' if day.is_rough else ''}",
        )
    return table
