"""Reads a file that grows, as `tail -F` does: rotation and truncation are noticed, the old file's rest is read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import select
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

CHUNK_BYTES = 256 * 1024
DIGEST_BYTES = 4096
"""How much of what stands before a byte tells one file from another."""
REMEMBERED_BYTES = 256
"""How much of what was read last is compared before reading on, to notice that the file was written anew."""
LOOK_SECONDS = 0.2
QUIET_SECONDS = 2.0
"""How long a renamed file must not have grown until its writer is taken to have let go of it, if anything stands in
the new one or the old one is removed."""


COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".lz4", ".zip")
"""How names of compressed files end."""
_NUMBER_OR_DATE = r"[._-][\dT:+._-]*\d[\dT:+._-]*"


class MissedFileError(Exception):
    """A file between two others was never read and cannot be; the message says which."""


class Source(Protocol):
    """What SMS are read from, one file after the other."""

    finished: bool
    """Whether no file follows the one that ended."""

    def read(self) -> bytes | None:
        """Give what there is, after a short wait maybe nothing; None when this file has ended.

        Raises:
            MissedFileError: a file that should follow cannot be read.
        """

    def behind(self) -> int | None:
        """Give how many bytes were not read yet; None when nobody can know."""

    def close(self) -> None:
        """Let go of all files."""


class OpenFile:
    """A regular file that is being read, whatever its name becomes."""

    def __init__(self, path: Path, offset: int = 0) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        found = os.fstat(self._descriptor)
        self.path, self.device, self.inode = path, found.st_dev, found.st_ino
        self.position = offset
        self._last = self._at(max(0, offset - REMEMBERED_BYTES), min(offset, REMEMBERED_BYTES))

    @property
    def size(self) -> int:
        """Its bytes now."""
        return os.fstat(self._descriptor).st_size

    @property
    def changed(self) -> int:
        """When it was written last, in nanoseconds."""
        return os.fstat(self._descriptor).st_mtime_ns

    @property
    def removed(self) -> bool:
        """Whether it has no name any more."""
        return os.fstat(self._descriptor).st_nlink == 0

    @property
    def identity(self) -> tuple[int, int]:
        """Which file it is, whatever its name."""
        return self.device, self.inode

    def unchanged(self) -> bool:
        """Say whether what was read last still stands there; no when the file was truncated and maybe written anew."""
        last = self._last
        return self.size >= self.position and self._at(self.position - len(last), len(last)) == last

    def read(self) -> bytes:
        """Give what follows, nothing at the end."""
        data = self._at(self.position, CHUNK_BYTES)
        if data:
            self.position += len(data)
            self._last = (self._last + data)[-REMEMBERED_BYTES:]
        return data

    def digest(self, offset: int) -> str:
        """Give the SHA-256 of the bytes before `offset`, which tells whether it is the same file still."""
        start = max(0, offset - DIGEST_BYTES)
        return hashlib.sha256(self._at(start, offset - start)).hexdigest()

    def is_at(self, path: Path) -> bool:
        """Say whether this is the file of that name."""
        found = _status(path)
        return found is None or (found.st_dev, found.st_ino) == (self.device, self.inode)

    def close(self) -> None:
        """Let go of it; may be called again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _at(self, offset: int, count: int) -> bytes:
        return os.pread(self._descriptor, count, offset)


