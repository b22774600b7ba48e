"""Marks of how far partitions were counted (`streams/velocity.py`), for those who make topics anew."""

from __future__ import annotations

import redis

from config.live import counted_key


def forget_marks(*redis_urls: str) -> int:
    """Forget how far the partitions were counted, after topics were made anew; give how many marks went."""
    return sum(_forget(url) for url in redis_urls)


def _forget(redis_url: str) -> int:
    with redis.Redis.from_url(redis_url) as client:
        return sum(int(client.delete(key)) for key in client.scan_iter(f"{counted_key('')}*", count=1000))
