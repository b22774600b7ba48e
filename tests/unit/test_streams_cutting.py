"""Lines and rows come out whole and once, whatever the pieces in which a file grows."""

from __future__ import annotations

import csv
import io
import itertools

from hypothesis import given
from hypothesis import strategies as st

from streams.cutting import LineCutter, Piece, RowJoiner
from streams.lines import MAX_LINE_BYTES

PARTS = [b"a", b"\xe4\xbd\xa0", b"\n", b"\n\n", b"\r\n", b'"', b",", b"longer text"]
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
CONTENT = st.lists(st.sampled_from(PARTS), max_size=40)


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(places)]


def cut_all(pieces: list[bytes]) -> list[Piece]:
    cutter = LineCutter()
    return [line for piece in pieces for line in cutter.cut(piece)] + list(cutter.finish())


def rows_of(pieces: list[bytes]) -> list[tuple[Piece, list[str]]]:
    cutter, joiner = LineCutter(), RowJoiner("utf-8", ",", '"', row_lines=1000)
    rows = [row for piece in pieces for row in joiner.join(cutter.cut(piece))]
    return rows + list(joiner.finish(cutter.finish()))


@given(CONTENT, st.lists(st.integers(0, 500), max_size=12))
def test_every_line_comes_once_whatever_the_pieces(content: list[bytes], cuts: list[int]) -> None:
    data = b"".join(content)
    lines = cut_all(in_pieces(data, cuts))
    assert all(line.data.find(b"\n") in (-1, len(line.data) - 1) for line in lines)
    assert b"".join(line.data for line in lines) == data
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    assert all(data[line.start : line.end] == line.data for line in lines)


@given(CONTENT, st.lists(st.integers(0, 500), max_size=12))
def test_rows_cover_every_byte_once_whatever_the_pieces(content: list[bytes], cuts: list[int]) -> None:
    data = b"".join(content)
    rows = rows_of(in_pieces(data, cuts))
    assert rows == rows_of([data])
    ends = [0, *(piece.end for piece, _ in rows)]
    assert [piece.start for piece, _ in rows] == ends[:-1]
    assert ends[-1] == len(data)
    assert b"".join(piece.data for piece, _ in rows) == data
    assert sum(piece.lines for piece, _ in rows) == data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


@given(st.lists(st.lists(CELLS, min_size=1), max_size=6), st.lists(st.integers(0, 500), max_size=12))
def test_what_a_csv_writer_wrote_is_read_back(table: list[list[str]], cuts: list[int]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(table)
    data = file.getvalue().removeprefix("\ufeff").encode()
    rows = rows_of(in_pieces(data, cuts))
    table = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert [cells for _, cells in rows if cells] == [cells for cells in table if cells]


def test_a_quote_that_another_row_closes_spoils_its_line_alone() -> None:
    cutter, joiner = LineCutter(), RowJoiner("utf-8", ",", '"', row_lines=10)
    joiner.width = 3
    rows = joiner.join(cutter.cut(b'1,a,"open\n2,b,ok\n3,"x","two\nlines"\n4,c,ok\n'))
    assert [(piece.number, bool(piece.fault), cells) for piece, cells in rows] == [
        (1, True, []), (2, False, ["2", "b", "ok"]), (3, False, ["3", "x", "two\nlines"]), (5, False, ["4", "c", "ok"]),
    ]  # fmt: skip


def test_a_quote_that_is_closed_within_a_cell_spoils_its_line_alone() -> None:
    cutter, joiner = LineCutter(), RowJoiner("utf-8", ",", '"', row_lines=10)
    joiner.width = 2
    rows = joiner.join(cutter.cut(b'1,"open\n2,ok\n3,"fine"\n'))
    assert [(piece.number, bool(piece.fault), cells) for piece, cells in rows] == [
        (1, True, []), (2, False, ["2", "ok"]), (3, False, ["3", "fine"]),
    ]  # fmt: skip


def test_an_open_quote_holds_no_more_lines_than_a_row_may_have() -> None:
    cutter, joiner = LineCutter(), RowJoiner("utf-8", ",", '"', row_lines=3)
    held = list(joiner.join(cutter.cut(b'1,"open\n2,ok\n')))
    rows = list(joiner.join(cutter.cut(b"3,ok\n")))
    assert held == []
    assert [(piece.number, piece.fault, cells) for piece, cells in rows] == [
        (1, "invalid_csv: a quote is not closed within 3 line(s)", []), (2, "", ["2", "ok"]), (3, "", ["3", "ok"]),
    ]  # fmt: skip


def test_an_open_quote_at_the_end_gives_the_lines_after_it_back() -> None:
    rows = rows_of([b'1,"open\n2,ok\n3,ok\n'])
    assert [(piece.number, bool(piece.fault), cells) for piece, cells in rows] == [
        (1, True, []), (2, False, ["2", "ok"]), (3, False, ["3", "ok"]),
    ]  # fmt: skip


def test_a_file_without_line_ends_stays_small_in_memory_and_the_next_line_is_read() -> None:
    cutter = LineCutter()
    for _ in range(100):
        assert list(cutter.cut(b"x" * 100_000)) == []
        assert cutter._held <= MAX_LINE_BYTES + 2
    long, good = cutter.cut(b"\ngood\n")
    assert long.fault.startswith("line_too_long: 10000001 bytes")
    assert (good.data, good.start, good.number) == (b"good\n", 10_000_001, 2)


def test_cutting_goes_on_where_it_is_told_to() -> None:
    (line,) = LineCutter(offset=100, lines=7).cut(b"text\n")
    assert (line.number, line.start, line.end) == (8, 100, 105)
