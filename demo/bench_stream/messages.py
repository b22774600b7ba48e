"""The messages of the stream bench: the demo's traffic with many more senders, so many SMS in a record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
from kafka import KafkaProducer

from config.records import Part, Sms, encode
from config.topics import GATEWAY_TOPICS
from demo.traffic.stream import Traffic
from streams.packing import Packed, Packer
from streams.topic_admin import MAX_RECORD_BYTES

SEED = 20_261_128
CITIZENS = 100_000
SPAM_SHARE = 0.02
"""A quarter of the demo's, which is to show cases: real spam is rarer still, and what is done for hits alone costs."""
PACK = 100
PART_LENGTH = 67
"""Characters of a part in Chinese."""
REFERENCES = 256
EVERY = timedelta(microseconds=40)
"""Between two messages: about 24,100 a second."""


def some_sms(count: int, seed: int = SEED, parts: float = 0) -> Iterator[Sms]:
    """Make SMS of all gateways, the same for the same seed but for their times.

    `parts` is the share of them that are parts of long SMS.
    """
    traffic = Traffic(seed, "bench", run_seed=seed, spam_share=SPAM_SHARE, citizens=CITIZENS)
    now = datetime.now(UTC)
    number, due = 0, 0.0
    while number < count:
        sms = traffic.sms(now + number * EVERY)
        due += parts / (2 - parts)  # long ones are two of the share, so that parts are the share of what comes
        made = in_parts(sms, number) if due >= 1 else [sms]
        due %= 1
        yield from made[: count - number]
        number += len(made)


def in_parts(sms: Sms, number: int) -> list[Sms]:
    """Make a long SMS of one: its text again and again, in two parts of which both are full."""
    text = (sms.text * (2 * PART_LENGTH))[: 2 * PART_LENGTH]
    return [
        msgspec.structs.replace(
            sms,
            id=f"{sms.id}-{seq}",
            text=text[(seq - 1) * PART_LENGTH : seq * PART_LENGTH],
            part=Part(number % REFERENCES, seq, 2),
        )
        for seq in (1, 2)
    ]


def fill(bootstrap: str, partitions: int, messages: Iterator[Sms], pack: int) -> None:
    """Put messages into the gateway topics, so many in a record."""
    producer = KafkaProducer(
        bootstrap_servers=bootstrap,
        linger_ms=50,
        batch_size=256 * 1024,
        max_request_size=MAX_RECORD_BYTES,
        acks=1,
        enable_idempotence=False,
    )

    def sender_to(topic: str) -> Packer:
        def send(record: Packed) -> None:
            producer.send(topic, key=record.key, value=record.value, partition=record.partition)

        return Packer(partitions, pack, send)

    packers = {gateway: sender_to(topic) for gateway, topic in GATEWAY_TOPICS.items()}
    for sms in messages:
        packers[sms.gateway].add(sms.sender, encode(sms))
    for packer in packers.values():
        packer.flush()
    producer.flush()
    producer.close()
