"""What each gateway has fed us lately, from the live counts in Redis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from redis import Redis

from config.live import gateway_key
from config.topics import GATEWAY_TOPICS, GATEWAYS

ANSWER_SECONDS = 1.0


@dataclass(frozen=True)
class GatewayCount:
    """The live counts of a gateway; `last_at` is None when it was never fed."""

    code: str
    topic: str
    received: int
    replayed: int
    scored: int
    exempt: int
    hits: int
    rejected: int
    last_at: datetime | None


def load_counts(redis_url: str) -> Sequence[GatewayCount]:
    """Read the counts of all gateways.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    with Redis.from_url(
        redis_url, decode_responses=True, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
    ) as redis:
        pipeline = redis.pipeline(transaction=False)
        for code in GATEWAYS:
            pipeline.hgetall(gateway_key(code))
        answers = cast("list[dict[str, str]]", pipeline.execute())
    return [count_of(code, answer) for code, answer in zip(GATEWAYS, answers, strict=True)]


def count_of(code: str, fields: Mapping[str, str]) -> GatewayCount:
    """Give the counts out of the fields of a gateway's hash; what is missing or no number counts as 0."""
    last_at = _whole(fields.get("last_at"))
    return GatewayCount(
        code=code,
        topic=GATEWAY_TOPICS[code],
        received=_whole(fields.get("received")),
        replayed=_whole(fields.get("replayed")),
        scored=_whole(fields.get("scored")),
        exempt=_whole(fields.get("exempt")),
        hits=_whole(fields.get("hits")),
        rejected=_whole(fields.get("rejected")),
        last_at=datetime.fromtimestamp(last_at / 1000, tz=UTC) if last_at else None,
    )


def _whole(text: str | None) -> int:
    try:
        return int(float(text or 0))
    except (ValueError, OverflowError):
        return 0
