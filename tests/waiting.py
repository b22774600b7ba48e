"""Waiting for facts instead of sleeping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL_SECONDS = 0.05


def wait_until(condition: Callable[[], T], *, timeout: float = 20, what: str = "the condition") -> T:
    """Give the first true value of `condition()`.

    Raises:
        AssertionError: `what` did not come true within `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {timeout} s; last value: {value!r}")
        time.sleep(POLL_SECONDS)
