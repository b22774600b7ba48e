"""Hashed n-grams of characters and words, and the outline of a text: numbers to a linear model, no vocabulary stored.

A whole batch is one array of code points. Every n-gram is a window on it, and every word a difference of two prefix
hashes, so hashing is a handful of array operations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from models.likeness import likenesses
from models.masking import Masked
from models.outline import OUTLINE_SIZE, outline
from models.text import Reading, read_many
from models.tokens import Cut, cutter

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.uint32]

_BREAK: Final = 10  # between texts; normalised text has no line feed
_BLANK: Final = 32
_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_ONE_WORD, _TWO_WORDS, _OUTLINE = np.uint64(11), np.uint64(13), np.uint64(17)
_SMALLEST_TABLE: Final = 1 << 16
_KEY_BITS: Final = 31


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """What decides the columns: 2**`bits` of them, n-grams of up to `characters` (1..3) and up to `words` (0..2)."""

    bits: int = 20
    characters: int = 2
    words: int = 2


@dataclass(frozen=True, slots=True)
class Grams:
    """Every n-gram of a batch: its text (row), its hash column, and its place in the joined text."""

    row: Ints
    column: Ints
    start: Ints
    length: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """Every word of a batch: its text (row), and its place in the joined text."""

    row: Ints
    start: Ints
    length: Ints


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """N-grams of one kind before they are mixed; `start` rises."""

    hashes: Hashes
    start: Ints
    length: Ints | int


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Texts on their way through: `readings`, `masked`, and the features of each (`matrix`, CSR, n x 2**bits, float32).

    `words` are the words of the joined masked texts, blanks and breaks left out; `ends` the places of the breaks.
    `digests` are 64 bits of each masked text: equal for texts that differ in what is masked alone. `likenesses` are two
    times 32 bits: of near-identical texts one of them or both are most likely equal; see `models/likeness.py`.
    """

    readings: Sequence[Reading]
    masked: Masked
    words: Words
    ends: Ints
    matrix: Any
    digests: Hashes
    likenesses: Hashes
    _row: Ints
    _columns: Ints
    _parts: Sequence[_Parts]

    @property
    def firsts(self) -> Ints:
        """Where each of the joined masked texts begins."""
        return np.concatenate((np.zeros(1, np.int64), self.ends[:-1] + 1))

    def grams_of(self, chosen: npt.NDArray[np.bool_]) -> Grams:
        """The n-grams of the chosen texts, repeated ones included."""
        rows = np.flatnonzero(chosen)
        first, end = self.firsts.take(rows), self.ends.take(rows)
        found, done = [], 0
        for part in self._parts:
            kept = _spread_out(np.searchsorted(part.start, first), np.searchsorted(part.start, end))
            start = part.start.take(kept)
            length = part.length.take(kept) if isinstance(part.length, np.ndarray) else np.full(len(kept), part.length)
            found.append((self._row.take(start), self._columns.take(done + kept), start, length))
            done += len(part.start)
        return Grams(*(np.concatenate(arrays) for arrays in zip(*found, strict=True)))


def join(masked: Sequence[str]) -> str:
    """The texts as the one text that places of n-grams refer to."""
    return "\n".join(masked) + "\n"


