"""Sends checked lines to a gateway topic with kafka-python, with a progress bar."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import BinaryIO

from kafka import KafkaProducer
from kafka.errors import KafkaError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from config.environment import Environment
from config.topics import GATEWAY_TOPICS
from streams.feeding import BadLine, Line
from streams.packing import Packer
from streams.topic_admin import BOOTSTRAP_MS, MAX_RECORD_BYTES, BrokerError, existing_topics

WAIT_SECONDS = 60


class FeedError(Exception):
    """The broker did not take everything; feed again, ids make it harmless."""


def feed(
    lines: Iterable[Line | BadLine],
    gateway: str,
    environment: Environment,
    *,
    pack: int,
    tell: Callable[[BadLine], None],
    file: BinaryIO | None = None,
) -> int:
    """Send all good lines and wait until the broker has them.

    Args:
        lines: what `read_lines` yields.
        gateway: the gateway's code.
        environment: where the broker is.
        pack: SMS in a record at most.
        tell: told of each bad line.
        file: what the lines are read from, for the progress bar; of no use to it when it is a pipe.

    Returns:
        How many SMS were sent.

    Raises:
        FeedError: the broker does not answer or did not take a record.
    """
    topic = GATEWAY_TOPICS[gateway]
    producer, partitions = _connect(environment, topic)
    faults: list[BaseException] = []

    def send(partition: int, key: bytes, value: bytes) -> None:
        try:
            producer.send(topic, key=key, value=value, partition=partition).add_errback(faults.append)
        except KafkaError as error:
            faults.append(error)

    packer = Packer(partitions, pack, send)
    sized = file if file and file.seekable() else None
    fed = 0
    with _progress() as progress:
        task = progress.add_task(f"feeding {gateway}", total=_size(sized))
        for line in lines:
            if isinstance(line, BadLine):
                tell(line)
                continue
            packer.add(line.sms.sender, line.data)
            fed += 1
            progress.update(task, completed=sized.tell() if sized else fed)
            if faults:
                break
        packer.flush()
        try:
            producer.flush(timeout=WAIT_SECONDS)
            producer.close()
        except KafkaError as error:
            faults.append(error)
    if faults:
        raise FeedError(f"the broker did not take everything: {faults[0]}; feed the file again, nothing counts twice")
    return fed


def _connect(environment: Environment, topic: str) -> tuple[KafkaProducer, int]:
    """Give a producer and the number of partitions; a topic that is not there is said at once, not after a minute."""
    try:
        if topic not in existing_topics(environment):
            raise FeedError(f"topic {topic} does not exist; make it with `qingxin topics create`")
    except BrokerError as error:
        raise FeedError(str(error)) from error
    try:
        producer = KafkaProducer(
            bootstrap_servers=environment.kafka_bootstrap.split(","),
            client_id="qingxin-feed",
            bootstrap_timeout_ms=BOOTSTRAP_MS,
            acks="all",
            linger_ms=20,
            max_request_size=MAX_RECORD_BYTES,
        )
        partitions = len(producer.partitions_for(topic) or ())
    except KafkaError as error:
        raise FeedError(f"no Kafka broker answers at {environment.kafka_bootstrap} ({error})") from error
    if not partitions:
        raise FeedError(f"the broker does not tell the partitions of topic {topic}; try again")
    return producer, partitions


def _size(file: BinaryIO | None) -> int | None:
    return os.fstat(file.fileno()).st_size if file else None


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not Console(stderr=True).is_terminal,
    )
