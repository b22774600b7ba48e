"""Rows of the training corpus, read from TSV files; a bad row is named, counted and left out.

Layout: UTF-8, with or without a byte order mark, one SMS a line, lines end in LF or CR LF, no header, no quoting.
Columns are `label, text` or `label, subtype, text`. A label is one of `labels.LABELS`, or `spam` where the source does
not say which kind. The file's stem is the name of the source. Control characters are part of a text, for spammers use
them; NUL alone is a fault, for it means that the file is something else.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.errors import CorpusInvalid
from models.labels import LABELS

UNSPECIFIED: Final = "spam"
MAX_TEXT: Final = 10_000
_SHOWN: Final = 20
_COLUMNS: Final = (2, 3)
# One source was masked with upper-case words; they become what they stood for, in a form that masking makes a token of.
_PLACEHOLDERS: Final = {
    "fake_base_station": {
        "CELLPHONE": "13800000000",
        "PHONE": "01088000000",
        "HOTLINE": "4008000000",
        "DIGIT": "88",
        "URL": " http://t.cn/a ",
        "WECHAT": " wx88000 ",
        "BANK": "银行",
        "NAME": "",
        "PLACE": "",
    },
}


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled SMS; `subtype` is empty where the file has none."""

    label: str
    text: str
    source: str
    subtype: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that cannot be used: `line` counts from 1."""

    path: Path
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a set of files holds: good rows in file order, and the faults."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over all rows in order."""
        whole = hashlib.sha256()
        for row in self.rows:
            whole.update(f"{row.source}\t{row.label}\t{row.subtype}\t{row.text}\n".encode())
        return whole.hexdigest()

    @property
    def duplicates(self) -> int:
        """Rows that repeat label and text of a row before them; they stay in `rows`."""
        return len(self.rows) - len({(row.label, row.text) for row in self.rows})


def tsv_files(paths: Iterable[Path]) -> list[Path]:
    """Each file as it is, each folder as its *.tsv in order of their names; none twice.

    Raises CorpusInvalid for a path that is not there, and for a folder that cannot be read or holds no *.tsv.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise CorpusInvalid(f"{path} does not exist")
        try:
            files = sorted(one for one in path.iterdir() if one.suffix == ".tsv") if path.is_dir() else [path]
        except OSError as error:
            raise CorpusInvalid(f"{path} ({error.strerror})") from error
        if not files:
            raise CorpusInvalid(f"the folder {path} holds no *.tsv")
        for file in files:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def read_corpus(paths: Iterable[Path]) -> Corpus:
    """All rows of all files. Raises CorpusInvalid if a file cannot be read or nothing good is in them."""
    rows: list[Row] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            content = path.read_bytes().removeprefix(codecs.BOM_UTF8)
        except OSError as error:
            raise CorpusInvalid(f"{path} ({error.strerror})") from error
        if not content.strip():
            faults.append(Fault(path, 1, "the file is empty"))
            continue
        lines = content.rstrip(b"\r\n").split(b"\n")
        for number, line in enumerate(lines, start=1):
            row = _row(line, path.stem)
            if isinstance(row, Row):
                rows.append(row)
            else:
                faults.append(Fault(path, number, row))
    if not rows:
        raise CorpusInvalid(
            f"no good row, {len(faults)} bad ones; the first: {faults[0]}" if faults else "no row at all"
        )
    return Corpus(tuple(rows), tuple(faults))


def write_rows(rows: Iterable[Row], folder: Path) -> None:
    """Write rows as `label, subtype, text`, one file for each source; `read_corpus` reads them again."""
    by_source: dict[str, list[str]] = {}
    for row in rows:
        by_source.setdefault(row.source, []).append(f"{row.label}\t{row.subtype}\t{row.text}\n")
    folder.mkdir(parents=True, exist_ok=True)
    for source, lines in by_source.items():
        (folder / f"{source}.tsv").write_text("".join(lines), encoding="utf-8")


def thinned(rows: Sequence[Row], limit: int, seed: int) -> list[Row]:
    """At most `limit` rows, the same ones for the same seed, in the old order.

    Drawn by another hash than `grouping.held_out`: by the same one, all of a few would be held out.
    """
    ranked = sorted(range(len(rows)), key=lambda place: _draw(f"{seed}\t{rows[place].text}"))
    return [rows[place] for place in sorted(ranked[:limit])]


def _draw(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _row(line: bytes, source: str) -> Row | str:
    """The row, or what is wrong with it."""
    columns = _columns(line.removesuffix(b"\r"))
    if isinstance(columns, str):
        return columns
    label, text = columns[0], columns[-1]
    if label not in LABELS and label != UNSPECIFIED:
        return f"unknown label {label[:_SHOWN]!r}{'...' if len(label) > _SHOWN else ''}"
    if len(text) > MAX_TEXT:
        return f"a text of {len(text):,} characters; {MAX_TEXT:,} are the most"
    for placeholder, meaning in _PLACEHOLDERS.get(source, {}).items():
        text = text.replace(placeholder, meaning)
    if not text.strip():
        return "no text"
    return Row(label, text.strip(), source, columns[1] if len(columns) == max(_COLUMNS) else "")


def _columns(line: bytes) -> list[str] | str:
    """The columns, or why there are none."""
    if not line:
        return "an empty line"
    if b"\0" in line:
        return "a NUL byte; is the file UTF-16?"
    try:
        columns = line.decode("utf-8").split("\t")
    except UnicodeDecodeError:
        return "not UTF-8"
    if len(columns) not in _COLUMNS:
        return f"{len(columns)} column{'' if len(columns) == 1 else 's'} where 2 or 3 are expected"
    return columns
