"""A process that feeds the gateways faster than a worker scores: `python -m demo.bench_stream.flooding`.

It shares its core with the broker and Valkey, so it makes its SMS once and hands the same records over again and again,
each time with new ids and times written into them.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec
from kafka import KafkaProducer

from config.records import Sms, encode
from config.topics import GATEWAY_TOPICS
from demo.bench_stream.messages import PACK, some_sms
from streams.packing import Packed, Packer
from streams.topic_admin import MAX_RECORD_BYTES

DIFFERENT = 100_000
STEP_SECONDS = 0.02
LAP_MARK, TIME_MARK = "flood-000000", 1_111_111_111_111
"""What stands in a record where each round of handing over writes its number and its time."""


@dataclass(frozen=True)
class Template:
    """A packed record that is handed over again and again."""

    topic: str
    record: Packed
    sms: int

    def render(self, lap: int, now_ms: int) -> bytes:
        """Give the record's value for a round at a time."""
        fresh = self.record.value.replace(LAP_MARK.encode(), b"flood-%06d" % lap)
        return fresh.replace(b"%d" % TIME_MARK, b"%013d" % now_ms)


def templates(messages: Iterable[Sms], partitions: int) -> list[Template]:
    """Pack SMS of all gateways, each with a mark for the round in its id and one in its time."""
    made: list[Template] = []

    def packer(topic: str) -> Packer:
        return Packer(partitions, PACK, lambda record: made.append(Template(topic, record, len(record.lines))))

    packers = {gateway: packer(topic) for gateway, topic in GATEWAY_TOPICS.items()}
    for number, sms in enumerate(messages):
        marked = msgspec.structs.replace(sms, id=f"{LAP_MARK}-{number}", sent_at=TIME_MARK)
        packers[sms.gateway].add(sms.sender, encode(marked))
    for one in packers.values():
        one.flush()
    return made


def endless(kept: list[Template]) -> Iterator[tuple[Template, bytes]]:
    """Give the records over and over, each time as new ones."""
    lap = 0
    while True:
        lap += 1
        for template in kept:
            yield template, template.render(lap, time.time_ns() // 1_000_000)


def main(rate: float, seconds: float) -> None:
    """Feed `rate` SMS a second for so many seconds, or as many as the broker takes."""
    partitions = int(os.environ["QINGXIN_KAFKA_PARTITIONS"])
    records = endless(templates(some_sms(DIFFERENT), partitions))
    producer = KafkaProducer(
        bootstrap_servers=os.environ["QINGXIN_KAFKA_BOOTSTRAP"],
        linger_ms=20,
        batch_size=256 * 1024,
        max_request_size=MAX_RECORD_BYTES,
        acks=1,
        enable_idempotence=False,
    )
    sent, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        while sent < rate * passed:
            template, value = next(records)
            producer.send(template.topic, key=template.record.key, value=value, partition=template.record.partition)
            sent += template.sms
        time.sleep(STEP_SECONDS)
    producer.flush()
    producer.close()
    sys.stdout.write(f"{sent} SMS in {time.perf_counter() - start:.1f} s\n")


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]))
