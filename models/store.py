"""A folder of models, each under its own name, and two notes in it: which one serves and which is in shadow.

    <name>-<version>-<first 12 of the arrays' sha256>/     a model, copied whole and never changed
    serving.json, shadow.json                              replaced as a whole; missing means the released model, none

A reader needs no lock: models are renamed into place when complete, and notes are replaced in one step.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from models.appointments import (
    RELEASED,
    Appointment,
    Serving,
    is_name,
    name_of,
    read_appointment,
    read_serving,
)
from models.artifact import Manifest, default_artifact, load
from models.errors import ArtifactTampered, ModelUnknown, StoreError

SERVING: Final = "serving.json"
SHADOW: Final = "shadow.json"
_DRAFT: Final = ".new-"


class Added(NamedTuple):
    """A model of the store; `new` unless it was there already."""

    name: str
    manifest: Manifest
    new: bool


class Store:
    """The models in a folder. Files that cannot be read or written raise OSError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """All models, by name."""
        if not self.folder.is_dir():
            return []
        return sorted(entry.name for entry in self.folder.iterdir() if entry.is_dir() and is_name(entry.name))

    def path(self, name: str) -> Path:
        """The folder of a model, or the package's own for `released`. Raises ModelUnknown."""
        if name == RELEASED:
            return default_artifact()
        if not is_name(name) or not (self.folder / name).is_dir():
            raise ModelUnknown(name)
        return self.folder / name

    def verified(self, appointment: Appointment) -> Path:
        """The folder of an appointed model whose files are still those. Raises ModelUnknown or ArtifactTampered."""
        path = self.path(appointment.model)
        if appointment.model != RELEASED and digest_of(path) != appointment.sha256:
            raise ArtifactTampered(f"{path} differs from what was appointed")
        return path

    def serving(self) -> Serving | None:
        """What serves by the note; None without a note. Raises PointerInvalid."""
        written = self._read(SERVING)
        return None if written is None else read_serving(written, str(self.folder / SERVING))

    def shadow(self) -> Appointment | None:
        """The candidate in shadow, if there is one. Raises PointerInvalid."""
        written = self._read(SHADOW)
        return None if written is None else read_appointment(written, str(self.folder / SHADOW))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the store against other writers; the folder is made if it is missing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def add(self, source: Path) -> Added:
        """Copy a model whole; half a copy never has a name. Hold the lock.

        Raises:
            ArtifactError: it does not load, here or there.
            StoreError: it has folders inside, or another model has its name.
        """
        manifest = load(source).manifest
        name, digest = name_of(manifest), digest_of(source)
        if (self.folder / name).is_dir():
            if digest_of(self.folder / name) != digest:
                raise StoreError(f"{name} is there with other files; train with another --model-version")
            return Added(name, manifest, new=False)
        for left_behind in self.folder.glob(f"{_DRAFT}*"):
            shutil.rmtree(left_behind) if left_behind.is_dir() else left_behind.unlink()
        draft = self.folder / f"{_DRAFT}{secrets.token_hex(4)}"
        draft.mkdir()
        for file in sorted(source.iterdir()):
            shutil.copyfile(file, draft / file.name, follow_symlinks=True)
            _sync(draft / file.name)
        _sync(draft)
        if digest_of(draft) != digest:
            raise ArtifactTampered(f"{draft} differs from {source}")
        load(draft)
        draft.rename(self.folder / name)
        _sync(self.folder)
        return Added(name, manifest, new=True)

    def put_serving(self, serving: Serving) -> None:
        """Let this model serve from now on. Hold the lock."""
        self._write(SERVING, serving)

    def put_shadow(self, candidate: Appointment | None) -> None:
        """Put a candidate in shadow, or end that. Hold the lock."""
        if candidate is None:
            (self.folder / SHADOW).unlink(missing_ok=True)
            _sync(self.folder)
        else:
            self._write(SHADOW, candidate)

    def _read(self, note: str) -> bytes | None:
        try:
            return (self.folder / note).read_bytes()
        except FileNotFoundError:
            return None

    def _write(self, note: str, content: msgspec.Struct) -> None:
        draft = self.folder / f"{_DRAFT}{note}"
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
        _sync(draft)
        draft.replace(self.folder / note)
        _sync(self.folder)


def digest_of(model: Path) -> str:
    """SHA-256 (64 hex digits) over names and contents of a model's files. Raises StoreError if there are folders."""
    total = hashlib.sha256()
    for file in sorted(model.iterdir()):
        if not file.is_file():
            raise StoreError(f"{file} is no file; a model is files alone")
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        total.update(f"{file.name}\0{digest}\n".encode())
    return total.hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
