"""The hash chain: whatever is changed, removed, added or swapped is found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain import GENESIS, Event, breaks, digest_of
from ledger.numbers import mask_number

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    """A stored entry, as the chain reads it."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject_type: str
    subject_id: str
    details: Any
    previous: str
    digest: str


def a_chain(count: int) -> list[Entry]:
    entries, previous = [], GENESIS
    for seq in range(1, count + 1):
        at = NOW + timedelta(seconds=seq)
        event = Event("lin", "case_decided", "case", f"C-{seq:06}", {"kind": "clear", "spam": 0.5, "reason": "误判"})
        digest = digest_of(seq, at, event, previous)
        entries.append(
            Entry(seq, at, event.actor, event.action, event.subject_type, event.subject_id, dict(event.details),
                  previous, digest)
        )  # fmt: skip
        previous = digest
    return entries


def test_an_untouched_chain_holds() -> None:
    assert list(breaks(a_chain(20))) == []
    assert list(breaks([])) == []


CHANGES: dict[str, Any] = {
    "at": NOW,
    "actor": "somebody else",
    "action": "case_opened",
    "subject_type": "order",
    "subject_id": "C-999999",
    "details": {"kind": "confirm"},
    "previous": "f" * 64,
    "digest": "f" * 64,
}


@given(st.integers(0, 9), st.sampled_from(sorted(CHANGES)))
def test_any_change_of_any_field_of_any_entry_is_found(place: int, field: str) -> None:
    chain = a_chain(10)
    chain[place] = replace(chain[place], **{field: CHANGES[field]})
    assert list(breaks(chain))


@given(st.integers(0, 8))
def test_an_entry_that_is_taken_out_is_found(place: int) -> None:
    chain = a_chain(10)
    del chain[place]
    assert list(breaks(chain))


@given(st.integers(0, 8))
def test_entries_that_changed_places_are_found(place: int) -> None:
    chain = a_chain(10)
    chain[place], chain[place + 1] = chain[place + 1], chain[place]
    assert list(breaks(chain))


def test_the_same_moment_in_another_zone_is_the_same_entry() -> None:
    event = Event("lin", "case_opened", "case", "C-000001")
    elsewhere = NOW.astimezone(datetime.now().astimezone().tzinfo)
    assert digest_of(1, NOW, event, GENESIS) == digest_of(1, elsewhere, event, GENESIS)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13812345678", "138****5678"),
        ("+8613812345678", "+86****5678"),
        ("8000001", "80****1"),
        ("10086", "10086"),
        ("106575001234", "106575001234"),
        ("95588", "95588"),
    ],
)
def test_numbers_of_people_are_masked_and_those_of_companies_are_not(number: str, shown: str) -> None:
    assert mask_number(number) == shown
