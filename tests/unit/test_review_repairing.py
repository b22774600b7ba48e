"""A repaired line passes exactly when scoring would read it, and is fed as one line."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import BadRecordError
from config.records import Sms, encode
from config.topics import ENFORCEMENT_ORDERS, GATEWAY_TOPICS
from review.repairing import LONGEST_LINE, Changes, can_be_fed, changes_of, read_repaired, suggestion
from streams.checks import check_gateways, check_sms
from streams.lines import KEPT_BYTES, RawRecord, read_batch
from tests.builders import NOW, an_sms

DECODER = msgspec.json.Decoder(Sms)


def read_live(raw: bytes) -> bool:
    """Say whether scoring reads these bytes as one line."""
    batch = read_batch([RawRecord("sms.smsc", 0, 0, raw)], DECODER, check_sms, NOW, check_gateways)
    return len(batch.items) == 1 and not batch.rejected


def passes(raw: bytes) -> bool:
    try:
        _, line = read_repaired(raw, "sms.smsc")
    except BadRecordError:
        return False
    assert read_live(line), "what is fed must be read"
    return True


def test_only_lines_of_gateways_can_be_fed() -> None:
    assert all(map(can_be_fed, GATEWAY_TOPICS.values()))
    assert not can_be_fed(ENFORCEMENT_ORDERS)
    assert not can_be_fed("sms.rejected")


def test_a_good_line_is_fed_as_it_was_written() -> None:
    line = b'{"unknown": 1, ' + encode(an_sms())[1:]
    assert read_repaired(b"  " + line + b"\r\n", "sms.smsc")[1] == line


def test_a_line_on_several_lines_becomes_one() -> None:
    sms = an_sms(text="一\n二")
    assert read_repaired(json.dumps(json.loads(encode(sms)), indent=1).encode(), "sms.smsc") == (sms, encode(sms))


@given(st.binary(max_size=200))
def test_bytes_pass_exactly_when_scoring_reads_them(raw: bytes) -> None:
    assert passes(raw) == (bool(raw.strip()) and read_live(raw.strip()))


@given(
    field=st.sampled_from(["id", "gateway", "sent_at", "sender", "receiver", "text", "part"]),
    value=st.one_of(st.none(), st.integers(), st.text(max_size=20), st.just("smsc"), st.booleans()),
)
def test_a_changed_field_passes_exactly_when_scoring_reads_it(field: str, value: object) -> None:
    raw = json.dumps(json.loads(encode(an_sms())) | {field: value}).encode()
    assert passes(raw) == read_live(raw)


def test_a_line_is_never_longer_than_what_a_dead_letter_keeps() -> None:
    assert LONGEST_LINE == KEPT_BYTES
    padded = encode(an_sms())[:-1] + b', "more": "' + b"x" * LONGEST_LINE + b'"}'
    with pytest.raises(BadRecordError, match="line_too_long"):
        read_repaired(padded, "sms.smsc")


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("晚上".encode(), ("晚上", "utf-8")),
        ("晚上".encode("gb18030"), ("晚上", "gb18030")),
        (b"\xff\xffa", ("\ufffd\ufffda", "?")),
    ],
)
def test_a_line_is_shown_in_the_encoding_that_fits(raw: bytes, found: tuple[str, str]) -> None:
    assert suggestion(raw) == found


def test_a_repair_names_the_fields_that_it_changed_and_not_their_values() -> None:
    before = encode(an_sms(id="1", text="您好", sent_at=NOW))
    after = encode(an_sms(id="1", text="恭喜中奖", sent_at=NOW.replace(year=2025)))
    assert changes_of(before, after) == Changes(changed=("sent_at", "text"))
    assert changes_of(before, before) == Changes()


def test_fields_that_nobody_could_read_before_are_named_apart() -> None:
    sms = an_sms(id="1")
    whole = encode(sms)
    # Given lines that lost their end, and one of nothing but rubbish
    assert changes_of(whole[:-20], whole) == Changes(unread=("text",))
    assert changes_of(whole[: whole.index(b'"receiver"')], whole) == Changes(unread=("receiver", "text"))
    assert changes_of(b"\xff{", whole).unread == ("id", "gateway", "sent_at", "sender", "receiver", "text")
    # And one that was whole, but without a field: that one was added
    without = whole.replace(b'"text"', b'"txt"')
    assert changes_of(without, whole) == Changes(changed=("text",))


@pytest.mark.parametrize(
    ("came", "changed"),
    [
        (b'"13800000001"', True), (b"13800000001", True), (b'"+8613800000001"', True),
        (b'""', False), (b"1.38E+10", False), (b"null", False), (b'"' + b"1" * 40 + b'"', False),
    ],
)  # fmt: skip
def test_a_sender_that_was_readable_is_told_from_another_one(
    came: bytes,
    changed: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    line = encode(an_sms(sender="13800000001")).replace(b'"13800000001"', came)
    broken = line[:-30]
    for raw in (line, broken):
        assert changes_of(raw, encode(an_sms(sender="13399998888"))).people == (("sender",) if changed else ())
        assert changes_of(raw, encode(an_sms(sender="13800000001"))).people == ()


def test_two_values_of_a_field_in_a_broken_line_are_none() -> None:
    joined = encode(an_sms(sender="13800000001")) + encode(an_sms(sender="13800000002"))[:-9]
    assert changes_of(joined, encode(an_sms(sender="13399998888"))).people == ()


@given(st.binary(max_size=300))
def test_any_bytes_can_be_compared(raw: bytes) -> None:
    changes_of(raw, encode(an_sms()))


def test_a_line_of_another_gateway_is_refused() -> None:
    with pytest.raises(BadRecordError, match="wrong_gateway"):
        read_repaired(encode(an_sms(gateway="ismg")), "sms.smsc")
