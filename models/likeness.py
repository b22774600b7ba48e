"""Which texts are near-identical, at next to no cost: two of the hashes that the features need in any case.

Of the hashes of a text's pairs of neighbouring letters the least and the greatest stand for two pairs chosen by chance,
the same ones in every text that has them. Texts that share the part J of their pairs (Jaccard) have either in common
with about that probability. A fingerprint (`models/fingerprint.py`) compares 64 such hashes and costs fifty times as
much; here the many texts of one sender make up for what the one comparison leaves to chance.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

LEAST_PAIRS: Final = 4
"""Pairs below which a text is like those alone that are equal to it once they are masked."""
_HALF: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFF_FFFF)

Hashes = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]


def likenesses(pairs: Hashes, start: Ints, firsts: Ints, ends: Ints, digests: Hashes) -> Hashes:
    """Give two times 32 bits for each of n texts; of one with too few pairs its digest.

    `pairs` are well mixed hashes of all pairs and `start` their places, which rise; a text lies at `[firsts, ends)`.
    """
    first, end = np.searchsorted(start, firsts), np.searchsorted(start, ends)
    chosen = np.flatnonzero(end - first >= LEAST_PAIRS)
    found = digests.copy()
    if len(chosen):
        bounds = np.column_stack((first.take(chosen), end.take(chosen))).ravel()
        if bounds[-1] == len(pairs):
            bounds = bounds[:-1]
        least = np.minimum.reduceat(pairs, bounds)[::2]
        greatest = np.maximum.reduceat(pairs, bounds)[::2]
        found[chosen] = (least & _LOW) | (greatest << _HALF)
    return found
