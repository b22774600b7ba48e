"""How an agent cuts what it took into turns that fit into memory."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from streams.engine import by_size


@dataclass(frozen=True)
class Event:
    """What Faust hands over, as far as its size matters."""

    value: bytes | None


@given(st.lists(st.one_of(st.none(), st.integers(0, 40))), st.integers(1, 50))
def test_every_event_has_its_turn_in_order_and_no_turn_of_several_is_too_large(
    sizes: list[int | None], most: int
) -> None:
    events = [Event(None if size is None else bytes(size)) for size in sizes]
    turns = list(by_size(events, most))

    assert [event for turn in turns for event in turn] == events
    assert all(len(turn) == 1 or sum(len(event.value or b"") for event in turn) <= most for turn in turns)
    assert all(turns)
