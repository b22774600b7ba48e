"""Features: every column is the one that a slow and plain reading of the n-grams gives."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features import Features, FeatureSettings
from models.masking import mask
from models.outline import outline
from models.text import Reading, read_many

SETTINGS = FeatureSettings(bits=18, characters=3, words=2)
FEATURES = Features(SETTINGS, ("平特一肖",))
TEXTS = [
    "",
    "嗯",
    "  好 的  ",
    "a",
    "!!!!!",
    "【微光】验证码482913，5分钟内有效，请勿泄露给他人。",
    "本期平特一肖公开，加薇信 vx8821，详情 http://t.cn/a 回T退订",
    "代↓开各类发·票，税点低 13500005555 李生",
    "Hello, see you at 8:30 tonight. 明天 meeting 改到3点",
    "新年快乐😀𠮷祥",
    "哈" * 300,
]
ANY_TEXT = st.text(st.characters(codec=None), max_size=40) | st.sampled_from(TEXTS)
SPREAD, ODD, OTHER = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
WORD, PAIR, OUTLINE = 11, 13, 17


def mixed(number: int) -> int:
    """SplitMix64's finaliser, on a number of any size taken to 64 bits."""
    number %= 2**64
    number = (number ^ number >> 30) * ODD % 2**64
    number = (number ^ number >> 27) * OTHER % 2**64
    return number ^ number >> 31


def slow_columns(reading: Reading, features: Features) -> Counter[int]:
    """Every feature of one text, one at a time, as the module describes them."""
    masked, settings = mask(reading), features.settings
    found = [*character_hashes(masked, settings.characters), *outline_hashes(masked, len(reading.text))]
    if settings.words:
        found += word_hashes(features.cut(masked), settings.words)
    return Counter(mixed(number) >> 64 - settings.bits for number in found)


def character_hashes(masked: str, longest: int) -> list[int]:
    found = []
    for size in range(1, longest + 1):
        for start in range(len(masked) - size + 1):
            gram = masked[start : start + size]
            if gram != " ":
                number = 0
                for sign in gram:
                    number = number * SPREAD + ord(sign)
                found.append(number * SPREAD + size)
    return found


def word_hashes(words: list[str], longest: int) -> list[int]:
    kept = [word for word in words if word[0] not in " \n"]
    hashes = [mixed(sum(ord(sign) * SPREAD**place for place, sign in enumerate(word)) + len(word)) for word in kept]
    found = [number + WORD for word, number in zip(kept, hashes, strict=True) if len(word) > 1]
    if longest > 1:
        found += [one * SPREAD + other + PAIR for one, other in pairwise(hashes)]
    return found


