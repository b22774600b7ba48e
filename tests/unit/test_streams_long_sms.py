"""Long SMS out of their parts: any order, copies and gaps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from config.records import GAP, Part
from streams.hits import moment
from streams.long_sms import HeldPart, held, is_part, join, token_of
from tests.builders import an_sms

NOW_MS = 1_793_491_200_000
PIECES = st.lists(st.text("甲乙丙丁", min_size=1, max_size=5), min_size=1, max_size=8)


def joined(pieces: dict[int, str], total: int) -> str:
    parts = {number: HeldPart(f"id-{number}", NOW_MS + number, text) for number, text in pieces.items()}
    return join(parts, total, "smsc", "13800000001", "13900000002").text


@given(PIECES, st.randoms(use_true_random=False))
def test_the_parts_of_an_sms_make_its_text_in_any_order(pieces: list[str], chance: object) -> None:
    numbered = list(enumerate(pieces, 1))
    chance.shuffle(numbered)  # type: ignore[attr-defined]
    assert joined(dict(numbered), len(pieces)) == "".join(pieces)


@given(PIECES, st.data())
def test_what_is_missing_is_a_gap_and_nothing_that_came_is_lost(pieces: list[str], data: st.DataObject) -> None:
    there = data.draw(st.sets(st.integers(1, len(pieces)), min_size=1))
    text = joined({number: pieces[number - 1] for number in there}, len(pieces))
    assert text.replace(GAP, "") == "".join(pieces[number - 1] for number in sorted(there))
    assert (GAP in text) is (len(there) < len(pieces))
    assert GAP + GAP not in text


def test_a_joined_sms_has_the_id_and_time_of_its_first_part() -> None:
    parts = {number: held(an_sms(id=f"id-{number}", text=f"第{number}段")) for number in (2, 3)}
    sms = join(parts, 3, "ismg", "13800000001", "13900000002")
    assert (sms.id, sms.sent_at, sms.gateway, sms.part) == ("id-2", an_sms().sent_at, "ismg", None)


def test_an_sms_that_was_scored_without_its_first_part_keeps_the_id_and_time_it_had_then() -> None:
    parts = {
        number: held(an_sms(id=f"id-{number}", sent_at=NOW_MS + number, text=f"第{number}段")) for number in (1, 2)
    }
    sms = join(parts, 2, "ismg", "13800000001", "13900000002", named=2)
    assert (sms.id, moment(sms.sent_at), sms.text) == ("id-2", moment(NOW_MS + 2), "第1段第2段")


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"text": "别的"},
        {"sent_at": NOW_MS + 1},
        {"gateway": "ismg"},
        {"receiver": "13900000003"},
        {"part": Part(7, 2, 2)},
        {"part": Part(8, 1, 2)},
    ],
)
def test_only_what_was_fed_twice_is_the_same_part(change: dict[str, Any]) -> None:
    sms = an_sms(id="same", sent_at=NOW_MS, part=Part(7, 1, 2))
    assert token_of(sms) == token_of(replace(sms, sent_at=moment(NOW_MS)))
    assert token_of(sms) != token_of(replace(sms, **change))


@pytest.mark.parametrize(("part", "waits"), [(None, False), (Part(7, 1, 1), False), (Part(7, 2, 2), True)])
def test_an_sms_that_is_its_only_part_waits_for_none(part: Part | None, waits: bool) -> None:  # noqa: FBT001
    assert is_part(an_sms(part=part)) is waits
