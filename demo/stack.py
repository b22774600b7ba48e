"""The whole system on this machine: embedded servers, then QingXin's own processes, started and stopped in order."""

from __future__ import annotations

import contextlib
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from demo.children import LOOPBACK, Child, Keeper, free_port, inherited_environment, tail
from demo.datafolder import ROOT, DataFolder, Secrets
from demo.errors import DemoError
from demo.servers import Broker, Postgres, Valkey, is_free
from streams.marks import forget_marks

WORKERS = ("scoring", "casework", "protection")
PARTITIONS = 4
SESSION_SECONDS = 6
"""The embedded broker lets a consumer join after half of it."""
COMMAND_SECONDS = 120
READY_SECONDS = 90
HEALTH_SECONDS = 0.25
"""Between two looks at a health check: a process that is just starting has better things to do."""
Tell = Callable[[str, float], None]
"""Called with a step that is done and the seconds it took."""


@dataclass(frozen=True)
class Process:
    """A process of QingXin and where it says whether it is ready."""

    child: Child
    port: int

    @property
    def health(self) -> str:
        """The address of its health check."""
        return f"http://{LOOPBACK}:{self.port}/health"

    @property
    def metrics(self) -> str:
        """The address of its metrics; the console has none."""
        return f"http://{LOOPBACK}:{self.port}/metrics"


