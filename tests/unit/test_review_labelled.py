"""Decisions as training rows: one label a text, numbers that lead nowhere, lines that `qingxin train` reads."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.corpus import read_corpus
from models.text import normalise
from review.labelled import DECISION, Labelled, harvest, line_of, without_numbers


def a_row(label: str = "fraud", text: str = "您的包裹丢失", source: str = "C-000001") -> Labelled:
    return Labelled(label, DECISION, text, source)


def test_a_text_that_people_label_differently_is_left_out_and_named() -> None:
    found = harvest([a_row("fraud", source="C-000001"), a_row("ham", source="C-000002"), a_row("ad", "别的")])
    assert [row.label for row in found.rows] == ["ad"]
    assert [str(one) for one in found.contradictions] == ["fraud: C-000001; ham: C-000002"]


def test_a_contradiction_of_many_names_a_few() -> None:
    rows = [a_row("ham", source=f"S-{number}") for number in range(9)]
    (one,) = harvest([*rows, a_row("ad", source="S-9")]).contradictions
    assert str(one) == "ad: S-9; ham: S-0, S-1, S-2 and 6 more"


def test_a_text_in_another_spelling_is_the_same_text() -> None:
    found = harvest([a_row("fraud", "明天ＡＢＣ见１２３"), a_row("ham", "明天abc见123")])
    assert (found.rows, len(found.contradictions)) == ([], 1)


def test_a_repeated_text_stands_once() -> None:
    found = harvest([a_row(source="C-000001"), a_row(source="C-000002"), a_row(text=" \n ")])
    assert (len(found.rows), found.repeated, found.counts) == (1, 1, {"fraud": 1})


@pytest.mark.parametrize(
    "written",
    [
        "13800001111", "138 0000 1111", "138-0000-1111", "1380000111", "6222 0211 1122 3334 445", "7654321",
        "138.0000.1111", "1 3 8 0 0 0 0 1 1 1 1", "1380000 1111", "138\u200b0000\u200b1111", "86138 0000 1111",
        "0571 8888 6666", "(0571)8888-6666", "010-66551234",
    ],
)  # fmt: skip
def test_a_long_number_becomes_another_of_the_same_form(written: str) -> None:
    other = without_numbers(f"打{written}找我", "secret")
    assert written not in other
    assert re.sub("[0-9]", "0", other) == re.sub("[0-9]", "0", f"打{written}找我")


def test_the_same_number_becomes_the_same_whatever_its_writing() -> None:
    written = [
        "13800001111",
        "138 0000 1111",
        "１３８００００１１１１",
        "①③⑧⓪⓪⓪⓪①①①①",
        "1𝟛8.0000 1️⃣111",
        "138/0000/1111",
    ]
    others = {re.sub(r"\D", "", unicodedata.normalize("NFKC", without_numbers(text, "secret"))) for text in written}
    assert len(others) == 1
    assert others.pop().startswith("138")


def test_a_number_in_chinese_numerals_becomes_another_in_chinese_numerals() -> None:
    other = without_numbers("打一三八零零零零一一一一", "secret")
    assert other != "打一三八零零零零一一一一"
    assert re.fullmatch("打一三八[〇一二三四五六七八九零壹贰叁肆伍陆柒捌玖]{8}", other)


def test_without_the_secret_nobody_finds_the_number_again() -> None:
    assert without_numbers("13800001111", "secret") != without_numbers("13800001111", "another")


@pytest.mark.parametrize("kept", ["验证码 482913", "10086", "2026-11-20 14:30", "3,200.00元", "尾号1234", "95588"])
def test_short_numbers_stay(kept: str) -> None:
    assert without_numbers(kept, "secret") == kept


@given(st.text(max_size=80))
def test_any_text_makes_a_line_that_training_reads(text: str) -> None:
    for row in harvest([a_row(text=text)]).rows:
        line = line_of(row, "secret")
        assert line.count("\t") == 2
        assert len(line.splitlines()) == 1


def test_training_reads_what_was_written(tmp_path: Path) -> None:
    rows = harvest([a_row(text="第一行\n第二行\t表"), a_row("ham", "晚上吃饭")]).rows
    file = tmp_path / "decisions.tsv"
    file.write_text("".join(f"{line_of(row, 's')}\n" for row in rows), encoding="utf-8")
    corpus = read_corpus([file])
    assert corpus.faults == ()
    assert [(row.label, row.subtype, row.text) for row in corpus.rows] == [
        ("fraud", "decision", "第一行 第二行 表"),
        ("ham", "decision", "晚上吃饭"),
    ]


@pytest.mark.parametrize(
    "number",
    [
        "Ⅰ38ο0l38ooo", "13800l38000", "幺三八二二幺三八二二二", "¹³⁸²²¹³⁸²²²", "138,0013,8000",
        "138、0013、8000", "138*0013*8000", "138:0013:8000", "138|0013|8000", "622202 0012 3456 789",
        "6222.0200.1234.5678.901", "400-888-6666", "0755—8888—6666", "₁₃₈₂₂₁₃₈₂₂₂", "१३८२२१३८२२२",
        "ⅠⅢⅧ22ⅠⅢⅧ222", "⒈⒊⒏⒉⒉⒈⒊⒏⒉⒉⒉",
    ],
)  # fmt: skip
def test_a_number_in_disguise_does_not_stay(number: str) -> None:
    text = f"打 {number} 找我"

    assert normalise(without_numbers(text, "secret")) != normalise(text)
    assert without_numbers(text, "secret").startswith("打 ")
    assert without_numbers(text, "secret").endswith(" 找我")


@pytest.mark.parametrize("text", ["2026-11-28 10:00:05 开会", "金额1,000,000元", "3.14", "第2025-2026学年"])
def test_dates_and_amounts_stay_as_they_are(text: str) -> None:
    assert without_numbers(text, "secret") == text
