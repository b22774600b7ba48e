"""`qingxin score`: offline scoring, JSON lines in and out."""

from __future__ import annotations

import codecs
import json
import math
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError, CommandParser

from config.commands import ExampleCommand
from models.classifier import Classifier, default_artifact
from models.errors import ModelError

BATCH = 500


class LineFault(ValueError):  # noqa: N818 - a fault of the data, reported and passed by
    """A line that cannot be scored; the message says why."""


class Command(ExampleCommand):
    help = (
        "Score SMS from standard input, one JSON object with `text` per line, to standard output: the same object "
        "with `label`, `spam` (probability of not ham), `scores` by category and `why`. The order is kept. In place of "
        "a bad line stands {error, line}; the exit status is then 1. Blank lines are skipped."
    )
    examples = """  qingxin score < in.jsonl > out.jsonl
  qingxin score --threshold 0.5 < in.jsonl > out.jsonl
  qingxin score --model models/released < in.jsonl | jq 'select(.label != "ham")'

a line in:   {"text": "..."}
a line out:  {"text": "...", "label": "loan", "spam": 0.99, "scores": {"ham": 0.01, ...},
              "why": [{"term": "...", "weight": 2.5}, ...]}"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--model", type=Path, default=default_artifact(), help="directory of a model (the released one)"
        )
        parser.add_argument("--threshold", type=float, help="least `spam` of a hit, 0 to 1 (the model's own)")

    def handle(self, *_args: Any, **options: Any) -> None:
        threshold = options["threshold"]
        if threshold is not None and not 0 <= threshold <= 1:
            raise CommandError("--threshold takes a number from 0 to 1")
        try:
            classifier = Classifier.load(options["model"])
        except ModelError as error:
            raise CommandError(str(error)) from error
        if sys.stdin is None:
            raise CommandError("standard input is closed; send the SMS through a pipe or with <")
        total, bad = self._score(classifier, threshold)
        if bad:
            raise CommandError(f"{bad} of {total} line(s) could not be scored")

    def _score(self, classifier: Classifier, threshold: float | None) -> tuple[int, int]:
        """Score standard input; returns the number of lines, and of bad ones."""
        total = bad = 0
        for batch in _batches(_lines(sys.stdin.buffer)):
            good = [item for _, item in batch if isinstance(item, dict)]
            verdicts = iter(classifier.verdicts([item["text"] for item in good], threshold))
            for number, item in batch:
                if isinstance(item, LineFault):
                    bad += 1
                    self.stderr.write(f"line {number}: {item}")
                    _write({"error": str(item), "line": number})
                    continue
                verdict = next(verdicts)
                item["label"], item["spam"], item["scores"] = verdict.label, verdict.spam, verdict.scores
                item["why"] = [{"term": reason.term, "weight": reason.weight} for reason in verdict.why]
                _write(item)
            sys.stdout.buffer.flush()
            total += len(batch)
            if sys.stderr.isatty():
                self.stderr.write(f"\r{total} scored, {bad} bad", ending="")
        if total and sys.stderr.isatty():
            self.stderr.write("")
        return total, bad


def read_line(line: bytes) -> dict[str, Any]:
    """The JSON object of a line. Raises LineFault."""
    try:
        item = json.loads(line.decode("utf-8"), parse_constant=_number, parse_float=_number)
    except UnicodeDecodeError as error:
        raise LineFault("not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise LineFault(f"not JSON ({error})") from error
    if not isinstance(item, dict):
        raise LineFault("not a JSON object")
    if "text" not in item:
        raise LineFault("no `text`")
    if not isinstance(item["text"], str):
        raise LineFault("`text` is not a string")
    return item


def _number(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise LineFault(f"{written} is no JSON number")
    return number


def _lines(stream: BinaryIO) -> Iterator[tuple[int, dict[str, Any] | LineFault]]:
    for number, marked in enumerate(stream, start=1):
        line = marked.removeprefix(codecs.BOM_UTF8) if number == 1 else marked
        if not line.strip():
            continue
        try:
            yield number, read_line(line)
        except LineFault as fault:
            yield number, fault


def _batches(
    lines: Iterable[tuple[int, dict[str, Any] | LineFault]],
) -> Iterator[list[tuple[int, dict[str, Any] | LineFault]]]:
    remaining = iter(lines)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def _write(item: dict[str, Any]) -> None:
    try:
        line = json.dumps(item, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair can only be written as the escape it came as
        line = json.dumps(item).encode("ascii")
    sys.stdout.buffer.write(line + b"\n")
