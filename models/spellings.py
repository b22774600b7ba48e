"""How a sensitive word may be spelt: every disguised form that a table or a rule gives, found in a text at once.

Sounds are not written out: there are too many. `Sounds` compares syllables instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from typing import Final

import ahocorasick_rs as ac
import numpy as np
import numpy.typing as npt
import rjieba

from models.characters import one_by_one
from models.disguises import heard_words, sensitive_words, table

Bits = npt.NDArray[np.bool_]

LIKELY_BY_CHANCE: Final = 25
"""Two characters whose levels (see sounds.toml) add up to this stand side by side in ordinary text."""
MAX_FORMS: Final = 64
RARE: Final = 14
_PINYIN_ALONE: Final = 7
_BMP: Final = 0x10000
_HEARD: Final = 0xE000  # before the numbers of syllables: normalised text holds no private-use character
_PAIR_BITS: Final = 20
_PAIR_PRIME: Final = 40503


@dataclass(frozen=True, slots=True)
class Spelling:
    """A word that a form stands for, the kind of trick, and whether only a contact beside it makes it one."""

    word: str
    kind: str
    only_contact: bool = False


def pair_key(first: npt.NDArray[np.uint32], second: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """A hash of two characters, for a table of bits."""
    keys: npt.NDArray[np.uint32] = (first * np.uint32(_PAIR_PRIME) + second) & np.uint32((1 << _PAIR_BITS) - 1)
    return keys


def pair_bits(pairs: list[str]) -> Bits:
    """The table of bits of these pairs; some others share a bit with one of them."""
    codes = np.frombuffer("".join(pairs).encode("utf-32-le"), np.uint32)
    bits = np.zeros(1 << _PAIR_BITS, bool)
    bits[pair_key(codes[::2], codes[1::2])] = True
    return bits


@cache
def spellings() -> dict[str, Spelling]:
    """Every form that is written out, and what it stands for; a form that is itself a word is left out."""
    found: dict[str, Spelling] = {}
    words = table("words")
    parts = table("parts")["split"]
    for word, ways in parts["always"].items():
        found |= dict.fromkeys(ways, Spelling(word, "split"))
    for word in sensitive_words():
        for kind, forms in (
            ("split", _apart(word, parts["apart"])),
            ("lookalike", _alike(word)),
            ("pinyin", _spelt(word)),
        ):
            found |= dict.fromkeys(forms, Spelling(word, kind))
    found |= {form: Spelling(word, "pinyin") for form, word in _whole().items()}
    for kind, phrases in (*words["forms"].items(), *table("signs")["phrases"].items()):
        for word, ways in phrases.items():
            found |= dict.fromkeys(ways, Spelling(word, kind))
    for kind, contacts in words["contacts"].items():
        for word, ways in contacts.items():
            found |= dict.fromkeys(ways, Spelling(word, kind, only_contact=True))
            found |= {adding + way: Spelling("加" + word, kind) for way in ways for adding in "加+"}
    read = {one_by_one(form): spelling for form, spelling in found.items()}
    return {
        form: spelling for form, spelling in read.items() if form != spelling.word and form not in sensitive_words()
    }


@cache
def finder() -> tuple[ac.AhoCorasick, tuple[str, ...]]:
    """Finds the forms of `spellings`, leftmost and longest first; a place in the tuple for each pattern."""
    forms = tuple(spellings())
    return ac.AhoCorasick(forms, matchkind=ac.MatchKind.LeftmostLongest, implementation=ac.Implementation.DFA), forms


@cache
def word_finder() -> ac.AhoCorasick:
    """Finds the sensitive words themselves."""
    return ac.AhoCorasick(sensitive_words(), matchkind=ac.MatchKind.LeftmostLongest)


@dataclass(frozen=True, slots=True, eq=False)
class Sounds:
    """Syllables of characters (0: none of interest), how common they are as words, and pairs."""

    syllable: npt.NDArray[np.uint16]
    alone: npt.NDArray[np.uint8]
    count: int
    pairs: Bits
    half_kept: Bits
    ordinary: Bits
    words: Bits
    spelling: dict[str, str]
    by_sound: dict[str, tuple[str, ...]]


@cache
def sounds() -> Sounds:
    """The tables of sounds.toml as arrays over the code points."""
    read = table("sounds")
    syllable = np.zeros(_BMP, np.uint16)
    spelling: dict[str, str] = {}
    for number, (sound, characters) in enumerate(read["sounds"].items(), start=1):
        syllable[_codes(characters)] = number
        spelling |= dict.fromkeys(characters, sound)
    count = len(read["sounds"]) + 1
    alone = np.zeros(_BMP, np.uint8)
    for level, characters in read["alone"].items():
        alone[_codes(characters)] = int(level)
    own = sorted({pair for word in sensitive_words() for pair in _pairs(word)})
    pairs = np.zeros(count * count, bool)
    half_kept = np.zeros(1 << _PAIR_BITS, bool)
    freely = table("words")["sounds"]["freely"]
    by_sound: dict[str, list[str]] = {}
    for word in heard_words():
        heard = [int(syllable[ord(character)]) for character in word]
        if len(word) > 1:
            by_sound.setdefault("".join(chr(_HEARD + number) for number in heard), []).append(word)
        for place, (first, second) in enumerate(pairwise(heard)):
            pairs[first * count + second] = True
            kept = (ord(word[place]), second), (first, ord(word[place + 1]))
            for one, other in (*kept, *[(first, second)] * (word in freely)):
                half_kept[(one * _PAIR_PRIME + other) % len(half_kept)] = True
    ordinary = pair_bits(own + read["ordinary"]["pairs"].split())
    return Sounds(
        syllable, alone, count, pairs, half_kept, ordinary, pair_bits(own), spelling,
        {heard: tuple(words) for heard, words in by_sound.items()},
    )  # fmt: skip


@cache
def sound_finder() -> tuple[ac.AhoCorasick, tuple[str, ...]]:
    """Finds words in a text of syllable numbers."""
    heard = tuple(sounds().by_sound)
    return ac.AhoCorasick(heard, matchkind=ac.MatchKind.LeftmostLongest), heard


def as_heard(text: str) -> str:
    """The text with a private-use character for the syllable of each character that has one of interest."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    heard = sounds().syllable[np.minimum(codes, _BMP - 1)]
    return np.where(heard, heard + np.uint32(_HEARD), codes).astype(np.uint32).tobytes().decode("utf-32-le")


