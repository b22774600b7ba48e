"""Which model a person put to serve, and which served before: values, and what promotion and roll-back make of them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

import msgspec

from models.artifact import Manifest
from models.errors import NothingBefore, PointerInvalid

RELEASED: Final = "released"
"""Stands for the model that ships with the package, which is in no store."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")
_SHOWN_DIGITS: Final = 12


class Appointment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model that a named person put in its place.

    `sha256` covers all files of the model; it is empty for the released one, which changes with the package. `entry`
    and `entry_digest` name the entry of the audit chain that allows it.
    """

    model: str
    sha256: str
    threshold: float
    by: str
    at: datetime
    reason: str
    entry: int
    entry_digest: str


class Serving(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The model that serves, and those that served before it, the latest first."""

    now: Appointment
    before: tuple[Appointment, ...] = ()


def promoted(serving: Serving | None, candidate: Appointment) -> Serving:
    """The candidate serves; what served stands first among those before.

    Nothing on record means that the released model served. A model that serves already gets a new entry, no new place.
    """
    if serving is None:
        return Serving(candidate, (released_by_default(candidate),))
    if serving.now.model == candidate.model:
        return Serving(candidate, serving.before)
    return Serving(candidate, (serving.now, *serving.before))


def to_go_back_to(serving: Serving | None) -> Appointment:
    """The model that a roll-back would bring again. Raises NothingBefore."""
    if serving is None or not serving.before:
        raise NothingBefore
    return serving.before[0]


def rolled_back(serving: Serving | None, again: Appointment) -> Serving:
    """The model before serves `again`, by the entry of the roll-back; the one that served is forgotten."""
    to_go_back_to(serving)
    assert serving is not None  # noqa: S101 - for the type checker: to_go_back_to refused
    return Serving(again, serving.before[1:])


def released_by_default(candidate: Appointment) -> Appointment:
    """The released model as it served before anybody promoted another."""
    return Appointment(RELEASED, "", 0, "", candidate.at, "", 0, "")


def name_of(manifest: Manifest) -> str:
    """The name of a model in a store: name, version and the digest's first digits, fit for a folder."""
    spoken = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{manifest.name}-{manifest.version}").strip("-._")[:80]
    return f"{spoken or 'model'}-{manifest.arrays_sha256[:_SHOWN_DIGITS]}"


def is_name(name: str) -> bool:
    """Whether this can be the name of a model in a store; no path ever is."""
    return bool(_NAME.fullmatch(name))


def read_serving(written: bytes, where: str) -> Serving:
    """Read `serving.json`. Raises PointerInvalid."""
    try:
        serving = msgspec.json.decode(written, type=Serving)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PointerInvalid(f"{where} ({error})") from error
    for appointment in (serving.now, *serving.before):
        _check(appointment, where)
    return serving


def read_appointment(written: bytes, where: str) -> Appointment:
    """Read `shadow.json`. Raises PointerInvalid."""
    try:
        appointment = msgspec.json.decode(written, type=Appointment)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PointerInvalid(f"{where} ({error})") from error
    _check(appointment, where)
    return appointment


def _check(appointment: Appointment, where: str) -> None:
    if not is_name(appointment.model):
        raise PointerInvalid(f"{where} ({appointment.model!r} is no name of a model)")
    if appointment.at.tzinfo is None:
        raise PointerInvalid(f"{where} (a time without its offset)")
