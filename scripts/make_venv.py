"""Makes `.venv` for `scripts/setup`: once at a time, resumable, and with one clear sentence when it cannot.

Uses the standard library alone. A stamp, written last, tells a finished `.venv` from an interrupted one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "qingxin-setup.json"
LOG = VENV / "qingxin-setup.log"
LEVELS = {"runtime": "", "demo": "[demo]", "bench": "[bench,demo]", "dev": "[bench,demo,dev]"}
NEEDED_MB = {"runtime": 900, "demo": 1200, "bench": 1200, "dev": 1600}
"""Free space to ask for: what `.venv` takes and half as much for pip's downloads."""
SOURCE_ONLY = "jieba"
"""Packages that are published as source and need no compiler; all others come as wheels."""
BUILD_TOOL = "hatchling"
"""What pip needs first, on every platform: an index without it is not a matter of the platform."""
QUIET_SECONDS = 20

NOT_FOUND = re.compile(r"Could not find a version that satisfies the requirement (\S+).*\(from versions: ([^)]*)\)")
KNOWN_FAILURES = {
    r"No space left on device|Errno 28\b|Disk quota exceeded": (
        f"the disk ran full; free space for {ROOT}, pip's cache and the temporary folder, then try again."
    ),
    r"CERTIFICATE_VERIFY_FAILED|SSLError": (
        "the package index has a certificate that is not trusted here; give pip yours with PIP_CERT=/path/to/ca.pem."
    ),
    r"NewConnectionError|ConnectTimeoutError|ReadTimeoutError|name resolution|Name or service not known|nodename nor"
    r"|Network is unreachable|ProxyError|RemoteDisconnected|Max retries exceeded|Connection refused": (
        "the package index cannot be reached; check the network and the proxy (pip reads https_proxy and "
        "PIP_INDEX_URL), then try again."
    ),
    r"Permission denied|Errno 13\b|Read-only file system": (
        f"{VENV} cannot be written; give yourself the right to, or copy the checkout to a folder of yours."
    ),
}
"""What a failure looks like in the output of pip, and what to say then; the first that fits counts."""


class SetupError(Exception):
    """Why `.venv` cannot be made, and the way out, in one sentence."""


def inputs_digest() -> str:
    """Give the SHA-256 of what decides the content of `.venv`: the pins, the dependencies and where it stands."""
    digest = hashlib.sha256(os.fsencode(ROOT))
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def read_stamp() -> dict[str, str]:
    """Give the stamp of a finished `.venv`; empty when there is none or it cannot be read."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def covers(stamp: dict[str, str], level: str) -> bool:
    """Say whether a `.venv` with this stamp holds all of a level; each level holds those before it."""
    order = list(LEVELS)
    return stamp.get("level") in order and order.index(stamp["level"]) >= order.index(level)


def is_current(level: str) -> bool:
    """Say whether nothing is to be done."""
    stamp = read_stamp()
    return covers(stamp, level) and stamp.get("inputs") == inputs_digest() and python_of_venv() == stamp.get("python")


def python_of_venv() -> str | None:
    """Give the version of the Python in `.venv`; None when it does not run."""
    try:
        answer = subprocess.run(
            [VENV / "bin" / "python", "-c", "import platform; print(platform.python_version())"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()


@contextmanager
def alone() -> Iterator[int]:
    """Wait until no other setup of this checkout runs; give the lock, which dies with its last process."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another setup of this checkout is at work; waiting for it")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(folder)


def say(step: str) -> None:
    """Print one short line about what is being done, on the error stream: the output belongs to the command."""
    print(f"setup: {step}", file=sys.stderr, flush=True)


def check_space(level: str) -> None:
    """Refuse to start what would fill the disk.

    Raises:
        SetupError: too little free space.
    """
    free = shutil.disk_usage(ROOT).free // 2**20
    if free < NEEDED_MB[level]:
        raise SetupError(
            f"{ROOT} has {free} MB of free disk space and needs {NEEDED_MB[level]} MB; free some, or move the checkout."
        )


def make_empty_venv() -> None:
    """Make a new `.venv` in place of whatever stood there.

    Raises:
        SetupError: the folder cannot be written, or Python cannot make it.
    """
    say(f"making .venv with Python {platform.python_version()}")
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    elif VENV.exists():
        shutil.rmtree(VENV)
    made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if made.returncode:
        raise SetupError(explain(made.stdout + made.stderr))


