"""A file is read as it grows; rotation and truncation lose nothing; a pipe that pauses holds nothing back."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from streams import tailing
from streams.tailing import FollowedFile, MissedFileError, OpenFile, Pipe


class Following:
    """A followed file with a clock that goes on when it is waited for."""

    def __init__(self, path: Path, *, follow: bool = True) -> None:
        self.time = 0.0
        self.source = FollowedFile(path, OpenFile(path), follow=follow, pause=self._pause, clock=lambda: self.time)

    def _pause(self, seconds: float) -> None:
        self.time += seconds

    def read(self, times: int = 30) -> list[bytes | None]:
        """Give what comes within so many reads, without the empty ones."""
        return [data for data in (self.source.read() for _ in range(times)) if data != b""]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "sms.jsonl"
    path.write_bytes(b"one\n")
    return path


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_a_file_that_grows_is_read_on(path: Path) -> None:
    following = Following(path)
    assert following.read() == [b"one\n"]
    append(path, b"tw")
    assert following.read() == [b"tw"]
    append(path, b"o\n")
    assert following.read() == [b"o\n"]
    assert not following.source.finished


def test_a_file_that_is_not_followed_ends(path: Path) -> None:
    following = Following(path, follow=False)
    assert following.read(2) == [b"one\n", None]
    assert following.source.finished


def test_the_rest_of_a_renamed_file_comes_before_the_new_one(path: Path) -> None:
    following = Following(path)
    following.read()
    old = path.open("ab")
    path.rename(path.with_name("sms.jsonl.1"))
    path.write_bytes(b"new\n")
    old.write(b"written after the renaming\n")
    old.close()
    assert following.read() == [b"written after the renaming\n", None, b"new\n"]
    assert not following.source.truncated


def test_a_renamed_file_that_still_grows_is_not_left(path: Path) -> None:
    following = Following(path)
    following.read()
    with path.open("ab", buffering=0) as old:
        path.rename(path.with_name("sms.jsonl.1"))
        path.write_bytes(b"new\n")
        for number in range(5):
            old.write(b"%d\n" % number)
            assert following.read(5) == [b"%d\n" % number]
    assert following.read() == [None, b"new\n"]


def test_a_renamed_file_is_not_left_before_anything_stands_in_the_new_one(path: Path) -> None:
    # Given a rotation that makes the new file at once, and a writer that opens it only a while later
    following = Following(path)
    following.read()
    with path.open("ab", buffering=0) as old:
        path.rename(path.with_name("sms.jsonl.1"))
        path.write_bytes(b"")
        assert following.read(60) == []
        old.write(b"late\n")
    path.write_bytes(b"new\n")
    assert following.read() == [b"late\n", None, b"new\n"]


def test_a_file_that_was_removed_is_left_though_nothing_stands_in_the_new_one(path: Path) -> None:
    following = Following(path)
    following.read()
    path.unlink()
    path.write_bytes(b"")
    assert following.read() == [None]


NAMES = [
    ("sms.jsonl.2", "sms.jsonl.1"),
    ("sms.jsonl-20261127", "sms.jsonl-20261128"),
    ("sms.2026-11-27.jsonl", "sms.2026-11-28.jsonl"),
    ("sms-1.jsonl", "sms-2.jsonl"),
]


@pytest.mark.parametrize(("first", "second"), NAMES)
def test_a_file_that_came_and_went_while_its_reader_was_behind_is_read_between(
    path: Path, first: str, second: str
) -> None:
    following = Following(path)
    rotate_twice(path, first, second)
    assert following.read(60) == [b"one\n", None, b"between\n", None, b"new\n"]


def test_a_file_is_read_whatever_its_name_became_when_it_was_seen_at_its_place(path: Path) -> None:
    following = Following(path)
    following.read()
    path.rename(path.with_name("taken away"))
    path.write_bytes(b"between\n")
    assert following.read(3) == []
    path.rename(path.with_name("taken away, too"))
    path.write_bytes(b"new\n")
    assert following.read(60) == [None, b"between\n", None, b"new\n"]


def test_files_of_others_and_files_that_were_read_are_not_read_between(path: Path) -> None:
    following = Following(path)
    path.with_name("sms-other.jsonl").write_bytes(b"other\n")
    path.with_name("sms.jsonl.feed-state").write_bytes(b"state\n")
    path.with_name("sms.jsonl.rejects").write_bytes(b"bad\n")
    rotate_twice(path, "sms.jsonl.2", "sms.jsonl.1")
    same = path.stat().st_mtime_ns
    for file in path.parent.iterdir():
        os.utime(file, ns=(same, same))
    assert following.read(100) == [b"one\n", None, b"between\n", None, b"new\n"]


def test_a_file_that_was_compressed_before_it_was_read_stops_the_reader(path: Path) -> None:
    following = Following(path)
    rotate_twice(path, "sms.jsonl.2", "sms.jsonl.1.gz")
    with pytest.raises(MissedFileError, match=r"sms\.jsonl\.1\.gz was compressed before it was read"):
        following.read(60)


def rotate_twice(path: Path, first: str, second: str) -> None:
    path.rename(path.with_name(first))
    path.write_bytes(b"between\n")
    later(path, 1)
    path.rename(path.with_name(second))
    path.write_bytes(b"new\n")
    later(path, 2)


def later(path: Path, seconds: int) -> None:
    changed = path.stat().st_mtime_ns + seconds * 1_000_000_000
    os.utime(path, ns=(changed, changed))


def test_a_name_that_is_gone_is_waited_for(path: Path) -> None:
    following = Following(path)
    following.read()
    path.rename(path.with_name("sms.jsonl.1"))
    assert following.read() == []
    path.write_bytes(b"new\n")
    assert following.read() == [None, b"new\n"]


@pytest.mark.parametrize("again", [b"", b"x\n", b"something longer than before\n"])
def test_a_truncated_file_is_read_from_its_beginning(path: Path, again: bytes) -> None:
    following = Following(path)
    following.read()
    path.write_bytes(again)
    assert following.read() == [None, *([again] if again else [])]
    assert following.source.truncated


def test_what_is_behind_counts_the_new_file_too(path: Path) -> None:
    following = Following(path)
    append(path, b"two\n")
    path.rename(path.with_name("sms.jsonl.1"))
    path.write_bytes(b"three\n")
    assert following.source.behind() == 14


def test_a_pipe_that_pauses_gives_nothing_and_then_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tailing, "LOOK_SECONDS", 0.01)
    reading, writing = os.pipe()
    pipe = Pipe(reading)
    os.write(writing, b"one\n")
    assert pipe.read() == b"one\n"
    assert pipe.read() == b""
    writer = threading.Thread(target=lambda: (os.write(writing, b"two\n"), os.close(writing)))
    writer.start()
    writer.join()
    assert pipe.read() == b"two\n"
    assert pipe.read() is None
    assert pipe.finished
    os.close(reading)
