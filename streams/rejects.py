"""Keeps the lines that are no SMS in a file of their own, as JSON lines with their reason, so that nothing is lost."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from streams.feeding import BadLine


class RejectsError(Exception):
    """The file for bad lines cannot be written."""


class Rejects:
    """A file to which bad lines are added."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("ab")
        except OSError as error:
            raise RejectsError(f"{path} cannot be written: {error.strerror}") from error
        self._path, self._dirty = path, False

    def add(self, bad: BadLine, file: str) -> None:
        """Add a line: as text where it is UTF-8, else in base64.

        Raises:
            RejectsError: the disk does not take it.
        """
        told: dict[str, object] = {"file": file, "line": bad.number, "reason": bad.reason}
        raw = bad.piece.data.rstrip(b"\r\n")
        try:
            told["raw"] = raw.decode()
        except UnicodeDecodeError:
            told["raw_base64"] = base64.b64encode(raw).decode()
        told["raw_bytes"] = bad.piece.end - bad.piece.start
        self._do(lambda: self._file.write(msgspec.json.encode(told) + b"\n"))
        self._dirty = True

    def sync(self) -> None:
        """Have everything on disk.

        Raises:
            RejectsError: the disk does not take it.
        """
        if self._dirty:
            self._do(self._file.flush)
            self._do(lambda: os.fsync(self._file.fileno()))
            self._dirty = False

    def close(self) -> None:
        """Close the file."""
        self._do(self._file.close)

    def _do(self, deed: Callable[[], object]) -> None:
        try:
            deed()
        except OSError as error:
            raise RejectsError(f"{self._path} cannot be written: {error.strerror}") from error
