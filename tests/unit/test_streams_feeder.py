"""A feed that ends anywhere, however the broker answered, goes on without leaving out a single SMS."""

from __future__ import annotations

import json
import os
import random
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any, Self

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.errors import KafkaTimeoutError
from kafka.future import Future

from streams import feeder as feeder_module
from streams import tailing
from streams.feed_opening import Asked, Opened
from streams.feed_report import Report, Standing, sentence
from streams.feed_state import Mark, StateFile, find_start
from streams.feeder import Feeder
from streams.feeding import FileReader, Format
from streams.rejects import Rejects
from streams.sending import FeedError
from streams.tailing import FollowedFile, MissedFileError


class ABroker:
    """Takes records from a thread of its own, in any order, until it takes no more; a context manager."""

    def __init__(self, seed: int = 0, takes: int = 10**9) -> None:
        self._random, self._takes = random.Random(seed), takes  # noqa: S311 - a test's order
        self._waiting: list[tuple[Future, bytes]] = []
        self._changed = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._answer)
        self.taken: list[str] = []

    def send(self, topic: str, *, key: bytes, value: bytes, partition: int) -> Future:  # noqa: ARG002 - as Kafka's
        future = Future()
        with self._changed:
            self._waiting.append((future, value))
            self._changed.notify()
        return future

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._open = False
            self._changed.notify()
        self._thread.join()

    def _answer(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or not self._open)
                if not self._open:
                    return
                future, value = self._waiting.pop(self._random.randrange(len(self._waiting)))
            self._takes -= 1
            if self._takes < 0:
                future.failure(KafkaTimeoutError())
                return
            self.taken += [msgspec.json.decode(line)["id"] for line in value.split(b"\n")]
            future.success(None)


def feed(
    path: Path, broker: ABroker, *, stopping: Event | None = None, file_format: Format = "jsonl", **more: Any
) -> int:
    """Feed a file as the command does, with a state beside it."""
    state = StateFile(path.with_name("state"))
    start = find_start(path, state.load("smsc"))
    follow = stopping is not None
    source = FollowedFile(path, start.file, follow=follow, pause=lambda _: None)
    reader = FileReader(file_format, "smsc", offset=start.offset, lines=start.lines, head=start.head)
    report = Report("feeding", 0, 300, lambda _: None)
    asked = Asked(str(path), "smsc", file_format, None, follow, None)
    feeder = Feeder(
        Opened(source, reader, state), asked, 3, 0.0, report, lambda _: None, stopping=stopping or Event(), **more
    )
    with broker, pytest.MonkeyPatch.context() as patch:
        patch.setattr(feeder_module, "SAVE_SECONDS", 0.0)
        patch.setattr(tailing, "CHUNK_BYTES", 150)
        try:
            return feeder.run(broker, "sms.smsc", 4)
        finally:
            source.close()


def lines_of(numbers: range) -> bytes:
    sms = {"sent_at": 1_793_491_200_000, "receiver": "13900000002", "text": "hi"}
    return b"".join(json.dumps({**sms, "id": str(n), "sender": str(n % 7)}).encode() + b"\n" for n in numbers)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(0, 30), max_size=4))
