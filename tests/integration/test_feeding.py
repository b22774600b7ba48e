"""Feeding real brokers: a crash, a stop, a rotation and a broker that goes away lose nothing."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaConsumer, TopicPartition

from config.environment import Environment
from config.topics import GATEWAY_TOPICS
from demo.children import inherited_environment
from demo.datafolder import ROOT
from demo.servers.apache_kafka import ApacheKafka
from streams.feed_state import Mark
from streams.topic_admin import create_missing_topics
from tests.kafka_client import Ends, ends_of
from tests.waiting import wait_until

GATEWAY = "ismg"
TOPIC = GATEWAY_TOPICS[GATEWAY]


@pytest.fixture
def settings(kafka: str) -> dict[str, str]:
    create_missing_topics(Environment(kafka_bootstrap=kafka, kafka_partitions=4))
    return {"QINGXIN_KAFKA_BOOTSTRAP": kafka, "QINGXIN_SECRET_KEY": os.environ["QINGXIN_SECRET_KEY"]}


@contextmanager
def feeding(
    settings: dict[str, str], *words: str, stdin: int | None = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[str]]:
    """A feeder at work; killed should the test end without it having ended."""
    feeder = subprocess.Popen(
        [sys.executable, "-m", "config.cli", "feed", *words, "--gateway", GATEWAY],
        cwd=ROOT, env=inherited_environment(**settings), stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        yield feeder
    finally:
        if feeder.poll() is None:
            feeder.kill()
        feeder.communicate(timeout=30)


def sms_lines(run_id: str, numbers: range) -> bytes:
    sms = {"sent_at": 1_793_491_200_000, "receiver": "13900000002", "text": "您好，今天下午三点开会，请带材料。" * 3}
    return b"".join(
        json.dumps({**sms, "id": f"{run_id}-{n}", "sender": f"{run_id}-{n % 97}"}, ensure_ascii=False).encode() + b"\n"
        for n in numbers
    )


def numbers_in(bootstrap: str, since: Ends, run_id: str) -> list[int]:
    """Give the numbers of a run's SMS in the topic, by sender in the order in which they came."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, group_id=None)
    try:
        consumer.assign(list(since))
        for partition, offset in since.items():
            consumer.seek(partition, offset)
        ends = consumer.end_offsets(list(since))
        found = []
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            for records in consumer.poll(timeout_ms=200).values():
                for record in records:
                    for line in record.value.split(b"\n"):
                        identity = msgspec.json.decode(line)["id"]
                        if identity.startswith(f"{run_id}-"):
                            found.append(int(identity.rpartition("-")[2]))
        return found
    finally:
        consumer.close()


def saved(state: Path) -> Mark | None:
    return msgspec.json.decode(state.read_bytes(), type=Mark) if state.exists() else None


def said(feeder: subprocess.Popen[str], seconds: float = 30) -> str:
    """Give the next line that a feeder writes for people."""
    assert feeder.stderr
    assert select.select([feeder.stderr], [], [], seconds)[0], "the feeder says nothing"
    return feeder.stderr.readline()


def test_a_feeder_killed_in_the_middle_goes_on_where_the_broker_acknowledged(
    settings: dict[str, str], kafka: str, tmp_path: Path
) -> None:
    # Given a file that is being fed, and a state that says that a part of it is with the broker
    run_id, total = uuid.uuid4().hex[:8], 200_000
    file, state = tmp_path / "sms.jsonl", tmp_path / "state"
    file.write_bytes(sms_lines(run_id, range(total)))
    since = ends_of(kafka, TOPIC)
    with feeding(settings, str(file), "--state", str(state)) as feeder:
        wait_until(lambda: (mark := saved(state)) and mark.offset, timeout=40, what="the state moves")
        # When it is killed
        feeder.kill()
        feeder.wait(10)
    mark = saved(state)
    assert mark is not None
    assert 0 < mark.lines < total
    before = numbers_in(kafka, since, run_id)
    assert set(range(mark.lines)) <= set(before)

    # Then the next run feeds the rest, and only what was not acknowledged comes twice
    with feeding(settings, str(file), "--state", str(state)) as feeder:
        told, _ = feeder.communicate(timeout=90)
        assert told == f"fed {total - mark.lines} SMS to {GATEWAY}, 0 bad line(s)\n"
    times = Counter(numbers_in(kafka, since, run_id))
    assert set(times) == set(range(total))
    assert all(number >= mark.lines for number, count in times.items() if count > 1)
    assert saved(state) == msgspec.structs.replace(
        mark, offset=file.stat().st_size, lines=total, digest=saved(state).digest
    )  # type: ignore[union-attr]


