"""What fills the slots of a template: values from `slots.toml`, and numbers, names and links made up on the spot."""

from __future__ import annotations

import random
import string
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

Fill = Callable[[random.Random], str]

_VALUES: Final = Path(__file__).with_name("slots.toml")
_PLATES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_LETTERS: Final = string.ascii_lowercase


def digits(rng: random.Random, count: int) -> str:
    """A run of digits that does not begin with 0."""
    return str(rng.randint(1, 9)) + "".join(str(rng.randint(0, 9)) for _ in range(count - 1))


@cache
def _values() -> Mapping[str, list[str]]:
    return tomllib.loads(_VALUES.read_text(encoding="utf-8"))


@cache
def fills() -> Mapping[str, Fill]:
    """Every slot by its name."""
    listed = {name: _one_of(values) for name, values in _values().items()}
    return {**listed, **_MADE}


def _one_of(values: list[str]) -> Fill:
    return lambda rng: rng.choice(values)


def _pick(name: str, rng: random.Random) -> str:
    return rng.choice(_values()[name])


def _name(rng: random.Random) -> str:
    return _pick("surname", rng) + _pick("given", rng)


def _phone(rng: random.Random) -> str:
    number = _pick("prefixes", rng) + "".join(str(rng.randint(0, 9)) for _ in range(8))
    shape = rng.random()
    if shape < 0.06:  # noqa: PLR2004 - some write it in groups
        return f"{number[:3]}-{number[3:7]}-{number[7:]}"
    return f"{number[:3]} {number[3:7]} {number[7:]}" if shape < 0.09 else number  # noqa: PLR2004


def _landline(rng: random.Random) -> str:
    area, number = rng.choice(["010", "021", "020", "0755", "0571", "025", "028", "023", "0512"]), digits(rng, 8)
    return f"{area}{rng.choice(['-', '', '-'])}{number}"


def _hotline(rng: random.Random) -> str:
    if rng.random() < 0.4:  # noqa: PLR2004 - the share of 400 numbers
        number = f"{rng.choice(['400', '400', '800'])}{digits(rng, 7)}"
        return number if rng.random() < 0.6 else f"{number[:3]}-{number[3:6]}-{number[6:]}"  # noqa: PLR2004
    return _pick("hotlines", rng)


def _amount(rng: random.Random) -> str:
    value = rng.choice([10, 100, 1000, 10000, 100000]) * rng.uniform(0.1, 1)
    return f"{value:,.2f}" if rng.random() < 0.6 else f"{value:.2f}"  # noqa: PLR2004


def _money(rng: random.Random) -> str:
    return rng.choice(
        [str(rng.randint(1, 99) * 10), str(rng.randint(1, 99) * 100), f"{rng.randint(1, 99)}万", f"{digits(rng, 4)}"]
    )


def _price(rng: random.Random) -> str:
    return rng.choice([f"{rng.randint(1, 999)}", f"{rng.randint(1, 199)}.{rng.choice('589')}", f"{digits(rng, 2)}.90"])


def _date(rng: random.Random) -> str:
    month, day = rng.randint(1, 12), rng.randint(1, 28)
    shapes = [
        f"{month}月{day}日",
        f"{month}月{day}日",
        f"{month}月{day}号",
        f"{month:02}月{day:02}日",
        f"{month}.{day}",
    ]
    return rng.choice(
        [*shapes, f"{month}/{day}", f"{_year(rng)}-{month:02}-{day:02}", f"{_year(rng)}年{month}月{day}日"]
    )


def _time(rng: random.Random) -> str:
    hour, minute = rng.randint(6, 23), rng.choice([0, 0, 15, 30, 45, rng.randint(0, 59)])
    return rng.choice([f"{hour}:{minute:02}", f"{hour:02}:{minute:02}", f"{hour}点", f"{hour}时{minute:02}分"])


def _year(rng: random.Random) -> str:
    return str(rng.randint(2014, 2026))


def _word(rng: random.Random, shortest: int, longest: int, alphabet: str = _LETTERS) -> str:
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(shortest, longest)))


def _url(rng: random.Random) -> str:
    host = f"{rng.choice(['www.', 'm.', '', '', 'h5.'])}{_word(rng, 3, 8)}.{_pick('tld_official', rng)}"
    path = rng.choice(["", "/", f"/{_word(rng, 1, 4)}", f"/{_word(rng, 1, 6, _LETTERS + string.digits)}"])
    return f"{rng.choice(['https://', 'http://', '', ''])}{host}{path}"