class Stack:
    """Servers and processes in a data folder."""

    def __init__(self, folder: DataFolder, tell: Tell, web_port: int | None = None) -> None:
        self.folder = folder
        self.secrets: Secrets = folder.secrets()
        self.keeper = Keeper()
        self.postgres = Postgres(folder.path / "postgres", keeper=self.keeper)
        self.valkey = Valkey(folder.path / "valkey", keeper=self.keeper)
        self.broker = Broker(folder.path / "logs", keeper=self.keeper)
        self.processes: dict[str, Process] = {}
        self._web_port = web_port
        self._tell = tell
        self._stopping = False
        self._noting = Lock()
        self._hurried = False

    @property
    def base_url(self) -> str:
        """The address of the console."""
        return f"http://{LOOPBACK}:{self.processes['web'].port}"

    @property
    def children(self) -> list[Child]:
        """Every server and process that was started, in the order of their start."""
        servers = [server.child for server in (self.postgres, self.valkey, self.broker)]
        return [child for child in servers if child] + [process.child for process in list(self.processes.values())]

    def start(self) -> None:
        """Start everything; what does not depend on each other starts at the same time.

        Raises:
            DemoError: something does not start; `stop` ends what did.
        """
        if self._web_port and not is_free(self._web_port):
            raise DemoError(f"port {self._web_port} is taken by another program; name another one with --port")
        self._web_port = self._web_port or free_port()
        with self._step("Valkey"):
            self.valkey.start()
        with ThreadPoolExecutor(3) as pool:
            scoring = pool.submit(self._start_broker_and_scoring)
            database = pool.submit(self._start_database)
            _first_failure([scoring, database])
        with ThreadPoolExecutor(4) as pool:
            _first_failure(
                [pool.submit(self._start_process, name) for name in ("web", "casework", "protection", "relay")]
            )
            _first_failure(
                [pool.submit(self._wait_ready, name) for name in ("web", "casework", "protection", "relay", "scoring")]
            )

    def cancel(self) -> None:
        """Break a start off; `stop` is still to be called."""
        self._stopping = True

    def stop(self) -> None:
        """Stop everything: the console, the workers, the relay, then the servers."""
        self._stopping = True
        order = ("web", *WORKERS, "relay")
        children = [self.processes[name].child for name in order if name in self.processes]
        for group in (children[:1], children[1:]):
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.stop(1 if self._hurried else 15)
        for server in (self.broker, self.valkey, self.postgres):
            server.stop()
        self.keeper.close()

    def hurry(self) -> None:
        """Kill QingXin's processes instead of waiting for them; the servers still close their files."""
        self._hurried = True
        for process in self.processes.values():
            if process.child.running and process.child.process:
                process.child.process.kill()

    def environment(self, name: str = "") -> dict[str, str]:
        """Give the environment of a process; the signing key of orders is for the console alone."""
        settings = {
            "QINGXIN_DATABASE_URL": self.postgres.url,
            "QINGXIN_REDIS_URL": self.valkey.url,
            "QINGXIN_KAFKA_SESSION_SECONDS": str(SESSION_SECONDS),
            "QINGXIN_KAFKA_PARTITIONS": str(PARTITIONS),
            "QINGXIN_SECRET_KEY": self.secrets.secret_key,
            "QINGXIN_ORDER_PUBLIC_KEY": self.secrets.order_public_key,
            "QINGXIN_HTTPS": "false",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONUNBUFFERED": "1",
        }
        if self.broker.port:  # migrations may run before the broker has its port
            settings["QINGXIN_KAFKA_BOOTSTRAP"] = self.broker.bootstrap
        if name == "web":
            settings |= {
                "QINGXIN_ORDER_SIGNING_KEY": self.secrets.order_signing_key,
                "QINGXIN_WEB_PORT": str(self._web_port),
                "QINGXIN_WEB_WORKERS": "1",
            }
        return inherited_environment(**settings)

    def died(self) -> list[Child]:
        """Give the processes and servers that ended although nobody asked them to."""
        if self._stopping:
            return []
        return [child for child in self.children if child.process is not None and not child.running]

    def _start_database(self) -> None:
        with self._step("PostgreSQL"):
            self.postgres.start()
            self._note_processes()
        with self._step("migrations"):
            self._run_command("migrate", "migrate", "--no-input", "--verbosity", "1")

    def _start_broker_and_scoring(self) -> None:
        with self._step("broker and topics"):
            self.broker.start()
            self._note_processes()
            self._run_command("topics", "topics", "create")
            forget_marks(self.valkey.url)  # the broker begins anew, and its offsets with it
        self._start_process("scoring")

    def _run_command(self, name: str, *arguments: str) -> None:
        """Run a command of `qingxin` to its end."""
        child = Child(
            name, [sys.executable, "-m", "config.cli", *arguments], self.folder.logs / f"{name}.log",
            self.environment(name), cwd=ROOT,
        )  # fmt: skip
        child.start(self.keeper)
        assert child.process is not None  # noqa: S101 - for the type checker: it was started
        try:
            deadline = time.monotonic() + COMMAND_SECONDS
            while child.running and time.monotonic() < deadline and not self._stopping:
                time.sleep(0.05)
        finally:
            ended = child.exit_code
            child.stop(2)
        if ended != 0:
            what = "was not done" if ended is None else "failed"
            raise DemoError(f"{name} {what} ({child.log}):\n{tail(child.log)}")

    def _start_process(self, name: str) -> None:
        if self._stopping:
            return
        port = self._web_port if name == "web" and self._web_port else free_port()
        arguments = ["worker", name] if name in WORKERS else [name]
        environment = self.environment(name)
        if name != "web":
            environment["QINGXIN_METRICS_PORT"] = str(port)
        child = Child(
            name, [sys.executable, "-m", "config.cli", *arguments], self.folder.logs / f"{name}.log", environment,
            cwd=ROOT,
        )  # fmt: skip
        self.processes[name] = Process(child, port)
        child.start(self.keeper)
        self._note_processes()

    def _wait_ready(self, name: str) -> None:
        process = self.processes[name]
        with self._step("web console" if name == "web" else name):
            process.child.wait_ready(lambda: self._stopping or answers(process.health), READY_SECONDS, HEALTH_SECONDS)

    def _note_processes(self) -> None:
        with self._noting:
            self.folder.note_processes(
                [(child.pid, child.started, int(child.stop_signal)) for child in self.children if child.pid is not None]
            )

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        if not self._stopping:
            self._tell(name, time.monotonic() - started)


def answers(address: str) -> bool:
    """Say whether a health check answers 200."""
    with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310 - our own http address
        return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's own figure
    return False


def _first_failure(futures: list[Future[None]]) -> None:
    """Wait for all, then raise what the first failed one raised."""
    for future in futures:
        future.exception()
    for future in futures:
        future.result()
