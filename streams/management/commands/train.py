"""`qingxin train`: a corpus in, a model and its report out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress, TaskID

import config
from config.commands import ExampleCommand
from models.artifact import Artifact
from models.corpus import Corpus, Row
from models.errors import ModelError
from models.labels import HAM, LABELS
from streams.management.commands.evaluate import tables

SHOWN_FAULTS = 10
MOST_SEED = 2**32 - 1
VARIANTS = 3
"""Texts made of each template of the shipped wording."""
RELEASED = "released"
USER_WORDS = Path(config.__file__).parent / "words.txt"


class Command(ExampleCommand):
    help = (
        "Train a model on TSV files or folders of them (`label, text` or `label, subtype, text` a line; rows of the "
        "label `spam` are read but not trained on), together with the wording that ships with the program. "
        "Near-duplicates are kept together; a fifth of your rows is held out to calibrate, to set the threshold and to "
        "measure. Writes arrays.npz, manifest.json and report.json."
    )
    examples = """  qingxin train corpus --out /var/lib/qingxin/candidate
  qingxin export-labels --out decisions.tsv
  qingxin train decisions.tsv --start-from released --out /var/lib/qingxin/candidate --model-version 3
  qingxin train corpus --out candidate --held-out held_out
  qingxin evaluate held_out --model held_out/model
  qingxin train corpus --out /tmp/try --limit 5000 --seed 1 --no-wording"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("data", nargs="+", type=Path, metavar="DATA", help="TSV files, or folders of *.tsv")
        parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="directory of the model")
        parser.add_argument(
            "--start-from",
            metavar="MODEL",
            help="directory of a model, or `released`: learn only what your rows change about it",
        )
        parser.add_argument(
            "--held-out",
            type=Path,
            metavar="DIR",
            help="also keep the held-out rows there, and in DIR/model the twin that never saw them, for `evaluate`",
        )
        parser.add_argument("--no-wording", action="store_true", help="train on your rows alone")
        parser.add_argument("--seed", type=int, default=7, help="of the split and the solver (default 7)")
        parser.add_argument("--limit", type=int, metavar="N", help="use N of your rows only, for a quick try")
        parser.add_argument("--words", type=Path, default=USER_WORDS, help="user words, one a line (config/words.txt)")
        parser.add_argument("--model-version", default="1", help="goes into the manifest (default 1)")
        parser.add_argument("--created", metavar="DATE", help="date in the manifest (today)")

    def handle(self, *_args: Any, **options: Any) -> None:
        from models.artifact import save
        from models.corpus import write_rows
        from models.tokens import read_words
        from models.training import Recipe, train
        from models.wording.shipped import shipped_rows

        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit takes a number from 1")
        if not 0 <= options["seed"] <= MOST_SEED:
            raise CommandError(f"--seed takes a number from 0 to {MOST_SEED}")
        try:
            corpus = self._corpus(options)
            shipped = () if options["no_wording"] else shipped_rows(VARIANTS, options["seed"])
            if not options["start_from"]:
                self._name_missing_labels(corpus.rows, shipped)
            with Progress(console=Console(file=sys.stderr, stderr=True)) as progress:
                trained = train(
                    corpus,
                    read_words(options["words"]),
                    version=options["model_version"],
                    created=options["created"] or datetime.now(UTC).date().isoformat(),
                    shipped=shipped,
                    start=_start(options["start_from"]),
                    recipe=Recipe(seed=options["seed"]),
                    progress=_Stages(progress).show,
                )
            save(trained.artifact, options["out"])
            report = msgspec.json.format(msgspec.json.encode(trained.report), indent=2)
            (options["out"] / "report.json").write_bytes(report + b"\n")
            if options["held_out"]:
                save(trained.twin, options["held_out"] / "model")
                write_rows(trained.held_out, options["held_out"])
        except ModelError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"cannot write {options['out']}: {error.strerror}") from error
        for table in tables(trained.report):
            Console(file=sys.stdout).print(table)

    def _name_missing_labels(self, *parts: Sequence[Row]) -> None:
        there = {row.label for rows in parts for row in rows}
        missing = [label for label in LABELS if label not in there]
        if missing and HAM in there:
            self.stderr.write(f"no row of {', '.join(missing)}: the model will not know it")

    def _corpus(self, options: dict[str, Any]) -> Corpus:
        """The rows to train on; bad ones are named."""
        from models.corpus import read_corpus, thinned, tsv_files

        corpus = read_corpus(tsv_files(options["data"]))
        for fault in corpus.faults[:SHOWN_FAULTS]:
            self.stderr.write(str(fault))
        if corpus.faults:
            self.stderr.write(f"{len(corpus.faults)} bad row(s) left out")
        if options["limit"]:
            return Corpus(tuple(thinned(corpus.rows, options["limit"], options["seed"])), ())
        return corpus


def _start(name: str | None) -> Artifact | None:
    """The model to start from."""
    from models.artifact import default_artifact, load

    if name is None:
        return None
    return load(default_artifact() if name == RELEASED else Path(name))


class _Stages:
    """A progress bar for each stage of the training."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def show(self, stage: str, done: int, total: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)
