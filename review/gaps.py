"""Texts of long SMS some of whose parts did not come, and what fills their gaps; pure."""

from __future__ import annotations

from config.records import GAP

LEAST_LETTERS = 20
"""Letters of a long SMS that must have come before it is taken for the same as another gateway's whole one."""


def lacks_parts(text: str) -> bool:
    """Say whether a text may be that of a long SMS some of whose parts did not come, and enough did."""
    return GAP in text and len(text) - len(GAP) * text.count(GAP) >= LEAST_LETTERS


def fills(fuller: str, text: str) -> bool:
    """Say whether one text is the other with something for a gap: all that came, in order, and more."""
    if GAP not in text or fuller == text:
        return False
    first, *others, last = text.split(GAP)
    place, end = len(first), len(fuller) - len(last)
    if not (fuller.startswith(first) and fuller.endswith(last)):
        return False
    for piece in others:
        found = fuller.find(piece, place + 1, end)
        if found < 0:
            return False
        place = found + len(piece)
    return place < end


def completes(whole: str, incomplete: str) -> bool:
    """Say whether a text fills gaps of one that has letters enough to be known by."""
    return lacks_parts(incomplete) and fills(whole, incomplete)
