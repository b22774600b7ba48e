"""How far the consumer groups have come: end offsets less committed ones, by group and topic."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec
from kafka.errors import KafkaError
from kafka.net.compat import KafkaNetClient

from config.environment import Environment
from config.topics import (
    BOSS_ACKS,
    BOSS_EVENTS,
    ENFORCEMENT_ACKS,
    GATEWAY_TOPICS,
    SMS_HITS,
    SMS_MO,
    SMS_RECEIPTS,
    SMS_REJECTED,
    SMS_SAMPLES,
)
from streams.kafka_access import address_of, client_settings

SCORING = "qingxin-scoring"
SHADOW = "qingxin-shadow"
GROUPS: Mapping[str, tuple[str, ...]] = {
    SCORING: tuple(GATEWAY_TOPICS.values()),
    "qingxin-casework": (SMS_HITS, SMS_SAMPLES, ENFORCEMENT_ACKS, SMS_REJECTED),
    "qingxin-protection": (BOSS_EVENTS, SMS_MO, BOSS_ACKS, SMS_RECEIPTS),
    SHADOW: tuple(GATEWAY_TOPICS.values()),
}
"""The topics that each consumer group reads; the shadow's count only while it has read some."""
ANSWER_MS = 5_000
LISTEN_SECONDS = 2


@dataclass(frozen=True)
class Progress:
    """Records not yet read, by group and topic, and the offsets that scoring committed, by topic and partition."""

    lags: Mapping[tuple[str, str], int]
    scored: Mapping[tuple[str, int], int]


class ProgressReader:
    """Asks the broker; `read` may be called again and again, also after it failed."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._admin: KafkaAdminClient | None = None

    def read(self) -> Progress:
        """Give the progress of all groups.

        Raises:
            kafka.errors.KafkaError: the broker does not answer.
            OSError: no broker listens.
        """
        admin = self._connected()
        topics = sorted({topic for wanted in GROUPS.values() for topic in wanted})
        partitions = [
            TopicPartition(topic["name"], partition["partition_index"])
            for topic in admin.describe_topics(topics)
            for partition in topic["partitions"]
        ]
        ends = _offsets(admin, partitions, OffsetSpec.LATEST)
        starts = _offsets(admin, partitions, OffsetSpec.EARLIEST)
        committed = {
            group: {place: offset.offset for place, offset in admin.list_group_offsets(group)[group].items()}
            for group in GROUPS
        }
        return Progress(
            lags=lags_of(ends, starts, committed),
            scored={(place.topic, place.partition): offset for place, offset in committed[SCORING].items()},
        )

    def close(self) -> None:
        """Let go of the broker; the next `read` connects anew."""
        if self._admin is not None:
            self._admin.close()
            self._admin = None

    def _connected(self) -> KafkaAdminClient:
        if self._admin is None:
            require_listener(self._environment.kafka_bootstrap.split(","))
            made: list[KafkaNetClient] = []

            def client(**settings: Any) -> KafkaNetClient:
                made.append(KafkaNetClient(**settings))
                return made[-1]

            try:
                self._admin = KafkaAdminClient(
                    **client_settings(self._environment),
                    client_id="qingxin-lag",
                    request_timeout_ms=ANSWER_MS,
                    bootstrap_timeout_ms=ANSWER_MS,
                    kafka_client=client,
                )
            except KafkaError:
                # The admin client leaves its thread running when it finds no broker; we ask again every some seconds.
                for one in made:
                    one.close()
                    one._manager._net.stop()  # noqa: SLF001 - what its own `close` does
                raise
        return self._admin


def require_listener(brokers: Iterable[str]) -> None:
    """Look whether one of the brokers listens at all: a Kafka client that finds none leaves sockets open.

    Raises:
        OSError: none does.
    """
    refusal = OSError("no broker is named")
    for broker in brokers:
        try:
            socket.create_connection(address_of(broker), LISTEN_SECONDS).close()
        except OSError as error:
            refusal = error
        else:
            return
    raise refusal


def lags_of(
    ends: Mapping[TopicPartition, int],
    starts: Mapping[TopicPartition, int],
    committed: Mapping[str, Mapping[TopicPartition, int]],
) -> dict[tuple[str, str], int]:
    """Give the lag of each group and topic; what was never committed, or is gone, counts from the topic's start."""
    lags: dict[tuple[str, str], int] = {}
    for group, topics in GROUPS.items():
        if group == SHADOW and not committed.get(group):
            continue
        for place, end in ends.items():
            if place.topic in topics:
                start = starts.get(place, 0)
                read = max(committed.get(group, {}).get(place, start), start)
                key = (group, place.topic)
                lags[key] = lags.get(key, 0) + max(end - read, 0)
    return lags


def _offsets(admin: KafkaAdminClient, places: Iterable[TopicPartition], spec: OffsetSpec) -> dict[TopicPartition, int]:
    found = admin.list_partition_offsets(dict.fromkeys(places, spec))
    return {place: offset.offset for place, offset in found.items()}
