"""`qingxin score`, `train` and `evaluate` as a user runs them, in this process."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from models.artifact import default_artifact
from models.classifier import Classifier
from models.wording.generator import templates

SPAM = "无抵押无担保贷款，凭身份证最高可贷50万，当天放款，黑户可贷，电话13700003333张经理"
HAM = "【微光】验证码482913，5分钟内有效，请勿泄露给他人。"


class Scoring:
    """Runs `qingxin score` on bytes; `output` holds the lines of the last run, also of one that failed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.output: list[dict[str, Any]] = []

    def __call__(self, given: bytes, **options: Any) -> list[dict[str, Any]]:
        written = io.BytesIO()
        with self._monkeypatch.context() as patch:
            patch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(given)))
            patch.setattr("sys.stdout", SimpleNamespace(buffer=written))
            try:
                call_command("score", **options)
            finally:
                self.output = [json.loads(line) for line in written.getvalue().splitlines()]
        return self.output


@pytest.fixture
def score(monkeypatch: pytest.MonkeyPatch) -> Scoring:
    return Scoring(monkeypatch)


def lines(*items: object) -> bytes:
    return "".join(json.dumps(item) + "\n" for item in items).encode()


def test_each_object_comes_back_in_order_with_its_verdict(score: Scoring) -> None:
    spam, ham = score(lines({"id": 7, "text": SPAM}, {"text": HAM, "more": [1, None]}))

    assert (spam["id"], spam["text"], spam["label"]) == (7, SPAM, "loan")
    assert spam["spam"] > 0.9
    assert sum(spam["scores"].values()) == pytest.approx(1, abs=1e-5)
    assert set(spam["why"][0]) == {"term", "weight"}
    assert (ham["label"], ham["why"], ham["more"]) == ("ham", [], [1, None])


def test_blank_lines_are_skipped(score: Scoring) -> None:
    scored = score(b"\n\r\n" + lines({"text": HAM}) + b" \n" + lines({"text": SPAM}) + b"\n")

    assert [item["label"] for item in scored] == ["ham", "loan"]


def test_more_than_a_batch_keeps_its_order(score: Scoring) -> None:
    scored = score(lines(*({"text": f"第{number}条", "number": number} for number in range(1203))))

    assert [item["number"] for item in scored] == list(range(1203))


@pytest.mark.parametrize(
    "bad",
    [b"not json", b"[1]", b"{}", b'{"text": 5}', b'{"text": "\xff"}', b'{"text": "a", "n": NaN}', b"[" * 99999],
)
def test_a_bad_line_is_answered_in_its_place_and_the_exit_tells(bad: bytes, score: Scoring) -> None:
    # Given a bad line between two good ones
    given = lines({"text": HAM}) + bad + b"\n" + lines({"text": SPAM})

    # When they are scored
    with pytest.raises(CommandError, match="1 of 3"):
        score(given)

    # Then nothing is lost
    first, second, third = score.output
    assert (first["label"], third["label"]) == ("ham", "loan")
    assert set(second) == {"error", "line"}
    assert second["line"] == 2


def test_half_a_surrogate_pair_is_scored_and_written_as_it_came(score: Scoring) -> None:
    (item,) = score(b'{"text": "\\ud83d"}\n')

    assert item["text"] == "\ud83d"


def test_no_input_gives_no_output(score: Scoring) -> None:
    assert score(b"") == []


def test_the_threshold_can_be_given(score: Scoring) -> None:
    assert score(lines({"text": SPAM}), threshold=1.0)[0]["label"] == "ham"


@pytest.mark.parametrize("options", [{"threshold": 1.5}, {"model": Path("/nowhere")}])
def test_wrong_options_are_one_clear_sentence(options: dict[str, Any], score: Scoring) -> None:
    with pytest.raises(CommandError):
        score(b"", **options)


