"""The lag of each consumer group and topic: what is at the end less what was committed."""

from __future__ import annotations

import pytest
from kafka import TopicPartition

from config.environment import Environment
from streams.lag import GROUPS, SCORING, SHADOW, lags_of

P0, P1 = TopicPartition("sms.smsc", 0), TopicPartition("sms.smsc", 1)


def test_the_lag_is_the_sum_over_partitions() -> None:
    lags = lags_of({P0: 10, P1: 7}, {P0: 0, P1: 0}, {SCORING: {P0: 4, P1: 7}})
    assert lags[SCORING, "sms.smsc"] == 6


def test_what_was_never_committed_or_is_gone_counts_from_the_start() -> None:
    assert lags_of({P0: 10}, {P0: 3}, {})[SCORING, "sms.smsc"] == 7
    assert lags_of({P0: 10}, {P0: 8}, {SCORING: {P0: 2}})[SCORING, "sms.smsc"] == 2


def test_a_topic_that_was_made_anew_has_no_negative_lag() -> None:
    assert lags_of({P0: 1}, {P0: 0}, {SCORING: {P0: 50}})[SCORING, "sms.smsc"] == 0


def test_the_shadow_has_a_lag_only_once_it_has_read() -> None:
    assert (SHADOW, "sms.smsc") not in lags_of({P0: 10}, {P0: 0}, {})
    assert lags_of({P0: 10}, {P0: 0}, {SHADOW: {P0: 9}})[SHADOW, "sms.smsc"] == 1


@pytest.mark.parametrize("name", ["scoring", "casework", "protection"])
def test_every_topic_that_a_worker_reads_is_known(name: str) -> None:
    environment = Environment(kafka_bootstrap="127.0.0.1:1")
    if name == "scoring":
        from streams.scoring import make_engine
    elif name == "casework":
        from streams.casework import make_engine
    else:
        from streams.protection import make_engine
    engine = make_engine(environment)
    read = {topic for agent in engine.app.agents.values() for topic in agent.channel.topics}
    assert engine.app.conf.id == f"qingxin-{name}"
    assert set(GROUPS[f"qingxin-{name}"]) == read
