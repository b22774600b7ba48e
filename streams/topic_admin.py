"""Makes the topics of `config.topics` on the broker, and says which are there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from config.environment import Environment
from config.topics import TOPICS
from streams.kafka_access import client_settings, why_not_let_in, why_unreachable

DAY_MS = 86_400_000
BOOTSTRAP_MS = 10_000
"""How long to look for a broker that answers."""
MAX_RECORD_BYTES = 8 * 1024 * 1024
"""Bytes of the largest record that the topics take: room for a gateway that packs many SMS."""


class BrokerError(Exception):
    """The broker did not do what it was asked."""


@contextmanager
def _admin(environment: Environment) -> Iterator[KafkaAdminClient]:
    if fault := why_not_let_in(environment):
        raise BrokerError(fault)
    try:
        admin = KafkaAdminClient(
            **client_settings(environment),
            client_id="qingxin-topics",
            bootstrap_timeout_ms=BOOTSTRAP_MS,
        )
    except KafkaError as error:
        raise BrokerError(why_unreachable(environment, error)) from error
    try:
        yield admin
    except KafkaError as error:
        raise BrokerError(
            f"the broker at {environment.kafka_bootstrap} did not do what it was asked ({error})"
        ) from error
    finally:
        admin.close()


def existing_topics(environment: Environment) -> frozenset[str]:
    """Give the names of all topics on the broker.

    Raises:
        BrokerError: no broker answers.
    """
    with _admin(environment) as admin:
        return frozenset(admin.list_topics())


def create_missing_topics(environment: Environment) -> list[str]:
    """Make the topics that are not there yet.

    Returns:
        The names of those that were made.

    Raises:
        BrokerError: no broker answers, or it refuses a topic.
    """
    with _admin(environment) as admin:
        there = frozenset(admin.list_topics())
        missing = [topic for topic in TOPICS if topic.name not in there]
        for topic in missing:
            config = {
                "retention.ms": str(topic.retention_days * DAY_MS),
                "max.message.bytes": str(MAX_RECORD_BYTES),
                "cleanup.policy": "delete",
            }
            wanted = NewTopic(
                name=topic.name,
                num_partitions=environment.kafka_partitions,
                replication_factor=environment.kafka_replication,
                topic_configs=config,
            )
            try:
                admin.create_topics([wanted])
            except TopicAlreadyExistsError:
                continue
            except KafkaError as error:
                raise BrokerError(f"the broker refused topic {topic.name}: {error}") from error
    return [topic.name for topic in missing]