PLACES = [a + b for a in "东南西北中青长安" for b in "山河湖城门桥州阳"]
HAM_AND_LOANS = [f"ham\tchat\t{place}的会改到三点\nloan\tprivate\t{place}无抵押贷款\n" for place in PLACES]
HAM_AND_PORN = [f"ham\tchat\t{place}的会改到三点\nporn\tescort\t{place}美女上门\n" for place in PLACES]


def corpus_of(folder: Path, rows: list[str], name: str = "made.tsv") -> Path:
    """A file with these rows in a folder of its own."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("".join(rows), encoding="utf-8")
    return folder / name


def manifest_of(model: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((model / "manifest.json").read_text())
    return manifest


def label_of(model: Path, text: str) -> str:
    return Classifier.load(model).verdicts([text], 0.5)[0].label


@pytest.fixture
def _short_wording(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """One written row and one template that ship, in place of thousands."""
    folder = corpus_of(tmp_path / "templates", ["porn\tescort\t{city}{name}美女上门{code6}\n"]).parent
    monkeypatch.setattr("models.wording.generator._FOLDER", folder)
    monkeypatch.setattr(
        "models.wording.shipped.WRITTEN", corpus_of(tmp_path / "own", ["ham\tchat\t好的\n"], "written.tsv")
    )
    templates.cache_clear()
    yield
    templates.cache_clear()


@pytest.fixture(scope="module")
def loan_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of ham and loans."""
    folder = tmp_path_factory.mktemp("loans")
    call_command("train", str(corpus_of(folder / "rows", HAM_AND_LOANS)), out=folder / "model", no_wording=True)
    return folder / "model"


def test_a_model_is_trained_and_evaluated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Given a small corpus
    corpus = corpus_of(tmp_path / "corpus", HAM_AND_LOANS)

    # When a model is trained and evaluated on it
    call_command("train", str(corpus.parent), out=tmp_path / "model", created="2026-11-22", no_wording=True)
    capsys.readouterr()
    call_command("evaluate", str(corpus), model=tmp_path / "model", json=True)

    # Then the report is there and the model has learned
    report = json.loads(capsys.readouterr().out)
    assert report["auc"] > 0.99
    assert report["categories"]["loan"]["rows"] == len(PLACES)
    assert (tmp_path / "model" / "report.json").exists()


def test_several_files_and_folders_are_trained_on_together_each_once(tmp_path: Path) -> None:
    one, other = corpus_of(tmp_path / "a", HAM_AND_LOANS), corpus_of(tmp_path / "b", HAM_AND_PORN, "more.tsv")

    call_command("train", str(one), str(other.parent), str(other), out=tmp_path / "model", no_wording=True)

    assert manifest_of(tmp_path / "model")["training"]["rows"] == {"made": 128, "more": 128}


@pytest.mark.usefixtures("_short_wording")
def test_the_shipped_wording_is_trained_on_unless_it_is_refused(tmp_path: Path) -> None:
    corpus = str(corpus_of(tmp_path / "corpus", HAM_AND_LOANS))

    call_command("train", corpus, out=tmp_path / "with")
    call_command("train", corpus, out=tmp_path / "without", no_wording=True)

    assert manifest_of(tmp_path / "with")["training"]["rows"] == {"made": 128, "written": 1, "generated": 3}
    assert manifest_of(tmp_path / "without")["training"]["rows"] == {"made": 128}


def test_a_model_that_starts_from_another_keeps_what_that_one_knew(tmp_path: Path, loan_model: Path) -> None:
    # Given decisions without a loan
    decisions = str(corpus_of(tmp_path / "decisions", HAM_AND_PORN))

    # When a model is trained on them from one that knows loans, and one from nothing
    call_command("train", decisions, out=tmp_path / "from", start_from=str(loan_model), no_wording=True)
    call_command("train", decisions, out=tmp_path / "alone", no_wording=True)

    # Then both know the decisions, and the first alone knows loans
    assert [label_of(tmp_path / name, "东阳美女上门") for name in ("from", "alone")] == ["porn", "porn"]
    assert label_of(tmp_path / "from", "东阳无抵押贷款") == "loan"
    assert label_of(tmp_path / "alone", "东阳无抵押贷款") != "loan"


