"""Words: the fast segmentation agrees with the reference."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import config
from models.errors import WordsInvalid
from models.masking import mask
from models.text import read
from models.tokens import Cut, cutter, read_words, reference_cutter

WORDS = read_words(Path(config.__file__).parent / "words.txt")
TEXTS = [
    "【微光】验证码482913，5分钟内有效，请勿泄露给他人。",
    "您尾号5521的账户于11月20日15:32支出人民币1,280.00元，余额3,455.12元。",
    "小陈，下个月房租2600元请在5号前打到我的卡上，谢谢！",
    "无抵押贷款，当天放款，黑户可贷，电话13700003333张经理",
    "澳门真人荷官在线发牌，首存100送88彩金，登录 www.example8.com",
    "代开各类发票，增值税票，先看样后付款",
    "Hello, see you at 8:30 tonight. 明天 meeting 改到3点",
    "祝您和家人新年快乐，身体健康，万事如意！😀",
    "各位家长，明天上午召开家长会，请准时到教室参加。",
    "一键订购iphone13手机壳，3.5折起，回T退订",
]


@pytest.fixture(scope="module")
def reference() -> Cut:
    return reference_cutter(WORDS)


@pytest.mark.parametrize("text", TEXTS)
def test_rjieba_cuts_masked_text_as_jieba_does(text: str, reference: Cut) -> None:
    masked = mask(read(text))

    assert cutter(WORDS)(masked) == reference(masked)


@given(st.text(max_size=80))
def test_words_joined_give_the_text_again(text: str) -> None:
    masked = mask(read(text))

    assert "".join(CUT(masked)) == masked


CUT = cutter(WORDS)


def test_user_words_stay_whole() -> None:
    assert "平特一肖" in CUT("本期平特一肖公开")


def test_user_words_are_read_without_comments_and_doubles(tmp_path: Path) -> None:
    # Given a file with a comment, a blank line and the same word twice
    path = tmp_path / "words.txt"
    path.write_text("# 注释\n\n验证码\n回T退订\n验证码\n", encoding="utf-8")

    # Then each word comes once, as normalised text has it
    assert read_words(path) == ("验证码", "回t退订")


def test_a_missing_file_of_user_words_is_named(tmp_path: Path) -> None:
    with pytest.raises(WordsInvalid, match=r"nowhere\.txt"):
        read_words(tmp_path / "nowhere.txt")
