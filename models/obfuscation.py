"""The ways in which spammers hide words, done on purpose: for training on disguises and for measuring what they cost.

Homophones come from a pinyin dictionary, not from the tables that undo them, so the measurement is not of itself.
"""

from __future__ import annotations

import random
import tomllib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

_TABLE: Final = Path(__file__).with_name("obfuscation.toml")
_HAN: Final = ("\u4e00", "\u9fff")
_COMMON: Final = "gb2312"  # its first level, 3,755 characters in everyday use
_WORD_SHARE: Final = 0.6
_OTHER_SHARE: Final = 0.08
_HIDDEN: Final = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_SIGNS: Final = "↓→*|/.•☆~^_-+=。、·`'#★♂"
_DIGIT_SETS: Final = (
    "０１２３４５６７８９",
    "⓪①②③④⑤⑥⑦⑧⑨",
    "零一二三四五六七八九",
    "零壹贰叁肆伍陆柒捌玖",
    "o1234567890"[:10],
)
_LONG_NUMBER: Final = 5


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))


@cache
def _sounds() -> Mapping[str, tuple[str, ...]]:
    """Common characters by their toneless pinyin."""
    from pypinyin import lazy_pinyin

    by_sound: defaultdict[str, list[str]] = defaultdict(list)
    for lead in range(0xB0, 0xD8):
        for trail in range(0xA1, 0xFF):
            try:
                character = bytes((lead, trail)).decode(_COMMON)
            except UnicodeDecodeError:
                continue
            by_sound[lazy_pinyin(character)[0]].append(character)
    return {sound: tuple(characters) for sound, characters in by_sound.items()}


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("s2t")


def _is_han(character: str) -> bool:
    return _HAN[0] <= character <= _HAN[1]


def keyword_places(text: str) -> list[int]:
    """Places of the characters that belong to a word spammers hide."""
    places: set[int] = set()
    for word in _table()["keywords"]:
        start = text.find(word)
        while start >= 0:
            places.update(range(start, start + len(word)))
            start = text.find(word, start + 1)
    return sorted(places)


def _replace(text: str, rng: random.Random, substitute: Callable[[str], str | None], other: float = 0.0) -> str:
    hidden = set(keyword_places(text))
    return "".join(
        (substitute(character) or character)
        if rng.random() < (_WORD_SHARE if place in hidden else other if _is_han(character) else 0)
        else character
        for place, character in enumerate(text)
    )


def _insert(text: str, rng: random.Random, signs: str) -> str:
    """A sign between the characters of a hidden word, now and then elsewhere between two Chinese characters."""
    hidden, sign = set(keyword_places(text)), rng.choice(signs)
    parts = [text[:1]]
    for place, (left, right) in enumerate(pairwise(text)):
        inside = place in hidden and place + 1 in hidden
        if _is_han(left) and _is_han(right) and rng.random() < (_WORD_SHARE if inside else _OTHER_SHARE):
            parts.append(sign if rng.random() < 0.8 else rng.choice(signs))  # noqa: PLR2004 - mostly the same sign
        parts.append(right)
    return "".join(parts)


def _homophones(text: str, rng: random.Random) -> str:
    from pypinyin import lazy_pinyin

    def sound_alike(character: str) -> str | None:
        alike = [other for other in _sounds().get(lazy_pinyin(character)[0], ()) if other != character]
        return rng.choice(alike) if alike else None

    return _replace(text, rng, sound_alike)


def _pinyin(text: str, rng: random.Random) -> str:
    from pypinyin import lazy_pinyin

    return _replace(text, rng, lambda character: lazy_pinyin(character)[0] if _is_han(character) else None)


def _from_table(name: str, other: float = 0.0) -> Callable[[str, random.Random], str]:
    def change(text: str, rng: random.Random) -> str:
        table: Mapping[str, list[str]] = _table()[name]
        return _replace(
            text, rng, lambda character: rng.choice(table[character]) if character in table else None, other
        )

    return change


def _digits(text: str, rng: random.Random) -> str:
    signs = rng.choice(_DIGIT_SETS)
    out, run = [], ""
    for character in text + "\n":
        if character.isascii() and character.isdigit():
            run += character
            continue
        if len(run) >= _LONG_NUMBER:
            run = "".join(signs[int(digit)] if rng.random() < _WORD_SHARE else digit for digit in run)
        out.append(run + character)
        run = ""
    return "".join(out)[:-1]


def _wide(text: str, _rng: random.Random) -> str:
    return "".join(chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in text)


OBFUSCATORS: Final[Mapping[str, Callable[[str, random.Random], str]]] = {
    "hidden": lambda text, rng: _insert(text, rng, _HIDDEN),
    "signs": lambda text, rng: _insert(text, rng, _SIGNS),
    "blanks": lambda text, rng: _insert(text, rng, " "),
    "homophones": _homophones,
    "lookalikes": _from_table("lookalikes", _OTHER_SHARE),
    "split": _from_table("split", _OTHER_SHARE),
    "pinyin": _pinyin,
    "traditional": lambda text, _rng: str(_converter().convert(text)),
    "digits": _digits,
    "wide": _wide,
    "pictures": _from_table("pictures"),
}


def obfuscate(text: str, names: Sequence[str], rng: random.Random) -> str:
    """The text with these disguises (names of `OBFUSCATORS`) put on one after the other."""
    for name in names:
        text = OBFUSCATORS[name](text, rng)
    return text
