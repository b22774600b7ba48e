"""Profiles of `qingxin feed`: which columns or names of a gateway's files are which fields of an SMS."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from config.environment import SettingsError

DEFAULT_FEEDS = Path(__file__).with_name("feeds.toml")
PLAIN_FIELDS = ("id", "gateway", "sent_at", "sender", "receiver", "text")
PART_FIELDS = ("part_ref", "part_seq", "part_total")
FIELDS = (*PLAIN_FIELDS, *PART_FIELDS)
NEEDED = ("sender", "receiver", "sent_at", "text")
EPOCHS = ("rfc3339", "epoch_ms", "epoch_s")
"""Times that are no pattern. `rfc3339` takes epoch milliseconds, too, as the topics do."""
_TRIED = datetime(2026, 11, 1, 8, 9, 7, tzinfo=UTC)


class FeedsError(SettingsError):
    """The file of feed profiles is wrong; the message lists every fault."""


def _time_pattern(value: str) -> str:
    if value in EPOCHS:
        return value
    if "%" not in value:
        raise ValueError(f"must be one of {', '.join(EPOCHS)}, or a pattern like %Y-%m-%d %H:%M:%S")
    try:
        back = datetime.strptime(_TRIED.strftime(value), value)  # noqa: DTZ007 - a pattern may have no zone
    except ValueError as error:
        raise ValueError(f"is no pattern of a time: {error}") from error
    if back.replace(second=0, microsecond=0, tzinfo=UTC) != _TRIED.replace(second=0):
        raise ValueError("must hold year, month, day, hour and minute")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {value}") from error
    return value


def _one_sign(value: str) -> str:
    if not value.isascii() or value in ("\n", "\r", '"'):
        raise ValueError("must be one ASCII character, no quote or line break")
    return value


class Profile(BaseModel):
    """How the lines of a gateway's files become SMS.

    Attributes:
        columns: names of the columns of a CSV without a head.
        quote: what quotes a cell of a CSV; empty when nothing does.
        row_lines: how many lines a CSV row with quoted cells may have; one with more has a stray quote.
        time: how `sent_at` is written, see `EPOCHS`; a pattern is one of `datetime.strptime`.
        timezone: of a time that does not tell its own.
        mainland_numbers: takes +86, 0086 or 86 away from before an 11-digit mobile number.
        fields: which column or name is which field of an SMS.
        constants: fields with the same value in every SMS.
        id_from: fields whose digest is the id where `fields` names none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str = Field(min_length=1)
    format: Literal["csv", "jsonl"]
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1), AfterValidator(_one_sign)] = ","
    quote: Literal['"', "'", ""] = '"'
    row_lines: int = Field(default=30, ge=1, le=10_000)
    columns: tuple[str, ...] = ()
    time: Annotated[str, AfterValidator(_time_pattern)] = "rfc3339"
    timezone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    mainland_numbers: bool = False
    fields: dict[Literal[FIELDS], str]  # type: ignore[valid-type]
    constants: dict[Literal[PLAIN_FIELDS], str] = {}  # type: ignore[valid-type]
    id_from: tuple[Literal[FIELDS], ...] = (*NEEDED, *PART_FIELDS)  # type: ignore[valid-type]

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if faults := [*self._faults_of_fields(), *self._faults_of_columns()]:
            raise ValueError("; ".join(faults))
        return self

    def _faults_of_fields(self) -> Iterator[str]:
        known = {*self.fields, *self.constants}
        if missing := [name for name in NEEDED if name not in known]:
            yield f"fields lacks {', '.join(missing)}"
        if both := sorted({*self.fields} & {*self.constants}):
            yield f"{', '.join(both)} cannot be both a field and a constant"
        if "id" in self.constants:
            yield "id cannot be a constant: it tells SMS apart"
        if "id" in self.id_from:
            yield "id_from cannot hold id"
        strangers = [name for name in self.id_from if name not in known and name not in PART_FIELDS]
        if "id" not in known and strangers:
            yield f"id_from names {', '.join(strangers)}, which fields does not"
        if 0 < sum(name in self.fields for name in PART_FIELDS) < len(PART_FIELDS):
            yield f"{', '.join(PART_FIELDS)} belong together"

    def _faults_of_columns(self) -> Iterator[str]:
        if self.columns and self.format != "csv":
            yield "columns are for csv"
        if self.columns and (lost := sorted({*self.fields.values()} - {*self.columns})):
            yield f"columns lacks {', '.join(lost)}"
        if len({*self.columns}) < len(self.columns):
            yield "columns names one twice"


def plain_profile(file_format: Literal["csv", "jsonl"]) -> Profile:
    """Give the profile of files that call the fields what the topics call them."""
    names = FIELDS if file_format == "csv" else PLAIN_FIELDS
    return Profile(
        description=f"{file_format} with the names of the topics", format=file_format, fields={n: n for n in names}
    )


def load_profiles(path: Path | None = None) -> dict[str, Profile]:
    """Read all profiles of a file, `config/feeds.toml` by default.

    Raises:
        FeedsError: unreadable, not TOML, or profiles with faults: all of them, one a line.
    """
    path = path or DEFAULT_FEEDS
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FeedsError(f"{path}: {error}") from error
    profiles, faults = {}, []
    for name, words in raw.items():
        try:
            profiles[name] = Profile.model_validate(words)
        except ValidationError as error:
            for fault in error.errors():
                place = ".".join([name, *(str(part) for part in fault["loc"])])
                faults.append(f"{path}: {place}: {fault['msg'].removeprefix('Value error, ')}")
    if faults:
        raise FeedsError("\n".join(faults))
    return profiles
