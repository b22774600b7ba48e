"""Fills the slots of a template with believable, invented values."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from typing import Final

SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗"
CITIES = ("北京", "上海", "广州", "杭州", "成都", "武汉", "西安", "长沙", "沈阳", "昆明")
PLACES = ("朝阳", "文昌", "翠湖", "锦绣", "和平", "解放路", "东湖", "阳光里", "青年公园", "火车站")
BANKS = ("云杉银行", "海港银行", "城南农商行", "晨光银行", "江畔银行")
COURIERS = ("飞燕快递", "白鹭速运", "驿达快递", "小马配送")
COMPANIES = ("栗子出行", "青禾商城", "知更鸟课堂", "蓝莓音乐", "橙子外卖", "河马生鲜", "松果医生", "云雀旅行")
MOBILE_HEADS = ("134", "135", "136", "137", "138", "139", "150", "151", "158", "159", "182", "187", "188")


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices(string.digits, k=count))


def _letters(rng: random.Random, count: int) -> str:
    return "".join(rng.choices(string.ascii_lowercase, k=count))


def mobile(rng: random.Random) -> str:
    """Give a mobile number of eleven digits."""
    return rng.choice(MOBILE_HEADS) + _digits(rng, 8)


def _money(rng: random.Random, low: int, high: int) -> str:
    return f"{rng.randint(low, high)}.{rng.choice(('00', '00', '50', '80'))}"


SLOTS: Final[dict[str, Callable[[random.Random], str]]] = {
    "amount": lambda rng: _money(rng, 100, 9000),
    "balance": lambda rng: _money(rng, 500, 60000),
    "bank": lambda rng: rng.choice(BANKS),
    "card": lambda rng: "6200" + _digits(rng, 15),
    "city": lambda rng: rng.choice(CITIES),
    "code": lambda rng: _digits(rng, 6),
    "company": lambda rng: rng.choice(COMPANIES),
    "courier": lambda rng: rng.choice(COURIERS),
    "date": lambda rng: str(rng.randint(1, 28)),
    "hour": lambda rng: str(rng.randint(8, 20)),
    "minute": lambda rng: f"{rng.randint(0, 59):02}",
    "minutes": lambda rng: rng.choice(("5", "10", "15")),
    "month": lambda rng: str(rng.randint(1, 12)),
    "number": lambda rng: str(rng.randint(18, 99)),
    "parcel": lambda rng: _letters(rng, 2).upper() + _digits(rng, 10),
    "phone": mobile,
    "pickup": lambda rng: f"{rng.randint(1, 9)}-{rng.randint(1, 9)}-{_digits(rng, 4)}",
    "place": lambda rng: rng.choice(PLACES),
    "price": lambda rng: str(rng.randint(2, 19) * 50),
    "qq": lambda rng: str(rng.randint(1, 9)) + _digits(rng, 8),
    "site": lambda rng: f"{_letters(rng, 3)}{_digits(rng, 2)}.example/{_letters(rng, 2)}",
    "small": lambda rng: str(rng.randint(2, 9)),
    "surname": lambda rng: rng.choice(SURNAMES),
    "tail": lambda rng: _digits(rng, 4),
    "wx": lambda rng: _letters(rng, 2) + _digits(rng, 6),
}
"""Every slot by name."""


class _Values(dict[str, str]):
    """Makes the value of a slot when it is asked for, the same one within a text."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self._rng = rng

    def __missing__(self, name: str) -> str:
        self[name] = SLOTS[name](self._rng)
        return self[name]


def fill(text: str, rng: random.Random) -> str:
    """Give a text with its slots filled in.

    Raises:
        KeyError: a slot that is not in `SLOTS`.
    """
    return text.format_map(_Values(rng))
