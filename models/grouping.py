"""Groups of near-duplicates, so that a held-out text is never a copy of a training text."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from models.text import normalise

_NOT_LETTER: Final = re.compile(r"[\W\d_x]+")
_PREFIX: Final = 12
_SHINGLE: Final = 10
_SHINGLES: Final = 2


def groups(texts: Sequence[str]) -> list[int]:
    """A group number for each text: the place of one of its members.

    Two texts share it if their letters (digits, punctuation and blanks aside) begin alike or share one of their two
    least shingles, or if a chain of such texts links them.
    """
    parents = list(range(len(texts)))
    first: dict[tuple[str, int | str], int] = {}
    for place, text in enumerate(texts):
        for key in _keys(_NOT_LETTER.sub("", normalise(text))):
            _join(parents, place, first.setdefault(key, place))
    return [_root(parents, place) for place in range(len(texts))]


def held_out(texts: Sequence[str], share: float, seed: int) -> npt.NDArray[np.bool_]:
    """True for the texts of the groups that are kept from training; about `share` of all groups."""
    numbers = groups(texts)
    chosen = {number: zlib.crc32(f"{seed}\t{texts[number]}".encode()) < share * 2**32 for number in set(numbers)}
    return np.array([chosen[number] for number in numbers], dtype=np.bool_)


def _keys(letters: str) -> Iterable[tuple[str, int | str]]:
    yield "prefix", letters[:_PREFIX]
    shingles = {zlib.crc32(letters[start : start + _SHINGLE].encode()) for start in range(len(letters) - _SHINGLE + 1)}
    if len(letters) > _PREFIX:
        for shingle in sorted(shingles)[:_SHINGLES]:
            yield "shingle", shingle


def _root(parents: list[int], place: int) -> int:
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = parents[place]
    return place


def _join(parents: list[int], one: int, other: int) -> None:
    parents[_root(parents, one)] = _root(parents, other)
