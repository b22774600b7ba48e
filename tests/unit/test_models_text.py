"""Normalised text: every disguise undone, ordinary text left alone, and a way back to the text as sent."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.characters import one_by_one, spread
from models.corpus import read_corpus
from models.disguises import sensitive_words, table
from models.spellings import as_heard, sounds, spellings
from models.suspicion import suspects
from models.text import TRICKS, normalise, read, read_many, trace

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)
TRICKY_TEXT = st.text(
    st.sampled_from(
        "代开发票贷款法飘一二七〇o0O5x.…。/↓|* \u200b\u0301\u20e3①❶Ａ，\ud800\ue000\n\tİéfa1@-:讠正亻牛ⅷοl🌙❤微徽v弋"
    ),
    max_size=40,
)
DISGUISED_TEXT = st.lists(
    st.sampled_from([*list(spellings())[::7], "加", "发", "1", "o", " ", "/", "1 3 8 0 0 1 3", ",", "。"]), max_size=12
).map("".join)
NASTY = ANY_TEXT | TRICKY_TEXT | DISGUISED_TEXT


def tricks_of(text: str) -> set[str]:
    return {kind for kind, count in zip(TRICKS, read(text).tricks, strict=True) if count}


@given(NASTY)
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normalise(text)

    assert normalise(once) == once


@given(NASTY)
def test_normalised_text_is_one_line_that_utf_8_can_hold(text: str) -> None:
    normalised = normalise(text)

    assert len(normalised.splitlines()) <= 1
    assert normalised.encode("utf-8").decode("utf-8") == normalised


@given(st.lists(NASTY, max_size=8))
def test_a_batch_reads_as_its_texts_one_by_one(texts: list[str]) -> None:
    assert read_many(texts) == [read(text) for text in texts]


@given(NASTY)
def test_every_character_read_has_its_place_in_the_text_as_sent(text: str) -> None:
    places = trace(text)

    assert len(places) == len(normalise(text))
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("written", "normalised", "trick"),
    [
        ("贷\u200b款\u200d中\ufeff介", "贷款中介", "hidden"),
        ("贷̶款̶", "贷款", "hidden"),
        ("④⑨⑧❶❷", "49812", "digits"),
        ("加q七〇六0二98⑤①⑨", "加q7060298519", "digits"),
        ("2小时4OO元", "2小时400元", "digits"),
        ("电话l38ο0l23456", "电话13800123456", "digits"),
        ("电话Ⅰ3800Ⅰ23456", "电话13800123456", "digits"),
        ("电话壹叁捌零零壹贰叁肆伍陆", "电话13800123456", "digits"),
        ("电话1-3-8-0-0-1-2-3-4-5-6", "电话13800123456", "digits"),
        ("代↓开发/票", "代开发票", "inserted"),
        ("活……色……生……香", "活色生香", "inserted"),
        ("发 票 代 开", "发票代开", "inserted"),
        ("低价发.票", "低价发票", "inserted"),
        ("讠正亻牛齐全", "证件齐全", "split"),
        ("买手木仓", "买手枪", "split"),
        ("加薇信详谈", "加微信详谈", "homophone"),
        ("办理法飘", "办理发票", "homophone"),
        ("送体验巾啦", "送体验金啦", "homophone"),
        ("威信:abc12345", "微信:abc12345", "homophone"),
        ("加V详谈", "加微信详谈", "homophone"),
        ("扣扣12345678", "qq12345678", "homophone"),
        ("徽♥详谈", "微信详谈", "lookalike"),
        ("弋开各类", "代开各类", "lookalike"),
        ("viаgrа", "viagra", "lookalike"),
        ("我要fa票", "我要发票", "pinyin"),
        ("找dai开", "找代开", "pinyin"),
        ("加weixin详谈", "加微信详谈", "pinyin"),
        ("髮票", "发票", "traditional"),
        ("髪→票", "发票", "inserted"),
    ],
)
def test_a_disguise_is_undone_and_named(written: str, normalised: str, trick: str) -> None:
    assert normalise(written) == normalised
    assert trick in tricks_of(written)


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("ＡＢＣ，１２３！", "abc,123!"),
        ("第一行\t\u3000\r\n第二行  ", "第一行 第二行"),
        ("价格㎡…", "价格m2..."),
        ("电话१३८००१३८०००或٠١٠", "电话13800138000或010"),
        ("三期Ⅲ型", "三期iii型"),
        ("退一步，想一想。好的，明天见", "退一步,想一想。好的,明天见"),
        ("妈，我到家了……明天给你打电话❤️", "妈,我到家了......明天给你打电话❤"),
    ],
)
def test_one_spelling_stands_for_many_without_being_a_trick(written: str, normalised: str) -> None:
    assert normalise(written) == normalised
    assert read(written).disguises == 0


@pytest.mark.parametrize(
    "text",
    [
        "一千二百三十元,三八节", "hello o2o world", "lol 10元 iphone5s", "他在单位威信很高", "维新变法",
        "因为新的来了",
        "餐饮/娱乐/购物", "嗯。好。哦", "贝者说", "货款已付", "二〇一五年", "8楼一单元", "王英的电话",
        "吃饭、睡觉、打球",
        "请走正门,保安会开门", "the wei family", "日月潭月台",
        "张婷在家", "代表开会,票务已定", "13812345678一律九折",
    ],
)  # fmt: skip
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert read(text) == (text, (0,) * len(TRICKS))


@pytest.mark.parametrize(
    "text",
    [
        "特价4.7元",
        "祝节日快乐,愿你们好",
        "拨5键听吧-李",
        "满100减80,元旦前有效",
        "看(王总)",
        "1、2元;3(2)",
        "http://mm.cn/mm",
    ],
)
def test_a_homophone_elsewhere_does_not_make_words_of_letters_and_punctuation(text: str) -> None:
    assert normalise(f"{text};加薇信详谈") == f"{text};加微信详谈"


def test_no_printable_ascii_sounds_like_anything() -> None:
    ascii_text = "".join(map(chr, range(32, 127)))

    assert as_heard(ascii_text) == ascii_text
    assert not [heard for heard in sounds().by_sound if heard.isascii()]


@pytest.mark.parametrize("texts", [["好·吗", "去·吧"], ["好,", "是,", "在,"], ["1,2", "3,5", "2,7", "8,1"]])
def test_what_a_text_is_suspected_of_does_not_hang_on_its_neighbours(texts: list[str]) -> None:
    batch = spread(texts)

    assert suspects(batch.codes, batch.ends, batch.codes.tobytes().decode("utf-32-le")) == {}


def test_tricks_are_counted() -> None:
    assert read("代↓开发/票，贷\u200b款").disguises == 3


def test_a_disguise_inside_a_disguise_is_undone_too() -> None:
    assert normalise("企↓鹅:abc12345") == "qq:abc12345"


def test_traditional_characters_are_no_disguise() -> None:
    assert read("歡迎回來").disguises == 0


def test_every_listed_form_is_read_as_its_word() -> None:
    # Given every form between two full stops, those that only a contact makes one beside an identifier
    contact = [":abc12345" if spelling.only_contact else "。" for spelling in spellings().values()]
    written = [f"。{form}{after}" for form, after in zip(spellings(), contact, strict=True)]
    meant = [f"。{spelling.word}{after}" for spelling, after in zip(spellings().values(), contact, strict=True)]

    # Then it reads as the word that it stands for, and is counted
    readings = read_many(written)
    assert [one.text for one in readings if one.text not in meant] == []
    assert [one.text for one, other in zip(readings, read_many(meant), strict=True) if one.text != other.text] == []
    assert [one for one in readings if not one.disguises] == []


def test_every_entry_of_the_tables_is_in_the_first_reading_already() -> None:
    words = {*sensitive_words(), *(spelling.word for spelling in spellings().values())}
    assert [word for word in words if one_by_one(word) != word] == []


@pytest.mark.parametrize("kind", list(table("signs")["always"]))
def test_every_sign_is_read_as_the_table_says(kind: str) -> None:
    signs = table("signs")["always"][kind]
    assert {sign: one_by_one(sign) for sign in signs} == {sign: one_by_one(meaning) for sign, meaning in signs.items()}


def test_a_word_is_traced_to_its_disguise() -> None:
    sent = "可以讠正件，代↓开，髮票，手木仓"

    text, places = normalise(sent), trace(sent)

    def found(word: str) -> str:
        start = text.index(word)
        return sent[places[start][0] : places[start + len(word) - 1][1]]

    assert [found(word) for word in ("证件", "代开", "发票", "手枪")] == [
        "讠正件",
        "代↓开",
        "髮票",
        "手木仓",
    ]


@pytest.mark.parametrize(
    "piece",
    [
        "发票",
        "1",
        "x",
        "a.b",
        "发 票..",
        "1o",
        "http://",
        "\u200b",
        "e\u0301",
        ".",
        "①",
        "1-",
        "a@",
        "代/",
        "发 ",
        "讠",
        "fa",
        "一",
        "微",
        "代。",
        "/",
        "↓",
        "加v",
        "1 ",
    ],
)
def test_ten_thousand_characters_are_read_in_a_fifth_of_a_second(piece: str) -> None:
    text = (piece * (10_000 // len(piece)))[:10_000] + "末"
    read("")

    started = time.process_time()
    read(text)

    assert time.process_time() - started < 0.2


def test_real_texts_read_the_same_alone_and_together_and_ham_is_left_alone(corpus: Path) -> None:
    # Given real messages
    chat = [row.text for row in read_corpus([corpus / "chat.tsv"]).rows]
    ham = [row.text for row in read_corpus([corpus / "rubric.tsv"]).rows if row.label == "ham"]

    # When they are read in batches
    batches = [read_many(texts[start : start + 500]) for texts in (chat, ham) for start in range(0, len(texts), 500)]
    readings = [reading for batch in batches for reading in batch]

    # Then each reads as it would alone and again, and few ordinary ones are held for disguised
    assert readings[::20] == [read(text) for text in [*chat, *ham][::20]]
    assert [normalise(reading.text) for reading in readings[::20]] == [reading.text for reading in readings[::20]]
    odd = [sum(reading.tricks[1:-1]) > 0 for reading in readings]
    assert sum(odd[: len(chat)]) < 0.01 * len(chat)
    assert sum(odd[len(chat) :]) < 0.02 * len(ham)
