"""The gateways' counts by the minute, out of Redis; hours that are over are read once a process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from redis import Redis

from config.live import MINUTES_AN_HOUR, gateway_key, history_key, read_history
from config.topics import GATEWAYS
from review.coverage import Minutes
from review.gateways import ANSWER_SECONDS, GatewayCount, count_of

SETTLED_HOURS = 2
"""Hours after which no count of an hour changes any more: a worker without Redis brings its counts later, though."""


class Traffic:
    """Reads the counts of all gateways; `read` may be called again and again."""

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._settled: dict[tuple[str, int], dict[int, dict[str, int]]] = {}

    def read(self, now: datetime, hours: int) -> tuple[list[GatewayCount], dict[str, Minutes]]:
        """Give the live counts, and by gateway the counts of so many hours up to now.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        current = int(now.timestamp()) // 3600
        wanted = [(code, hour) for code in GATEWAYS for hour in range(current - hours, current + 1)]
        self._settled = {place: counts for place, counts in self._settled.items() if place[1] >= current - hours}
        missing = [place for place in wanted if place not in self._settled]
        with Redis.from_url(
            self._url, decode_responses=True, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
        ) as redis:
            pipeline = redis.pipeline(transaction=False)
            for code in GATEWAYS:
                pipeline.hgetall(gateway_key(code))
            for code, hour in missing:
                pipeline.hgetall(history_key(code, hour * MINUTES_AN_HOUR))
            answers = cast("list[dict[str, str]]", pipeline.execute())
        counts = [count_of(code, answer) for code, answer in zip(GATEWAYS, answers[: len(GATEWAYS)], strict=True)]
        fresh = {
            place: read_history(place[1], answer.items())
            for place, answer in zip(missing, answers[len(GATEWAYS) :], strict=True)
        }
        known = self._settled | fresh
        # An empty hour is asked for again: losing Redis and getting it back must not be remembered as silence.
        settled = {place: found for place, found in fresh.items() if found and place[1] < current - SETTLED_HOURS}
        self._settled = self._settled | settled
        return counts, {code: _joined(known[code, hour] for one, hour in wanted if one == code) for code in GATEWAYS}


def _joined(hours: Iterable[Mapping[int, Mapping[str, int]]]) -> Minutes:
    joined: dict[int, Any] = {}
    for hour in hours:
        joined |= hour
    return joined