class Features:
    """Turns texts into rows of hashed features; training and serving both go through here."""

    def __init__(self, settings: FeatureSettings, words: Sequence[str] = ()) -> None:
        self.settings = settings
        self.cut: Cut = cutter(words)
        self._powers = _Powers()

    def matrix(self, texts: Sequence[str]) -> Any:
        """A CSR matrix (n texts x 2**bits, float32): each row the features present, at unit length."""
        return self.rows(read_many(texts))

    def rows(self, readings: Sequence[Reading]) -> Any:
        """The same from texts that are normalised already."""
        return self.batch(readings).matrix

    def columns(self, readings: Sequence[Reading]) -> tuple[Ints, Ints]:
        """Row and column of every feature of a batch, repeated ones included."""
        return self._hashed(readings)[:2]

    def batch(self, readings: Sequence[Reading]) -> Batch:
        """The features of a batch, and what it takes to explain them."""
        row, column, of_place, ends, masked, words, parts, digests, alike = self._hashed(readings)
        settings = self.settings
        narrow = len(readings) <= 1 << (_KEY_BITS - settings.bits)
        keys = np.sort(_keys(row, column, settings.bits, np.int32 if narrow else np.int64))
        keys = keys.take(np.flatnonzero(_is_new(keys)))
        starts = keys.searchsorted(np.arange(len(readings) + 1, dtype=np.int64) << settings.bits)
        counts = np.diff(starts)
        values = np.repeat((1 / np.sqrt(np.maximum(counts, 1))).astype(np.float32), counts)
        columns = (keys & ((1 << settings.bits) - 1)).astype(np.int32)
        matrix = sparse.csr_matrix(
            (values, columns, starts.astype(np.int32)), shape=(len(readings), 1 << settings.bits)
        )
        return Batch(readings, masked, words, ends, matrix, digests, alike, of_place, column, parts)

    def _hashed(
        self, readings: Sequence[Reading]
    ) -> tuple[Ints, Ints, Ints, Ints, Masked, Words, list[_Parts], Hashes, Hashes]:
        """Row and column of every feature, the text of every place, the breaks, and what they were made from."""
        masked = Masked(readings)
        codes, breaks, row = _codes(masked.texts)
        wide = codes.astype(np.uint64)
        stretches = self._stretches(wide)
        parts, words = self._parts(masked.texts, codes, wide, breaks, row, stretches)
        rows = [row.take(part.start) for part in parts]
        hashes = [part.hashes for part in parts]
        lengths = np.fromiter((len(text) for text, _ in readings), np.int64, len(readings))
        ends = np.flatnonzero(breaks)
        rows.append(np.tile(np.arange(len(readings)), OUTLINE_SIZE))
        numbers = np.arange(OUTLINE_SIZE, dtype=np.uint64) * _OUTLINE
        hashes.append((_mixed(outline(codes, ends, lengths)) * _PRIME + numbers[:, None]).ravel())
        firsts = np.concatenate((np.zeros(min(1, len(ends)), np.int64), ends[:-1] + 1))
        digests = stretches(firsts, ends - firsts)
        mixed = _mixed(np.concatenate(hashes))
        pairs = min(1, self.settings.characters - 1)
        before = sum(len(part.start) for part in parts[:pairs])
        alike = likenesses(mixed[before : before + len(parts[pairs].start)], parts[pairs].start, firsts, ends, digests)
        return np.concatenate(rows), self._column(mixed), row, ends, masked, words, parts, digests, alike

    def _stretches(self, wide: Hashes) -> Callable[[Ints, Ints], Hashes]:
        """Give the function that hashes stretches of a batch by place and length, wherever they stand."""
        power, inverse = self._powers.up_to(len(wide) + 1)
        prefix = np.concatenate((np.zeros(1, np.uint64), np.cumsum(wide * power[: len(wide)])))

        def hashed(start: Ints, length: Ints) -> Hashes:
            sums = prefix.take(start + length) - prefix.take(start)
            return _mixed(sums * inverse.take(start) + length.astype(np.uint64))

        return hashed

    def _column(self, mixed: Hashes) -> Ints:
        columns: Ints = (mixed >> np.uint64(64 - self.settings.bits)).astype(np.int64)
        return columns

    def _parts(
        self,
        masked: Sequence[str],
        codes: Codes,
        wide: Hashes,
        breaks: npt.NDArray[np.bool_],
        row: Ints,
        stretches: Callable[[Ints, Ints], Hashes],
    ) -> tuple[list[_Parts], Words]:
        words = _words(codes, self.cut(join(masked)), row)
        parts = _characters(wide, breaks, self.settings.characters)
        if self.settings.words:
            parts += self._word_parts(words, stretches)
        return parts, words

    def _word_parts(self, words: Words, stretches: Callable[[Ints, Ints], Hashes]) -> list[_Parts]:
        row, start, length = words.row, words.start, words.length
        hashes = stretches(start, length)
        long = np.flatnonzero(length > 1)
        parts = [_Parts(hashes.take(long) + _ONE_WORD, start.take(long), length.take(long))]
        if self.settings.words > 1:
            pair = np.flatnonzero(row[:-1] == row[1:])
            both = hashes.take(pair) * _PRIME + hashes.take(pair + 1) + _TWO_WORDS
            first = start.take(pair)
            parts.append(_Parts(both, first, (start + length).take(pair + 1) - first))
        return parts


