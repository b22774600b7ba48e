"""A line that a person fed again is known by its record's header, whatever the line says of itself."""

from __future__ import annotations

import msgspec
import pytest

from config.records import Hit, Replayed, Sms, encode
from config.topics import REPLAYED_HEADER
from streams.lines import Item, RawRecord
from streams.replayed import mark, mark_in, marks_of
from tests.builders import a_hit, an_sms

MARK = Replayed(letter="D-000011", by="ola", changed=["text"])


def an_item(sms: Sms, replayed: bytes = b"") -> Item[Sms]:
    return Item(sms, RawRecord("sms.smsc", 0, 0, encode(sms), replayed), 1)


@pytest.mark.parametrize("headers", [None, (), {}, [], [("other", b"x")], {REPLAYED_HEADER: None}])
def test_what_a_gateway_sent_has_no_mark(headers: object) -> None:
    assert mark_in(headers) == b""  # type: ignore[arg-type] - whatever a client gives


@pytest.mark.parametrize("kind", [dict, list, tuple])
def test_the_mark_is_found_however_the_client_gives_headers(kind: type) -> None:
    assert mark_in(kind([("other", b"x"), (REPLAYED_HEADER, b"{}")])) == b"{}"


def test_only_hits_of_replayed_lines_are_marked() -> None:
    ours, theirs = an_sms(id="1"), an_sms(id="2")
    marks = marks_of([an_item(ours, encode(MARK)), an_item(theirs)])
    hits = mark([a_hit(id="1"), a_hit(id="2"), a_hit(id="1", gateway="ismg")], marks)
    assert [hit.replayed for hit in hits] == [MARK, None, None]


def test_a_mark_that_cannot_be_read_still_marks() -> None:
    (found,) = marks_of([an_item(an_sms(id="1"), b"no json")]).values()
    assert found == Replayed(letter="?", by="?")


def test_hits_of_the_release_before_have_no_mark() -> None:
    old = encode(a_hit()).replace(b',"replayed":null', b"")
    assert b"replayed" not in old
    assert msgspec.json.decode(old, type=Hit).replayed is None
