"""The lines of the templates themselves: all can be used, none twice, none a text of the corpus."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import models
from models.corpus import read_corpus
from models.labels import LABELS, SPAM
from models.text import read_many
from models.wording.generator import generate, read_templates, templates
from models.wording.shipped import WRITTEN
from models.wording.slots import fills

FOLDER = Path(models.__file__).parent / "wording" / "templates"
FILES = sorted(FOLDER.glob("*.tsv"))
ROOT = Path(models.__file__).parents[1]
SHORTEST = 12
_NOT_LETTER = re.compile(r"[\W_]+")


def lines() -> list[str]:
    return [
        line
        for path in FILES
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    ]


def letters(texts: Sequence[str]) -> Iterator[str]:
    """What two equal texts have in common however they are written: letters and digits of the normalised text."""
    for start in range(0, len(texts), 1000):
        for reading in read_many(texts[start : start + 1000]):
            yield _NOT_LETTER.sub("", reading.text)


@pytest.fixture(scope="module")
def corpus_texts(corpus: Path) -> set[str]:
    """The texts of the corpus, as letters, but for those written for this project."""
    rows = read_corpus(path for path in sorted(corpus.glob("*.tsv")) if path.stem != WRITTEN.stem).rows
    return {text for text in letters([row.text for row in rows]) if len(text) >= SHORTEST}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_line_parses_and_knows_its_label_and_slots(path: Path) -> None:
    found = list(read_templates(path))

    assert found
    assert {template.label for template in found} <= set(LABELS)
    assert all(template.subtype for template in found)


def test_no_template_stands_twice() -> None:
    texts = Counter(line.split("\t")[-1].strip() for line in lines())

    assert [text for text, count in texts.items() if count > 1] == []
    assert len(texts) == len(templates())


@pytest.mark.parametrize("label", LABELS)
def test_every_label_has_at_least_fifty_templates(label: str) -> None:
    assert sum(template.label == label for template in templates()) >= 50


def test_no_template_can_come_out_blank() -> None:
    rows = list(generate(3, seed=1))

    assert [row for row in rows if not row.text.strip() or "\t" in row.text or "\n" in row.text] == []
    assert [row for row in rows if "{" in row.text or "}" in row.text] == []


def test_every_listed_value_of_a_slot_is_a_text_once() -> None:
    import tomllib

    values = tomllib.loads((FOLDER.parent / "slots.toml").read_text(encoding="utf-8"))

    assert [name for name, listed in values.items() if not listed or "" in listed] == []
    assert set(values) < set(fills())


def test_written_rows_are_all_good_and_hold_spam_of_every_kind() -> None:
    written = read_corpus([WRITTEN])

    assert written.faults == ()
    assert written.duplicates == 0
    assert {row.label for row in written.rows} >= set(SPAM)


def test_no_template_and_no_text_made_of_one_is_a_text_of_the_corpus(corpus_texts: set[str]) -> None:
    made = [row.text for row in generate(2, seed=1)]
    own = [line.split("\t")[-1] for line in lines()]

    texts = own + made
    assert [text for text, plain in zip(texts, letters(texts), strict=True) if plain in corpus_texts] == []


def test_no_file_of_the_project_holds_a_text_of_the_corpus(corpus_texts: set[str]) -> None:
    kinds = ("*.py", "*.md", "*.toml", "*.tsv", "*.txt", "*.html", "*.yaml", "*.json", "*.po", "*.js")
    folders = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")]
    files = [path for folder in folders for kind in kinds for path in folder.rglob(kind)] + [*ROOT.glob("*.md")]

    found = []
    for path in files:
        if "node_modules" in path.parts:
            continue
        pieces = pieces_of(path.read_text(encoding="utf-8", errors="replace"))
        found += [
            (path.name, piece) for piece, plain in zip(pieces, letters(pieces), strict=True) if plain in corpus_texts
        ]
    assert found == []


def pieces_of(content: str) -> list[str]:
    """Lines, cells and quoted strings of a file: wherever an example could stand."""
    pieces = {piece for line in content.splitlines() for cell in line.split("\t") for piece in (line, *cell.split("|"))}
    for pattern in (r'"([^"\n]*)"', r"`([^`\n]*)`", r">([^<>\n]*)<", r"[“「]([^”」\n]*)[”」]"):
        pieces.update(re.findall(pattern, content))
    return sorted(piece for piece in pieces if len(piece) >= SHORTEST)
