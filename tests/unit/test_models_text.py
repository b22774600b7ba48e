"""Normalised and masked text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.masking import ACCOUNT, IDENTIFIER, LINK, PHONE, mask, spans
from models.text import normalise, read

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)
TRICKY_TEXT = st.text(
    st.sampled_from("代开发票贷款一二七〇o0O5x.…。/↓|* \u200b\u0301\u20e3①❶Ａ，\ud800\ue000\n\tİéa1@-:"), max_size=40
)


@given(ANY_TEXT | TRICKY_TEXT)
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normalise(text)

    assert normalise(once) == once


@given(ANY_TEXT | TRICKY_TEXT)
def test_normalised_text_is_one_line_that_utf_8_can_hold(text: str) -> None:
    normalised = normalise(text)

    assert len(normalised.splitlines()) <= 1
    assert normalised.encode("utf-8").decode("utf-8") == normalised


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("ＡＢＣ，１２３！", "abc,123!"),
        ("贷\u200b款\u200d中\ufeff介", "贷款中介"),
        ("贷̶款̶", "贷款"),
        ("第一行\t\u3000\r\n第二行  ", "第一行 第二行"),
        ("①③⑧❶❷", "13812"),
        ("加q七〇六0二98⑤①⑨", "加q7060298519"),
        ("2小时4OO元", "2小时400元"),
        ("代↓开发/票", "代开发票"),
        ("活……色……生……香", "活色生香"),
        ("发 票 代 开", "发票代开"),
        ("退一步，想一想。好的，明天见", "退一步,想一想。好的,明天见"),
        ("一千二百三十元，三八节", "一千二百三十元,三八节"),
        ("hello o2o world", "hello o2o world"),
    ],
)
def test_one_spelling_stands_for_many(written: str, normalised: str) -> None:
    assert normalise(written) == normalised


def test_disguises_are_counted_and_plain_text_has_none() -> None:
    assert read("代↓开发/票，贷\u200b款").disguises == 3
    assert read("妈，我到家了……明天给你打电话❤️").disguises == 0


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("看 http://t.cn/ab1 吧", f"看 {LINK} 吧"),
        ("登录www.abc.com查询", f"登录{LINK}查询"),
        ("登录wap.bank-a.cn/x?y=1,查询", f"登录{LINK}查询"),
        ("电13812345678", f"电{PHONE}"),
        ("电0512-6666888", f"电{PHONE}"),
        ("卡6222021234567890", f"卡{ACCOUNT}"),
        ("加微信abc1234", f"加微信{IDENTIFIER}"),
        ("hello world", "hello world"),
    ],
)
def test_what_differs_from_copy_to_copy_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize("text", ["满{}元减{}", "电话{}{}{}", "pm{}.{}高达{}%", "{}g流量{}折起,{}分钟", "验证码{}{}"])
@pytest.mark.parametrize("digits", ["1", "88", "2046"])
def test_a_number_written_with_x_is_masked_like_one_with_digits(text: str, digits: str) -> None:
    # Given a text of a source whose digits were replaced, and the same one before
    real, replaced = text.replace("{}", digits), text.replace("{}", "x" * len(digits))

    # Then the two cannot be told apart
    assert mask(real) == mask(replaced)


@given(ANY_TEXT | TRICKY_TEXT | st.from_regex(r"([a-z0-9x.:/@-]{0,9}[代开元 ]?){1,6}", fullmatch=True))
def test_every_masked_character_stands_for_a_part_of_the_text_and_nothing_is_lost(text: str) -> None:
    normalised = normalise(text)

    places = spans(normalised)

    assert len(places) == len(mask(normalised))
    assert "".join(normalised[start:end] for start, end in places) == normalised


@pytest.mark.parametrize(
    "piece", ["发票", "1", "x", "a.b", "发 票..", "1o", "http://", "\u200b", "e\u0301", ".", "①", "1-", "a@", "代/"]
)
def test_a_hundred_kilobytes_are_read_in_a_second(piece: str) -> None:
    text = (piece * (100_000 // len(piece)))[:100_000] + "末"

    started = time.process_time()
    mask(read(text).text)

    assert time.process_time() - started < 1
