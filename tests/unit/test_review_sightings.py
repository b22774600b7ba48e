"""Which hits are another gateway's copy of one SMS."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from config.records import GAP, Hit
from review.gaps import completes
from review.grouping import key_of
from review.sightings import Original, content_of, sort_out, way_of
from streams.long_sms import HeldPart, join
from tests.builders import NOW, a_hit

WITHIN = timedelta(minutes=10)


def seen(gateway: str, minute: float = 0, **changes: Any) -> Hit:
    return a_hit(gateway=gateway, sent_at=NOW + timedelta(minutes=minute), **changes)


def test_the_same_sms_at_two_gateways_is_one_and_its_copy() -> None:
    first, second = seen("smsc"), seen("interconnect", 1)
    found = sort_out([second, first], {}, WITHIN)
    assert (found.originals, found.copies) == ([first], [(second, key_of(first))])


def test_the_same_text_twice_at_one_gateway_is_two_sms() -> None:
    assert len(sort_out([seen("smsc"), seen("smsc", 1)], {}, WITHIN).originals) == 2


def test_two_sms_and_their_copies_are_paired_by_time() -> None:
    one, other = seen("smsc", 0), seen("smsc", 5)
    copy, other_copy = seen("ismg", 0.1), seen("ismg", 5.1)
    found = sort_out([one, other, copy, other_copy], {}, WITHIN)
    assert found.copies == [(copy, key_of(one)), (other_copy, key_of(other))]


def test_what_is_far_apart_or_to_another_receiver_is_an_sms_of_its_own() -> None:
    hits = [
        seen("smsc"),
        seen("ismg", 11),
        seen("monternet", receiver="13900000099"),
        seen("interconnect", text="别的"),
    ]
    assert len(sort_out(hits, {}, WITHIN).originals) == 4
    assert len(sort_out([seen("smsc"), seen("ismg")], {}, timedelta()).originals) == 2


def test_a_copy_of_known_evidence_is_found_once_a_gateway() -> None:
    late = seen("ismg", 2)
    known = {content_of(late): [Original(("smsc", "first"), NOW, {"smsc"})]}
    assert sort_out([late], known, WITHIN).copies == [(late, ("smsc", "first"))]
    known = {content_of(late): [Original(("smsc", "first"), NOW, {"smsc", "ismg"})]}
    assert sort_out([late], known, WITHIN).originals == [late]


@given(st.lists(st.tuples(st.sampled_from(["smsc", "ismg", "interconnect"]), st.integers(0, 30)), max_size=12))
def test_nothing_is_lost_and_the_order_of_arrival_does_not_matter(places: list[tuple[str, int]]) -> None:
    hits = [seen(gateway, minute) for gateway, minute in places]
    found = sort_out(hits, {}, WITHIN)
    assert sorted(hit.id for hit in (*found.originals, *(hit for hit, _ in found.copies))) == sorted(h.id for h in hits)
    assert sort_out(hits[::-1], {}, WITHIN) == found


PARTS = ("代开各地正规发票，税率优惠，验证后付款，", "长期有效，欢迎来电咨询，", "加微信fapiao_7766")
WHOLE = "".join(PARTS)


@pytest.mark.parametrize(
    ("incomplete", "same"),
    [
        (PARTS[0] + GAP, True),
        (GAP + PARTS[1] + PARTS[2], True),
        (PARTS[0] + GAP + PARTS[2], True),
        (PARTS[0] + PARTS[1] + GAP, True),
        (GAP + PARTS[1] + GAP, False),  # too little of it came
        (WHOLE + GAP, False),
        (PARTS[2] + GAP + PARTS[0], False),
        (PARTS[0] + GAP + "加微信other_123", False),
        (WHOLE, False),
    ],
)
def test_an_incomplete_text_is_that_of_a_whole_one_if_enough_came_and_all_of_it_is_there_in_order(
    incomplete: str,
    same: bool,  # noqa: FBT001
) -> None:
    assert completes(WHOLE, incomplete) is same


@given(st.lists(st.text("甲乙丙", min_size=8, max_size=12), min_size=3, max_size=6), st.data())
def test_whatever_parts_do_not_come_the_whole_completes_it(pieces: list[str], data: st.DataObject) -> None:
    there = data.draw(st.sets(st.integers(1, len(pieces)), min_size=3, max_size=len(pieces)))
    parts = {number: HeldPart("id", 0, pieces[number - 1]) for number in there}
    text = join(parts, len(pieces), "smsc", "1", "2").text
    assert completes("".join(pieces), text) is (len(there) < len(pieces))


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_a_long_sms_that_lacks_parts_at_one_gateway_is_a_copy_of_the_whole_at_another(seconds: int) -> None:
    one, other = seen("smsc", text=WHOLE), seen("ismg", text=PARTS[0] + GAP)
    other = replace(other, sent_at=NOW + timedelta(seconds=seconds))
    found = sort_out([other, one], {}, WITHIN)
    assert (found.originals, found.copies) == ([one], [(other, key_of(one))]), "the evidence is the whole one"
    # and of evidence that is kept already
    kept = {way_of(one): [Original(("smsc", "first"), NOW, {"smsc"}, WHOLE)]}
    assert sort_out([other], {}, WITHIN, kept).copies == [(other, ("smsc", "first"))]
    # but not of an SMS of the same gateway, or to another receiver
    assert len(sort_out([one, replace(other, gateway="smsc")], {}, WITHIN).originals) == 2
    assert len(sort_out([one, replace(other, receiver="13900000077")], {}, WITHIN).originals) == 2
