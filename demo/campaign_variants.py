"""Variants of one campaign's text, as senders make them: other contacts and amounts, other words, more or less said."""

from __future__ import annotations

import random
import re
import string
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from models.obfuscation import OBFUSCATORS, obfuscate
from models.wording.slots import digits

_TABLE: Final = Path(__file__).with_name("campaign_variants.toml")
_LINK: Final = re.compile(r"(?<![A-Za-z0-9])((?:https?://)?)([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)((?:/[!-~]*)?)")
_CHAT_ID: Final = re.compile(r"(?i)((?:微信|薇信|威信|vx|wx|wechat|qq|扣扣)号?[:：]?\s?)([a-z0-9_-]{5,20})")
_LONG_NUMBER: Final = re.compile(r"(?<![0-9])[0-9]{5,20}(?![0-9])")
_SHORT_NUMBER: Final = re.compile(r"(?<![0-9])[0-9]{1,4}(?![0-9])")
_CLAUSE: Final = re.compile(r"[^,，。!！;；、?？ ]+[,，。!！;；、?？ ]*")
_LEAST_CLAUSES: Final = 4
_LARGEST_DROP: Final = 0.25
_ENDS: Final = ("com", "cn", "top", "vip", "cc")
_HALF: Final = 0.5
_DISGUISED: Final = 0.6


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))


def variant(text: str, rng: random.Random) -> str:
    """The text as another sender of the same campaign would send it, more often than not in a disguise or two."""
    text = _other_contacts(text, rng)
    for share, change in ((0.5, _other_amounts), (0.5, _other_names), (0.5, _synonyms), (0.4, _dropped), (0.4, _added)):
        if rng.random() < share:
            text = change(text, rng)
    if rng.random() < _DISGUISED:
        text = obfuscate(text, rng.sample(sorted(OBFUSCATORS), rng.choice([1, 1, 2])), rng)
    return text


def _word(rng: random.Random, shortest: int, longest: int) -> str:
    return "".join(rng.choice(string.ascii_lowercase) for _ in range(rng.randint(shortest, longest)))


def _other_contacts(text: str, rng: random.Random) -> str:
    text = _LINK.sub(lambda link: f"{link[1]}{_word(rng, 3, 8)}.{rng.choice(_ENDS)}{link[3]}", text)
    text = _CHAT_ID.sub(lambda found: f"{found[1]}{_word(rng, 2, 5)}{digits(rng, rng.randint(3, 6))}", text)
    return _LONG_NUMBER.sub(lambda number: digits(rng, len(number[0])), text)


def _other_amounts(text: str, rng: random.Random) -> str:
    return _SHORT_NUMBER.sub(lambda number: digits(rng, len(number[0])), text)


def _other_names(text: str, rng: random.Random) -> str:
    surnames = _table()["surnames"]
    person = f"([{surnames}])({'|'.join(_table()['titles'])})"
    return re.sub(person, lambda found: rng.choice(surnames) + found[2], text)


def _synonyms(text: str, rng: random.Random) -> str:
    for words in _table()["synonyms"]:
        for word in words:
            if word in text and rng.random() < _DISGUISED:
                text = text.replace(word, rng.choice([other for other in words if other != word]))
                break
    return text


def _dropped(text: str, rng: random.Random) -> str:
    clauses = _CLAUSE.findall(text)
    least = [place for place, clause in enumerate(clauses) if len(clause) <= _LARGEST_DROP * len(text)]
    if len(clauses) < _LEAST_CLAUSES or not least:
        return text
    gone = rng.choice(least)
    return "".join(clause for place, clause in enumerate(clauses) if place != gone)


def _added(text: str, rng: random.Random) -> str:
    added = rng.choice(_table()["additions"])
    return f"{added}，{text}" if rng.random() < _HALF else f"{text} {added}"
