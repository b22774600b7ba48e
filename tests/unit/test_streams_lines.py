"""A record of many lines: the good ones live, the bad ones become dead letters that say where and why."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.records import Sms
from streams.checks import check_gateways, check_sms
from streams.lines import MAX_LINE_BYTES, Batch, RawRecord, read_batch

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
GOOD = {
    "id": "1",
    "gateway": "smsc",
    "sent_at": "2026-11-01T08:00:00+08:00",
    "sender": "13800000001",
    "receiver": "13900000002",
    "text": "明天几点到？",
}


def line(**changes: object) -> bytes:
    return json.dumps({**GOOD, **changes}, ensure_ascii=False).encode()


def without(field: str) -> bytes:
    return json.dumps({name: value for name, value in GOOD.items() if name != field}).encode()


@pytest.mark.parametrize(
    ("value", "numbers", "rejected"),
    [
        (line() + line() + b"\n\n" + line(), [3], [1]),
        (line() + line() + b"\n" + line().replace(b", ", b",\n", 1), [], [1, 2, 3]),
        (b"\n" + line() + b"\n\n" + line() + b"\n", [2, 4], []),
        (line() + b"\r\n" + line(), [1, 2], []),
        (line() + b"\n" + line(gateway="x") + b"\n" + line(), [1, 3], [2]),
    ],
)
def test_lines_keep_their_numbers_however_a_record_is_laid_out(
    value: bytes, numbers: list[int], rejected: list[int]
) -> None:
    batch = read(value)

    assert [item.line for item in batch.items] == numbers
    assert [letter.line for letter in batch.rejected] == rejected


def test_an_sms_that_names_another_gateway_than_its_topic_is_rejected_alone() -> None:
    value = b"\n".join([line(), line(gateway="ismg"), line()])
    batch = read_batch(
        [RawRecord("sms.smsc", 3, 42, value)], msgspec.json.Decoder(Sms), check_sms, NOW, belongs=check_gateways
    )

    assert [item.line for item in batch.items] == [1, 3]
    assert [(letter.line, letter.reason) for letter in batch.rejected] == [(2, "wrong_gateway")]
    assert batch.good == {"sms.smsc": 2}


def test_a_batch_is_given_without_a_topic() -> None:
    records = [RawRecord(topic, 0, 1, line() + b"\n{") for topic in ("sms.smsc", "sms.ismg")]
    batch = read_batch(records, msgspec.json.Decoder(Sms), check_sms, NOW).without({"sms.ismg"})

    assert [item.record.topic for item in batch.items] == ["sms.smsc"]
    assert [letter.topic for letter in batch.rejected] == ["sms.smsc"]
    assert batch.good == {"sms.smsc": 1}


def read(value: bytes) -> Batch[Sms]:
    record = RawRecord("sms.smsc", 3, 42, value)
    return read_batch([record], msgspec.json.Decoder(Sms), check_sms, NOW)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'{"id": "1", "gate', "invalid_json"),
        (b"not json at all", "invalid_json"),
        (b"[1, 2]", "invalid_field"),
        (without("text"), "invalid_field"),
        (without("sender"), "invalid_field"),
        (line(text=5), "invalid_field"),
        (line(sent_at="yesterday"), "invalid_field"),
        (line(sent_at="2026-11-01T08:00:00"), "invalid_field"),
        (line(sent_at=True), "invalid_field"),
        (line(sender=""), "invalid_field"),
        (line(sender="13800000001\n"), "invalid_field"),
        (line(sent_at=253_402_300_799_999), "invalid_field"),
        (line(sent_at=0), "invalid_field"),
        (line(sent_at="0001-01-01T00:00:00+08:00"), "invalid_field"),
        (line(sent_at="9999-12-31T23:59:59-12:00"), "invalid_field"),
        (line(id="a\x00b"), "invalid_field"),
        (line(gateway="pigeon"), "unknown_gateway"),
        (line(part={"ref": 1, "seq": 3, "total": 2}), "invalid_field"),
        (line(text="a\x00b"), "control_character"),
        (line(text="bell\x07"), "control_character"),
        (line(text="raw bell").replace(b"raw bell", b"raw \x07 bell"), "invalid_json"),
        (line(text="x").replace(b'"x"', b'"\xff\xfe\xb7"'), "not_utf8"),
        (line(text="长" * 33_000), "invalid_field"),
        (b'{"text": "' + b"x" * MAX_LINE_BYTES + b'"}', "line_too_long"),
        (b'{"x": ' + b"[" * 100_000, "invalid_json"),
        (line(text="x").replace(b'"x"', b'"\\ud800"'), "invalid_json"),
    ],
)
def test_a_bad_line_is_buried_with_its_reason_and_its_neighbours_live(bad: bytes, reason: str) -> None:
    batch = read(line(id="a") + b"\n" + bad + b"\n" + line(id="b"))

    assert [item.message.id for item in batch.items] == ["a", "b"]
    (letter,) = batch.rejected
    assert (letter.topic, letter.partition, letter.offset, letter.line) == ("sms.smsc", 3, 42, 2)
    assert letter.reason == reason
    assert letter.detail
    assert bad.startswith(base64.b64decode(letter.raw))
    assert letter.raw_bytes == len(bad)


@pytest.mark.parametrize("value", [b"", b"\n", b" \n\t\n"])
def test_a_record_without_a_line_is_buried(value: bytes) -> None:
    batch = read(value)
    assert (batch.items, [letter.reason for letter in batch.rejected]) == ([], ["empty_record"])


def test_blank_lines_between_good_ones_are_nothing() -> None:
    batch = read(line(id="a") + b"\n\n" + line(id="b") + b"\n")
    assert [item.message.id for item in batch.items] == ["a", "b"]
    assert not batch.rejected


def test_a_record_of_five_megabytes_is_read_line_by_line() -> None:
    lines = [line(id=str(number), text="好" * 1500) for number in range(1100)]
    value = b"\n".join([*lines, b"{"])
    assert len(value) > 5_000_000
    batch = read(value)
    assert len(batch.items) == 1100
    assert [letter.line for letter in batch.rejected] == [1101]


def test_epoch_milliseconds_and_unknown_fields_are_taken() -> None:
    (item,) = read(line(sent_at=1_793_491_200_000, colour="blue")).items
    assert item.message.sent_at == 1_793_491_200_000


def test_an_item_knows_the_bytes_of_its_own_line() -> None:
    first, second = read(line(id="a") + b"\n\n" + line(id="b")).items
    assert (first.raw, second.raw) == (line(id="a"), line(id="b"))


@given(st.binary(max_size=300))
def test_whatever_bytes_come_every_line_is_an_item_or_a_dead_letter(value: bytes) -> None:
    batch = read(value)
    lines = [raw for raw in value.split(b"\n") if raw.strip()]
    assert len(batch.items) + len(batch.rejected) == max(1, len(lines))
