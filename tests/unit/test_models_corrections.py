"""Corrected labels: a table of digests that changes or leaves out rows, and holds no text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import models
from models.corpus import Row, read_corpus
from models.corrections import corrected, corrections, digest
from models.labels import LABELS

TABLE = Path(models.__file__).parent / "corrections.tsv"
TEXTS = ("甲的会改到下午", "乙的货到了", "丙的新店开业")


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A table in place of the shipped one: the first text is an advert, of the second nobody is sure."""
    path = tmp_path / "corrections.tsv"
    path.write_text(f"# why\n{digest(TEXTS[0])}\tad\n{digest(TEXTS[1])}\tunsure\n", encoding="utf-8")
    monkeypatch.setattr("models.corrections._TABLE", path)
    corrections.cache_clear()
    return path


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Read the shipped table again after a test."""
    yield
    corrections.cache_clear()


@pytest.mark.usefixtures("table")
def test_a_corrected_label_replaces_the_old_one_and_an_unsure_row_is_left_out() -> None:
    rows = [Row("ham", text, "made", "kind") for text in TEXTS]

    assert list(corrected(rows)) == [Row("ad", TEXTS[0], "made", "kind"), Row("ham", TEXTS[2], "made", "kind")]


@pytest.mark.usefixtures("table")
def test_a_row_with_the_right_label_already_is_the_same_row() -> None:
    row = Row("ad", TEXTS[0], "made")

    assert next(iter(corrected([row]))) is row


def test_a_digest_is_the_beginning_of_the_sha256_of_the_text() -> None:
    assert digest("好的") == hashlib.sha256("好的".encode()).hexdigest()[:16]


def test_one_character_more_is_another_text() -> None:
    assert digest("好的") != digest("好的 ")


def test_the_shipped_table_holds_digests_and_labels_in_order_and_no_text() -> None:
    first, *lines = TABLE.read_text(encoding="utf-8").splitlines()

    labels = "|".join([*LABELS, "unsure"])
    assert first.startswith("# ")
    assert [line for line in lines if not re.fullmatch(rf"[0-9a-f]{{16}}\t({labels})", line)] == []
    assert lines == sorted(set(lines))
    assert len(corrections()) == len(lines)


def test_every_correction_corrects_a_text_of_the_corpus(corpus: Path) -> None:
    """And nothing is listed that has the right label, but for rows that stand under two labels."""
    rows = read_corpus(sorted(corpus.glob("*.tsv"))).rows

    labels: dict[str, set[str]] = {}
    for row in rows:
        labels.setdefault(digest(row.text), set()).add(row.label)

    assert [name for name in corrections() if name not in labels] == []
    assert [name for name, label in corrections().items() if labels[name] == {label}] == []