def test_a_followed_file_is_fed_through_rotation_and_sigterm_ends_it_in_order(
    settings: dict[str, str], kafka: str, tmp_path: Path
) -> None:
    run_id, since = uuid.uuid4().hex[:8], ends_of(kafka, TOPIC)
    file, state, rejects = tmp_path / "sms.jsonl", tmp_path / "sms.jsonl.feed-state", tmp_path / "bad.jsonl"
    file.write_bytes(sms_lines(run_id, range(10)))
    with feeding(settings, str(file), "--follow", "--rejects", str(rejects)) as feeder:
        # One record that is not full is not held back
        wait_until(lambda: len(numbers_in(kafka, since, run_id)) == 10, what="the first SMS")
        with file.open("ab") as old:
            file.rename(tmp_path / "sms.jsonl.1")
            file.write_bytes(sms_lines(run_id, range(20, 30)))
            old.write(sms_lines(run_id, range(10, 20)) + b"{broken\n")
        wait_until(lambda: len(numbers_in(kafka, since, run_id)) == 30, what="the SMS of both files")
        half = sms_lines(run_id, range(30, 31))
        with file.open("ab") as new:
            new.write(half[:40])
        feeder.send_signal(signal.SIGTERM)
        told, errors = feeder.communicate(timeout=30)
    assert (feeder.returncode, told) == (0, f"fed 30 SMS to {GATEWAY}, 1 bad line(s)\n")
    assert errors.startswith("line 21: invalid_json")
    assert json.loads(rejects.read_text())["raw"] == "{broken"
    # A second feeder goes on after the whole lines, and the half one is fed once it is whole
    with file.open("ab") as new:
        new.write(half[40:])
    with feeding(settings, str(file), "--follow") as feeder:
        wait_until(lambda: sorted(numbers_in(kafka, since, run_id)) == list(range(31)), what="the half line's SMS")
        with feeding(settings, str(file), "--follow") as second:
            _, errors = second.communicate(timeout=30)
            assert (second.returncode, errors) == (1, f"CommandError: another feeder is at work on {state}\n")
        feeder.send_signal(signal.SIGINT)
        told, _ = feeder.communicate(timeout=30)
        assert (feeder.returncode, told) == (0, f"fed 1 SMS to {GATEWAY}, 0 bad line(s)\n")


def test_two_rotations_at_once_lose_no_file_nor_does_one_of_a_log_framework_while_stopped(
    settings: dict[str, str], kafka: str, tmp_path: Path
) -> None:
    run_id, since = uuid.uuid4().hex[:8], ends_of(kafka, TOPIC)
    file = tmp_path / "nm.jsonl"
    file.write_bytes(sms_lines(run_id, range(100)))
    with feeding(settings, str(file), "--follow") as feeder:
        wait_until(lambda: len(numbers_in(kafka, since, run_id)) == 100, what="the first file")
        file.rename(tmp_path / "nm.2.jsonl")
        file.write_bytes(sms_lines(run_id, range(100, 200)))
        file.rename(tmp_path / "nm.1.jsonl")
        file.write_bytes(sms_lines(run_id, range(200, 300)))
        wait_until(lambda: sorted(numbers_in(kafka, since, run_id)) == list(range(300)), what="all three files")
        feeder.send_signal(signal.SIGTERM)
        told, _ = feeder.communicate(timeout=30)
        assert told == f"fed 300 SMS to {GATEWAY}, 0 bad line(s)\n"
    # Given a file that goes on to grow and is rotated twice while nobody reads
    with file.open("ab") as old:
        old.write(sms_lines(run_id, range(300, 400)))
    file.rename(tmp_path / "nm.2026-11-27.jsonl")
    file.write_bytes(sms_lines(run_id, range(400, 500)))
    file.rename(tmp_path / "nm.2026-11-28.jsonl")
    file.write_bytes(sms_lines(run_id, range(500, 600)))
    with feeding(settings, str(file), "--follow") as feeder:
        wait_until(lambda: sorted(numbers_in(kafka, since, run_id)) == list(range(600)), what="what came meanwhile")
        feeder.send_signal(signal.SIGTERM)
        told, errors = feeder.communicate(timeout=30)
        assert (feeder.returncode, told) == (0, f"fed 300 SMS to {GATEWAY}, 0 bad line(s)\n")
        assert errors == "going on in nm.2026-11-27.jsonl, which was rotated\n"
    # And when the file that was fed is gone, nothing is passed over in silence
    file.write_bytes(sms_lines(run_id, range(600, 700)))
    for rotated in (*tmp_path.glob("nm.2*"), *tmp_path.glob("nm.1*")):
        rotated.unlink()
    with feeding(settings, str(file), "--follow") as feeder:
        told, errors = feeder.communicate(timeout=30)
    assert (feeder.returncode, told) == (1, "")
    assert "is neither in" in errors


