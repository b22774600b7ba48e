"""The data folder of a demo: its secrets, its logs, and the lock that keeps a second demo away."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Self

from config.roles import Role
from demo.errors import DemoError, RunningAlreadyError
from demo.keeper import end_process
from review.signing import new_keys

ROOT = Path(__file__).resolve().parent.parent


def default_folder() -> Path:
    """Give the folder of QINGXIN_DEMO_DATA, else `.qingxin` in the checkout."""
    named = os.environ.get("QINGXIN_DEMO_DATA")
    return Path(named) if named else ROOT / ".qingxin"


@dataclass(frozen=True)
class Secrets:
    """What a demo generates once: Django's secret, the keys of orders, a password for each account."""

    secret_key: str
    order_signing_key: str
    order_public_key: str
    passwords: dict[str, str]


class DataFolder:
    """A data folder, held by one demo at a time; a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self.logs = self.path / "logs"
        self.run = 0
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        """Take the folder, and end what a killed demo left running.

        Raises:
            RunningAlreadyError: another demo has it.
            DemoError: the folder cannot be used.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.logs.mkdir(exist_ok=True)
            lock = (self.path / "lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise DemoError(f"{self.path} cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise RunningAlreadyError(self._who_runs()) from error
        self._lock = lock
        self._end_leftovers()
        return self

    def __exit__(self, *_: object) -> None:
        """Let the folder go."""
        self._file("running.json").unlink(missing_ok=True)
        self._file("processes.json").unlink(missing_ok=True)
        if self._lock:
            self._lock.close()
            self._lock = None

    def reset(self) -> None:
        """Forget everything of earlier runs.

        Raises:
            DemoError: something cannot be removed, or this is no folder of a demo.
        """
        if not self._file("secrets.json").exists() and any(
            entry.name not in ("lock", "logs") for entry in self.path.iterdir()
        ):
            raise DemoError(f"{self.path} holds no demo; --reset removes nothing there")
        try:
            for entry in self.path.iterdir():
                if entry.name == "lock":
                    continue
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()
            self.logs.mkdir()
        except OSError as error:
            raise DemoError(f"{error.filename} cannot be removed: {error.strerror}") from error

    def secrets(self) -> Secrets:
        """Give the secrets, made on first use and readable by their owner alone."""
        file = self._file("secrets.json")
        if file.exists():
            try:
                return Secrets(**json.loads(file.read_text(encoding="utf-8")))
            except (ValueError, TypeError) as error:
                raise DemoError(f"{file} is damaged; start anew with --reset") from error
        signing, public = new_keys()
        passwords = {role.value: f"qx-{secrets.token_hex(4)}" for role in Role}
        made = Secrets(secrets.token_urlsafe(50), signing, public, passwords)
        self._write("secrets.json", asdict(made))
        return made

    def next_run(self) -> int:
        """Count this start; ids of simulated records carry the number, so that no two runs share one."""
        file = self._file("runs")
        self.run = int(file.read_text()) + 1 if file.exists() else 1
        file.write_text(str(self.run))
        return self.run

    def note_running(self, address: str) -> None:
        """Say where the demo runs, for whoever tries to start a second one."""
        self._write("running.json", {"pid": os.getpid(), "address": address})

    def note_processes(self, processes: list[tuple[int, float, int]]) -> None:
        """Keep pid, start time and stop signal of every process, for the start after a kill -9."""
        self._write("processes.json", processes)

    def _end_leftovers(self) -> None:
        with contextlib.suppress(OSError, ValueError, TypeError):
            for pid, started, stop_signal in reversed(json.loads(self._file("processes.json").read_text())):
                end_process(pid, started, stop_signal)
        self._file("processes.json").unlink(missing_ok=True)
        self._file("running.json").unlink(missing_ok=True)

    def _who_runs(self) -> str:
        try:
            running = json.loads(self._file("running.json").read_text(encoding="utf-8"))
            where = f"at {running['address']} (process {running['pid']})"
        except (OSError, ValueError, KeyError, TypeError):
            where = "and is just starting"
        return f"a demo runs already on {self.path} {where}; stop it, or name another folder with --data"

    def _file(self, name: str) -> Path:
        return self.path / name

    def _write(self, name: str, content: Any) -> None:
        """Write a file that only its owner can read, all of it or nothing."""
        draft = self._file(f".{name}.new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(content, file)
        draft.replace(self._file(name))
