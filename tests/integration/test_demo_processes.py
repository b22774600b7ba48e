"""Child processes of the demo: ended in order, also when whoever started them is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from demo.children import Child
from demo.datafolder import ROOT, DataFolder
from demo.errors import ServerError
from demo.keeper import end_process
from demo.simulator import Simulator
from tests.servers.running_system import RunningSystem
from tests.waiting import wait_until

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
PARENT = """
import sys, time
from pathlib import Path
from demo.children import Child, Keeper
keeper = Keeper()
child = Child('sleeper', ['sleep', '600'], Path(sys.argv[1]))
child.start(keeper)
print(child.pid, flush=True)
time.sleep(600)
"""


def test_a_child_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    child = Child("stubborn", [sys.executable, "-c", STUBBORN], tmp_path / "log")
    child.start()
    wait_until(lambda: "up" in (tmp_path / "log").read_text(), what="its first word")

    child.stop(0.2)

    assert child.exit_code == -signal.SIGKILL


def test_a_child_that_ends_while_starting_is_told_with_its_log(tmp_path: Path) -> None:
    child = Child("short", [sys.executable, "-c", "print('no room left')"], tmp_path / "log")
    child.start()
    with pytest.raises(ServerError, match=r"(?s)short ended while starting.*no room left"):
        child.wait_ready(lambda: False, 10)


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="ghost cannot be started"):
        Child("ghost", ["/no/such/program"], tmp_path / "log").start()


def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "log")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert psutil.pid_exists(pid)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    wait_until(lambda: not psutil.pid_exists(pid), what="the end of the child")


def test_another_process_with_the_same_pid_is_left_alone(tmp_path: Path) -> None:
    child = Child("bystander", ["sleep", "600"], tmp_path / "log")
    child.start()
    assert child.pid is not None
    try:
        assert not end_process(child.pid, child.started - 100, signal.SIGTERM)
        assert child.running
    finally:
        child.stop()


def test_the_next_start_ends_what_a_killed_demo_left(tmp_path: Path) -> None:
    child = Child("leftover", ["sleep", "600"], tmp_path / "log")
    child.start()
    assert child.pid is not None
    with DataFolder(tmp_path / "demo") as folder:
        folder.note_processes([(child.pid, child.started, int(signal.SIGTERM))])
        kept = (tmp_path / "demo" / "processes.json").read_bytes()
    (tmp_path / "demo" / "processes.json").write_bytes(kept)

    with DataFolder(tmp_path / "demo"):
        assert not child.running


def test_a_process_that_died_is_known(running_system: RunningSystem) -> None:
    assert running_system.stack.died() == []
    assert all(isinstance(one, Simulator) and one.running for one in running_system._live.simulators)


def test_every_worker_shows_its_metrics(running_system: RunningSystem) -> None:
    from demo.counts import metric

    for name, address in running_system.metrics_urls.items():
        assert metric(address, "qingxin_world_broken") == 0, name