def test_a_rotation_while_the_broker_is_frozen_loses_no_file(own_kafka: ApacheKafka, tmp_path: Path) -> None:
    settings = {"QINGXIN_SECRET_KEY": os.environ["QINGXIN_SECRET_KEY"], "QINGXIN_KAFKA_BOOTSTRAP": own_kafka.bootstrap}
    run_id, file = uuid.uuid4().hex[:8], tmp_path / "sms.jsonl"
    since = {TopicPartition(TOPIC, number): 0 for number in range(4)}
    file.write_bytes(sms_lines(run_id, range(100)))
    with feeding(settings, str(file), "--follow", "--pack", "1", "--report", "0") as feeder:
        wait_until(lambda: len(numbers_in(own_kafka.bootstrap, since, run_id)) == 100, what="the first SMS")
        own_kafka.stop()
        with file.open("ab") as old:
            old.write(sms_lines(run_id, range(100, 4100)))
        assert "waiting for the broker" in said(feeder)
        file.rename(tmp_path / "sms.jsonl.2")
        file.write_bytes(sms_lines(run_id, range(4100, 4200)))
        file.rename(tmp_path / "sms.jsonl.1")
        file.write_bytes(sms_lines(run_id, range(4200, 4300)))
        own_kafka.start()
        wait_until(
            lambda: set(numbers_in(own_kafka.bootstrap, since, run_id)) == set(range(4300)), timeout=60,
            what="all three files",
        )  # fmt: skip
        feeder.send_signal(signal.SIGTERM)
        assert feeder.wait(30) == 0


def test_a_file_that_is_not_there_yet_is_waited_for(settings: dict[str, str], kafka: str, tmp_path: Path) -> None:
    run_id, since, file = uuid.uuid4().hex[:8], ends_of(kafka, TOPIC), tmp_path / "sms.jsonl"
    with feeding(settings, str(file), "--follow") as feeder:
        assert said(feeder) == f"waiting for {file}, which is not there yet\n"
        file.write_bytes(sms_lines(run_id, range(3)))
        wait_until(lambda: len(numbers_in(kafka, since, run_id)) == 3, what="the SMS of the new file")
        feeder.send_signal(signal.SIGTERM)
        assert feeder.wait(30) == 0
    with feeding(settings, str(tmp_path / "never.jsonl"), "--follow") as feeder:
        said(feeder)
        feeder.send_signal(signal.SIGTERM)
        told, _ = feeder.communicate(timeout=30)
        assert (feeder.returncode, told) == (0, f"fed 0 SMS to {GATEWAY}, 0 bad line(s)\n")


@pytest.mark.parametrize("way", ["same", "link", "state"])
def test_bad_lines_are_not_kept_in_the_file_that_is_fed(settings: dict[str, str], tmp_path: Path, way: str) -> None:
    file = tmp_path / "sms.jsonl"
    file.write_text("{bad\n")
    (tmp_path / "link").symlink_to(file)
    rejects = {"same": file, "link": tmp_path / "link", "state": tmp_path / "sms.jsonl.feed-state"}[way]
    with feeding(settings, str(file), "--follow", "--rejects", str(rejects)) as feeder:
        told, errors = feeder.communicate(timeout=30)
    assert (feeder.returncode, told) == (1, "")
    assert errors == f"CommandError: --rejects cannot be {rejects}: the feed itself reads or writes that file\n"
    assert file.read_text() == "{bad\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_bad_lines_that_the_disk_does_not_take_stop_the_feeder_with_one_sentence(
    settings: dict[str, str], tmp_path: Path
) -> None:
    file, state = tmp_path / "sms.jsonl", tmp_path / "state"
    file.write_text("{bad\n")
    with feeding(settings, str(file), "--state", str(state), "--rejects", "/dev/full") as feeder:
        told, errors = feeder.communicate(timeout=30)
    assert (feeder.returncode, told) == (1, "")
    assert errors.splitlines()[1:] == ["CommandError: /dev/full cannot be written: No space left on device"]
    # Then the line is read again once there is room
    assert not state.exists()


