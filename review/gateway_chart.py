"""The small chart of a gateway's last day: what it delivered by the quarter hour, and the share of hits; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from review.coverage import Minutes

HOURS = 24
STEP = 15
"""Minutes of a bar."""
BAR = 4
"""Units of a bar and the room behind it."""
WIDTH = HOURS * 60 // STEP * BAR
HIGH, LOW = 56.0, 18.0
"""Units of the highest bar above (SMS) and below (share of hits)."""
TICK_HOURS = 6


@dataclass(frozen=True)
class Bar:
    """A quarter of an hour: its place, and its height in units."""

    x: int
    height: float

    @property
    def y(self) -> float:
        """Where it begins, for a bar that stands on the line of the upper chart."""
        return round(HIGH - self.height, 1)


@dataclass(frozen=True)
class Chart:
    """Bars of what was delivered and of the share of hits, and the figures that say the same in words.

    `busiest` is the first minute (since 1970) of the quarter hour with the most SMS, `ticks` are minutes with places.
    """

    received: Sequence[Bar]
    shares: Sequence[Bar]
    ticks: Sequence[tuple[int, int]]
    total: int
    most: int
    busiest: int
    highest_share: float


def chart_of(minutes: Minutes, now: int, offset_minutes: int) -> Chart:
    """Draw the day up to a minute; `offset_minutes` is the local time's distance to UTC, for ticks on full hours."""
    end = (now // STEP + 1) * STEP
    starts = range(end - HOURS * 60, end, STEP)
    received = [_sum(minutes, start, "received") for start in starts]
    scored = [_sum(minutes, start, "scored") for start in starts]
    hits = [_sum(minutes, start, "hits") for start in starts]
    shares = [found / among if among else 0.0 for found, among in zip(hits, scored, strict=True)]
    most = max(received)
    every = TICK_HOURS * 60
    return Chart(
        received=_bars(received, most, HIGH),
        shares=_bars(shares, max(shares), LOW),
        ticks=[(start, place * BAR) for place, start in enumerate(starts) if (start + offset_minutes) % every == 0],
        total=sum(received),
        most=most,
        busiest=starts[received.index(most)],
        highest_share=max(shares),
    )


def _sum(minutes: Minutes, start: int, name: str) -> int:
    return sum(minutes[minute].get(name, 0) for minute in range(start, start + STEP) if minute in minutes)


def _bars(values: Sequence[float], most: float, high: float) -> list[Bar]:
    """Give bars for what is not nothing; the smallest is still to be seen."""
    return [Bar(place * BAR, round(max(value / most * high, 1.0), 1)) for place, value in enumerate(values) if value]
