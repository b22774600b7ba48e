"""Reads files of SMS for `qingxin feed`: JSONL or CSV in, well-formed lines and the faults of the others out."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from config.errors import BadRecordError
from config.records import Sms
from streams.checks import check_sms

Format = Literal["jsonl", "csv"]
DECODER = msgspec.json.Decoder(Sms)
MAX_DIGITS = 18
"""A whole number with no more digits fits into 64 bits."""


@dataclass(frozen=True)
class Line:
    """One SMS as a line for its topic."""

    number: int
    sms: Sms
    data: bytes


@dataclass(frozen=True)
class BadLine:
    """A line that is no SMS, and why."""

    number: int
    reason: str


def read_lines(lines: Iterable[bytes], file_format: Format, gateway: str) -> Iterator[Line | BadLine]:
    """Check each line of a file; `gateway` is filled in where it is missing, and must agree where it is not.

    CSV has a header with the names of the fields of an `Sms`; `sent_at` may be epoch milliseconds. Fields of a long
    SMS are `part_ref`, `part_seq`, `part_total`.

    A byte order mark at the beginning and blank lines are passed over.

    Raises:
        BadRecordError: a CSV without the needed columns.
    """
    unmarked = _without_mark(lines)
    rows = _csv_rows(unmarked) if file_format == "csv" else _json_rows(unmarked)
    for number, row in rows:
        if isinstance(row, BadLine):
            yield row
            continue
        try:
            yield _line(number, row, gateway)
        except (BadRecordError, msgspec.MsgspecError, UnicodeEncodeError) as error:
            yield BadLine(number, str(error))


def _line(number: int, row: dict[str, Any], gateway: str) -> Line:
    if row.setdefault("gateway", gateway) != gateway:
        raise BadRecordError("wrong_gateway", f"the line says {row['gateway']!r}, --gateway says {gateway!r}")
    data = msgspec.json.encode(row)
    sms = DECODER.decode(data)
    check_sms(sms)
    return Line(number, sms, data)


def _without_mark(lines: Iterable[bytes]) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        yield line if number else line.removeprefix(codecs.BOM_UTF8)


def _json_rows(lines: Iterable[bytes]) -> Iterator[tuple[int, dict[str, Any] | BadLine]]:
    decoder = msgspec.json.Decoder(dict[str, Any])
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield number, decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield number, BadLine(number, f"invalid_json: {error}")


def _csv_rows(lines: Iterable[bytes]) -> Iterator[tuple[int, dict[str, Any] | BadLine]]:
    text = (line.decode("utf-8", errors="surrogateescape") for line in lines)
    reader = csv.DictReader(text)
    try:
        names = frozenset(reader.fieldnames or ())
    except csv.Error as error:
        raise BadRecordError("invalid_csv", f"the header cannot be read: {error}") from error
    missing = {"id", "sent_at", "sender", "receiver", "text"} - names
    if missing:
        raise BadRecordError("invalid_csv", f"the header lacks {', '.join(sorted(missing))}")
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num, BadLine(reader.line_num, f"invalid_csv: {error}")
            continue
        number = reader.line_num
        if None in row or None in row.values():
            yield number, BadLine(number, "invalid_csv: more or fewer columns than the header")
            continue
        yield number, _csv_row(row)


def _csv_row(row: dict[str, str]) -> dict[str, Any] | BadLine:
    fields: dict[str, Any] = {name: value for name, value in row.items() if value != ""}
    fields.setdefault("text", "")
    if "sent_at" in fields:
        fields["sent_at"] = _whole_number(fields["sent_at"])
    part = {name: fields.pop(f"part_{name}", None) for name in ("ref", "seq", "total")}
    if any(part.values()):
        fields["part"] = {name: value and _whole_number(value) for name, value in part.items()}
    return fields


def _whole_number(text: str) -> int | str:
    """Give the number that a cell holds; any other text as it is, to be refused with its name."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else text