def test_a_pipe_that_pauses_holds_nothing_back(settings: dict[str, str], kafka: str) -> None:
    run_id, since = uuid.uuid4().hex[:8], ends_of(kafka, TOPIC)
    reading, writing = os.pipe()
    with feeding(settings, "-", stdin=reading) as feeder:
        os.close(reading)
        os.write(writing, sms_lines(run_id, range(3)))
        wait_until(lambda: len(numbers_in(kafka, since, run_id)) == 3, what="the SMS of a pipe that is still open")
        os.write(writing, sms_lines(run_id, range(3, 5)))
        os.close(writing)
        told, _ = feeder.communicate(timeout=30)
        assert (feeder.returncode, told) == (0, f"fed 5 SMS to {GATEWAY}, 0 bad line(s)\n")


def test_a_pipe_that_is_stopped_in_the_middle_of_a_line_says_so(
    settings: dict[str, str], kafka: str, tmp_path: Path
) -> None:
    run_id, since, rejects = uuid.uuid4().hex[:8], ends_of(kafka, TOPIC), tmp_path / "bad.jsonl"
    reading, writing = os.pipe()
    with feeding(settings, "-", "--rejects", str(rejects), stdin=reading) as feeder:
        os.close(reading)
        os.write(writing, sms_lines(run_id, range(2)) + b'{"id": "half')
        wait_until(lambda: len(numbers_in(kafka, since, run_id)) == 2, what="the whole lines")
        feeder.send_signal(signal.SIGTERM)
        told, _ = feeder.communicate(timeout=30)
        os.close(writing)
    assert (feeder.returncode, told) == (0, f"fed 2 SMS to {GATEWAY}, 1 bad line(s)\n")
    assert json.loads(rejects.read_text())["raw"] == '{"id": "half'


def test_a_broker_that_is_away_is_waited_for_and_then_given_up(own_kafka: ApacheKafka, tmp_path: Path) -> None:
    settings = {"QINGXIN_SECRET_KEY": os.environ["QINGXIN_SECRET_KEY"], "QINGXIN_KAFKA_BOOTSTRAP": own_kafka.bootstrap}
    run_id = uuid.uuid4().hex[:8]
    since = {TopicPartition(TOPIC, number): 0 for number in range(4)}
    file, state = tmp_path / "sms.jsonl", tmp_path / "sms.jsonl.feed-state"
    file.write_bytes(sms_lines(run_id, range(100)))
    with feeding(settings, str(file), "--follow", "--report", "0") as feeder:
        wait_until(lambda: (mark := saved(state)) and mark.lines == 100, what="the first SMS are with the broker")
        own_kafka.stop()
        with file.open("ab") as more:
            more.write(sms_lines(run_id, range(100, 300)))
        assert "waiting for the broker, which has not answered" in said(feeder)
        assert saved(state).lines == 100  # type: ignore[union-attr]
        own_kafka.start()
        assert "the broker is back and has taken what waited" in said(feeder, 60)
        assert set(numbers_in(own_kafka.bootstrap, since, run_id)) == set(range(300))
        feeder.send_signal(signal.SIGTERM)
        assert feeder.wait(30) == 0
    assert saved(state).lines == 300  # type: ignore[union-attr]
    # One that stays away is given up, with the state at what was acknowledged
    with feeding({**settings, "QINGXIN_BROKEN_WORLD_SECONDS": "8"}, str(file), "--follow", "--report", "0") as feeder:
        with file.open("ab") as more:
            more.write(sms_lines(run_id, range(300, 310)))
        wait_until(lambda: saved(state).lines == 310, what="the feeder is at work")  # type: ignore[union-attr]
        own_kafka.stop()
        with file.open("ab") as more:
            more.write(sms_lines(run_id, range(310, 320)))
        _, errors = feeder.communicate(timeout=60)
        assert feeder.returncode == 1
        assert errors.splitlines()[-1].startswith("CommandError: the broker did not take everything")
    assert saved(state).lines == 310  # type: ignore[union-attr]
