"""The demo as its users start and stop it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import requests

from demo.children import inherited_environment
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "config.cli", "demo"]
START_SECONDS = 90


@contextmanager
def a_demo(data: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a demo that has written its address to `running.json` when this gives it."""
    (data / "running.json").unlink(missing_ok=True)
    with (data.parent / f"{data.name}.out").open("wb") as out:
        demo = subprocess.Popen(
            [*COMMAND, "--data", str(data), "--rate", "40", *options],
            cwd=ROOT, env=inherited_environment(), stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        wait_until(
            lambda: (data / "running.json").exists() or demo.poll() is not None, timeout=START_SECONDS, what="the demo"
        )
        assert demo.poll() is None, said(data)
        yield demo
    finally:
        if demo.poll() is None:
            demo.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                demo.wait(30)
            demo.kill()


def said(data: Path) -> str:
    return (data.parent / f"{data.name}.out").read_text()


def address_of(data: Path) -> str:
    return str(json.loads((data / "running.json").read_text())["address"])


def processes_on(data: Path) -> list[str]:
    """Every process that knows the data folder, by its command line, its environment or its working folder."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        if process.pid == os.getpid():
            continue
        with suppress(psutil.Error):
            known = [*process.cmdline(), *process.environ().values(), process.cwd()]
            if any(str(data) in value for value in known):
                found.append(" ".join(process.cmdline()))
    return found


def test_the_smoke_exits_0_with_its_summary(tmp_path: Path) -> None:
    environment = inherited_environment(TMPDIR=str(tmp_path))

    done = subprocess.run(
        [*COMMAND, "--smoke"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False
    )

    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["fed"] == summary["scored"] + summary["rejected"]
    assert summary["rejected"] > 0
    assert 0 < summary["cases"] <= summary["hits"]
    assert [summary[name] for name in ("decisions", "orders", "acks", "reminders", "cancels")] == [1, 1, 1, 3, 2]
    assert summary["audit_ok"] is True
    assert summary["seconds"] < 90
    assert processes_on(tmp_path) == []
    assert list(tmp_path.glob("qx-smoke-*")) == []


def feed_an_sms(told: str) -> str:
    """Feed as README says, with the address that the demo has printed; give what the feeder says."""
    found = re.search(r"QINGXIN_KAFKA_BOOTSTRAP=(\S+)", told)
    assert found, told
    return subprocess.run(
        [sys.executable, "-m", "config.cli", "feed", "-", "--gateway", "smsc"], cwd=ROOT, text=True, timeout=60,
        env=inherited_environment(QINGXIN_KAFKA_BOOTSTRAP=found[1]), capture_output=True, check=True,
        input='{"id": "by-hand", "sent_at": 1793491200000, "sender": "13800000001", "receiver": "139", "text": "hi"}\n',
    ).stdout  # fmt: skip


def test_ctrl_c_leaves_no_process_and_a_second_start_finds_its_data(servers_folder: Path) -> None:
    data = servers_folder / "demo"

    with a_demo(data) as demo:
        passwords = json.loads((data / "secrets.json").read_text())["passwords"]
        wait_until(lambda: cases_in(said(data)) > 0, timeout=60, what="a first case")
        assert requests.get(address_of(data) + "/health", timeout=5).status_code == 200
        assert len(processes_on(data)) > 5
        assert feed_an_sms(said(data)) == "fed 1 SMS to smsc, 0 bad line(s)\n"
        os.killpg(demo.pid, signal.SIGINT)  # as a terminal does: to everything in its group
        assert demo.wait(40) == 0, said(data)
    assert processes_on(data) == []
    cases_before = cases_in(said(data))

    with a_demo(data) as demo:
        wait_until(lambda: "received" in said(data), timeout=30, what="the first counts")
        assert cases_in(said(data)) >= cases_before > 0
        assert json.loads((data / "secrets.json").read_text())["passwords"] == passwords
        demo.send_signal(signal.SIGHUP)
        assert demo.wait(40) == 0, said(data)
    assert processes_on(data) == []


def test_what_a_killed_demo_leaves_is_ended_and_a_second_one_is_refused(servers_folder: Path) -> None:
    data = servers_folder / "demo-killed"

    with a_demo(data) as demo:
        second = subprocess.run(
            [*COMMAND, "--data", str(data)], cwd=ROOT, env=inherited_environment(), capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        assert second.returncode == 1
        assert f"a demo runs already on {data} at {address_of(data)} (process {demo.pid})" in second.stderr
        demo.kill()
        demo.wait()
        wait_until(lambda: processes_on(data) == [], timeout=60, what="the end of all processes")

    with a_demo(data, "--reset") as demo:
        assert (data / "runs").read_text() == "1"
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(40) == 0, said(data)
    assert processes_on(data) == []


def test_reset_removes_nothing_from_a_folder_that_is_no_demo(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")

    done = subprocess.run(
        [*COMMAND, "--reset", "--data", str(tmp_path)], cwd=ROOT, env=inherited_environment(), capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert "holds no demo" in done.stderr
    assert (tmp_path / "precious.txt").read_text() == "mine"


def cases_in(output: str) -> int:
    """Give the number of cases in the last line of counts."""
    lines = [line for line in output.splitlines() if " | cases " in line]
    return int(lines[-1].split(" | cases ")[1].split()[0]) if lines else 0
