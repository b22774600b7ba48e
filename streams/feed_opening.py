"""Opens what `qingxin feed` reads: a file at its beginning or where the last run stopped, standard input, a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from config.feeds import Profile
from streams.feed_state import SUFFIX, StateError, StateFile, find_start
from streams.feeding import FileReader, Format
from streams.tailing import LOOK_SECONDS, FollowedFile, Pipe, Source, is_regular


@dataclass(frozen=True)
class Asked:
    """What a person asked for.

    Attributes:
        name: a file, or - for standard input.
        gateway: into whose topic.
        file_format: of the file.
        profile: how its lines become SMS.
        follow: whether to go on when it grows.
        state: where to keep how far the broker has it; None for the rule of `--follow`.
        rejects: where bad lines are kept; None for nowhere.
    """

    name: str
    gateway: str
    file_format: Format
    profile: Profile | None
    follow: bool
    state: Path | None
    rejects: Path | None = None

    @property
    def state_path(self) -> Path | None:
        """Where the state is; None when none is kept."""
        path = Path(self.name)
        return self.state or (path.with_name(path.name + SUFFIX) if self.follow else None)


@dataclass(frozen=True)
class Opened:
    """A source at the byte where to begin.

    Attributes:
        source: gives the bytes.
        reader: of its first file.
        state: None when nothing is kept.
        size: bytes of a file that is not followed.
        note: what a person should know about the beginning.
    """

    source: Source
    reader: FileReader
    state: StateFile | None = None
    size: int | None = None
    note: str = ""


def open_source(asked: Asked, stopping: Event, stack: ExitStack, tell: Callable[[str], object]) -> Opened | None:
    """Open a source; the stack closes it. With `follow` a file that is not there yet is waited for.

    Returns:
        None when `stopping` was set before there was a file.

    Raises:
        StateError: the state cannot be used, or there can be none.
        OSError: the file cannot be read.
    """
    path = Path(asked.name)
    _check_rejects(path, asked)
    if asked.follow and asked.name != "-" and not path.exists():
        if not path.parent.is_dir():
            raise StateError(f"there is no folder {path.parent}")
        tell(f"waiting for {path}, which is not there yet")
        while not path.exists():
            if stopping.wait(LOOK_SECONDS):
                return None
    if asked.name != "-" and is_regular(path):
        return _open_file(path, asked, stopping, stack)
    if asked.state:
        raise StateError("--state needs a regular file: standard input and pipes cannot be resumed")
    if asked.name != "-":
        descriptor = stack.enter_context(path.open("rb", buffering=0)).fileno()
    elif sys.stdin is None:
        raise StateError("standard input is closed; name a file, or send the SMS through a pipe")
    else:
        descriptor = sys.stdin.fileno()
    return Opened(Pipe(descriptor), FileReader(asked.file_format, asked.gateway, asked.profile))


def _open_file(path: Path, asked: Asked, stopping: Event, stack: ExitStack) -> Opened:
    state = None
    if asked.state_path:
        state = StateFile(asked.state_path)
        state.lock()
        stack.callback(state.close)
    start = find_start(path, state.load(asked.gateway) if state else None)
    source = FollowedFile(path, start.file, follow=asked.follow, pause=stopping.wait)
    stack.callback(source.close)
    reader = FileReader(
        asked.file_format, asked.gateway, asked.profile, offset=start.offset, lines=start.lines, head=start.head
    )
    return Opened(source, reader, state, None if asked.follow else start.file.size, start.note)


def _check_rejects(path: Path, asked: Asked) -> None:
    """Refuse to keep bad lines where they would be read as new ones, or where the state is."""
    own = [path, *([asked.state_path] if asked.state_path else [])] if asked.name != "-" else []
    if asked.rejects and asked.rejects.resolve() in {file.resolve() for file in own}:
        raise StateError(f"--rejects cannot be {asked.rejects}: the feed itself reads or writes that file")
    if asked.rejects and asked.rejects.exists() and path.exists() and asked.rejects.samefile(path):
        raise StateError(f"--rejects cannot be {asked.rejects}: it is another name of {path}")
