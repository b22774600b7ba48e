"""Cuts the bytes of a growing file into lines and CSV rows, and knows at which byte each ends.

A cutter is given whatever bytes there are, and gives what is complete. What has no line end yet waits for more.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from streams.lines import KEPT_BYTES, MAX_LINE_BYTES


@dataclass(frozen=True, slots=True)
class Piece:
    """A line, or the lines of a CSV row.

    Attributes:
        number: of its first line, from 1.
        start: byte at which it begins.
        end: byte after it.
        lines: how many lines it spans.
        data: its bytes; the beginning of them when it is too long.
        fault: why it is none; empty when it is one.
    """

    number: int
    start: int
    end: int
    lines: int
    data: bytes
    fault: str = ""


class LineCutter:
    """Cuts at line feeds. Begins at byte `offset`, after `lines` lines."""

    def __init__(self, offset: int = 0, lines: int = 0) -> None:
        self._start, self._lines = offset, lines
        self._pending: list[bytes] = []
        self._held = 0
        self._dropped = 0

    def cut(self, data: bytes) -> Iterator[Piece]:
        """Take more bytes and give the lines that they complete."""
        *whole, rest = data.split(b"\n")
        for part in whole:
            self._hold(part + b"\n")
            yield self._close()
        if rest:
            self._hold(rest)

    def finish(self) -> Iterator[Piece]:
        """Give the last line though it has no end: no more bytes will come."""
        if self._held or self._dropped:
            yield self._close()

    def _hold(self, part: bytes) -> None:
        kept = part[: max(0, MAX_LINE_BYTES + 2 - self._held)]
        if kept:
            self._pending.append(kept)
        self._held += len(kept)
        self._dropped += len(part) - len(kept)

    def _close(self) -> Piece:
        data = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
        size = self._held + self._dropped
        fault = ""
        if len(data.rstrip(b"\r\n")) > MAX_LINE_BYTES or self._dropped:
            fault, data = f"line_too_long: {size} bytes, at most {MAX_LINE_BYTES} are read", data[:KEPT_BYTES]
        self._lines += 1
        piece = Piece(self._lines, self._start, self._start + size, 1, data, fault)
        self._start += size
        self._pending, self._held, self._dropped = [], 0, 0
        return piece


class _NeedMoreError(Exception):
    """The row goes on in the next line."""


class RowJoiner:
    """Joins lines to CSV rows, whose quoted cells may hold line breaks.

    A quote that is not closed within `row_lines` lines, or closed where no cell ends, or by another row's so that the
    number of cells is wrong, spoils its line alone: the lines after it are read anew.

    Attributes:
        width: how many cells a row has; None while nobody knows.
    """

    width: int | None = None

    def __init__(self, encoding: str, delimiter: str, quote: str, row_lines: int) -> None:
        self._encoding, self._delimiter, self._quote, self._row_lines = encoding, delimiter, quote, row_lines
        self._open: list[Piece] = []
        self._text: list[str] = []

    def join(self, lines: Iterable[Piece]) -> Iterator[tuple[Piece, list[str]]]:
        """Take lines and give the rows that they complete, with their cells; none for a piece with a fault."""
        waiting = list(lines)[::-1]
        while waiting:
            line = waiting.pop()
            if line.fault:
                waiting.append(line)
                yield from self._give_up_or_pass(waiting, "a quote is not closed before a line that is too long")
                continue
            self._open.append(line)
            text = line.data.decode(self._encoding, errors="replace")
            self._text.append(text if line.start else text.removeprefix("\ufeff"))
            if len(self._open) > 1 and self._quote not in self._text[-1]:
                if why := self._too_much():
                    yield self._spoil(waiting, why)
                continue
            try:
                cells = self._read(self._text)
            except _NeedMoreError:
                if why := self._too_much():
                    yield self._spoil(waiting, why)
            except csv.Error as error:
                yield self._spoil(waiting, str(error))
            else:
                if len(self._open) > 1 and self.width not in (None, len(cells)):
                    yield self._spoil(waiting, f"a quote is closed only {len(self._open) - 1} line(s) later")
                else:
                    yield self._close(), cells

    def finish(self, lines: Iterable[Piece]) -> Iterator[tuple[Piece, list[str]]]:
        """Take the last lines; a quote that is open still is never closed."""
        yield from self.join(lines)
        while self._open:
            waiting: list[Piece] = []
            yield self._spoil(waiting, "a quote is not closed before the end")
            yield from self.join(waiting[::-1])

    def _give_up_or_pass(self, waiting: list[Piece], why: str) -> Iterator[tuple[Piece, list[str]]]:
        if self._open:
            yield self._spoil(waiting, why)
        else:
            yield waiting.pop(), []

    def cells_of(self, line: bytes) -> list[str]:
        """Read a line as a row of its own; no cells when it is none."""
        try:
            return self._read([line.decode(self._encoding)])
        except (UnicodeDecodeError, csv.Error, _NeedMoreError):
            return []

    def _too_much(self) -> str:
        """Say why an open row may not go on; empty when it may."""
        if len(self._open) >= self._row_lines:
            return f"a quote is not closed within {self._row_lines} line(s)"
        if self._open[-1].end - self._open[0].start > MAX_LINE_BYTES:
            return f"a quote is not closed within {MAX_LINE_BYTES} bytes"
        return ""

    def _read(self, lines: list[str]) -> list[str]:
        def text() -> Iterator[str]:
            yield from lines
            raise _NeedMoreError

        if self._quote:
            reader = csv.reader(text(), delimiter=self._delimiter, quotechar=self._quote, strict=True)
        else:
            reader = csv.reader(text(), delimiter=self._delimiter, quoting=csv.QUOTE_NONE, quotechar=None)
        return next(reader)

    def _close(self) -> Piece:
        first, last = self._open[0], self._open[-1]
        data = first.data if first is last else b"".join(line.data for line in self._open)
        piece = Piece(first.number, first.start, last.end, len(self._open), data)
        self._open, self._text = [], []
        return piece

    def _spoil(self, waiting: list[Piece], why: str) -> tuple[Piece, list[str]]:
        """Give the first open line as a fault; those after it are to be read again."""
        first, *others = self._open
        waiting += others[::-1]
        self._open, self._text = [], []
        return Piece(first.number, first.start, first.end, 1, first.data, f"invalid_csv: {why}"), []
