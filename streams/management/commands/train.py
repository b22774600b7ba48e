"""`qingxin train`: a corpus in, a model and its report out."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress, TaskID

import config
from config.commands import ExampleCommand
from models.errors import ModelError
from streams.management.commands.evaluate import tables

SHOWN_FAULTS = 10
USER_WORDS = Path(config.__file__).parent / "words.txt"


class Command(ExampleCommand):
    help = (
        "Train a model on all *.tsv of a directory (`label, text` or `label, subtype, text` a line; rows of the label "
        "`spam` are read but not trained on). Near-duplicates are kept together, a fifth is held out to set the "
        "threshold and to measure. Writes arrays.npz, manifest.json and report.json."
    )
    examples = """  qingxin train corpus --out /var/lib/qingxin/model
  qingxin train corpus --out /tmp/try --limit 5000 --seed 1"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("corpus", type=Path, metavar="CORPUS_DIR", help="directory of TSV files")
        parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="directory of the model")
        parser.add_argument("--seed", type=int, default=7, help="of the split and the solver (default 7)")
        parser.add_argument("--limit", type=int, metavar="N", help="use N rows only, for a quick try")
        parser.add_argument("--words", type=Path, default=USER_WORDS, help="user words, one a line (config/words.txt)")
        parser.add_argument("--model-version", default="1", help="goes into the manifest (default 1)")
        parser.add_argument("--created", metavar="DATE", help="date in the manifest (today)")

    def handle(self, *_args: Any, **options: Any) -> None:
        from models.artifact import save
        from models.corpus import Corpus, read_corpus, thinned
        from models.tokens import read_words
        from models.training import Recipe, train

        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit takes a number from 1")
        if not options["corpus"].is_dir():
            if options["corpus"].exists():
                raise CommandError(f"{options['corpus']} is no folder; name the one the *.tsv are in")
            raise CommandError(f"the folder {options['corpus']} does not exist")
        try:
            corpus = read_corpus(sorted(options["corpus"].glob("*.tsv")))
            for fault in corpus.faults[:SHOWN_FAULTS]:
                self.stderr.write(str(fault))
            if corpus.faults:
                self.stderr.write(f"{len(corpus.faults)} bad row(s) left out")
            if options["limit"]:
                corpus = Corpus(tuple(thinned(corpus.rows, options["limit"], options["seed"])), ())
            with Progress(console=Console(file=sys.stderr, stderr=True)) as progress:
                trained = train(
                    corpus,
                    read_words(options["words"]),
                    version=options["model_version"],
                    created=options["created"] or datetime.now(UTC).date().isoformat(),
                    recipe=Recipe(seed=options["seed"]),
                    progress=_Stages(progress).show,
                )
            save(trained.artifact, options["out"])
            report = msgspec.json.format(msgspec.json.encode(trained.report), indent=2)
            (options["out"] / "report.json").write_bytes(report + b"\n")
        except ModelError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"cannot write {options['out']}: {error.strerror}") from error
        for table in tables(trained.report):
            Console(file=sys.stdout).print(table)


class _Stages:
    """A progress bar for each stage of the training."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def show(self, stage: str, done: int, total: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)
