"""Profiles of gateways: checked whole, and what they make of a row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.errors import BadRecordError
from config.feeds import FeedsError, Profile, load_profiles
from config.numbers import level
from streams.feeding import BadLine, FileReader, Line
from streams.mapping import Mapper

PLAIN = {
    "description": "an example", "format": "csv",
    "fields": {"sender": "from", "receiver": "to", "sent_at": "at", "text": "body"},
}  # fmt: skip
ROW = {"from": "13800000001", "to": "13900000002", "at": "1793491200000", "body": "你好"}


def profile(**changes: Any) -> Profile:
    return Profile.model_validate({**PLAIN, **changes})


def fed(name: str, data: bytes, gateway: str = "smsc") -> list[Line | BadLine]:
    found = load_profiles()[name]
    reader = FileReader(found.format, gateway, found)
    return [*reader.take(data), *reader.finish()]


def test_the_profiles_that_come_along_are_good() -> None:
    assert len(load_profiles()) == 3


def test_an_export_in_gb18030_becomes_sms() -> None:
    export = (
        "主叫号码,被叫号码,提交时间,短信内容,拆分标识,拆分序号,拆分总数\r\n"
        '8613800000001,+8613900000002,2026-11-01 08:00:00,"第一行\r\n第二行",,,\r\n'
        "10690000001,13900000003,2026-11-01 08:00:01,上半,7,1,2\r\n"
        "13800000001,13900000003,2026-11-01,日期不全,,,\r\n"
    ).encode("gb18030")
    first, second, bad = fed("smsc-billing-export", export)
    assert isinstance(first, Line)
    assert (first.sms.sender, first.sms.receiver, first.sms.text) == ("13800000001", "13900000002", "第一行\r\n第二行")
    assert str(first.sms.sent_at) == "2026-11-01 00:00:00+00:00"
    assert first.sms.id.startswith("sha256-")
    assert isinstance(second, Line)
    assert second.sms.part is not None
    assert second.sms.part.total == 2
    assert isinstance(bad, BadLine)
    assert bad.reason.startswith("invalid_field: sent_at '2026-11-01' is not written like %Y-%m-%d %H:%M:%S")


def test_a_log_without_a_head_becomes_sms() -> None:
    line, *_ = fed("ismg-submit-log", '77|901|10690000001|8613900000002|20261101080000|15|他说"好"\n'.encode(), "ismg")
    assert isinstance(line, Line)
    assert (line.sms.id, line.sms.sender, line.sms.text) == ("77", "10690000001", '他说"好"')


def test_json_with_other_names_becomes_sms() -> None:
    data = (
        b'{"messageId": 5, "callingNumber": "13800000001", "calledNumber": "13900000002", "receivedAt": 1793491200.5,'
        b' "content": "hi"}\n'
    )
    (line,) = fed("interconnect-json", data, "interconnect")
    assert isinstance(line, Line)
    assert (line.sms.id, line.sms.sent_at) == ("5", 1_793_491_200_500)


def test_every_fault_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "feeds.toml"
    file.write_text(
        """
[one]
description = "x"
format = "xml"
time = "noon"
timezone = "Mars/Base"
[one.fields]
sender = "a"
[two]
description = "x"
format = "csv"
encoding = "utf-16"
columns = ["a", "a"]
[two.fields]
sender = "a"
receiver = "b"
sent_at = "c"
text = "d"
[three]
description = "x"
format = "jsonl"
surprise = 1
fields = { sender = "a", receiver = "b", part_ref = "r" }
[three.constants]
id = "same"
""",
        encoding="utf-8",
    )
    with pytest.raises(FeedsError) as refused:
        load_profiles(file)
    told = str(refused.value)
    for part in ("one.format", "one.time", "one.timezone: unknown time zone", "two.encoding", "three.surprise"):
        assert part in told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"fields": {"sender": "from"}}, "fields lacks receiver, sent_at, text"),
        ({"constants": {"text": "x"}}, "text cannot be both"),
        ({"constants": {"id": "x"}}, "id cannot be a constant"),
        ({"id_from": ["id"]}, "id_from cannot hold id"),
        ({"id_from": ["gateway"]}, "id_from names gateway"),
        ({"fields": {**PLAIN["fields"], "part_ref": "r"}}, "belong together"),  # type: ignore[dict-item]
        ({"columns": ["from", "to"]}, "columns lacks at, body"),
        ({"columns": ["from", "to", "at", "body", "to"]}, "names one twice"),
        ({"columns": ["from", "to", "at", "body"], "format": "jsonl"}, "columns are for csv"),
        ({"time": "%H:%M"}, "must hold year"),
        ({"delimiter": "，"}, "one ASCII character"),
    ],
)
def test_a_profile_at_odds_with_itself_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        profile(**changes)


def test_the_same_row_always_gets_the_same_id() -> None:
    mapper = Mapper(profile(), "smsc")
    first, again, other = (mapper.fields(row)["id"] for row in (ROW, dict(ROW), {**ROW, "body": "您好"}))
    assert first == again != other


def test_constants_are_in_every_sms() -> None:
    fields = {name: column for name, column in PLAIN["fields"].items() if name != "receiver"}  # type: ignore[attr-defined]
    made = Mapper(profile(fields=fields, constants={"receiver": "10690000001"}), "smsc").fields(ROW)
    assert made["receiver"] == "10690000001"


@pytest.mark.parametrize(
    ("time", "given", "taken"),
    [
        ("epoch_s", "1793491200", 1_793_491_200_000),
        ("epoch_ms", "1793491200000", 1_793_491_200_000),
        ("rfc3339", "2026-11-01T08:00:00+08:00", "2026-11-01T08:00:00+08:00"),
        ("%Y-%m-%d %H:%M:%S", "2026-11-01 08:00:00", "2026-11-01T00:00:00Z"),
        ("%Y-%m-%d %H:%M:%S %z", "2026-11-01 08:00:00 +0100", "2026-11-01T07:00:00Z"),
    ],
)
def test_times_are_read_as_the_profile_says(time: str, given: str, taken: object) -> None:
    assert Mapper(profile(time=time), "smsc").fields({**ROW, "at": given})["sent_at"] == taken


def test_a_time_of_another_kind_is_refused() -> None:
    with pytest.raises(BadRecordError, match="is no epoch_s"):
        Mapper(profile(time="epoch_s"), "smsc").fields({**ROW, "at": "yesterday"})


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("8613800000001", "13800000001"),
        ("+8613800000001", "13800000001"),
        ("008613800000001", "13800000001"),
        ("861069000", "861069000"),
        ("10690000001", "10690000001"),
    ],
)
def test_the_prefix_of_the_mainland_is_taken_from_mobile_numbers_alone(given: str, taken: str) -> None:
    assert level(given) == taken