class FollowedFile:
    """A regular file from some byte on, and with `follow` whatever takes its name later.

    Files that came and went while it was behind are read in between, oldest first: those that were seen under the
    name, and those beside it whose names are of rotations and that were written later than the file that ended.

    Attributes:
        current: the file that is being read.
        truncated: whether the file before the current one lost its content.
    """

    def __init__(
        self,
        path: Path,
        current: OpenFile,
        *,
        follow: bool,
        pause: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self.current, self._follow = path, current, follow
        self._pause, self._clock = pause, clock
        self._quiet_since: float | None = None
        self._seen: list[OpenFile] = []
        self._read_whole: set[tuple[int, int, int]] = set()
        self.finished = False
        self.truncated = False

    def read(self) -> bytes | None:
        """See `Source`. After None, `current` is the file that follows."""
        self._watch()
        if not self.current.unchanged():
            return self._next(truncated=True)
        data = self.current.read()
        if data:
            self._quiet_since = None
            return data
        if not self._follow:
            if not self.current.is_at(self._path):
                return self._next(truncated=False)
            self.finished = True
            return None
        if self.current.is_at(self._path):
            self._quiet_since = None
        elif self._quiet_since is None:
            self._quiet_since = self._clock()
        elif self._clock() - self._quiet_since >= QUIET_SECONDS and (self.current.removed or self._waiting_bytes()):
            return self._next(truncated=False)
        self._pause(LOOK_SECONDS)
        return b""

    def behind(self) -> int | None:
        """See `Source`."""
        return max(0, self.current.size - self.current.position) + self._waiting_bytes()

    def _waiting_bytes(self) -> int:
        """Give what stands in files that came later; their writer has let go of this one once anything does."""
        files = {file.identity: file.size for file in self._seen}
        if found := _status(self._path):
            files[found.st_dev, found.st_ino] = found.st_size
        return sum(size for identity, size in files.items() if identity != self.current.identity)

    def close(self) -> None:
        """See `Source`."""
        for file in (self.current, *self._seen):
            file.close()

    def _watch(self) -> None:
        """Keep hold of a file that has taken the name, for it may lose it before it is read."""
        latest = self._seen[-1] if self._seen else self.current
        if not latest.is_at(self._path):
            with contextlib.suppress(FileNotFoundError):
                self._seen.append(OpenFile(self._path))

    def _next(self, *, truncated: bool) -> bytes | None:
        following = None if truncated and self.current.is_at(self._path) else self._between()
        if following is None:
            try:
                following = OpenFile(self._path)
            except FileNotFoundError:  # renamed again a moment ago
                self._pause(LOOK_SECONDS)
                return b""
        for file in [file for file in self._seen if file.identity == following.identity]:
            self._seen.remove(file)
            if file is not following:
                file.close()
        self.current, self.truncated, self._quiet_since = following, truncated, None
        return None

    def _between(self) -> OpenFile | None:
        """Open the oldest file that came after the current one and has lost the name already; None when none did."""
        self._read_whole.add((*self.current.identity, self.current.changed))
        newest = _status(self._path)
        passed = {(newest.st_dev, newest.st_ino) if newest else None, self.current.identity}
        waiting: list[tuple[int, OpenFile | Path]] = [
            (file.changed, file) for file in self._seen if file.identity not in passed
        ]
        passed |= {file.identity for file in self._seen}
        for path in rotations(self._path):
            found = _status(path)
            if found is None or (found.st_dev, found.st_ino) in passed or found.st_mtime_ns < self.current.changed:
                continue
            if path.suffix not in COMPRESSED:
                if (found.st_dev, found.st_ino, found.st_mtime_ns) not in self._read_whole:
                    waiting.append((found.st_mtime_ns, path))
            elif found.st_mtime_ns > self.current.changed:
                raise MissedFileError(
                    f"{path} was compressed before it was read: decompress it beside it and start again, or move it "
                    "away if it was fed"
                )
        if not waiting:
            return None
        _, oldest = min(waiting, key=lambda one: one[0])
        return oldest if isinstance(oldest, OpenFile) else OpenFile(oldest)


class Pipe:
    """Standard input, or anything else that is no regular file; it ends when its writer closes it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.finished = False

    def read(self) -> bytes | None:
        """See `Source`."""
        ready, _, _ = select.select([self._descriptor], [], [], LOOK_SECONDS)
        if not ready:
            return b""
        data = os.read(self._descriptor, CHUNK_BYTES)
        if not data:
            self.finished = True
            return None
        return data

    def behind(self) -> int | None:
        """Nobody knows what a writer still has."""
        return None

    def close(self) -> None:
        """Leave it open: it is not ours."""


def rotations(path: Path) -> Iterator[Path]:
    """Give the files beside a file whose names are its own with a number or a date, at the end or before the suffix."""
    ours = re.compile(
        rf"(?:{re.escape(path.name)}{_NUMBER_OR_DATE}|{re.escape(path.stem)}{_NUMBER_OR_DATE}{re.escape(path.suffix)})"
        rf"(?:{'|'.join(re.escape(end) for end in COMPRESSED)})?"
    )
    for other in path.parent.iterdir():
        if ours.fullmatch(other.name) and other.is_file():
            yield other


def is_regular(path: Path) -> bool:
    """Say whether a path leads to a regular file."""
    return stat.S_ISREG(path.stat().st_mode)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None
