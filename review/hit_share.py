"""Whether a gateway's share of hits has changed: two shares compared exactly, widened by how the days differ; pure.

Given all hits of both, how many fall into the window is binomial if nothing changed. Campaigns make hits come in
bursts, so the days differ more than chance alone would let them; by that factor all counts are made smaller first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import betainc

LEAST_PIECES = 3
"""Pieces of the past that are needed to see how much they differ among themselves."""


@dataclass(frozen=True)
class Share:
    """Hits among scored SMS."""

    hits: int
    scored: int

    @property
    def value(self) -> float:
        """From 0 to 1; 0 when nothing was scored."""
        return self.hits / self.scored if self.scored else 0.0


@dataclass(frozen=True)
class Comparison:
    """The share of the window, the usual one, and the chance that such a difference is an accident.

    `wider` is how many times more the days differ than by chance.
    """

    now: Share
    usual: Share
    chance: float
    wider: float = 1.0

    @property
    def ratio(self) -> float:
        """How many times the usual share the share is, or the usual is the share: 1 when nothing changed."""
        low, high = sorted((self.now.value, self.usual.value))
        return high / low if low else (float("inf") if high else 1.0)

    @property
    def risen(self) -> bool:
        """Whether the share is above the usual one."""
        return self.now.value > self.usual.value

    def would_show(self, ratio: float, by_chance: float) -> bool:
        """Say whether a window of so many SMS would show `ratio` times the usual share, and a fall to nothing."""
        scored = self.now.scored
        rise = round(min(self.usual.value * scored * ratio, scored))
        return all(_chance(Share(hits, scored), self.usual, self.wider) <= by_chance for hits in (0, rise))


def compare(window: Share, pieces: Sequence[Share]) -> Comparison | None:
    """Compare a window with pieces of the past; None when there is nothing to compare. Few SMS give a high chance."""
    pieces = [piece for piece in pieces if piece.scored]
    usual = Share(sum(piece.hits for piece in pieces), sum(piece.scored for piece in pieces))
    if len(pieces) < LEAST_PIECES or not window.scored:
        return None
    wider = spread(pieces, usual.value)
    return Comparison(window, usual, _chance(window, usual, wider), wider)


def spread(pieces: Sequence[Share], share: float) -> float:
    """Give how many times more the pieces differ than by chance (Pearson's X2 by its freedom); at least 1."""
    if not 0 < share < 1:
        return 1.0
    squares = sum((piece.hits - piece.scored * share) ** 2 / (piece.scored * share * (1 - share)) for piece in pieces)
    return max(1.0, squares / (len(pieces) - 1))


def _chance(window: Share, usual: Share, wider: float) -> float:
    found, among = window.hits / wider, (window.hits + usual.hits) / wider
    part = window.scored / (window.scored + usual.scored)
    at_least = float(betainc(found, among - found + 1, part)) if found else 1.0
    at_most = 1 - float(betainc(found + 1, among - found, part)) if found < among else 1.0
    return min(1.0, 2 * min(at_least, at_most))