def test_a_model_can_start_from_the_released_one_by_its_name(tmp_path: Path) -> None:
    decisions = str(corpus_of(tmp_path / "decisions", HAM_AND_PORN))

    call_command("train", decisions, out=tmp_path / "model", start_from="released", no_wording=True, model_version="9")

    assert manifest_of(tmp_path / "model")["features"] == manifest_of(default_artifact())["features"]
    assert manifest_of(tmp_path / "model")["version"] == "9"
    assert label_of(tmp_path / "model", "六合彩内部特码，平特一肖准中，先中后付") == "gambling"


def test_fewer_rows_can_be_trained_on_for_a_quick_try(tmp_path: Path) -> None:
    corpus = str(corpus_of(tmp_path / "corpus", HAM_AND_LOANS))

    call_command("train", corpus, out=tmp_path / "model", limit=60, seed=1, no_wording=True)

    assert manifest_of(tmp_path / "model")["training"] | {"digest": ""} == {
        "digest": "",
        "rows": {"made": 60},
        "seed": 1,
    }


def test_bad_rows_are_named_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = corpus_of(tmp_path / "corpus", ["nothing\n", *HAM_AND_LOANS])

    call_command("train", str(corpus), out=tmp_path / "model", no_wording=True)

    told = capsys.readouterr().err
    assert f"{corpus}:1: 1 column where 2 or 3 are expected" in told
    assert "1 bad row(s) left out" in told


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"limit": 0}, "--limit takes a number from 1"),
        ({"start_from": "/nowhere"}, "There is no readable model at this path: /nowhere"),
        ({"words": Path("/nowhere")}, "The file of user words cannot be read"),
        ({"out": Path("/dev/null/model")}, "cannot write /dev/null/model"),
        ({"limit": 2}, "The rows cannot be used for training or evaluation"),
    ],
)
def test_what_cannot_be_trained_with_is_one_clear_sentence(
    tmp_path: Path, options: dict[str, Any], sentence: str
) -> None:
    corpus = str(corpus_of(tmp_path / "corpus", HAM_AND_LOANS))

    with pytest.raises(CommandError, match=re.escape(sentence)) as caught:
        call_command("train", corpus, **{"out": tmp_path / "model", "no_wording": True} | options)

    assert "\n" not in str(caught.value)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([f"ham\tchat\t{place}的会改到三点\n" for place in PLACES], "training needs both ham and spam"),
        (["nothing\n"], "no good row, 1 bad ones"),
        ([], "no good row"),
    ],
)
def test_rows_that_cannot_be_trained_on_are_one_clear_sentence(tmp_path: Path, rows: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=re.escape(sentence)) as caught:
        call_command("train", str(corpus_of(tmp_path / "corpus", rows)), out=tmp_path / "model", no_wording=True)

    assert "\n" not in str(caught.value)


def test_training_without_a_corpus_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"holds no \*\.tsv"):
        call_command("train", str(tmp_path), out=tmp_path / "model")
    with pytest.raises(CommandError, match="nowhere does not exist"):
        call_command("train", str(tmp_path / "nowhere"), out=tmp_path / "model")


def test_the_help_of_train_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("train", "--help")

    told = capsys.readouterr().out
    options = ("DATA", "--out DIR", "--start-from MODEL", "--no-wording", "--seed", "--limit N", "--words")
    assert [option for option in (*options, "--model-version", "--created DATE") if option not in told] == []


@pytest.mark.parametrize("command", ["score", "train", "evaluate"])
def test_each_command_shows_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command(command, "--help")

    assert f"qingxin {command}" in capsys.readouterr().out
