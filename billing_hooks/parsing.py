"""Understands what a subscriber texted; pure, never raises, never guesses.

After full-width forms, case, invisible characters and the marks around a text are levelled, *every* word of it must be
one of these, or the text is not understood:

- `0000` or `00000`, alone: list what I pay for;
- a verb: `T`, `TD`, `QX`, `退订`, `取消`, alone or with what follows it;
- a number from 1 to 999 (items end at 99, codes of reminders begin at 100), or the full name of a service;
- a courtesy from a closed list (谢谢, 请, 我要, please ...), which changes nothing.

Words are separated by `，` `,` `、` or spaces. So `退订，谢谢` is a cancellation, while `不退订`, `退订？`, `1-3`,
`全部退订` and `T0` are not understood. There is no command that cancels everything.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

LONGEST = 200
"""Characters of the longest text that is looked at; no command comes near it."""

VERBS = ("td", "t", "qx", "退订", "取消")
OPENINGS = ("请帮我", "帮我", "我要", "我想", "请")
COURTESIES = frozenset({"谢谢", "谢谢你", "谢谢您", "谢了", "多谢", "你好", "您好", "请", "please", "thanks"})
BRACKETS = "\"'“”‘’「」『』《》【】()<>[] \t\r\n"
ENDINGS = "。.!~,、;:"

_ZEROS = re.compile(r"0{4,5}")
_NUMBER = re.compile(r"[1-9][0-9]{0,2}")
_COMMAS = re.compile(r"[,、]")


@dataclass(frozen=True)
class ListWanted:
    """The subscriber wants to see everything that costs money."""


@dataclass(frozen=True)
class CancelAsked:
    """The subscriber cancels: by numbers, by service codes, or (neither) what the text answers to.

    `verb` is False when only numbers or names were sent.
    """

    verb: bool
    numbers: tuple[int, ...] = ()
    services: tuple[str, ...] = ()

    @property
    def bare(self) -> bool:
        """Whether nothing is named."""
        return not (self.numbers or self.services)


@dataclass(frozen=True)
class NotUnderstood:
    """Anything else."""


Intent = ListWanted | CancelAsked | NotUnderstood


@dataclass
class _Reading:
    """What the words so far have said; `failed` once one of them was not a known word."""

    zeros: bool = False
    verb: bool = False
    numbers: list[int] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    failed: bool = False


def level(text: str) -> str:
    """Level full-width forms, case, invisible characters, and marks around a text."""
    flat = unicodedata.normalize("NFKC", text).casefold()
    seen = "".join(sign for sign in flat if unicodedata.category(sign) != "Cf")
    return seen.rstrip(BRACKETS + ENDINGS).lstrip(BRACKETS)


def name_key(name: str) -> str:
    """Give the form in which the name of a service is compared: levelled, without spaces."""
    return "".join(level(name).split())


def understand(text: str, names: Mapping[str, str]) -> Intent:
    """Give what a text asks for; `names` maps `name_key` of each service's names to its code."""
    if len(text) > LONGEST:
        return NotUnderstood()
    reading = _Reading()
    for word in _words(level(text), names):
        _read(word, names, reading)
    asked = reading.verb or reading.numbers or reading.services
    if reading.failed or not (reading.zeros or asked) or (reading.zeros and asked):
        return NotUnderstood()
    if reading.zeros:
        return ListWanted()
    return CancelAsked(reading.verb, tuple(dict.fromkeys(reading.numbers)), tuple(dict.fromkeys(reading.services)))


def _words(text: str, names: Mapping[str, str]) -> Iterator[str]:
    """Cut at commas and spaces; a chunk that is one name, or a verb and a name, keeps its spaces out."""
    for chunk in _COMMAS.split(text):
        joined = name_key(chunk)
        if joined in names or any(rest in names for rest in _after_verb(joined)):
            yield joined
        else:
            yield from chunk.split()


def _after_verb(word: str) -> Iterator[str]:
    for verb in VERBS:
        if word.startswith(verb):
            yield word.removeprefix(verb)


def _read(word: str, names: Mapping[str, str], reading: _Reading) -> None:
    """Add what one word says."""
    if word in COURTESIES or _read_item(word, names, reading):
        return
    if _ZEROS.fullmatch(word):
        reading.zeros = True
        return
    for opening in OPENINGS:
        if word.startswith(opening):
            word = word.removeprefix(opening)
            break
    for rest in _after_verb(word):
        if not rest or _read_item(rest, names, reading):
            reading.verb = True
            return
    reading.failed = True


def _read_item(word: str, names: Mapping[str, str], reading: _Reading) -> bool:
    if word in names:
        reading.services.append(names[word])
    elif _NUMBER.fullmatch(word):
        reading.numbers.append(int(word))
    else:
        return False
    return True
