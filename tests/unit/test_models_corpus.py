"""Every kind of bad row is named with file and line, and costs nothing but itself."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from models.corpus import MAX_TEXT, read_corpus, tsv_files
from models.errors import CorpusInvalid

GOOD = "ham\t你好\n".encode()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"ham", "1 column where 2 or 3 are expected"),
        (b"ham\ta\tb\tc", "4 columns where 2 or 3 are expected"),
        (b"", "an empty line"),
        (b"spma\tx", "unknown label 'spma'"),
        (b"a message that stands where the label should\tx", "unknown label 'a message that stand'..."),
        (b"\xff\xfe\tx", "not UTF-8"),
        (b"ham\t\xe4\xbd", "not UTF-8"),
        (b"ham\t \t", "no text"),
        (b"ham\t", "no text"),
        (b"ham\tx\0y", "a NUL byte; is the file UTF-16?"),
        (b"ham\t" + b"x" * (MAX_TEXT + 1), "a text of 10,001 characters; 10,000 are the most"),
    ],
)
def test_a_bad_row_is_named_and_the_others_live(line: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "mixed.tsv"
    path.write_bytes(GOOD + line + b"\n" + GOOD)

    corpus = read_corpus([path])

    assert [row.text for row in corpus.rows] == ["你好", "你好"]
    assert [str(fault) for fault in corpus.faults] == [f"{path}:2: {reason}"]


def test_the_longest_text_allowed_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "long.tsv"
    path.write_bytes(b"ham\t" + b"x" * MAX_TEXT)

    assert len(read_corpus([path]).rows[0].text) == MAX_TEXT


def test_a_byte_order_mark_and_the_line_ends_of_windows_are_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "windows.tsv"
    path.write_bytes(codecs.BOM_UTF8 + "ham\t你好\r\nfraud\tbank\t您的账户\r\n\r\n".encode())

    corpus = read_corpus([path])

    assert [(row.label, row.subtype, row.text) for row in corpus.rows] == [
        ("ham", "", "你好"),
        ("fraud", "bank", "您的账户"),
    ]
    assert corpus.faults == ()


def test_control_characters_stay_for_spammers_use_them(tmp_path: Path) -> None:
    path = tmp_path / "control.tsv"
    path.write_bytes("ad\t加\x07微\x1b信\n".encode())

    assert read_corpus([path]).rows[0].text == "加\x07微\x1b信"


def test_an_empty_file_is_named_and_the_others_live(tmp_path: Path) -> None:
    empty, good = tmp_path / "empty.tsv", tmp_path / "good.tsv"
    empty.write_bytes(codecs.BOM_UTF8 + b"\n \n")
    good.write_bytes(GOOD)

    corpus = read_corpus([empty, good])

    assert [str(fault) for fault in corpus.faults] == [f"{empty}:1: the file is empty"]
    assert len(corpus.rows) == 1


def test_a_row_that_stands_twice_is_counted_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "twice.tsv"
    path.write_bytes(GOOD + GOOD + b"ad\tx\n" + GOOD)

    corpus = read_corpus([path])

    assert (len(corpus.rows), corpus.duplicates) == (4, 2)


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CorpusInvalid, match=r"gone\.tsv \(No such file or directory\)"):
        read_corpus([tmp_path / "gone.tsv"])


def test_a_folder_stands_for_its_tsv_files_and_no_file_is_read_twice(tmp_path: Path) -> None:
    for name in ("b.tsv", "a.tsv", "notes.md"):
        (tmp_path / name).write_bytes(GOOD)

    assert tsv_files([tmp_path, tmp_path / "b.tsv", tmp_path / "notes.md"]) == [
        tmp_path / "a.tsv", tmp_path / "b.tsv", tmp_path / "notes.md",
    ]  # fmt: skip


def test_a_folder_without_tsv_and_a_path_that_is_not_there_are_one_sentence_each(tmp_path: Path) -> None:
    with pytest.raises(CorpusInvalid, match=r"holds no \*\.tsv"):
        tsv_files([tmp_path])
    with pytest.raises(CorpusInvalid, match="does not exist"):
        tsv_files([tmp_path / "gone"])
