"""How figures are written in reports."""

from __future__ import annotations


def percent(value: float) -> str:
    """A share in percent, with as many decimals as it needs."""
    return f"{100 * value:.3g}%"


def count(value: float) -> str:
    """A large figure in few characters: 1,200, 30k, 5M."""
    for least, size, unit in ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if value >= least:
            return f"{value / size:.4g}{unit}"
    return f"{value:,.4g}"


def plain(value: float) -> str:
    """A figure as it is."""
    return f"{value:g}"


def three_digits(value: float) -> float:
    """The figure rounded to three digits that count: more would feign certainty."""
    return float(f"{value:.3g}")
