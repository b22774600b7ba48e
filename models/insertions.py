"""Signs put inside words: taken out where the word is known, and where single characters stand in a row."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache, lru_cache
from typing import Final

import rjieba

from models.disguises import sensitive_words
from models.draft import Edit, Place
from models.spellings import word_finder
from models.suspicion import HAN_RANGE, MAX_GAP, SYMBOLS

_HAN_RUN: Final = re.compile(f"[{HAN_RANGE}]+")
_NOT_HAN: Final = re.compile(f"[^{HAN_RANGE}]+")
_GAP: Final = re.compile(rf"(?<=[{HAN_RANGE}])[^\w]{{1,4}}(?=[{HAN_RANGE}])")
_SYMBOL: Final = re.compile(f"[{SYMBOLS}]")
_WEAK_GAP: Final = re.compile(r"[\s。.~*·=+-]+")
_SENTENCE: Final = frozenset(",。.!?;:、\"'“”‘’()《》【】[]<>")
_MIN_WEAK_GAPS: Final = 2
_ORDINARY_SIGNS: Final = _SENTENCE | frozenset(" -/")
_CHAIN: Final = re.compile(rf"(?<![{HAN_RANGE}])[{HAN_RANGE}](?:[^\w]{{1,16}}[{HAN_RANGE}](?![{HAN_RANGE}])){{2,}}")


def inserted_signs(text: str) -> list[Edit]:
    """Signs inside words: known ones with a gap, others split by a symbol, and single characters in a row."""
    chains = [(match.start(), match.end(), _NOT_HAN.sub("", match[0]), "inserted") for match in _CHAIN.finditer(text)]
    found = [edit for edit in chains if _is_chain(text, edit)]
    edits, done = [], 0
    for edit in sorted([*found, *_gaps_in_words(text), *_symbols(text)], key=lambda edit: (edit[0], -edit[1])):
        if edit[0] >= done:
            edits.append(edit)
            done = edit[1]
    return edits


def _is_chain(text: str, edit: Edit) -> bool:
    """Say whether single characters in a row are one word and not a list or short sentences."""
    gaps = text[edit[0] : edit[1]].translate(str.maketrans("", "", edit[2]))
    word = edit[2]
    if not _SENTENCE.intersection(gaps):
        return True
    return _is_word(word) or any(word[place : place + 2] in _pairs() for place in range(len(word) - 1))


def _gaps_in_words(text: str) -> list[Edit]:
    """What stands inside a sensitive word, to be taken out."""
    found = word_finder().find_matches_as_indexes("".join(_HAN_RUN.findall(text)))
    if _length(found) == _length(word_finder().find_matches_as_indexes(text)):
        return []
    place = [number for number, sign in enumerate(text) if "\u4e00" <= sign <= "\u9fff" or "\u3400" <= sign <= "\u4dbf"]
    edits = []
    for number, start, end in found:
        first, last = place[start], place[end - 1] + 1
        for split in range(1, end - start):
            gap = (place[start + split - 1] + 1, place[start + split])
            if gap[0] < gap[1] and _is_gap(text, gap, (first, last), sensitive_words()[number], split):
                edits.append((*gap, "", "inserted"))
    return edits


def _length(matches: list[tuple[int, int, int]]) -> int:
    return sum(end - start for _, start, end in matches)


def _is_gap(text: str, gap: Place, whole: Place, word: str, split: int) -> bool:
    """Say whether a gap was put into a word, or parts two words that are not it."""
    signs = text[slice(*gap)]
    if len(signs) > MAX_GAP or any(sign.isdecimal() for sign in signs):
        return False
    halves = (word[:split], word[split:])
    if all(len(half) > 1 and (_is_word(half) or half in _pairs()) for half in halves):
        return False
    return not _SENTENCE.intersection(signs) or not any(
        _is_pair(text[max(place - 1, 0) : place + 1]) for place in whole
    )


def _symbols(text: str) -> list[Edit]:
    """Gaps inside an ordinary word: symbols wherever they are, other signs if there are several such gaps."""
    gaps = [match.span() for match in _GAP.finditer(text) if _parts_a_word(text, *match.span())]
    signs = {sign for gap in gaps for sign in text[slice(*gap)]} - _ORDINARY_SIGNS
    counts = Counter(text[slice(*gap)] for gap in gaps)
    signs = {sign for sign in signs if _SYMBOL.match(sign) or counts[sign] >= _MIN_WEAK_GAPS}
    if signs:
        gaps = sorted({*gaps, *(match.span() for match in _GAP.finditer(text) if signs.issuperset(match[0]))})
        return [(start, end, "", "inserted") for start, end in gaps if signs.intersection(text[start:end])]
    strong = [gap for gap in gaps if _SYMBOL.search(text, *gap)]
    weak = [gap for gap in gaps if _WEAK_GAP.fullmatch(text, *gap)]
    return [(start, end, "", "inserted") for start, end in strong + (weak if len(weak) >= _MIN_WEAK_GAPS else [])]


def _parts_a_word(text: str, start: int, end: int) -> bool:
    """Say whether the characters beside a gap are a word, and neither belongs to one on its own side."""
    return _is_word(text[start - 1] + text[end]) and not (
        _is_pair(text[max(start - 2, 0) : start]) or _is_pair(text[end : end + 2])
    )


@lru_cache(maxsize=16_384)
def _is_word(text: str) -> bool:
    known: bool = rjieba.has_word(text)
    return known


def _is_pair(text: str) -> bool:
    return len(text) == 2 and _is_word(text)  # noqa: PLR2004 - as the name says


@cache
def _pairs() -> frozenset[str]:
    return frozenset(word for word in sensitive_words() if len(word) == 2)  # noqa: PLR2004 - as the name says