def _shorturl(rng: random.Random) -> str:
    path = _word(rng, 4, 8, string.ascii_letters + string.digits)
    return f"{rng.choice(['http://', 'https://', '', ''])}{_pick('short_hosts', rng)}/{path}"


def _badurl(rng: random.Random) -> str:
    if rng.random() < 0.05:  # noqa: PLR2004 - a bare address now and then
        return f"http://{'.'.join(str(rng.randint(2, 250)) for _ in range(4))}/{_word(rng, 1, 5)}"
    alphabet = rng.choice([_LETTERS, _LETTERS + string.digits, string.digits])
    name = _word(rng, 4, 9, alphabet)
    if rng.random() < 0.35:  # noqa: PLR2004 - imitations of known hosts
        known = rng.choice(
            ["etc", "icbc", "ccb", "10086", "95588", "gov", "sf", "ems", "jd", "boc", "unionpay", "12123"]
        )
        name = rng.choice(
            [
                f"{known}-{_word(rng, 2, 5, alphabet)}",
                f"{known}{_word(rng, 1, 4, alphabet)}",
                f"wap.{known}{_word(rng, 2, 3)}",
            ]
        )
    path = rng.choice(["", "", "/", f"/{_word(rng, 1, 6, _LETTERS + string.digits)}"])
    return f"{rng.choice(['http://', 'https://', '', ''])}{name}.{_pick('tld_odd', rng)}{path}"


def _wechat(rng: random.Random) -> str:
    return rng.choice(
        [
            f"{_word(rng, 2, 6)}{digits(rng, rng.randint(2, 6))}",
            f"{_word(rng, 6, 10)}",
            _phone(rng).replace("-", "").replace(" ", ""),
            f"{_word(rng, 1, 3)}_{digits(rng, 4)}",
        ]
    )


def _plate(rng: random.Random) -> str:
    tail = _word(rng, 5, 5, "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789")
    letter = rng.choice("ABCDEFGHJK")
    return rng.choice(
        [
            f"{rng.choice(_PLATES)}{letter}{tail}",
            f"{rng.choice(_PLATES)}{letter}·{tail}",
            f"{rng.choice(_PLATES)}{letter}*{tail[2:]}",
        ]
    )


def _tracking(rng: random.Random) -> str:
    return f"{rng.choice(['SF', 'YT', 'JD', '77', '43', 'JT', ''])}{digits(rng, rng.choice([12, 13, 15]))}"


def _pickup(rng: random.Random) -> str:
    return rng.choice(
        [
            f"{rng.randint(1, 30)}-{rng.randint(1, 9)}-{digits(rng, 4)}",
            digits(rng, 6),
            digits(rng, 8),
            f"{rng.choice('ABCD')}{digits(rng, 4)}",
            f"{rng.randint(1, 20)}-{digits(rng, 4)}",
        ]
    )


def _train(rng: random.Random) -> str:
    return f"{rng.choice('GDCKZT')}{digits(rng, rng.choice([2, 3, 4]))}"


def _flight(rng: random.Random) -> str:
    return f"{rng.choice(['CA', 'MU', 'CZ', 'HU', 'MF', '3U', 'ZH', '9C', 'HO', 'SC'])}{digits(rng, 4)}"


_MADE: Final[Mapping[str, Fill]] = {
    "name": _name,
    "phone": _phone,
    "landline": _landline,
    "hotline": _hotline,
    "code4": lambda rng: f"{rng.randint(0, 9999):04}",
    "code6": lambda rng: f"{rng.randint(0, 999999):06}",
    "card4": lambda rng: f"{rng.randint(0, 9999):04}",
    "amount": _amount,
    "money": _money,
    "price": _price,
    "percent": lambda rng: f"{rng.choice([5, 10, 15, 20, 30, 50, 80, 100, rng.randint(1, 99)])}%",
    "discount": lambda rng: rng.choice([f"{rng.randint(1, 9)}折", f"{rng.randint(1, 9)}.{rng.randint(1, 9)}折"]),
    "date": _date,
    "time": _time,
    "month": lambda rng: f"{rng.randint(1, 12)}月",
    "year": _year,
    "n": lambda rng: str(rng.randint(1, 99)),
    "days": lambda rng: str(rng.randint(2, 30)),
    "url": _url,
    "shorturl": _shorturl,
    "badurl": _badurl,
    "qq": lambda rng: digits(rng, rng.randint(7, 10)),
    "wechat": _wechat,
    "order": lambda rng: digits(rng, rng.randint(8, 18)),
    "plate": _plate,
    "tracking": _tracking,
    "pickup": _pickup,
    "train": _train,
    "flight": _flight,
}
