"""Maps a row of a gateway's file to the fields of an SMS, as its profile says."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from config.errors import BadRecordError
from config.feeds import PART_FIELDS, Profile
from config.numbers import level

MAX_DIGITS = 18
"""A whole number with no more digits fits into 64 bits."""
ID_LETTERS = 32
SHORTENED = re.compile(r"\d(?:\.\d+)?E\+\d+")
"""How spreadsheets write a number that is too long for its cell."""


class Mapper:
    """Turns rows, as names and values, into the fields of an SMS."""

    def __init__(self, profile: Profile, gateway: str) -> None:
        self._profile, self._gateway = profile, gateway
        self._zone = ZoneInfo(profile.timezone)

    def fields(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Give the fields of an SMS; unknown names of the row are left out.

        Raises:
            BadRecordError: a time not written as the profile says, a number without its digits, another gateway's line.
        """
        profile = self._profile
        fields = {field: row[name] for field, name in profile.fields.items() if row.get(name) not in (None, "")}
        fields |= profile.constants
        if "text" not in fields and row.get(profile.fields.get("text", "")) == "":
            fields["text"] = ""
        if fields.setdefault("gateway", self._gateway) != self._gateway:
            raise BadRecordError(
                "wrong_gateway", f"the line says {fields['gateway']!r}, --gateway says {self._gateway!r}"
            )
        if "sent_at" in fields:
            fields["sent_at"] = self._moment(fields["sent_at"])
        for field in ("id", "sender", "receiver"):
            value = fields.get(field)
            if type(value) is int:
                fields[field] = str(value)
            elif isinstance(value, str) and "E+" in value and SHORTENED.fullmatch(value):
                raise BadRecordError(
                    "invalid_field", f"{field} {value!r} was shortened by a spreadsheet: its digits are gone"
                )
        if profile.mainland_numbers:
            numbers = {field: fields[field] for field in ("sender", "receiver") if isinstance(fields.get(field), str)}
            fields |= {field: level(number) for field, number in numbers.items()}
        if "id" not in profile.fields:
            fields["id"] = digest_id([fields.get(name) for name in profile.id_from])
        part = {name.removeprefix("part_"): fields.pop(name, None) for name in PART_FIELDS}
        if any(part.values()):
            fields["part"] = {name: whole_number(value) for name, value in part.items()}
        return fields

    def _moment(self, value: Any) -> Any:
        how = self._profile.time
        if how == "rfc3339":
            return whole_number(value)
        if how in ("epoch_ms", "epoch_s"):
            number = whole_number(value)
            if isinstance(number, int):
                return number if how == "epoch_ms" else number * 1000
            if how == "epoch_s" and isinstance(number, float):
                return round(number * 1000)
            raise BadRecordError("invalid_field", f"sent_at {value!r} is no {how}")
        try:
            moment = datetime.strptime(str(value), how)  # noqa: DTZ007 - the profile knows the zone
            aware = moment if moment.tzinfo else moment.replace(tzinfo=self._zone)
            return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
        except (ValueError, OverflowError) as error:
            raise BadRecordError("invalid_field", f"sent_at {value!r} is not written like {how}") from error


def whole_number(value: Any) -> Any:
    """Give the number that a cell holds; anything else as it is, to be refused with its name."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS:
        return int(value)
    return value


def digest_id(values: list[Any]) -> str:
    """Make the id of an SMS that has none: the same values give the same id, so that feeding again does no harm."""
    return "sha256-" + hashlib.sha256(msgspec.json.encode(values)).hexdigest()[:ID_LETTERS]
