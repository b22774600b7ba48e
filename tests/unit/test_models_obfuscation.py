"""Disguises put on: each shows where it should, is the same for the same seed, and leaves the rest of a text alone."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import models
from models.obfuscation import OBFUSCATORS, keyword_places, obfuscate

SPAM = "代开发票加微信13800138000，电话办理贷款，澳门博彩注册送彩金"
TABLE: Mapping[str, Any] = tomllib.loads((Path(models.__file__).parent / "obfuscation.toml").read_text("utf-8"))
HANS = set("零一二三四五六七八九壹贰叁肆伍陆柒捌玖")


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - variety, not secrecy


def disguised(name: str, text: str = SPAM, seed: int = 1) -> str:
    return obfuscate(text, [name], chance(seed))


def is_inside(text: str, longer: str) -> bool:
    """True if all characters of the text stand in the longer one in their order."""
    rest = iter(longer)
    return all(character in rest for character in text)


@pytest.mark.parametrize("name", OBFUSCATORS)
def test_each_disguise_shows_and_is_the_same_for_the_same_seed(name: str) -> None:
    assert disguised(name) == disguised(name) != SPAM


@pytest.mark.parametrize("name", sorted(set(OBFUSCATORS) - {"traditional", "wide"}))
def test_another_seed_hides_the_text_in_another_way(name: str) -> None:
    assert len({disguised(name, seed=seed) for seed in range(8)}) > 1


@pytest.mark.parametrize("name", OBFUSCATORS)
@given(st.text(max_size=40))
def test_any_text_can_be_disguised(name: str, text: str) -> None:
    assert disguised(name, text) or not text


@pytest.mark.parametrize("name", OBFUSCATORS)
def test_what_holds_nothing_to_hide_is_left_as_it_is(name: str) -> None:
    assert disguised(name, "，。 ") == "，。 "


@pytest.mark.parametrize("name", ["hidden", "signs", "blanks"])
def test_inserted_signs_leave_every_character_in_its_place(name: str) -> None:
    assert is_inside(SPAM, disguised(name))
    assert not disguised(name).replace(" ", "").isascii()


@pytest.mark.parametrize("name", ["hidden", "signs", "blanks"])
def test_signs_are_inserted_between_chinese_characters_only(name: str) -> None:
    assert all("13800138000" in disguised(name, seed=seed) for seed in range(8))


def test_homophones_sound_as_the_word_does() -> None:
    from pypinyin import lazy_pinyin

    word = "代开发票"

    for seed in range(8):
        other = disguised("homophones", word, seed)
        assert len(other) == len(word)
        assert lazy_pinyin(other) == lazy_pinyin(word)


def test_a_homophone_is_another_character() -> None:
    """About six in ten characters of a hidden word change; of a sound with two characters half would stay."""
    alike = [disguised("homophones", "刷单", seed) for seed in range(400)]

    assert 0.5 < sum(text[0] != "刷" for text in alike) / 400 < 0.7


def test_pinyin_stands_for_its_character_and_the_others_stay() -> None:
    pairs = zip("代开发票", ["dai", "kai", "fa", "piao"], strict=True)
    expected = {"".join(parts) for parts in product(*pairs)}

    assert {disguised("pinyin", "代开发票", seed) for seed in range(40)} <= expected


@pytest.mark.parametrize("name", ["lookalikes", "split", "pictures"])
def test_signs_of_a_table_stand_for_their_character(name: str) -> None:
    for character, signs in TABLE[name].items():
        found = {disguised(name, f"代开{character}票微信{character}加", seed) for seed in range(40)}

        assert all(any(sign in text for sign in signs) for text in found if character not in text)


@pytest.mark.parametrize("name", ["lookalikes", "split", "pictures"])
def test_no_table_gives_a_character_for_itself(name: str) -> None:
    assert [character for character, signs in TABLE[name].items() if character in signs or not signs] == []
    assert all(len(character) == 1 for character in TABLE[name])


def test_long_numbers_alone_are_disguised_digit_by_digit() -> None:
    for seed in range(8):
        text = disguised("digits", "满100元打13800138000", seed)

        assert text.startswith("满100元打")
        assert len(text) == len("满100元打13800138000")


def test_wide_letters_are_letters_again_in_nfkc() -> None:
    import unicodedata

    assert unicodedata.normalize("NFKC", disguised("wide", "call 138! now~")) == "call 138! now~"


def test_traditional_characters_mean_the_same() -> None:
    assert disguised("traditional", "代开发票，优惠贷款") == "代開發票，優惠貸款"


def test_places_of_hidden_words_are_those_of_all_keywords() -> None:
    assert keyword_places("我代开发票给你，加微信") == [1, 2, 3, 4, 8, 9, 10]
    assert keyword_places("妈我到家了") == []


def test_disguises_are_put_on_one_after_the_other() -> None:
    rng = chance(3)
    by_hand = OBFUSCATORS["traditional"](OBFUSCATORS["signs"](SPAM, rng), rng)

    assert obfuscate(SPAM, ["signs", "traditional"], chance(3)) == by_hand
    assert obfuscate(SPAM, [], chance(3)) == SPAM
