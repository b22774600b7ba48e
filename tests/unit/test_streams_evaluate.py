"""`qingxin evaluate` as a user runs it, in this process."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from models.artifact import default_artifact

LINES = "ham\tchat\t妈我到家了晚点给你打电话\nloan\tprivate\t无抵押贷款，黑户可贷，当天放款\n"


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of two rows; the current folder is its folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "made.tsv"
    path.write_text(LINES, encoding="utf-8")
    return path


def test_the_page_is_in_the_current_folder_and_is_named(rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("evaluate", str(rows))

    told = capsys.readouterr()
    assert "threshold" in told.out
    assert f"The report with pictures is in {rows.parent / 'evaluation.html'}" in told.err
    assert '<html lang="zh-Hans">' in (rows.parent / "evaluation.html").read_text(encoding="utf-8")


def test_the_page_goes_where_it_is_told_in_the_language_it_is_told(rows: Path) -> None:
    call_command("evaluate", str(rows.parent), html=rows.parent / "report.html", language="en")

    assert "Worst mistakes" in (rows.parent / "report.html").read_text(encoding="utf-8")
    assert not (rows.parent / "evaluation.html").exists()


def test_json_keeps_its_keys_has_all_figures_and_writes_no_page(rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("evaluate", str(rows), json=True, volume=2_000_000.0)

    told = json.loads(capsys.readouterr().out)
    old = {"threshold", "ham", "spam", "illegal", "auc", "recall_at", "categories", "sources", "ham_kinds"}
    assert old <= set(told)
    assert told["traffic"]["volume"] == 2_000_000
    assert told["data"] == {"rows": 2, "bad_rows": 0, "duplicates": 0}
    assert {"roc", "precision_recall", "reliability", "workload", "robustness", "mistakes"} <= set(told)
    assert not (rows.parent / "evaluation.html").exists()


def test_bad_rows_are_named_and_counted(rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows.write_text("nothing\n" + LINES + LINES, encoding="utf-8")

    call_command("evaluate", str(rows), json=True, disguised_rows=0)

    told = capsys.readouterr()
    assert f"{rows}:1: 1 column where 2 or 3 are expected" in told.err
    assert "1 bad row(s) left out" in told.err
    assert "2 row(s) repeat another one" in told.err
    assert json.loads(told.out)["data"] == {"rows": 4, "bad_rows": 1, "duplicates": 2}
    assert json.loads(told.out)["robustness"] is None


def test_the_wording_of_the_program_can_be_measured_alone_and_the_same_again(
    rows: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.management.commands.evaluate._TEXTS_A_TEMPLATE", 1)
    told = []
    for seed in (5, 5):
        call_command("evaluate", wording=seed, json=True, disguised_rows=0)
        told.append(json.loads(capsys.readouterr().out))

    assert told[0] == told[1]
    assert set(told[0]["sources"]) == {"generated ham", "generated spam"}
    assert rows.exists()


@pytest.mark.parametrize("broken", ["arrays.npz", "manifest.json"])
def test_a_corrupt_model_is_one_clear_sentence(rows: Path, broken: str) -> None:
    model = rows.parent / "model"
    shutil.copytree(default_artifact(), model)
    (model / broken).write_bytes((model / broken).read_bytes()[:-100])

    with pytest.raises(CommandError, match=r"^The model.*\.$") as refused:
        call_command("evaluate", str(rows), model=model)

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"threshold": 1.5}, "--threshold takes a number from 0 to 1"),
        ({"threshold": float("nan")}, "--threshold takes a number from 0 to 1"),
        ({"prevalence": 5.0}, "--prevalence takes a share from 0 to 1"),
        ({"volume": 0.0}, "--volume takes a number above 0"),
        ({"hits_per_case": float("inf")}, "--hits-per-case takes a number above 0"),
        ({"hours_per_day": 25.0}, "--hours-per-day takes a number up to 24"),
        ({"disguised_rows": -1}, "--disguised-rows takes a number from 0"),
        ({"html": Path("/nowhere/at/all.html")}, "the folder /nowhere/at does not exist"),
        ({"model": Path("/nowhere")}, "There is no readable model"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(rows: Path, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("evaluate", str(rows), **options)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [([], "name a TSV file"), (["gone.tsv"], r"gone\.tsv does not exist"), (["empty"], r"empty holds no \*\.tsv")],
)
def test_no_data_is_one_clear_sentence(rows: Path, data: list[str], sentence: str) -> None:
    (rows.parent / "empty").mkdir()

    with pytest.raises(CommandError, match=sentence):
        call_command("evaluate", *data)


def test_the_drawing_library_is_loaded_only_for_a_page() -> None:
    code = "import sys, streams.management.commands.evaluate; sys.exit('matplotlib' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
