"""The whole system for tests: the demo's own stack and simulators, with its database within reach of the ORM."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from config.roles import Role
from demo.accounts import ensure_accounts
from demo.console import Console
from demo.datafolder import DataFolder
from demo.live import LiveSystem
from demo.orm import connected
from demo.stack import Stack
from demo.wire import Writer


class RunningSystem:
    """A running system; a context manager.

    Nothing happens in it of its own accord: the gateways are paused, BOSS and handsets only answer. Set
    `gateways.paused = False`, `boss.lively = True` or `handsets.lively = True` for traffic.
    """

    def __init__(self, folder: Path, database_blocker: Any) -> None:
        self._data = DataFolder(folder)
        self._blocker = database_blocker

    def __enter__(self) -> Self:
        self._data.__enter__()
        self.stack = Stack(self._data, lambda *_: None)
        try:
            self.stack.start()
            self._live = LiveSystem(self.stack, rate=20, lively=False)
            self.gateways, self.boss = self._live.gateways, self._live.boss
            self.handsets, self.network = self._live.handsets, self._live.network
            self.gateways.paused = True
            self._live.start_simulators()
            with self.orm():
                ensure_accounts(self.accounts)
            self.writer = Writer(self.bootstrap, "test")
        except BaseException:
            self.stack.stop()
            self._data.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.writer.close()
        self._live.stop_simulators()
        self.stack.stop()
        self._data.__exit__()

    @property
    def base_url(self) -> str:
        """The address of the console."""
        return self.stack.base_url

    @property
    def bootstrap(self) -> str:
        """The address of the broker."""
        return self.stack.broker.bootstrap

    @property
    def database_url(self) -> str:
        """The address of the database."""
        return self.stack.postgres.url

    @property
    def redis_url(self) -> str:
        """The address of Valkey."""
        return self.stack.valkey.url

    @property
    def metrics_urls(self) -> dict[str, str]:
        """The metrics of each worker and of the relay."""
        return {name: process.metrics for name, process in self.stack.processes.items() if name != "web"}

    @property
    def accounts(self) -> dict[str, str]:
        """Passwords by login; every role has a login of its name."""
        return self.stack.secrets.passwords

    def console(self, role: Role) -> Console:
        """Give the console as somebody with this role sees it, logged in."""
        console = Console(self.base_url)
        console.log_in(role.value, self.accounts[role.value])
        return console

    @contextmanager
    def orm(self) -> Iterator[None]:
        """Let Django's models read and write the running system's database within the block."""
        with self._blocker.unblock(), connected(self.database_url):
            yield
