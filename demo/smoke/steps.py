"""What the steps of the smoke share: the running system, progress, and waiting for facts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import redis

from demo.boss import Boss
from demo.errors import StepFailedError
from demo.handsets import Handsets
from demo.network import NetworkAdapter
from demo.stack import Stack
from demo.wire import Reader, Writer

T = TypeVar("T")
POLL_SECONDS = 0.1


@dataclass
class Play:
    """The stage of the smoke."""

    stack: Stack
    boss: Boss
    network: NetworkAdapter
    handsets: Handsets
    writer: Writer
    dead_letters: Reader
    redis: redis.Redis
    say: Callable[[str], None]


def wait_for(
    what: str, condition: Callable[[], T | None], seconds: float = 30, told: Callable[[], object] | None = None
) -> T:
    """Give the first true value of a condition; `told` adds to the message what there is instead.

    Raises:
        StepFailedError: it did not come true in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            instead = f"; there is: {told()}" if told else ""
            raise StepFailedError(f"{what}: not within {seconds:.0f} s{instead}")
        time.sleep(POLL_SECONDS)


def check(what: str, *, right: bool, found: object = "") -> None:
    """Go on only if something is right.

    Raises:
        StepFailedError: it is not.
    """
    if not right:
        raise StepFailedError(f"{what}: wrong; found: {found}" if found != "" else f"{what}: wrong")
