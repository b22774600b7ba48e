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
from review.repairing import LONGEST_LINE, can_be_fed, read_repaired, suggestion
from streams.checks import check_sms
from streams.lines import KEPT_BYTES, RawRecord, read_batch
from tests.builders import NOW, an_sms

DECODER = msgspec.json.Decoder(Sms)


def read_live(raw: bytes) -> bool:
    """Say whether scoring reads these bytes as one line."""
    batch = read_batch([RawRecord("sms.smsc", 0, 0, raw)], DECODER, check_sms, NOW)
    return len(batch.items) == 1 and not batch.rejected


def passes(raw: bytes) -> bool:
    try:
        _, line = read_repaired(raw)
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
    assert read_repaired(b"  " + line + b"\r\n")[1] == line


def test_a_line_on_several_lines_becomes_one() -> None:
    sms = an_sms(text="一\n二")
    assert read_repaired(json.dumps(json.loads(encode(sms)), indent=1).encode()) == (sms, encode(sms))


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
        read_repaired(padded)


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