def _words(codes: Codes, words: list[str], row: Ints) -> Words:
    length = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    start = np.cumsum(length) - length
    lead = codes.take(start)
    kept = np.flatnonzero((lead != _BLANK) & (lead != _BREAK))
    start = start.take(kept)
    return Words(row.take(start), start, length.take(kept))


class _Powers:
    """Powers of the prime and of its inverse modulo 2**64, as many as the longest batch needed."""

    def __init__(self) -> None:
        self._power = self._inverse = np.ones(0, np.uint64)

    def up_to(self, count: int) -> tuple[Hashes, Hashes]:
        if len(self._power) < count:
            size = max(count, 2 * len(self._power), _SMALLEST_TABLE)
            self._power = _powers_of(_PRIME, size)
            self._inverse = _powers_of(np.uint64(pow(int(_PRIME), -1, 1 << 64)), size)
        return self._power, self._inverse


def _powers_of(number: np.uint64, size: int) -> Hashes:
    factors = np.full(size, number, np.uint64)
    factors[0] = 1
    return np.cumprod(factors, dtype=np.uint64)


def _codes(masked: Sequence[str]) -> tuple[Codes, npt.NDArray[np.bool_], Ints]:
    """The code points of the joined texts, which of them end a text, and the text that each belongs to."""
    codes = np.frombuffer(join(masked).encode("utf-32-le"), dtype=np.uint32)
    breaks = codes == _BREAK
    sizes = np.diff(np.flatnonzero(breaks), prepend=-1)
    return codes, breaks, np.repeat(np.arange(len(masked)), sizes)


def _characters(codes: Hashes, breaks: npt.NDArray[np.bool_], longest: int) -> list[_Parts]:
    """Windows of 1..`longest` characters inside a text; single blanks are left out."""
    parts = []
    hashes, broken = codes, breaks
    for size in range(1, longest + 1):
        if size > 1:
            hashes = hashes[:-1] * _PRIME + codes[size - 1 :]
            broken = broken[:-1] | breaks[size - 1 :]
        start = np.flatnonzero(~(broken | (codes == _BLANK) if size == 1 else broken))
        parts.append(_Parts(hashes.take(start) * _PRIME + np.uint64(size), start, size))
    return parts


def _spread_out(first: Ints, end: Ints) -> Ints:
    """All numbers of these ranges `[first, end)`, one range after the other."""
    size = end - first
    ends = np.cumsum(size)
    numbers: Ints = np.arange(size.sum()) + np.repeat(first - ends + size, size)
    return numbers


def _keys(row: Ints, column: Ints, bits: int, kind: type[np.signedinteger[Any]]) -> Any:
    """Row and column of each feature as one number of this kind."""
    return (row.astype(kind) << kind(bits)) | column.astype(kind)


def _is_new(keys: Ints) -> npt.NDArray[np.bool_]:
    """True for each sorted key that differs from the one before."""
    new = np.empty(len(keys), np.bool_)
    new[:1] = True
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    return new


def _mixed(hashes: Hashes) -> Hashes:
    """The finaliser of SplitMix64: neighbouring inputs land far apart."""
    mixed = hashes >> np.uint64(30)
    mixed ^= hashes
    mixed *= _MIX[0]
    mixed ^= mixed >> np.uint64(27)
    mixed *= _MIX[1]
    mixed ^= mixed >> np.uint64(31)
    return mixed
