"""Masked text: typed tokens for what differs from one copy of a text to the next."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.masking import (
    ACCOUNT,
    ADDRESS_LINK,
    AMOUNTS,
    DATE,
    DISGUISED,
    HOTLINE,
    IDENTIFIER,
    LANDLINE,
    LINK,
    MAIL,
    NUMBERS,
    ODD_LINK,
    PERCENT,
    PHONE,
    SHORT_LINK,
    TIME,
    mask,
    mask_many,
    spans,
)
from models.text import TRICKS, Reading, normalise, read

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)
RUNS = st.from_regex(r"([a-z0-9x.:/@-]{0,9}[代开元%月 ]?){1,6}", fullmatch=True)


def masked(text: str) -> str:
    return mask(Reading(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("看 http://abc.com/ab1 吧", f"看 {LINK} 吧"),
        ("登录www.abc.com查询", f"登录{LINK}查询"),
        ("登录wap.bank-a.cn/x?y=1,查询", f"登录{LINK}查询"),
        ("点t.cn/ab12", f"点{SHORT_LINK}"),
        ("点http://dwz.cn/ab12", f"点{SHORT_LINK}"),
        ("点http://10.2.3.4:80/x", f"点{ADDRESS_LINK}"),
        ("点ab-cd.top/x", f"点{ODD_LINK}"),
        ("点yv203.bte", f"点{ODD_LINK}"),
        ("寄zhang_3@abc.com", f"寄{MAIL}"),
        ("电13812345678", f"电{PHONE}"),
        ("电138-1234-5678", f"电{PHONE}"),
        ("电+8613812345678", f"电+{PHONE}"),
        ("电138 1234 5678", f"电{PHONE}"),
        ("卡6222 0212 3456 7890", f"卡{ACCOUNT}"),
        ("卡6222 0212 3456 7890 123名", f"卡{ACCOUNT}名"),
        ("电0512-6666888", f"电{LANDLINE}"),
        ("电051266668888", f"电{LANDLINE}"),
        ("电4006501234", f"电{HOTLINE}"),
        ("电400-650-1234", f"电{HOTLINE}"),
        ("电95588或10086", f"电{HOTLINE}或{HOTLINE}"),
        ("电1069012345678", f"电{HOTLINE}"),
        ("卡6222021234567890", f"卡{ACCOUNT}"),
        ("满100元减20", f"满{AMOUNTS[1]}元减{NUMBERS[2]}"),
        ("¥399", f"¥{AMOUNTS[1]}"),
        ("38.7元和1.28万", f"{AMOUNTS[0]}元和{AMOUNTS[0]}万"),
        ("贷20000元", f"贷{AMOUNTS[3]}元"),
        ("打8折省20%", f"打{PERCENT}折省{PERCENT}%"),
        ("2013年5月6日", f"{DATE}年{DATE}月{DATE}日"),
        ("2013-05-06 10:30", f"{DATE} {TIME}"),
        ("10点30分", f"{TIME}点{TIME}分"),
        ("验证码1234,密码123456", f"验证码{NUMBERS[4]},密码{NUMBERS[6]}"),
        ("加微信abc1234", f"加微信{IDENTIFIER}"),
        ("qq:12345678", f"qq:{NUMBERS[8]}"),
        ("3g流量", f"{NUMBERS[1]}g流量"),
        ("hello world a.b", "hello world a.b"),
    ],
)
def test_what_differs_from_copy_to_copy_becomes_a_token_of_its_type(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text", ["满{}元减{}", "电话{}{}{}", "pm{}.{}高达{}%", "{}g流量{}折起,{}分钟", "验证码{}{}", "{}月{}日"]
)
@pytest.mark.parametrize("digits", ["1", "88", "2046"])
def test_a_number_written_with_x_is_masked_like_one_with_digits(text: str, digits: str) -> None:
    # Given a text of a source whose digits were replaced, and the same one before
    real, replaced = text.replace("{}", digits), text.replace("{}", "x" * len(digits))

    # Then the two cannot be told apart
    assert masked(real) == masked(replaced)


@pytest.mark.parametrize("kind", range(len(TRICKS)))
@pytest.mark.parametrize(("count", "level"), [(1, 0), (2, 1), (3, 2), (9, 2)])
def test_a_token_at_the_end_tells_the_kind_of_trick_and_how_often_it_was_used(
    kind: int, count: int, level: int
) -> None:
    tricks = tuple(count if place == kind else 0 for place in range(len(TRICKS)))

    assert mask(Reading("代开", tricks)) == f"代开 {DISGUISED[3 * kind + level]}"


@given(ANY_TEXT | RUNS)
def test_every_masked_character_stands_for_a_part_of_the_text_and_nothing_is_lost(text: str) -> None:
    normalised = normalise(text)

    places = spans(normalised)

    assert len(places) == len(masked(normalised))
    assert "".join(normalised[start:end] for start, end in places) == normalised


@given(st.lists(ANY_TEXT | RUNS, max_size=8))
def test_a_batch_is_masked_as_its_texts_one_by_one(texts: list[str]) -> None:
    readings = [read(text) for text in texts]

    assert mask_many(readings) == [mask(reading) for reading in readings]


@pytest.mark.parametrize("piece", ["1", "x", "a.b", "1o", "http://", ".", "1-", "a@", "a1.", "1元", "1.1", "a-", "/"])
def test_ten_thousand_characters_are_masked_in_a_tenth_of_a_second(piece: str) -> None:
    text = (piece * (10_000 // len(piece)))[:10_000] + "末"
    masked("")

    started = time.process_time()
    masked(text)

    assert time.process_time() - started < 0.1