def is_likely_by_chance(form: str, word: str) -> bool:
    """Say whether a pair in which the form differs from the word is common where words meet."""
    known = sounds()
    for place, (first, second) in enumerate(pairwise(form)):
        if form[place : place + 2] == word[place : place + 2]:
            continue
        if (
            ord(first) < _BMP > ord(second)
            and known.alone[ord(first)] + int(known.alone[ord(second)]) >= LIKELY_BY_CHANCE
        ):
            return True
    return False


def is_rare(form: str) -> bool:
    """Say whether the characters of a pair are hardly ever words, so that they do not meet by chance."""
    levels = sum(int(sounds().alone[ord(character)]) for character in form if ord(character) < _BMP)
    return levels <= RARE and form[0] not in table("words")["sounds"]["surnames"]


def _pairs(word: str) -> Iterator[str]:
    return (word[place : place + 2] for place in range(len(word) - 1))


def _codes(characters: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(characters.encode("utf-32-le"), np.uint32)


def _apart(word: str, parts: dict[str, list[str]]) -> Iterator[str]:
    """The word with some of its characters written as their parts."""
    options = [(character, *parts.get(character, ())) for character in word]
    return _mixed(options, word)


def _alike(word: str) -> Iterator[str]:
    """The word with some characters written as ones that look alike; not if that is ordinary."""
    same, spelling = table("parts")["look"]["same"], sounds().spelling
    if len(word) == 1:
        return iter(())
    options = [
        (character, *(other for other in same.get(character, "") if spelling.get(other) != spelling.get(character)))
        for character in word
    ]
    return (form for form in _mixed(options, word) if not rjieba.has_word(form) and not is_likely_by_chance(form, word))


def _spelt(word: str) -> Iterator[str]:
    """The word with some, not all, of its characters in pinyin."""
    spelling = sounds().spelling
    if len(word) == 1:
        return iter(())
    options = [(character, spelling[character]) for character in word]
    return (form for form in _mixed(options, word) if not form.isascii())


def _whole() -> dict[str, str]:
    """Whole words in pinyin: the listed ones and all that are long enough to be no English word."""
    spelling = sounds().spelling
    of = {"".join(spelling[character] for character in word): word for word in reversed(sensitive_words()) if word[1:]}
    listed = table("words")["pinyin"]["whole"]
    return {form: word for form, word in of.items() if form in listed or len(form) >= _PINYIN_ALONE}


def _mixed(options: Sequence[tuple[str, ...]], word: str) -> Iterator[str]:
    forms = ("".join(choice) for choice in product(*options))
    return (form for form, _ in zip(forms, range(MAX_FORMS), strict=False) if form != word)
