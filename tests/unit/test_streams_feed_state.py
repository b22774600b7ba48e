"""The state of a feed names a byte of one very file, survives a crash, and belongs to one feeder at a time."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from streams.feed_state import Mark, StateError, StateFile, find_start
from streams.tailing import OpenFile

CONTENT = b"".join(b"line %d\n" % number for number in range(2000))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "sms.jsonl"
    path.write_bytes(CONTENT)
    return path


def mark_at(path: Path, offset: int, lines: int = 3) -> Mark:
    file = OpenFile(path)
    try:
        return Mark("smsc", str(path), file.device, file.inode, offset, lines, file.digest(offset), ("a",))
    finally:
        file.close()


def began(path: Path, mark: Mark | None) -> tuple[str, int, bool]:
    start = find_start(path, mark)
    start.file.close()
    return start.file.path.name, start.offset, bool(start.note)


def test_without_a_mark_a_file_begins_at_its_first_byte(path: Path) -> None:
    assert began(path, None) == ("sms.jsonl", 0, False)


def test_a_mark_is_found_in_a_file_that_has_grown(path: Path) -> None:
    mark = mark_at(path, 9000)
    path.write_bytes(CONTENT + b"more\n")
    assert began(path, mark) == ("sms.jsonl", 9000, False)


def test_another_file_under_the_same_name_is_refused(path: Path) -> None:
    mark = mark_at(path, 9000)
    path.write_bytes(CONTENT.replace(b"line", b"LINE"))
    with pytest.raises(StateError, match=r"fed up to byte 9000 is .* nor beside it"):
        began(path, mark)


@pytest.mark.parametrize("name", ["sms.2026-11-28.jsonl", "sms.jsonl_old", "archived by a log framework"])
def test_a_mark_is_found_whatever_the_name_of_the_rotation(path: Path, name: str) -> None:
    mark = mark_at(path, 9000)
    path.rename(path.with_name(name))
    path.write_bytes(b"new\n")
    assert began(path, mark) == (name, 9000, True)


def test_of_two_files_that_begin_alike_the_very_file_goes_on(path: Path) -> None:
    path.write_bytes(b"head\n")
    mark = mark_at(path, 5)
    path.rename(path.with_name("sms.jsonl.1"))
    path.write_bytes(b"head\n")
    assert began(path, mark) == ("sms.jsonl.1", 5, True)


def test_a_compressed_rotation_is_refused_by_its_name(path: Path) -> None:
    mark = mark_at(path, 9000)
    path.with_name("sms.jsonl.1.gz").write_bytes(gzip.compress(CONTENT))
    path.write_bytes(b"new\n")
    with pytest.raises(StateError, match=r"decompress .*sms\.jsonl\.1\.gz"):
        began(path, mark)


def test_a_mark_is_found_in_the_rotated_file(path: Path) -> None:
    mark = mark_at(path, 9000)
    path.rename(path.with_name("sms.jsonl.1"))
    path.write_bytes(b"new\n")
    assert began(path, mark) == ("sms.jsonl.1", 9000, True)


def test_a_mark_is_found_in_the_copy_of_a_truncated_file(path: Path) -> None:
    mark = mark_at(path, 9000)
    path.with_name("sms.jsonl-20261101").write_bytes(CONTENT)
    path.write_bytes(b"new\n")
    assert began(path, mark) == ("sms.jsonl-20261101", 9000, True)


def test_a_mark_at_the_beginning_follows_its_very_file(path: Path) -> None:
    mark = mark_at(path, 0)
    path.rename(path.with_name("sms.jsonl.1"))
    path.write_bytes(b"new\n")
    assert began(path, mark) == ("sms.jsonl.1", 0, True)


def test_a_mark_in_lost_content_is_refused(path: Path) -> None:
    with pytest.raises(StateError, match="fed up to byte 9000"):
        began(path, Mark("smsc", str(path), 1, 1, 9000, 3, ""))


def test_a_state_comes_back_as_it_was_saved(tmp_path: Path, path: Path) -> None:
    state, mark = StateFile(tmp_path / "state"), mark_at(path, 9000)
    assert state.load("smsc") is None
    state.save(mark)
    assert StateFile(tmp_path / "state").load("smsc") == mark
    assert [file.name for file in tmp_path.iterdir() if file.name.endswith(".new")] == []


def test_the_state_of_another_gateway_is_refused(tmp_path: Path, path: Path) -> None:
    state = StateFile(tmp_path / "state")
    state.save(mark_at(path, 9000))
    with pytest.raises(StateError, match="gateway smsc, not of ismg"):
        state.load("ismg")


def test_a_state_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("{")
    with pytest.raises(StateError, match="remove it to feed from the beginning"):
        StateFile(tmp_path / "state").load("smsc")


def test_two_feeders_on_one_state_refuse(tmp_path: Path) -> None:
    first, second = StateFile(tmp_path / "state"), StateFile(tmp_path / "state")
    first.lock()
    with pytest.raises(StateError, match="another feeder"):
        second.lock()
    first.close()
    second.lock()
    second.close()


def test_a_state_that_cannot_be_written_leads_to_another_place(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="name another place by --state"):
        StateFile(tmp_path / "missing" / "state").lock()
