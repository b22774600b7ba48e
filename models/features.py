"""Hashed n-grams of characters and words: numbers to a linear model, with no vocabulary stored anywhere.

A whole batch is one array of code points; every n-gram is a window on it, so hashing is a handful of array operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from models.masking import mask
from models.text import read
from models.tokens import Cut, cutter

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

_BREAK: Final = 10  # between texts; normalised text has no line feed
_BLANK: Final = 32
_WORD_CHARACTERS: Final = 8
_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """What decides the columns: 2**`bits` of them, n-grams of up to `characters` (1..3) and up to `words` (0..2)."""

    bits: int = 18
    characters: int = 3
    words: int = 2


@dataclass(frozen=True, slots=True)
class Grams:
    """Every n-gram of a batch: its text (row), its hash column, and its place in the joined text."""

    row: Ints
    column: Ints
    start: Ints
    length: Ints


def join(masked: Sequence[str]) -> str:
    """The texts as the one text that places of n-grams refer to."""
    return "\n".join(masked) + "\n"


class Features:
    """Turns texts into rows of hashed n-grams; training and serving both go through here."""

    def __init__(self, settings: FeatureSettings, words: Sequence[str] = ()) -> None:
        self.settings = settings
        self.cut: Cut = cutter(words)

    def matrix(self, texts: Sequence[str]) -> Any:
        """A CSR matrix (n texts x 2**bits, float32): each row the n-grams present, at unit length; zeros if empty."""
        return self.masked_matrix([mask(reading.text, reading.disguises) for reading in map(read, texts)])

    def masked_matrix(self, masked: Sequence[str]) -> Any:
        """The same from texts that are normalised and masked already."""
        grams = self.grams(masked)
        keys = np.sort((grams.row << self.settings.bits) | grams.column)
        keys = keys[np.diff(keys, prepend=-1) != 0]
        counts = np.bincount(keys >> self.settings.bits, minlength=len(masked))
        starts = np.concatenate(([0], np.cumsum(counts)))
        values = np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts).astype(np.float32)
        columns = keys & ((1 << self.settings.bits) - 1)
        return sparse.csr_matrix((values, columns, starts), shape=(len(masked), 1 << self.settings.bits))

    def grams(self, masked: Sequence[str]) -> Grams:
        """All n-grams of masked texts, repeated ones included."""
        joined = join(masked)
        codes = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
        breaks = codes == _BREAK
        rows = np.cumsum(breaks) - breaks
        parts = [*self._characters(codes, breaks), *self._words(codes, self.cut(joined))]
        start = np.concatenate([place for _, place, _ in parts])
        column = np.concatenate([_mixed(hashes) >> np.uint64(64 - self.settings.bits) for hashes, _, _ in parts])
        length = np.concatenate([size for _, _, size in parts])
        return Grams(rows[start], column.astype(np.int64), start, length)

    def _characters(self, codes: Hashes, breaks: npt.NDArray[np.bool_]) -> list[tuple[Hashes, Ints, Ints]]:
        parts = []
        hashes, broken = codes, breaks | (codes == _BLANK)
        for size in range(1, self.settings.characters + 1):
            if size > 1:
                hashes = hashes[:-1] * _PRIME + codes[size - 1 :]
                broken = (breaks[:-1] if size == 2 else broken[:-1]) | breaks[size - 1 :]  # noqa: PLR2004 - blanks count from pairs on
            start = np.flatnonzero(~broken)
            parts.append((hashes[start] * _PRIME + np.uint64(size), start, np.full(len(start), size)))
        return parts

    def _words(self, codes: Hashes, words: list[str]) -> list[tuple[Hashes, Ints, Ints]]:
        length = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
        start = np.cumsum(length) - length
        lead = codes[start]
        kept = (lead != _BLANK) & (lead != _BREAK)
        text = np.cumsum(lead == _BREAK)[kept]
        start, length = start[kept], length[kept]
        hashes = _word_hashes(codes, start, length)
        long = length > 1
        parts = [(hashes[long] + np.uint64(11), start[long], length[long])] if self.settings.words else []
        if self.settings.words > 1:
            pair = np.flatnonzero(text[:-1] == text[1:])
            both = hashes[pair] * _PRIME + hashes[pair + 1] + np.uint64(13)
            parts.append((both, start[pair], start[pair + 1] + length[pair + 1] - start[pair]))
        return parts


def _word_hashes(codes: Hashes, start: Ints, length: Ints) -> Hashes:
    """One hash a word, from its length and its first characters."""
    hashes = length.astype(np.uint64)
    for place in range(_WORD_CHARACTERS):
        live = np.flatnonzero(length > place)
        hashes[live] = _mixed(hashes[live] * _PRIME + codes[start[live] + place])
    return hashes


def _mixed(hashes: Hashes) -> Hashes:
    """The finaliser of SplitMix64: neighbouring inputs land far apart."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * _MIX[0]
    hashes = (hashes ^ (hashes >> np.uint64(27))) * _MIX[1]
    return hashes ^ (hashes >> np.uint64(31))
