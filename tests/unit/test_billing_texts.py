"""Texts exist in both languages with the same fields, and say what a subscriber must know."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from billing_hooks.desk import Paid, list_messages, number_items
from billing_hooks.telling import LONGEST_REASON, Told, answer_lines, tidy
from billing_hooks.wording import effect, minute, once, yuan
from config.numbers import level
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
@pytest.mark.parametrize("name", ["reminder_order", "reminder_trial", "reminder_final", "reminder_corrected"])
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_of_what_no_text_can_cancel_asks_for_no_number(language: Language) -> None:
    fixed = Paid(1, "主资费套餐", "本公司", 5800, in_package=True, cancellable=False)
    _, inside = list_messages(number_items([fixed]), 2, language)
    assert inside[-1] in {"咨询10086", "Questions: 10086"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (" 合约期内\r\n\t未满 ", "合约期内 未满"),
        ("a\0b\u202ec\u3000\u3000d", "a b c d"),
        ("长" * 200, "长" * LONGEST_REASON),
        ("\n", ""),
    ],
)
def test_bosss_words_are_one_short_line(words: str, told: str) -> None:
    assert tidy(words) == told


def test_a_reason_of_nothing_but_control_characters_is_no_reason() -> None:
    failed = Told("彩铃", 500, "failed", waived=False, effect="", reason="\0\n")
    assert "原因：系统未能办理" in answer_lines([failed], [], {}, "zh-Hans")[0]


@pytest.mark.parametrize("spelled", ["13900000002", "+8613900000002", "8613900000002", "008613900000002"])
def test_a_number_is_the_same_however_it_is_spelled(spelled: str) -> None:
    assert level(spelled) == "13900000002"


@pytest.mark.parametrize("other", ["10086", "861390000000", "85213900000002", "+1 3900000002", "8602112345678", "86"])
def test_any_other_number_stays_as_it_is(other: str) -> None:
    assert level(other) == other