def test_whatever_is_not_acknowledged_is_fed_again(seed: int, falls: list[int]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sms.jsonl"
        path.write_bytes(lines_of(range(100)) + b"{bad\n")
        taken: list[str] = []
        for takes in falls:
            broker = ABroker(seed, takes)
            try:
                feed(path, broker)
            except FeedError:
                taken += broker.taken
                mark = msgspec.json.decode(path.with_name("state").read_bytes(), type=Mark)
                assert {str(number) for number in range(mark.lines)} - {"100"} <= set(taken)
            else:
                taken += broker.taken
        last = ABroker(seed)
        feed(path, last)
        assert set(taken + last.taken) == {str(number) for number in range(100)}
        again = ABroker(seed)
        assert (feed(path, again), again.taken) == (0, [])


def test_a_csv_goes_on_under_its_head_after_a_row_of_several_lines(tmp_path: Path) -> None:
    path = tmp_path / "sms.csv"
    path.write_text('id,sent_at,sender,receiver,text\n1,1793491200000,a,b,"one\ntwo"\n', encoding="utf-8")
    assert feed(path, ABroker(), file_format="csv") == 1
    with path.open("a", encoding="utf-8") as file:
        file.write("2,1793491200000,a,b,three\n")
    broker = ABroker()
    assert feed(path, broker, file_format="csv") == 1
    assert broker.taken == ["2"]
    assert msgspec.json.decode((tmp_path / "state").read_bytes(), type=Mark).lines == 4


@pytest.mark.parametrize("with_head", [True, False])
def test_a_truncated_csv_is_read_with_its_head_or_under_the_one_before(tmp_path: Path, *, with_head: bool) -> None:
    path, head = tmp_path / "sms.csv", "id,sent_at,sender,receiver,text\n"
    path.write_text(head + "1,1793491200000,a,b,one\n", encoding="utf-8")
    stopping, broker = Event(), ABroker()
    told: list[Standing] = []

    def on(standing: Standing) -> None:
        told.append(standing)
        if len(told) == 20:
            path.write_text((head if with_head else "") + "2,1793491200000,a,b,two\n", encoding="utf-8")
        if "2" in broker.taken or len(told) > 5000:
            stopping.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Report, "update", lambda _, standing: on(standing))
        assert feed(path, broker, stopping=stopping, file_format="csv") == 2
    assert broker.taken == ["1", "2"]


def test_before_a_file_that_cannot_be_read_all_is_with_the_broker(tmp_path: Path) -> None:
    path, broker = tmp_path / "sms.jsonl", ABroker()
    path.write_bytes(lines_of(range(2)))
    feed(path, broker)
    with path.open("ab") as file:
        file.write(lines_of(range(2, 4)))
    path.rename(tmp_path / "sms.jsonl.2")
    compressed = tmp_path / "sms.jsonl.1.gz"
    compressed.write_bytes(b"\x1f\x8b")
    os.utime(compressed, (2**31, 2**31))
    path.write_bytes(lines_of(range(4, 5)))
    broker = ABroker()
    with pytest.raises(MissedFileError):
        feed(path, broker)
    assert broker.taken == ["2", "3"]
    assert msgspec.json.decode((tmp_path / "state").read_bytes(), type=Mark).lines == 4


def test_bad_lines_are_kept_with_their_reason(tmp_path: Path) -> None:
    path, kept = tmp_path / "sms.jsonl", tmp_path / "bad.jsonl"
    path.write_bytes(lines_of(range(2)) + b'{"id": 3}\n\xff\xfe\n' + lines_of(range(2, 4)))
    rejects = Rejects(kept)
    assert feed(path, ABroker(), rejects=rejects) == 4
    rejects.close()
    first, second = (json.loads(line) for line in kept.read_text().splitlines())
    assert (first["line"], first["raw"], first["file"]) == (3, '{"id": 3}', str(path))
    assert first["reason"].startswith("Expected `str`")
    assert (second["line"], second["raw_base64"]) == (4, "//4=")


def test_a_report_says_rate_lag_bad_lines_and_age() -> None:
    standing = Standing(1_204_300, 3, 18_000, 1_793_491_200_000, 0, 0.0)
    told = sentence(standing, 24_100.4, 1_793_491_202.0)
    assert told == "1,204,300 SMS fed, 24,100/s, 3 bad, 18 kB behind, last SMS 2 s old"
    assert sentence(Standing(0, 0, None, None, 0, 0.0), 0.0, 0.0) == "0 SMS fed, 0/s, 0 bad"


def test_a_silent_broker_is_said_once_and_again_when_it_is_back() -> None:
    told: list[str] = []
    report = Report("feeding smsc", 0, 300, told.append)
    for waiting, silent in ((3, 1.0), (3, 6.0), (3, 9.0), (0, 0.0), (0, 0.0)):
        report.update(Standing(0, 0, None, None, waiting, silent))
    assert len(told) == 2
    assert "waiting for the broker, which has not answered for 6 s; 3 record(s) wait, for 300 s at most" in told[0]
    assert "the broker is back" in told[1]
