"""Words spelt by sound, by look, in pinyin or by their parts, read as what they mean."""

from __future__ import annotations

import re
from typing import Final

import rjieba

from models.disguises import table
from models.draft import Edit
from models.spellings import as_heard, finder, is_likely_by_chance, is_rare, sound_finder, sounds, spellings

_IDENTIFIER: Final = re.compile(r"(?:号|:|是| )*[a-z0-9][a-z0-9_-]{4,}")
_DICTIONARY_ONLY: Final = (False,)  # the only argument of rjieba after the text


def written_forms(text: str) -> list[Edit]:
    """Spellings that the tables list or give by rule."""
    matcher, forms = finder()
    edits = []
    for number, start, end in matcher.find_matches_as_indexes(text):
        spelling = spellings()[forms[number]]
        if not _cuts_latin(text, start, end) and (not spelling.only_contact or _is_contact(text, start, end)):
            word = spelling.word
            if len(word) > end - start and text[end : end + 1] == word[-1]:
                word = word[:-1]
            edits.append((start, end, word, spelling.kind))
    return edits


def sounds_alike(text: str) -> list[Edit]:
    """Characters that sound like a sensitive word and are no word themselves."""
    heard = as_heard(text)
    matcher, found = sound_finder()
    edits: list[Edit] = []
    edges: set[int] = set()
    for number, start, end in matcher.find_matches_as_indexes(heard):
        form = text[start:end]
        words = sounds().by_sound[found[number]]
        if form in words or rjieba.has_word(form) or not _is_spelt_by_sound(form, words[0]):
            continue
        if words[0] not in table("words")["sounds"]["freely"] and _meets_a_word(text, start, end):
            continue
        if not edges:
            edges = _edges(text)
        if start in edges and end in edges:
            edits.append((start, end, words[0], "homophone"))
    return edits


def _meets_a_word(text: str, start: int, end: int) -> bool:
    """Say whether the first or the last character is a word with its neighbour outside."""
    return any(rjieba.has_word(text[place - 1 : place + 1]) for place in (start, end) if 0 < place < len(text))


def _is_spelt_by_sound(form: str, word: str) -> bool:
    """Say whether the form is likelier the word misspelt than a name or two words that meet."""
    rules = table("words")["sounds"]
    if form in rules["ordinary"] or is_likely_by_chance(form, word):
        return False
    kept = any(one == other for one, other in zip(form, word, strict=True))
    return kept or word in rules["freely"] or is_rare(form) or (len(form) > 2 and form[0] not in rules["surnames"])  # noqa: PLR2004 - pairs are the risky ones


def _cuts_latin(text: str, start: int, end: int) -> bool:
    """Say whether a match begins or ends inside a Latin word, link or address."""
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    return (_is_latin(text[start]) and (_is_latin(before) or (before != "" and before in "@./_-"))) or (
        _is_latin(text[end - 1]) and (_is_latin(after) or (after != "" and after in "@./_"))
    )


def _is_latin(sign: str) -> bool:
    return sign.isascii() and sign.isalpha()


def _is_contact(text: str, start: int, end: int) -> bool:
    return text[max(start - 1, 0) : start] in ("加", "+") or _IDENTIFIER.match(text, end) is not None


def _edges(text: str) -> set[int]:
    """The places between words, as the dictionary alone cuts them."""
    edges, place = {0}, 0
    for word in rjieba.cut(text, *_DICTIONARY_ONLY):
        place += len(word)
        edges.add(place)
    return edges
