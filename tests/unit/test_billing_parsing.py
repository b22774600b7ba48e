"""What subscribers text is understood exactly or not at all."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hooks.catalogue import load_catalogue
from billing_hooks.parsing import CancelAsked, ListWanted, NotUnderstood, name_key, understand

NAMES = {
    name_key(name): code for code, service in load_catalogue().services.items() for name in (service.zh, service.en)
}
COMMANDS = [
    "T",
    "TD",
    "退订",
    "QX",
    "取消",
    "0000",
    "00000",
    "1",
    "12",
    "T1",
    "退订1",
    "372",
    "彩铃",
    "退订彩铃",
    "谢谢",
]


@pytest.mark.parametrize(
    "text", ["0000", "00000", "００００", "０0０0", " 0000 ", "0000。", "“0000”", "【0000】", "0000!", "\u200b0000"]
)
def test_0000_in_every_form_asks_for_the_list(text: str) -> None:
    assert understand(text, NAMES) == ListWanted()


@pytest.mark.parametrize(
    "text",
    [
        "T",
        "t",
        "TD",
        "td",
        "Ｔ",
        "ｔｄ",
        "退订",
        "QX",
        "取消",
        " 退订 ",
        "退订。",
        "退订，谢谢",
        "请退订",
        "我要退订",
        "T!",
    ],
)
def test_a_verb_alone_cancels_what_it_answers_to(text: str) -> None:
    assert understand(text, NAMES) == CancelAsked(verb=True)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("TD1", (1,)), ("T1", (1,)), ("退订1", (1,)), ("QX1", (1,)), ("T 1", (1,)), ("退订，1", (1,)),
        ("退订１２", (12,)), ("ＴＤ１", (1,)), ("T1,3", (1, 3)), ("T1 T3", (1, 3)), ("退订1、3，5", (1, 3, 5)),
        ("T372", (372,)), ("1 退订", (1,)), ("请退订1，谢谢", (1,)), ("退订①", (1,)),
    ],
)  # fmt: skip
def test_a_verb_with_numbers_cancels_those(text: str, numbers: tuple[int, ...]) -> None:
    assert understand(text, NAMES) == CancelAsked(verb=True, numbers=numbers)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1", (1,)), ("1,3", (1, 3)), ("1，3", (1, 3)), ("1、3", (1, 3)), ("1 3", (1, 3)), ("１　３", (1, 3)),
        ("1,3,", (1, 3)), ("13", (13,)), ("3,1,3", (3, 1)), ("1, 2、3 4", (1, 2, 3, 4)), ("372", (372,)),
    ],
)  # fmt: skip
def test_numbers_alone_are_read_in_order_and_once(text: str, numbers: tuple[int, ...]) -> None:
    assert understand(text, NAMES) == CancelAsked(verb=False, numbers=numbers)


@pytest.mark.parametrize(
    ("text", "verb", "services"),
    [
        ("退订彩铃", True, ("CRBT",)), ("彩铃", False, ("CRBT",)), ("TD彩铃", True, ("CRBT",)),
        ("退订 彩铃", True, ("CRBT",)), ("退订彩铃、手机报", True, ("CRBT", "MMS-NEWS")),
        ("td caller id", True, ("CALLER-ID",)), ("Weather Forecast", False, ("WEATHER",)),
        ("TD weather forecast, caller id", True, ("WEATHER", "CALLER-ID")),
        ("请退订天气预报，谢谢", True, ("WEATHER",)),
    ],
)  # fmt: skip
def test_a_service_is_known_by_its_full_name(text: str, verb: bool, services: tuple[str, ...]) -> None:  # noqa: FBT001
    assert understand(text, NAMES) == CancelAsked(verb=verb, services=services)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "，", "不退订", "别退订", "不要退订", "退订？", "退订吗", "怎么退订", "全部退订", "退订全部", "T全部",
        "ALL", "T0", "0", "00", "000", "000000", "0000 1", "T0000", "01", "1-3", "1~3", "1.3", "1和3", "-1", ".5",
        "1000", "T1000", "T1不要3", "彩", "退订彩", "彩铃好听", "你好", "谢谢", "好的", "T1T3", "13812345678",
        "２０２６", "Т1", "我要1", "oooo", "〇〇〇〇", "1" * 300, "T" * 300,
    ],
)  # fmt: skip
def test_anything_else_is_not_understood(text: str) -> None:
    assert understand(text, NAMES) == NotUnderstood()


@given(st.text())
def test_the_parser_never_raises_and_never_reads_what_is_not_there(text: str) -> None:
    intent = understand(text, NAMES)

    if isinstance(intent, CancelAsked):
        written = set(re.findall("[0-9]+", unicodedata.normalize("NFKC", text)))
        assert {str(number) for number in intent.numbers} <= written


@given(
    st.lists(st.sampled_from([*COMMANDS, "不", "吗", "？", "全部", "-"]), min_size=1, max_size=5),
    st.sampled_from("，,、 "),
)
def test_one_unknown_word_spoils_a_text(words: list[str], separator: str) -> None:
    intent = understand(separator.join(words), NAMES)

    if not set(words) <= set(COMMANDS):
        assert intent == NotUnderstood()


@given(st.sampled_from(COMMANDS), st.sampled_from(["不", "别", "吗", "？", "没", "全部"]), st.booleans())
def test_a_doubt_glued_to_a_command_is_never_a_command(command: str, doubt: str, before: bool) -> None:  # noqa: FBT001
    assert understand(doubt + command if before else command + doubt, NAMES) == NotUnderstood()


@given(
    st.lists(st.integers(1, 99), min_size=1, max_size=20, unique=True), st.sampled_from(["，", ",", "、", " ", "　"])
)
def test_every_list_of_numbers_is_read_whole(numbers: list[int], separator: str) -> None:
    assert understand(separator.join(map(str, numbers)), NAMES) == CancelAsked(verb=False, numbers=tuple(numbers))
