"""Opens what `qingxin feed` reads: a file at its beginning or where the last run stopped, standard input, a pipe."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from config.feeds import Profile
from streams.feed_state import SUFFIX, StateError, StateFile, find_start
from streams.feeding import FileReader, Format
from streams.tailing import FollowedFile, Pipe, Source, is_regular


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
    """

    name: str
    gateway: str
    file_format: Format
    profile: Profile | None
    follow: bool
    state: Path | None


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


def open_source(asked: Asked, stopping: Event, stack: ExitStack) -> Opened:
    """Open a source; the stack closes it.

    Raises:
        StateError: the state cannot be used, or there can be none.
        OSError: the file cannot be read.
    """
    path = Path(asked.name)
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
    if asked.state or asked.follow:
        state = StateFile(asked.state or path.with_name(path.name + SUFFIX))
        state.lock()
        stack.callback(state.close)
    start = find_start(path, state.load(asked.gateway) if state else None)
    source = FollowedFile(path, start.file, follow=asked.follow, pause=stopping.wait)
    stack.callback(source.close)
    reader = FileReader(
        asked.file_format, asked.gateway, asked.profile, offset=start.offset, lines=start.lines, head=start.head
    )
    return Opened(source, reader, state, None if asked.follow else start.file.size, start.note)
