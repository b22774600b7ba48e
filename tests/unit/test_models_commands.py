"""`qingxin score`, `train` and `evaluate` as a user runs them, in this process."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

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


def test_a_model_is_trained_and_evaluated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Given a small corpus
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    places = [a + b for a in "东南西北中青长安" for b in "山河湖城门桥州阳"]
    rows = [f"ham\tchat\t{place}的会改到下午三点\nloan\tprivate\t{place}无抵押贷款当天\n" for place in places]
    (corpus / "made.tsv").write_text("".join(rows), encoding="utf-8")

    # When a model is trained and evaluated on it
    call_command("train", str(corpus), out=tmp_path / "model", created="2026-11-22")
    capsys.readouterr()
    call_command("evaluate", str(corpus / "made.tsv"), model=tmp_path / "model", json=True)

    # Then the report is there and the model has learned
    report = json.loads(capsys.readouterr().out)
    assert report["auc"] > 0.99
    assert report["categories"]["loan"]["rows"] == len(places)
    assert (tmp_path / "model" / "report.json").exists()


def test_training_without_a_corpus_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"holds no \*\.tsv"):
        call_command("train", str(tmp_path), out=tmp_path / "model")


@pytest.mark.parametrize("command", ["score", "train", "evaluate"])
def test_each_command_shows_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command(command, "--help")

    assert f"qingxin {command}" in capsys.readouterr().out
