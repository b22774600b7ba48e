"""Reads files of SMS for `qingxin feed`: JSONL or CSV in, well-formed lines and the faults of the others out."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from config.errors import BadRecordError
from config.feeds import Profile, plain_profile
from config.records import Sms
from streams.checks import check_sms
from streams.cutting import LineCutter, Piece, RowJoiner
from streams.mapping import Mapper

COMPRESSED = {
    b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4",
    b"PK\x03\x04": "zip",
}  # fmt: skip
"""How compressed files begin."""
Format = Literal["jsonl", "csv"]
DECODER = msgspec.json.Decoder(Sms)
ROWS = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True, slots=True)
class Line:
    """One SMS as a line for its topic, and where it stood."""

    piece: Piece
    sms: Sms
    data: bytes

    @property
    def number(self) -> int:
        """Its line in the file, from 1."""
        return self.piece.number


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no SMS, and why."""

    piece: Piece
    reason: str

    @property
    def number(self) -> int:
        """Its line in the file, from 1."""
        return self.piece.number


class FileReader:
    """Reads the bytes of one file, from its beginning or from a byte where a line begins.

    `gateway` is filled in where it is missing, and must agree where it is not. A byte order mark at the beginning and
    blank lines are passed over. Without a profile the names are those of an `Sms`; a CSV then holds the parts of a long
    SMS in `part_ref`, `part_seq` and `part_total`.

    Attributes:
        offset: byte after the last line or row that was given.
        lines: how many lines end before it.
        head: names of the columns of a CSV, once they are known.
    """

    def __init__(
        self,
        file_format: Format,
        gateway: str,
        profile: Profile | None = None,
        *,
        offset: int = 0,
        lines: int = 0,
        head: tuple[str, ...] = (),
    ) -> None:
        self.offset, self.lines = offset, lines
        self._gateway, self._profile = gateway, profile or plain_profile(file_format)
        self._mapper = Mapper(self._profile, gateway) if profile or file_format == "csv" else None
        self._cutter = LineCutter(offset, lines)
        self._joiner = (
            RowJoiner(self._profile.encoding, self._profile.delimiter, self._profile.quote, self._profile.row_lines)
            if file_format == "csv"
            else None
        )
        self._at_head = self._untouched = offset == 0
        self._use_head(self._profile.columns or head)

    def take(self, data: bytes) -> Iterator[Line | BadLine]:
        """Take more bytes and give the lines that they complete.

        Raises:
            BadRecordError: the head of a CSV lacks columns, or the file is compressed.
        """
        if self._untouched:
            self._untouched = False
            _refuse_compressed(data)
        lines = self._cutter.cut(data)
        yield from self._rows(self._joiner.join(lines)) if self._joiner else self._json(lines)

    def finish(self) -> Iterator[Line | BadLine]:
        """Give the last line though it has no line end: the file will not grow any more.

        Raises:
            BadRecordError: the head of a CSV lacks columns, or there is none.
        """
        lines = self._cutter.finish()
        yield from self._rows(self._joiner.finish(lines)) if self._joiner else self._json(lines)
        if self._joiner and not self.head:
            raise BadRecordError("invalid_csv", f"the header lacks {', '.join(sorted(self._needed(set())))}")

    def _json(self, lines: Iterator[Piece]) -> Iterator[Line | BadLine]:
        for piece in lines:
            data = piece.data.removeprefix(codecs.BOM_UTF8) if piece.start == 0 else piece.data
            if piece.fault:
                yield self._bad(piece, piece.fault)
            elif data.strip():
                try:
                    row = ROWS.decode(
                        data if self._profile.encoding == "utf-8" else data.decode(self._profile.encoding)
                    )
                except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                    yield self._bad(piece, f"invalid_json: {error}")
                else:
                    yield self._line(piece, row)
            else:
                self._pass(piece)

    def _rows(self, rows: Iterator[tuple[Piece, list[str]]]) -> Iterator[Line | BadLine]:
        for piece, cells in rows:
            at_head, self._at_head = self._at_head, False
            if at_head and not self._profile.columns and self._is_head(piece, cells):
                self._use_head(tuple(cells))
                self._pass(piece)
            elif piece.fault:
                yield self._bad(piece, piece.fault)
            elif not cells:
                self._pass(piece)
            else:
                line = self._row(piece, cells)
                if at_head and not self._profile.columns and isinstance(line, BadLine):
                    raise BadRecordError(
                        "invalid_csv",
                        "a file made anew begins neither with the needed columns nor with an SMS under the head "
                        f"before ({line.reason}); columns that moved would name the wrong people",
                    )
                yield line

    def _use_head(self, head: tuple[str, ...]) -> None:
        self.head = head
        if self._joiner:
            self._joiner.width = len(head) or None

    def _is_head(self, piece: Piece, cells: list[str]) -> bool:
        """Say whether the first row names the columns; a file made anew under a known head may go on without one."""
        if piece.fault:
            raise BadRecordError("invalid_csv", f"the header cannot be read: {piece.fault}")
        missing = self._needed(set(cells))
        if missing and not self.head:
            raise BadRecordError("invalid_csv", f"the header lacks {', '.join(sorted(missing))}")
        return not missing

    def _needed(self, there: set[str]) -> set[str]:
        """Give the columns that are not there; those of long SMS may be missing."""
        return {name for field, name in self._profile.fields.items() if field[:5] not in ("part_", "gatew")} - there

    def _row(self, piece: Piece, cells: list[str]) -> Line | BadLine:
        if len(cells) != len(self.head):
            return self._bad(piece, "invalid_csv: more or fewer columns than the header")
        try:
            piece.data.decode(self._profile.encoding)
        except UnicodeDecodeError as error:
            return self._bad(piece, f"invalid_encoding: {error}")
        if swallowed := self._swallowed(piece):
            return self._bad(
                piece,
                f"invalid_csv: by its quotes this is one row of {piece.lines} lines, but line {swallowed} alone is an "
                "SMS, too: a stray quote, or a text that looks like a row; none of the lines is fed",
            )
        return self._line(piece, dict(zip(self.head, cells, strict=True)))

    def _swallowed(self, piece: Piece) -> int:
        """Give the first line within a row of several that would be an SMS without the quote before it; 0 for none."""
        if piece.lines == 1 or self._joiner is None:
            return 0
        for number, line in enumerate(piece.data.split(b"\n")[1:], piece.number + 1):
            cells = self._joiner.cells_of(line)
            if len(cells) == len(self.head):
                read = self._read(piece, dict(zip(self.head, cells, strict=True)))
                if isinstance(read, Line):
                    return number
        return 0

    def _line(self, piece: Piece, row: dict[str, Any]) -> Line | BadLine:
        self._pass(piece)
        return self._read(piece, row)

    def _read(self, piece: Piece, row: dict[str, Any]) -> Line | BadLine:
        try:
            if self._mapper:
                row = self._mapper.fields(row)
            elif row.setdefault("gateway", self._gateway) != self._gateway:
                raise BadRecordError(  # noqa: TRY301 - the handler below is for it, too
                    "wrong_gateway", f"the line says {row['gateway']!r}, --gateway says {self._gateway!r}"
                )
            data = msgspec.json.encode(row)
            sms = DECODER.decode(data)
            check_sms(sms)
        except (BadRecordError, msgspec.MsgspecError, UnicodeEncodeError) as error:
            return BadLine(piece, str(error))
        return Line(piece, sms, data)

    def _bad(self, piece: Piece, reason: str) -> BadLine:
        self._pass(piece)
        return BadLine(piece, reason)

    def _pass(self, piece: Piece) -> None:
        self.offset, self.lines = piece.end, piece.number - 1 + piece.lines


def _refuse_compressed(data: bytes) -> None:
    for beginning, name in COMPRESSED.items():
        if data.startswith(beginning):
            raise BadRecordError(
                "compressed", f"the file is compressed by {name}: decompress it, or through a pipe (`qingxin feed -`)"
            )
