"""Long answers are split at SMS limits and never inside an item."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from billing_hooks.catalogue import load_catalogue
from billing_hooks.desk import Paid, list_messages, number_items
from billing_hooks.splitting import split, units
from billing_hooks.wording import monthly
from config.policy import load_policy
from config.texts import LANGUAGES, Language, render

SIZES = load_policy().sms
CATALOGUE = load_catalogue()
lines = st.text(st.sampled_from("彩铃元月 ，😀a1"), min_size=1, max_size=30)


def test_what_fits_into_70_units_is_one_text() -> None:
    assert split(["十" * 35, "个" * 34], SIZES) == ("十" * 35 + "\n" + "个" * 34,)


def test_one_unit_more_makes_parts_of_67() -> None:
    assert [units(part) for part in split(["十" * 35, "个" * 35], SIZES)] == [35, 35]


def test_an_emoji_counts_two_units() -> None:
    assert units("😀字") == 3


def test_nothing_makes_no_text() -> None:
    assert split([], SIZES) == ()


@given(st.lists(lines, max_size=20))
def test_no_part_is_too_long_and_no_item_is_cut(items: list[str]) -> None:
    parts = split(items, SIZES)

    limit = SIZES.first_part_units if len(parts) == 1 else SIZES.next_part_units
    assert all(units(part) <= limit for part in parts)
    assert [line for part in parts for line in part.split("\n")] == items


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=400))
def test_an_item_longer_than_a_part_is_cut_but_loses_nothing(item: str) -> None:
    parts = split([item], SIZES)

    assert all(units(part) <= SIZES.first_part_units for part in parts)
    assert "".join(parts) == item


def test_every_item_of_the_catalogue_fits_into_a_part() -> None:
    for language in LANGUAGES:
        for service in CATALOGUE.services.values():
            assert units(_longest_item(service.zh if language == "zh-Hans" else service.en, language)) <= 67


def _longest_item(name: str, language: Language) -> str:
    provider = max((one.zh if language == "zh-Hans" else one.en for one in CATALOGUE.providers.values()), key=units)
    return render("list_item", language, number=99, service=name, provider=provider, price=monthly(100_050, language))


def test_a_full_list_keeps_every_item_in_one_piece() -> None:
    items = number_items(
        Paid(number, service.zh, CATALOGUE.providers[service.provider].zh, service.price_fen, service.in_package)
        for number, service in enumerate(reversed(CATALOGUE.services.values()))
    )

    outside, inside = list_messages(items, 2, "zh-Hans")

    for message in (outside, inside):
        assert [line for part in split(message, SIZES) for line in part.split("\n")] == message
    assert outside[1].startswith("1.")
    assert inside[1].startswith(f"{len(outside) - 1}.")