def slow_outline(masked: str, length: int) -> list[int]:
    doublings = math.log2(length + 1)
    coarse, fine = min(int(doublings * 2), 16), min(int(doublings * 3), 25)
    first, last = (ord(masked[0]), ord(masked[-1])) if masked else (0, 0)
    shouts = min(masked.count("!"), 3)
    latin = min(sum("a" <= sign <= "z" for sign in masked) * 6 // max(len(masked), 1), 5)
    pairs = [(last, coarse), (fine, latin), (last, first), (first, shouts), (last, latin), (first, coarse)]
    return [coarse, fine, latin, last, first, shouts, *(one << 21 | other for one, other in pairs)]


def outline_hashes(masked: str, length: int) -> list[int]:
    return [mixed(value) * SPREAD + number * OUTLINE for number, value in enumerate(slow_outline(masked, length))]


def columns_by_text(readings: list[Reading], features: Features = FEATURES) -> list[Counter[int]]:
    found: list[Counter[int]] = [Counter() for _ in readings]
    for row, column in zip(*features.columns(readings), strict=True):
        found[int(row)][int(column)] += 1
    return found


@pytest.mark.parametrize("words", [0, 1, 2])
@pytest.mark.parametrize("characters", [1, 2, 3])
def test_every_column_is_the_one_of_the_slow_reading(characters: int, words: int) -> None:
    # Given settings, and texts of all kinds in one batch
    features = Features(FeatureSettings(bits=20, characters=characters, words=words), ("平特一肖",))
    readings = read_many(TEXTS)

    # Then each text has exactly the columns that a plain loop finds for it
    assert columns_by_text(readings, features) == [slow_columns(reading, features) for reading in readings]


@given(st.lists(ANY_TEXT, min_size=1, max_size=4))
def test_every_column_of_any_texts_is_the_one_of_the_slow_reading(texts: list[str]) -> None:
    readings = read_many(texts)

    assert columns_by_text(readings) == [slow_columns(reading, FEATURES) for reading in readings]


@given(st.lists(ANY_TEXT, min_size=2, max_size=5))
def test_a_text_has_the_same_features_alone_and_in_a_batch(texts: list[str]) -> None:
    together = FEATURES.matrix(texts)

    for place, text in enumerate(texts):
        alone = FEATURES.matrix([text])
        np.testing.assert_array_equal(together[place].indices, alone.indices)
        np.testing.assert_array_equal(together[place].data, alone.data)


def test_a_batch_longer_than_the_table_of_powers_is_read_as_a_short_one() -> None:
    # Given a fresh table of powers that holds 65,536, and more characters than that before the last text
    last = TEXTS[6]
    together = Features(SETTINGS, ("平特一肖",)).matrix(["长" * 9_000] * 8 + [last])

    np.testing.assert_array_equal(together[8].indices, FEATURES.matrix([last]).indices)


def test_rows_have_unit_length_and_hold_each_feature_once() -> None:
    matrix = FEATURES.matrix(TEXTS)

    assert matrix.shape == (len(TEXTS), 2**SETTINGS.bits)
    assert matrix.dtype == np.float32
    assert matrix.has_canonical_format
    np.testing.assert_allclose(matrix.multiply(matrix).sum(axis=1), 1, atol=1e-5)


def test_the_outline_alone_is_left_of_an_empty_text() -> None:
    assert FEATURES.matrix([""]).nnz == 12


def test_places_of_ngrams_point_into_the_joined_text() -> None:
    # Given two masked texts
    readings = read_many(TEXTS[5:7])
    masked = [mask(reading) for reading in readings]
    joined = "\n".join(masked) + "\n"

    # When all their n-grams are located
    grams = FEATURES.batch(readings).grams_of(np.ones(2, np.bool_))

    # Then none crosses from one text into the other, and each belongs to the text it lies in
    border = len(masked[0])
    for row, start, length in zip(grams.row, grams.start, grams.length, strict=True):
        assert "\n" not in joined[start : start + length]
        assert row == (start > border)


def test_ngrams_with_places_and_columns_without_differ_by_the_outline_alone() -> None:
    readings = read_many(TEXTS)
    grams = FEATURES.batch(readings).grams_of(np.ones(len(readings), np.bool_))

    placed: list[Counter[int]] = [Counter() for _ in readings]
    for row, column in zip(grams.row, grams.column, strict=True):
        placed[int(row)][int(column)] += 1

    for reading, of_grams, of_all in zip(readings, placed, columns_by_text(readings), strict=True):
        hashes = outline_hashes(mask(reading), len(reading.text))
        assert of_all - of_grams == Counter(mixed(number) >> 64 - SETTINGS.bits for number in hashes)


@given(st.lists(st.text("az! 国\ue000", max_size=70), min_size=1, max_size=4), st.data())
def test_the_outline_of_any_masked_texts_is_that_of_the_slow_reading(masked: list[str], data: st.DataObject) -> None:
    # Given masked texts, and how long they were before
    lengths = [data.draw(st.integers(0, 100_000)) for _ in masked]
    codes = np.frombuffer("".join(text + "\n" for text in masked).encode("utf-32-le"), np.uint32)

    # When their outlines are taken all at once
    found = outline(codes, np.flatnonzero(codes == ord("\n")), np.array(lengths))

    # Then each is what the text alone gives
    assert np.array(found).T.tolist() == [
        slow_outline(text, length) for text, length in zip(masked, lengths, strict=True)
    ]


def test_user_words_change_the_columns_of_the_texts_that_hold_them() -> None:
    plain = Features(SETTINGS)

    differ = [(plain.matrix([text]) != FEATURES.matrix([text])).nnz > 0 for text in TEXTS]

    assert [text for text, different in zip(TEXTS, differ, strict=True) if different] == [TEXTS[6]]