def install(level: str, lock: int) -> None:
    """Install QingXin and a level's packages with pip, and tell how far it is; pip holds the lock while it lives.

    Raises:
        SetupError: pip failed; says why.
    """
    say("installing packages with pip (the first time takes one to five minutes; downloads are kept in pip's cache)")
    command = [
        VENV / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
        "--progress-bar=off", "--retries=3", "--only-binary=:all:", f"--no-binary={SOURCE_ONLY}",
        "--constraint", ROOT / "constraints.txt", "--editable", f".{LEVELS[level]}",
    ]  # fmt: skip
    started = time.monotonic()
    with LOG.open("w", encoding="utf-8") as log:
        pip = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT, env=pip_environment(), pass_fds=(lock,)
        )
        try:
            watch(pip, started)
        finally:
            if pip.poll() is None:
                pip.terminate()
                pip.wait()
    text = LOG.read_text(encoding="utf-8", errors="replace")
    if pip.returncode:
        raise SetupError(explain(text))
    say(f"installed in {time.monotonic() - started:.0f} s")


def pip_environment() -> dict[str, str]:
    """Give the caller's environment (proxy, index, cache) without what would lead pip out of `.venv`."""
    misleading = {"PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_HASHES"}
    return {name: value for name, value in os.environ.items() if name not in misleading}


def watch(pip: subprocess.Popen[bytes], started: float) -> None:
    """Tell how far pip is until it ends: often on a terminal, now and then elsewhere."""
    terminal = sys.stderr.isatty()
    every = 1 if terminal else QUIET_SECONDS
    while True:
        try:
            pip.wait(timeout=every)
        except subprocess.TimeoutExpired:
            line = f"{progress(LOG.read_text(encoding='utf-8', errors='replace'))}, {time.monotonic() - started:.0f} s"
            if terminal:
                print(f"\r\033[Ksetup: {line}", end="", file=sys.stderr, flush=True)
            else:
                say(line)
        else:
            break
    if terminal:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def progress(log: str) -> str:
    """Give what pip is at, from its log."""
    if "Installing collected packages" in log:
        return "unpacking into .venv"
    return f"{len(re.findall('^Collecting ', log, re.MULTILINE))} packages fetched"


def explain(log: str) -> str:
    """Turn the output of a failed pip or venv into one sentence with the way out."""
    known = next((sentence for pattern, sentence in KNOWN_FAILURES.items() if re.search(pattern, log)), None)
    if known:
        return known
    missing = NOT_FOUND.search(log)
    if missing:
        return explain_missing(missing[1], missing[2])
    errors = [line for line in log.splitlines() if line.lower().startswith("error")]
    last = (errors or log.splitlines() or ["no output"])[-1].strip()
    return f"pip failed: {last} (all of its output: {LOG})."


def explain_missing(package: str, versions: str) -> str:
    """Say why the index has no such package: not for this platform, or an index that is not complete."""
    if versions == "none" and not package.startswith(BUILD_TOOL):
        where = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
        return (
            f"there is no ready-made package of {package} for {where}; use Python 3.11 to 3.13 on Linux (x86-64 or "
            "arm64, with glibc) or macOS, named with PYTHON=/path/to/python3."
        )
    return (
        f"the package index that pip is set to offers no {package} (versions there: {versions}); "
        "give pip a complete one with PIP_INDEX_URL."
    )


def set_up(level: str, lock: int) -> None:
    """Bring `.venv` to a level, or find that it is there already.

    Raises:
        SetupError: it cannot be done.
    """
    stamp = read_stamp()
    chosen = os.environ.get("PYTHON")
    usable = stamp.get("python") is not None and python_of_venv() == stamp["python"] and stamp.get("root") == str(ROOT)
    if chosen and stamp.get("python") != platform.python_version():
        usable = False
    if usable and is_current(level):
        return
    check_space(level)
    wanted = stamp["level"] if usable and covers(stamp, level) else level
    if usable:
        say(f"bringing .venv up to date for '{wanted}'")
        STAMP.unlink()
    else:
        make_empty_venv()
    install(wanted, lock)
    stamp = {"level": wanted, "inputs": inputs_digest(), "python": python_of_venv() or "", "root": str(ROOT)}
    STAMP.write_text(json.dumps(stamp), encoding="utf-8")
    say("ready")


def main() -> None:
    """Do what `scripts/setup` asks: `[--check] LEVEL`."""
    level = sys.argv[-1]
    if "--check" in sys.argv:
        sys.exit(0 if is_current(level) else 1)
    for deadly in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(deadly, lambda number, _: sys.exit(128 + number))
    try:
        with alone() as lock:
            set_up(level, lock)
    except SetupError as error:
        sys.exit(f"scripts/setup: {error}")
    except OSError as error:
        sys.exit(f"scripts/setup: {explain(str(error))}")
    except KeyboardInterrupt:
        print("\nscripts/setup: interrupted; run it again and it starts over.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
