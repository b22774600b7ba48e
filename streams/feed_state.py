"""How far the broker has acknowledged a file, kept beside it, and where the next run goes on."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from streams.tailing import COMPRESSED, OpenFile, rotations

SUFFIX = ".feed-state"


class StateError(Exception):
    """The state file cannot be used; the message says why."""


class Mark(msgspec.Struct, frozen=True):
    """A byte of a file before which the broker has everything.

    Attributes:
        gateway: into whose topic the file is fed.
        file: its name then.
        device: where it is.
        inode: with the device, which file it is whatever its name.
        offset: bytes before the mark.
        lines: lines before the mark.
        digest: of the bytes before the mark; empty when they are not there any more.
        head: columns of a CSV.
    """

    gateway: str
    file: str
    device: int
    inode: int
    offset: int
    lines: int
    digest: str
    head: tuple[str, ...] = ()


class StateFile:
    """The mark of one feed on disk; one feeder at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[bytes] | None = None
        self._saved: Mark | None = None

    def lock(self) -> None:
        """Keep other feeders away until this process ends.

        Raises:
            StateError: another feeder is at work, or the folder cannot be written.
        """
        try:
            self._lock = Path(f"{self.path}.lock").open("wb")  # noqa: SIM115 - held as long as the process lives
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._let_go()
            raise StateError(f"another feeder is at work on {self.path}") from error
        except OSError as error:
            self._let_go()
            raise StateError(
                f"{self.path} cannot be written ({error.strerror}); name another place by --state"
            ) from error

    def load(self, gateway: str) -> Mark | None:
        """Give the mark of the run before; None when there was none.

        Raises:
            StateError: it cannot be read, or belongs to another gateway.
        """
        try:
            mark = msgspec.json.decode(self.path.read_bytes(), type=Mark)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            raise StateError(f"{self.path} cannot be read ({error}); remove it to feed from the beginning") from error
        if mark.gateway != gateway:
            raise StateError(f"{self.path} is the state of gateway {mark.gateway}, not of {gateway}")
        self._saved = mark
        return mark

    def save(self, mark: Mark) -> None:
        """Write the mark so that a crash leaves either this one or the one before.

        Raises:
            StateError: the disk does not take it.
        """
        if mark == self._saved:
            return
        new = Path(f"{self.path}.new")
        try:
            with new.open("wb") as file:
                file.write(msgspec.json.encode(mark))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise StateError(f"{self.path} cannot be written ({error.strerror})") from error
        self._saved = mark

    def close(self) -> None:
        """Let other feeders in."""
        self._let_go()

    def _let_go(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None


@dataclass(frozen=True)
class Start:
    """Where a run begins, and what a person should know about it."""

    file: OpenFile
    offset: int
    lines: int
    head: tuple[str, ...]
    note: str = ""


def find_start(path: Path, mark: Mark | None) -> Start:
    """Find the file that the mark is in, by its content: under its name, or beside it under whatever name.

    The files that came between it and the one under the name now are the reader's business, see `FollowedFile`.

    Raises:
        StateError: the mark is in no file; to go on without it could leave SMS out.
        OSError: the file cannot be read.
    """
    if mark is None:
        return Start(OpenFile(path), 0, 0, ())
    for candidate in _candidates(path, mark):
        if file := _opened(candidate, mark):
            note = "" if candidate == path else f"going on in {candidate.name}, which was rotated"
            return Start(file, mark.offset, mark.lines, mark.head, note)
    compressed = [f"{other}" for other in rotations(path) if other.suffix in COMPRESSED]
    raise StateError(
        f"what was fed up to byte {mark.offset} is neither in {path} nor beside it"
        + (f": decompress {' or '.join(compressed)} there and start again" if compressed else "")
        + "; to begin anew at byte 0, which leaves out what its rest holds, remove the state file"
    )


def _opened(path: Path, mark: Mark) -> OpenFile | None:
    """Open a file if the mark is in it."""
    try:
        file = OpenFile(path, mark.offset)
    except OSError:
        return None
    here = file.size >= mark.offset and file.digest(mark.offset) == mark.digest
    if here and (mark.offset or _is_same(file, mark)):
        return file
    file.close()
    return None


def _is_same(file: OpenFile, mark: Mark) -> bool:
    return file.identity == (mark.device, mark.inode)


def _candidates(path: Path, mark: Mark) -> list[Path]:
    """Give the regular files of the folder: first the very file of the mark, then that of the name, then the newest."""
    found = []
    for other in path.parent.iterdir():
        with contextlib.suppress(OSError):
            status = other.stat()
            if stat.S_ISREG(status.st_mode) and SUFFIX not in other.name:
                very = (status.st_dev, status.st_ino) == (mark.device, mark.inode)
                found.append((not very, other != path, -status.st_mtime_ns, other))
    return [other for *_, other in sorted(found)]
