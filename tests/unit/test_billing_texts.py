"""Texts exist in both languages with the same fields, and say what a subscriber must know."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from billing_hooks.wording import effect, minute, once, yuan
from config.policy import load_policy
from config.texts import LANGUAGES, Language, fields, names

ZONE = load_policy().reminders.zone
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def test_both_languages_have_the_same_texts_with_the_same_fields() -> None:
    chinese, english = LANGUAGES
    assert names(chinese) == names(english)
    assert {name: fields(name, chinese) for name in names(chinese)} == {
        name: fields(name, english) for name in names(english)
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["reminder_order", "reminder_trial", "reminder_final"])
def test_a_reminder_names_service_provider_charge_and_how_to_cancel(name: str, language: Language) -> None:
    assert {"service", "provider", "charge_at", "code"} <= fields(name, language)
    assert fields(name, language) & {"price", "amount"}


@pytest.mark.parametrize(("fen", "said"), [(500, "5元"), (550, "5.50元"), (5, "0.05元"), (0, "0元"), (1990, "19.90元")])
def test_prices_are_said_in_yuan(fen: int, said: str) -> None:
    assert once(fen, "zh-Hans") == said
    assert yuan(fen) == said.removesuffix("元")


def test_moments_are_said_in_local_time() -> None:
    assert minute(NOW, "zh-Hans", ZONE) == "11月20日 12:00"


@pytest.mark.parametrize(
    ("takes_effect", "effective_at", "said"),
    [
        ("at_once", None, "立即生效"),
        ("next_day", None, "次日生效"),
        ("next_cycle", None, "下个计费周期起生效"),
        ("next_cycle", NOW, "立即生效"),
        ("at_once", datetime(2026, 11, 30, 16, 0, tzinfo=UTC), "12月1日 00:00起生效"),
    ],
)
def test_the_effect_is_what_boss_says_or_else_the_catalogue(
    takes_effect: str, effective_at: datetime | None, said: str
) -> None:
    assert effect(takes_effect, NOW, effective_at, "zh-Hans", ZONE) == said
