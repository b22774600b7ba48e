"""Charts as SVG to be put into a page: dark on white, told apart without colour, words as words and no fonts inside.

The words on a chart are given by the caller, who knows the reader's language. Matplotlib is heavy; import this module
only where a chart is drawn.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any, Final, Literal

import matplotlib as mpl
import msgspec
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

# Okabe and Ito's colours, which people who see few colours tell apart; each line differs in its dashes as well.
COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#56b4e9")
_DASHES: Final = ("-", "--", "-.", ":")
_MARKS: Final = ("o", "s", "^", "D")
_INK: Final = "#1b2a2c"
_GRID: Final = "#d5dcdb"
_SIZE: Final = (5.0, 3.7)
_LOGIT_TICKS: Final = (0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)
_STYLE: Final[Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "qingxin",
    "font.family": "sans-serif",
    "font.size": 11,
    "text.color": _INK,
    "text.parse_math": False,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _GRID,
    "grid.linewidth": 0.8,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "lines.linewidth": 2,
}

Label = Callable[[float], str]


class Line(msgspec.Struct, frozen=True):
    """A named line; with `low` and `high` a pale band around it, with `marks` a mark at every point.

    `joined` says whether a line goes through the points.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    marks: bool = False
    joined: bool = True


class Scale(msgspec.Struct, frozen=True):
    """One axis: what it shows, from where to where (the data's own unless given), and how its figures are written.

    A `logit` axis is for shares and spreads out both ends: 0.9, 0.99 and 0.999 stand equally far apart.
    """

    name: str
    label: Label
    limits: tuple[float, float] | None = None
    kind: Literal["linear", "log", "logit"] = "linear"


class Sign(msgspec.Struct, frozen=True):
    """A vertical line at `x` with words beside it, such as the threshold."""

    x: float
    words: str


def lines_chart(  # noqa: PLR0913 - a chart is its parts
    name: str,
    told: str,
    lines: Sequence[Line],
    across: Scale,
    up: Scale,
    *,
    sign: Sign | None = None,
    diagonal: bool = False,
) -> str:
    """Lines over a common axis. `name` keeps the ids of several charts on a page apart, `told` is the alternative text.

    `diagonal` draws where x equals y.
    """
    with _drawing() as (figure, axes):
        if diagonal:
            axes.plot([0, 1], [0, 1], color="#7f8f8f", linewidth=1)
        for place, line in enumerate(lines):
            colour = COLOURS[place % len(COLOURS)]
            if line.low:
                axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.15, linewidth=0)
            axes.plot(
                line.x,
                line.y,
                color=colour,
                linestyle=_DASHES[place % len(_DASHES)] if line.joined else "",
                marker=_MARKS[place % len(_MARKS)] if line.marks else None,
                markersize=5,
                label=line.name,
            )
        _scales(axes, across, up)
        if sign:
            _sign(axes, sign)
        if len(lines) > 1:
            _legend(axes, above_sign=sign is not None)
        return _svg(figure, name, told)


def pairs_chart(  # noqa: PLR0913
    name: str,
    told: str,
    edges: Sequence[float],
    series: Sequence[tuple[str, Sequence[int]]],
    across: Scale,
    up: Scale,
    *,
    sign: Sign | None = None,
) -> str:
    """Two histograms over the same edges, bars side by side, heights on a logarithmic axis."""
    with _drawing() as (figure, axes):
        width = (edges[1] - edges[0]) / (len(series) + 0.3)
        for place, (words, heights) in enumerate(series):
            starts = [edge + (place + 0.15) * width for edge in edges[:-1]]
            axes.bar(
                starts,
                heights,
                width,
                align="edge",
                color=COLOURS[place],
                edgecolor=_INK,
                linewidth=0.5,
                hatch=("", "////")[place % 2],
                label=words,
            )
        _scales(axes, across, up)
        if sign:
            _sign(axes, sign)
        _legend(axes, above_sign=sign is not None)
        return _svg(figure, name, told)


