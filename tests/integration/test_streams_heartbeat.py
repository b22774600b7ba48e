"""What counts as a sign of life of a gateway, on a real Kafka and a Valkey of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from config.live import gateway_key
from config.records import encode
from config.topics import GATEWAY_TOPICS
from demo.children import Keeper
from demo.servers import Valkey
from tests.builders import an_sms
from tests.kafka_client import produce, skip_to_end
from tests.waiting import wait_until
from tests.workers import a_worker, running


@pytest.fixture
def own_valkey(servers_folder: Path, keeper: Keeper) -> Iterator[Valkey]:
    with Valkey(servers_folder / f"heartbeat-{uuid.uuid4().hex[:6]}", keeper=keeper) as valkey:
        yield valkey


def test_lines_nobody_can_read_and_sms_of_another_gateway_are_no_sign_of_life(
    system: dict[str, str], keeper: Keeper, logs: Path, own_valkey: Valkey
) -> None:
    bootstrap = system["QINGXIN_KAFKA_BOOTSTRAP"]
    skip_to_end(bootstrap, "qingxin-scoring", GATEWAY_TOPICS.values())

    def of(gateway: str) -> dict[str, str]:
        with redis.Redis.from_url(own_valkey.url, decode_responses=True) as client:
            return dict(client.hgetall(gateway_key(gateway)))

    # When a topic brings a broken line and an SMS that names another gateway, and the next topic a good one
    with running(a_worker("scoring", system | {"QINGXIN_REDIS_URL": own_valkey.url}, logs), keeper) as worker:
        stray = encode(an_sms(gateway="interconnect"))
        produce(bootstrap, GATEWAY_TOPICS["monternet"], [("k", b"{broken"), ("k", stray)])
        wait_until(lambda: int(of("monternet").get("rejected", 0)) >= 2, what="both are rejected")
        produce(bootstrap, GATEWAY_TOPICS["ismg"], [("k", encode(an_sms(gateway="ismg")))])
        wait_until(lambda: int(of("ismg").get("scored", 0)) >= 1, what="the good one is scored")
        assert worker.stop() == 0
    # Then only the gateway of the good one was heard
    assert "last_at" in of("ismg")
    assert "last_at" not in of("monternet")
    assert of("interconnect") == {}
