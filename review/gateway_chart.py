"""The small chart of a gateway's last day: what it delivered by the quarter hour, and the share of hits; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, log10

from review.coverage import Minutes

HOURS = 24
STEP = 15
"""Minutes of a bar."""
BAR = 4
"""Units of a bar and the room behind it."""
WIDTH = HOURS * 60 // STEP * BAR
HIGH, LOW = 56.0, 20.0
"""Units of the highest bar above (SMS) and below (share of hits)."""
TICK_HOURS = 6
ENOUGH = 30
"""Scored SMS of a quarter hour whose share of hits says something; fewer do not set the scale."""
LEAST_SHARE = 0.01


@dataclass(frozen=True)
class Bar:
    """A quarter of an hour: its place, its height in units, and whether its value is `over` the scale."""

    x: int
    height: float
    over: bool = False

    @property
    def y(self) -> float:
        """Where it begins, for a bar that stands on the line of the upper chart."""
        return round(HIGH - self.height, 1)


@dataclass(frozen=True)
class Chart:
    """Bars of what was delivered and of the share of hits, and the figures that say the same in words.

    `busiest` is the first minute (since 1970) of the quarter hour with the most SMS, `ticks` are minutes with places.
    `top` and `share_top` are the ends of the scales; `highest_share` is that of quarter hours with enough SMS, if any.
    """

    received: Sequence[Bar]
    shares: Sequence[Bar]
    ticks: Sequence[tuple[int, int]]
    total: int
    most: int
    busiest: int
    highest_share: float
    top: int
    share_top: float


def share_top(gateways: Iterable[Minutes], now: int) -> float:
    """Give the end of the scale of shares on which all gateways are drawn, so that they can be compared."""
    shares = [share for minutes in gateways for share in _shares(minutes, _starts(now))]
    return _round_up(max(LEAST_SHARE, _highest(shares)))


def chart_of(minutes: Minutes, now: int, offset_minutes: int, share_top: float = 1.0) -> Chart:
    """Draw the day up to a minute.

    Args:
        minutes: the gateway's counts.
        now: the minute that runs.
        offset_minutes: the local time's distance to UTC, for ticks on full hours.
        share_top: the end of the scale of shares; what is more is drawn as high, and marked.
    """
    starts = _starts(now)
    received = [_sum(minutes, start, "received") for start in starts]
    shares = _shares(minutes, starts)
    most = max(received)
    top = round(_round_up(most)) if most else 0
    every = TICK_HOURS * 60
    return Chart(
        received=_bars(received, top, HIGH),
        shares=_bars([share for share, _ in shares], share_top, LOW),
        ticks=[(start, place * BAR) for place, start in enumerate(starts) if (start + offset_minutes) % every == 0],
        total=sum(received),
        most=most,
        busiest=starts[received.index(most)],
        highest_share=_highest(shares),
        top=top,
        share_top=share_top,
    )


def _sum(minutes: Minutes, start: int, name: str) -> int:
    return sum(minutes[minute].get(name, 0) for minute in range(start, start + STEP) if minute in minutes)


def _starts(now: int) -> range:
    end = (now // STEP + 1) * STEP
    return range(end - HOURS * 60, end, STEP)


def _shares(minutes: Minutes, starts: range) -> list[tuple[float, int]]:
    """Give the share of hits of each quarter hour, and among how many."""
    found = [(_sum(minutes, start, "hits"), _sum(minutes, start, "scored")) for start in starts]
    return [(hits / scored if scored else 0.0, scored) for hits, scored in found]


def _highest(shares: Sequence[tuple[float, int]]) -> float:
    told = [share for share, scored in shares if scored >= ENOUGH]
    return max(told) if told else max((share for share, _ in shares), default=0.0)


def _round_up(value: float) -> float:
    """Give the next number that begins with 1, 2 or 5 and goes on with zeros."""
    power = 10.0 ** floor(log10(value))
    return next(round(step * power, 9) for step in (1, 2, 5, 10) if value <= step * power * (1 + 1e-9))


def _bars(values: Sequence[float], top: float, high: float) -> list[Bar]:
    """Give bars for what is not nothing; the smallest is still to be seen."""
    return [
        Bar(place * BAR, round(min(max(value / top * high, 1.0), high), 1), over=value > top)
        for place, value in enumerate(values)
        if value
    ]