def bars_chart(
    name: str,
    told: str,
    bars: Sequence[tuple[str, float]],
    across: Scale,
    *,
    signs: Sequence[Sign] = (),
) -> str:
    """Horizontal bars with their figures, the first on top."""
    with _drawing(height=0.9 + 0.29 * len(bars)) as (figure, axes):
        places = list(range(len(bars)))[::-1]
        axes.barh(places, [value for _, value in bars], 0.62, color=COLOURS[0])
        axes.set_yticks(places, [words for words, _ in bars])
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        for place, (_, value) in zip(places, bars, strict=True):
            axes.annotate(
                across.label(value),
                (1, place),
                xycoords=("axes fraction", "data"),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                ha="left",
                fontsize=10.5,
            )
        for place, sign in enumerate(signs):
            axes.axvline(sign.x, color=_INK, linewidth=1.2, linestyle=("-", "--")[place % 2], label=sign.words)
        _across(axes, across)
        if signs:
            _legend(axes)
        return _svg(figure, name, told)


@contextmanager
def _drawing(height: float = _SIZE[1]) -> Iterator[tuple[Figure, Axes]]:
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # Words are set by the reader's own fonts; that matplotlib's lacks Chinese only makes its measures approximate.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=(_SIZE[0], height), layout="constrained")
        yield figure, figure.add_subplot()


def _scales(axes: Axes, across: Scale, up: Scale) -> None:
    _across(axes, across)
    if up.kind == "log":
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(10, numticks=8))
        axes.yaxis.set_minor_formatter(NullFormatter())
    if up.limits:
        axes.set_ylim(*up.limits)
    axes.set_ylabel(up.name)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: up.label(value)))


def _across(axes: Axes, across: Scale) -> None:
    if across.kind != "linear":
        axes.set_xscale(across.kind)
        axes.xaxis.set_minor_formatter(NullFormatter())
    if across.kind == "logit":
        axes.set_xticks(_LOGIT_TICKS)
        axes.minorticks_off()
    if across.limits:
        axes.set_xlim(*across.limits)
    axes.set_xlabel(across.name)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: across.label(value)))


def _sign(axes: Axes, sign: Sign) -> None:
    low, high = axes.get_xlim()
    at = min(max(sign.x, low), high)  # a logit axis has no 0 and no 1
    axes.axvline(at, color=_INK, linewidth=1.2, linestyle=(0, (4, 2)))
    on_right = axes.transAxes.inverted().transform(axes.transData.transform((at, axes.get_ylim()[0])))[0] < 0.5  # noqa: PLR2004
    axes.annotate(
        sign.words,
        (at, 1),
        xycoords=("data", "axes fraction"),
        xytext=(4 if on_right else -4, 2),
        textcoords="offset points",
        ha="left" if on_right else "right",
        va="bottom",
        fontsize=10,
    )


def _legend(axes: Axes, *, above_sign: bool = False) -> None:
    place = (0.5, 1.06 if above_sign else 1.0)
    axes.legend(loc="lower center", bbox_to_anchor=place, ncols=2, frameon=False, fontsize=10.5, handlelength=2.6)


def _svg(figure: Figure, name: str, told: str) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    drawn = buffer.getvalue()
    drawn = re.sub(r"<(metadata|style)\b.*?</\1>", "", drawn[drawn.index("<svg") :], flags=re.DOTALL)
    drawn = re.sub(r" font-family: [^;]*;", "", drawn)
    drawn = re.sub(r'\bid="', f'id="{name}-', drawn)
    drawn = re.sub(r'href="#', f'href="#{name}-', drawn).replace("url(#", f"url(#{name}-")
    drawn = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", drawn, count=1)
    drawn = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", drawn, count=1)
    return drawn.replace("<svg", f'<svg role="img" aria-label="{escape(told)}"', 1).strip()
