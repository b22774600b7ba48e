"""Refuses records that no database row and no text could hold, however well-formed they are; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from config.errors import BadRecordError

FIRST_YEAR, LAST_YEAR = 2000, 2199
"""Years a subscription can be about; others cannot be told in every time zone."""


def refuse_impossible(records: Iterable[msgspec.Struct]) -> None:
    """Look at every field of every record.

    Raises:
        BadRecordError: `control_character` for a NUL, `invalid_field` for a moment outside our time.
    """
    for record in records:
        for name, value in msgspec.structs.asdict(record).items():
            if isinstance(value, str) and "\0" in value:
                raise BadRecordError("control_character", f"{name} holds U+0000")
            if isinstance(value, datetime) and not FIRST_YEAR <= value.year <= LAST_YEAR:
                raise BadRecordError("invalid_field", f"{name} is in the year {value.year}")
