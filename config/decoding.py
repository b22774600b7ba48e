"""Decodes one line of a record, and says in one word why it cannot."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from config.errors import BadRecordError

T = TypeVar("T")
MAX_LINE_BYTES = 256 * 1024
"""Bytes of the longest line that is decoded: far above any SMS, far below what would stall a worker."""


def decode_line(raw: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode a line.

    Raises:
        BadRecordError: with the reason.
    """
    if len(raw) > MAX_LINE_BYTES:
        raise BadRecordError("line_too_long", f"{len(raw)} bytes, at most {MAX_LINE_BYTES} are read")
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise BadRecordError("invalid_field", str(error)) from error
    except msgspec.DecodeError as error:
        raise BadRecordError("invalid_json", str(error)) from error
    except UnicodeDecodeError as error:
        raise BadRecordError("not_utf8", _where(raw) or str(error)) from error
    except RecursionError as error:
        raise BadRecordError("invalid_json", "nested too deeply") from error


def _where(raw: bytes) -> str:
    """Say which bytes of the line are no UTF-8: msgspec counts from the beginning of the field."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return str(error)
    return ""
