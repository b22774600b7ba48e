"""Normalised text: one spelling for the many ways of writing the same SMS, and a count of the tricks undone."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff"
_MAX_PASSES: Final = 16
# What NFKC would do anyway; done first, most texts need no more of it, at an eighth of the time.
_COMMON_WIDE: Final = tuple((wide, unicodedata.normalize("NFKC", wide)) for wide in "，：！？；（）～…％\xa0\u3000")

# Control, format, combining, private-use and replacement characters and lone surrogates: none carries meaning here.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u0300-\u036f\u0483-\u0489\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160"
    "\u17b4\u17b5\u180b-\u180e\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\u2800"
    "\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\uffa0\ufff0-\uffff\U0001d173-\U0001d17a"
    "\U000e0000-\U0010ffff]+"
)
_ZERO_WIDTH_TRICK: Final = re.compile(r"(?<=\w)[\xad\u0336\u0338\u200b-\u200f\u2060-\u2064\ufeff]+(?=\w)")

# ➀-➓ and ❶-❿ stay as they are under NFKC; ①, ⑴ and １ do not need the table.
_ROUND: Final = re.compile("[\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792]")
_ROUND_DIGITS: Final = {"\u24ff": "0"} | {
    chr(first + digit): str(digit + 1) for first in (0x2776, 0x2780, 0x278A) for digit in range(9)
}
_CHINESE_DIGITS: Final = str.maketrans("〇零○一二三四五六七八九壹贰叁肆伍陆柒捌玖", "000123456789123456789")
_DIGIT_RUN: Final = re.compile("[0-9〇零○一二三四五六七八九壹贰叁肆伍陆柒捌玖]{5,}")
_LETTER_ZERO: Final = re.compile(r"(?<![a-z0-9./:_-])[0-9]++o[0-9o]*+(?![a-z])")

# Symbols that are never ordinary between two Chinese characters. Sentence punctuation, `-`, `~` and blanks are, so they
# go only from a chain of single characters.
_SYMBOLS: Final = r"\\/|_*^`+=#@$&·•\xa8\xaf\u2190-\u21ff\u2500-\u25ff\u2600-\u27bf"
_INSERTED: Final = re.compile(rf"[{_SYMBOLS}](?<=[{HAN}].)[{_SYMBOLS}]{{0,3}}(?=[{HAN}])")
_CHAIN: Final = re.compile(rf"(?<![{HAN}])[{HAN}](?:[^\w]{{1,16}}[{HAN}](?![{HAN}])){{2,}}")
_NOT_HAN: Final = re.compile(rf"[^{HAN}]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """A normalised text and how many disguises (hidden characters, inserted symbols, letters for digits) it wore."""

    text: str
    disguises: int


def read(text: str) -> Reading:
    """Normalise and count the disguises. Any string is fine, lone surrogates too; cost is linear in its length."""
    disguises = 0
    for _ in range(_MAX_PASSES):
        text, found, settled = _one_pass(text)
        disguises += found
        if settled:
            break
    return Reading(text, disguises)


def normalise(text: str) -> str:
    """The text in lower case and NFKC, on one line, without hidden characters, digits as digits, split words joined.

    Idempotent: `normalise(normalise(text)) == normalise(text)`. Never raises.
    """
    return read(text).text


def _one_pass(text: str) -> tuple[str, int, bool]:
    """The text one step cleaner, the disguises undone, and whether another pass would change nothing."""
    for wide, narrow in _COMMON_WIDE:
        text = text.replace(wide, narrow)
    text = unicodedata.normalize("NFKC", text).lower()
    settled = unicodedata.is_normalized("NFKC", text)
    found = 0
    if _INVISIBLE.search(text):
        found += len(_ZERO_WIDTH_TRICK.findall(text))
        text, settled = _INVISIBLE.sub("", text), False
    text = " ".join(text.split())
    for undo in (_letters_to_zeros, _signs_to_digits, _parts_to_words):
        text, undone = undo(text)
        found += undone
        settled = settled and not undone
    return text, found, settled


def _letters_to_zeros(text: str) -> tuple[str, int]:
    return _LETTER_ZERO.subn(lambda match: match[0].replace("o", "0"), text) if "o" in text else (text, 0)


def _signs_to_digits(text: str) -> tuple[str, int]:
    text, undone = _ROUND.subn(lambda match: _ROUND_DIGITS[match[0]], text)
    if any(not run.isascii() for run in _DIGIT_RUN.findall(text)):
        text, undone = _DIGIT_RUN.sub(lambda match: match[0].translate(_CHINESE_DIGITS), text), undone + 1
    return text, undone


def _parts_to_words(text: str) -> tuple[str, int]:
    text, inserted = _INSERTED.subn("", text)
    text, chains = _CHAIN.subn(lambda match: _NOT_HAN.sub("", match[0]), text)
    return text, inserted + chains
