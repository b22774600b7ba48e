"""Disguises a text as spammers do: split words, look-alike and sound-alike characters, digits in other writing."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

SOUND_ALIKE: Final = {
    "微信": "薇信", "发票": "髮漂", "加微": "➕薇", "办证": "办正", "赌": "堵", "娱乐": "娛楽",
    "博彩": "菠菜", "注册": "紸冊", "彩金": "采金", "票": "漂", "银行卡": "茵行咔", "联系": "联係", "代开": "代幵",
    "电话": "電活", "视频": "视瀕", "转账": "转帐",
}  # fmt: skip
MARKS = "*.|/-+~"
CIRCLED: Final = dict(zip("0123456789", "⓪①②③④⑤⑥⑦⑧⑨", strict=True))
FULL_WIDTH: Final = {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)}


def _sound_alike(text: str, _rng: random.Random) -> str:
    for word, other in SOUND_ALIKE.items():
        text = text.replace(word, other)
    return text


def _split(text: str, rng: random.Random) -> str:
    """Put a mark between some of the Chinese characters."""
    mark = rng.choice(MARKS)
    return "".join(sign + mark if "一" <= sign <= "鿿" and rng.random() < 0.25 else sign for sign in text)  # noqa: PLR2004 - a share


def _circled_digits(text: str, _rng: random.Random) -> str:
    return "".join(CIRCLED.get(sign, sign) for sign in text)


def _full_width(text: str, _rng: random.Random) -> str:
    return "".join(FULL_WIDTH.get(sign, sign) for sign in text)


def _zero_width(text: str, rng: random.Random) -> str:
    return "".join(sign + ("\u200b" if rng.random() < 0.2 else "") for sign in text)  # noqa: PLR2004 - a share


WAYS: Final[tuple[Callable[[str, random.Random], str], ...]] = (
    _sound_alike, _split, _circled_digits, _full_width, _zero_width,
)  # fmt: skip


def disguise(text: str, rng: random.Random) -> str:
    """Give a text disguised in one or two ways."""
    for way in rng.sample(WAYS, k=rng.randint(1, 2)):
        text = way(text, rng)
    return text
