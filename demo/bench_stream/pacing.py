"""A process that feeds the gateways at a steady rate, or as fast as it can: `python -m demo.bench_stream.pacing`.

Each SMS gets the moment at which it was handed over into its id, so that a reader of the hits knows how old they are.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from itertools import islice

import msgspec
from kafka import KafkaProducer

from config.records import Sms, encode
from config.topics import GATEWAY_TOPICS
from demo.bench_stream.messages import PACK, some_sms
from streams.packing import Packed, Packer
from streams.topic_admin import MAX_RECORD_BYTES

DIFFERENT = 50_000
STEP_SECONDS = 0.02
"""Between two hand-overs; what is not full by then is sent all the same."""
MARK = "paced"


class Gateways:
    """All gateways of the bench, packing for themselves."""

    def __init__(self, bootstrap: str, partitions: int) -> None:
        self._producer = KafkaProducer(
            bootstrap_servers=bootstrap,
            linger_ms=0,
            max_request_size=MAX_RECORD_BYTES,
            acks=1,
            enable_idempotence=False,
        )
        self._packers = {
            gateway: Packer(partitions, PACK, self._sender(topic)) for gateway, topic in GATEWAY_TOPICS.items()
        }

    def send(self, sms: Sms) -> None:
        """Hand over an SMS."""
        self._packers[sms.gateway].add(sms.sender, encode(sms))

    def flush(self) -> None:
        """Send what is not full."""
        for packer in self._packers.values():
            packer.flush()

    def close(self) -> None:
        """Wait until the broker has everything."""
        self.flush()
        self._producer.flush()
        self._producer.close()

    def _sender(self, topic: str) -> Sender:
        return Sender(self._producer, topic)


class Sender:
    """Sends packed records to a topic."""

    def __init__(self, producer: KafkaProducer, topic: str) -> None:
        self._producer, self._topic = producer, topic

    def __call__(self, record: Packed) -> None:
        """Send a record without waiting for the broker."""
        self._producer.send(self._topic, key=record.key, value=record.value, partition=record.partition)


def endless() -> Iterator[Sms]:
    """Give the same SMS over and over, each with an id of its own."""
    kept, number = list(islice(some_sms(DIFFERENT), DIFFERENT)), 0
    while True:
        for sms in kept:
            number += 1
            yield msgspec.structs.replace(
                sms, id=f"{MARK}-{number}-{time.time_ns()}", sent_at=time.time_ns() // 1_000_000
            )


def main(rate: float, seconds: float) -> None:
    """Feed `rate` SMS a second for so many seconds."""
    gateways = Gateways(os.environ["QINGXIN_KAFKA_BOOTSTRAP"], int(os.environ["QINGXIN_KAFKA_PARTITIONS"]))
    messages, sent = endless(), 0
    next(messages)
    start = time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        due = int(rate * passed) - sent
        for sms in islice(messages, due):
            gateways.send(sms)
        sent += max(due, 0)
        gateways.flush()
        time.sleep(max(0.0, STEP_SECONDS - (time.perf_counter() - start - passed)))
    gateways.close()


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]))
