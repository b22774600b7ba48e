"""How prices, moments and effects are said to a subscriber; pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from config.texts import Language, render

FEN_PER_YUAN = 100


def yuan(fen: int) -> str:
    """Give an amount in yuan: 500 -> 5, 550 -> 5.50."""
    whole, rest = divmod(fen, FEN_PER_YUAN)
    return f"{whole}.{rest:02}" if rest else str(whole)


def monthly(fen: int, language: Language) -> str:
    """Give a monthly price with its unit: 5元/月."""
    return render("price_monthly", language, yuan=yuan(fen))


def once(fen: int, language: Language) -> str:
    """Give an amount with its unit: 5.50元."""
    return render("price_once", language, yuan=yuan(fen))


def day(moment: datetime, language: Language, zone: ZoneInfo) -> str:
    """Give a local day: 11月25日."""
    local = moment.astimezone(zone)
    return render("moment_day", language, year=local.year, month=local.month, day=local.day)


def minute(moment: datetime, language: Language, zone: ZoneInfo) -> str:
    """Give a local day and time: 11月25日 10:00."""
    return f"{day(moment, language, zone)} {moment.astimezone(zone):%H:%M}"


def effect(
    takes_effect: str, acknowledged_at: datetime, effective_at: datetime | None, language: Language, zone: ZoneInfo
) -> str:
    """Say when a cancellation takes effect: on the day BOSS named, else by the rule of the catalogue."""
    if effective_at is None:
        return render(f"effect_{takes_effect}", language)
    if effective_at <= acknowledged_at:
        return render("effect_at_once", language)
    return render("effect_from", language, moment=minute(effective_at, language, zone))
