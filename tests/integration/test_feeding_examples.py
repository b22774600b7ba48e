"""The examples of docs/feeding.md do what the page says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaConsumer

from config.environment import Environment
from config.records import Sms
from config.topics import GATEWAY_TOPICS
from demo.datafolder import ROOT
from streams.packing import partition_of
from streams.topic_admin import create_missing_topics
from tests.conftest import missing
from tests.kafka_client import Ends, ends_of

TOPIC = GATEWAY_TOPICS["smsc"]
PARTITIONS = 4


def example(name: str) -> str:
    page = (ROOT / "docs" / "feeding.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- example: {name} -->\n```\w+\n(.*?)```", page, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def topic(kafka: str) -> tuple[str, Ends]:
    create_missing_topics(Environment(kafka_bootstrap=kafka, kafka_partitions=PARTITIONS))
    return kafka, ends_of(kafka, TOPIC)


def a_file(folder: Path, run_id: str) -> Path:
    """Write 250 SMS as README shows them, without a gateway, and blank lines between."""
    file = folder / "sms.jsonl"
    sms = {"sent_at": 1_793_491_200_000, "receiver": "13900000002", "text": '他说"好"\n第二行\\t'}
    lines = [json.dumps({**sms, "id": f"{run_id}-{n}", "sender": f"1380000{n % 13:04}"}) for n in range(250)]
    file.write_text("\n".join([*lines[:100], "", *lines[100:], " "]) + "\n", encoding="utf-8")
    return file


def check_topic(topic: tuple[str, Ends], run_id: str) -> int:
    """Check that all 250 SMS are there, each sender in its partition and in order; give the number of records."""
    bootstrap, since = topic
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, group_id=None)
    by_sender: dict[str, list[int]] = {}
    records = 0
    try:
        consumer.assign(list(since))
        for partition, offset in since.items():
            consumer.seek(partition, offset)
        ends = consumer.end_offsets(list(since))
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            for partition, batch in consumer.poll(timeout_ms=200).items():
                for record in batch:
                    found = [msgspec.json.decode(line, type=Sms) for line in record.value.split(b"\n")]
                    ours = [sms for sms in found if sms.id.startswith(run_id)]
                    records += bool(ours)
                    assert all(sms.gateway == "smsc" for sms in ours)
                    assert all(partition_of(sms.sender, len(since)) == partition.partition for sms in ours)
                    assert not ours or record.key.decode() == ours[0].sender
                    for sms in ours:
                        by_sender.setdefault(sms.sender, []).append(int(sms.id.rpartition("-")[2]))
    finally:
        consumer.close()
    assert sorted(number for numbers in by_sender.values() for number in numbers) == list(range(250))
    assert all(numbers == sorted(numbers) for numbers in by_sender.values())
    return records


def test_the_python_example_has_about_twenty_lines_and_feeds_packed_records(
    topic: tuple[str, Ends], tmp_path: Path
) -> None:
    assert sum(bool(line) for line in example("python").splitlines()) <= 20
    run_id = uuid.uuid4().hex[:8]
    with a_file(tmp_path, run_id).open("rb") as file:
        subprocess.run([sys.executable, "-c", example("python"), topic[0]], stdin=file, check=True, timeout=60)
    assert check_topic(topic, run_id) < 12


def test_the_kcat_example_feeds_one_sms_a_record(topic: tuple[str, Ends], tmp_path: Path) -> None:
    if not (shutil.which("kcat") and shutil.which("jq")):
        missing("kcat and jq are not here")
    run_id = uuid.uuid4().hex[:8]
    a_file(tmp_path, run_id)
    script = example("kcat").replace("127.0.0.1:9092", topic[0])
    subprocess.run(["sh", "-ec", script], cwd=tmp_path, check=True, timeout=60)
    assert check_topic(topic, run_id) == 250
