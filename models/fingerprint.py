"""Fingerprints of texts: near-duplicates have much of them in common, whatever contacts, amounts and disguises differ.

A fingerprint is a minhash over the pairs of neighbouring Chinese letters (of an alphabet: each five) of the normalised
text, out of which masking took links, numbers and amounts. The share of equal bytes of two signatures estimates how
much of the texts is the same (Jaccard). A text of too few letters has no signature: it is alike only to one that reads
the same.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from models.masking import mask_many
from models.text import Reading

HASHES: Final = 64
"""Bytes of a signature."""
ROWS: Final = 2
"""Hashes of a band: two texts meet in an index if they have all hashes of one band in common."""
BANDS: Final = HASHES // ROWS
KEY_BYTES: Final = 8
BAND_BYTES: Final = 4 * ROWS
LEAST_PAIRS: Final = 4
"""Pairs (or fives) of letters below which a text is compared as a whole."""

_LEAST_LETTERS: Final = 4  # of a short text that tells something without its contacts
_CHINESE: Final = 6  # Chinese letters from which those of an alphabet are ids and disguises
_ALPHABETIC: Final = 3  # letters of an alphabet for each Chinese one that make a text one of that alphabet
_WIDE: Final = 5
_AT_ONCE: Final = 256
_BREAK: Final = 10
_HAN, _OTHER = 1, 2
_PRIME: Final = np.uint32(0x9E3779B1)
_MIX: Final = (np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35))
_BLANKS: Final = re.compile(r"\s+")
_SCRIPTS: Final = ((0xC0, 0x250), (0x370, 0x530), (0xE00, 0xE80), (0x3041, 0x3100), (0xAC00, 0xD7A4))

Codes = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Fingerprint(NamedTuple):
    """What is compared; `key` names it. A text that is compared as a whole, by its key, has no `signature` and `bands`.

    `bands` are `BANDS` of `BAND_BYTES` each.
    """

    key: bytes
    signature: bytes = b""
    bands: bytes = b""


def similarity(one: Fingerprint, other: Fingerprint) -> float:
    """The share of two texts that is the same, 0..1, estimated within about 0.06."""
    if one.key == other.key:
        return 1.0
    return sum(map(int.__eq__, one.signature, other.signature)) / HASHES


def fingerprints(normalised: Sequence[str]) -> list[Fingerprint]:
    """The fingerprint of each normalised text, the same in every process; some hundred at once are the cheapest."""
    masked = mask_many([Reading(text) for text in normalised])
    found: list[Fingerprint] = []
    for start in range(0, len(masked), _AT_ONCE):
        found += _some(normalised[start : start + _AT_ONCE], masked[start : start + _AT_ONCE])
    return found


def _some(normalised: Sequence[str], masked: Sequence[str]) -> list[Fingerprint]:
    letters, rows, wide = _letters(masked)
    pairs, pair_rows = _shingles(letters, rows, wide)
    said = np.bincount(rows, minlength=len(masked)).tolist()
    sizes = np.bincount(pair_rows, minlength=len(masked))
    signed = sizes >= LEAST_PAIRS
    signatures = iter(_least_hashes(pairs[signed[pair_rows]], sizes[signed]))
    return [
        _signed(next(signatures)) if long_enough else _whole(masked[row] if said[row] >= _LEAST_LETTERS else text)
        for row, (text, long_enough) in enumerate(zip(normalised, signed.tolist(), strict=True))
    ]


def _letters(masked: Sequence[str]) -> tuple[Codes, Places, Flags]:
    """The letters of all texts, the text of each, and which texts are written in an alphabet."""
    joined = "\n".join([*masked, ""])
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.dtype("<u4")).astype(np.uint32)
    rows = np.cumsum(codes == _BREAK)
    kinds = _kinds().take(codes, mode="clip")
    chinese = np.bincount(rows[kinds == _HAN], minlength=len(masked) + 1)
    other = np.bincount(rows[kinds == _OTHER], minlength=len(masked) + 1)
    wide = other > chinese * _ALPHABETIC
    kept = (kinds == _HAN) | (kinds == _OTHER) & (wide | (chinese < _CHINESE))[rows]
    return codes[kept], rows[kept], wide


def _shingles(letters: Codes, rows: Places, wide: Flags) -> tuple[Codes, Places]:
    """A well mixed hash of each two (of an alphabet: five) neighbouring letters of a text, and the text of each."""
    size = np.where(wide[rows], _WIDE, 2)
    padded = np.concatenate((letters, np.zeros(_WIDE, np.uint32)))
    hashes = letters * _PRIME
    for ahead in range(1, _WIDE):
        longer = (hashes ^ padded[ahead : ahead + len(letters)]) * _PRIME
        hashes = np.where(size > ahead, longer, hashes)
    hashes = (hashes ^ hashes >> np.uint32(16)) * _MIX[0]
    hashes = (hashes ^ hashes >> np.uint32(13)) * _MIX[1]
    hashes ^= hashes >> np.uint32(16)
    last = np.concatenate((rows, np.full(_WIDE, -1)))[np.arange(len(rows)) + size - 1]
    inside = last == rows
    return hashes[inside], rows[inside]


def _least_hashes(pairs: Codes, sizes: Places) -> Codes:
    """For each text the least of each of `HASHES` rearrangements of its hashes."""
    starts = np.cumsum(sizes) - sizes
    least = np.zeros((HASHES, len(sizes)), np.uint32)
    if len(sizes):
        for place, (flip, factor) in enumerate(_rearrangements()):
            np.minimum.reduceat((pairs ^ flip) * factor, starts, out=least[place])
    return least.T


def _signed(least: Codes) -> Fingerprint:
    whole = least.astype("<u4").tobytes()
    signature = (least ^ least >> np.uint32(16)).astype(np.uint8).tobytes()
    return Fingerprint(_digest(whole, KEY_BYTES), signature, whole)


def _whole(text: str) -> Fingerprint:
    return Fingerprint(_digest(b"whole" + _BLANKS.sub("", text).encode("utf-8", "replace"), KEY_BYTES))


def _digest(data: bytes, size: int) -> bytes:
    return hashlib.blake2b(data, digest_size=size).digest()


@cache
def _kinds() -> npt.NDArray[np.uint8]:
    """Which code points are letters, by fixed ranges: a table of Unicode would change with Python's version."""
    kinds = np.zeros(0x10001, np.uint8)
    kinds[0x3400:0x4DC0] = kinds[0x4E00:0xA000] = _HAN
    kinds[ord("a") : ord("z") + 1] = _OTHER
    for first, end in _SCRIPTS:
        kinds[first:end] = _OTHER
    return kinds


@cache
def _rearrangements() -> tuple[tuple[np.uint32, np.uint32], ...]:
    raw = np.frombuffer(hashlib.shake_256(b"qingxin campaigns 1").digest(8 * HASHES), np.dtype("<u4"))
    return tuple(
        (np.uint32(flip), np.uint32(factor | 1)) for flip, factor in zip(raw[:HASHES], raw[HASHES:], strict=True)
    )
