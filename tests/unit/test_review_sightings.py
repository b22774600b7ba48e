"""Which hits are another gateway's copy of one SMS."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from config.records import Hit
from review.grouping import key_of
from review.sightings import Original, content_of, sort_out
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
