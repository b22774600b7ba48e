"""What `qingxin feed` reads and how it packs."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import BadRecordError
from config.feeds import Profile
from streams.feeding import BadLine, FileReader, Format, Line
from streams.packing import Packed, Packer, partition_of

SMS = {"id": "1", "sent_at": 1_793_491_200_000, "sender": "13800000001", "receiver": "13900000002", "text": "你好"}
HEADER = "id,sent_at,sender,receiver,text,part_ref,part_seq,part_total\n"


def read_lines(pieces: list[bytes], file_format: Format, gateway: str) -> list[Line | BadLine]:
    reader = FileReader(file_format, gateway)
    return [line for piece in pieces for line in reader.take(piece)] + list(reader.finish())


def as_json(**changes: object) -> bytes:
    return json.dumps({**SMS, **changes}).encode() + b"\n"


def test_the_gateway_is_filled_in() -> None:
    (line,) = read_lines([as_json()], "jsonl", "smsc")
    assert isinstance(line, Line)
    assert line.sms.gateway == "smsc"


@pytest.mark.parametrize(
    "bad",
    [b"{\n", b"\xff\xfe\n", as_json(text=None), as_json(gateway="ismg"), as_json(text="\x01"), b'"text"\n'],
)
def test_a_bad_line_is_named_and_the_next_is_read(bad: bytes) -> None:
    fault, line = read_lines([bad, as_json(id="2")], "jsonl", "smsc")
    assert isinstance(fault, BadLine)
    assert fault.number == 1
    assert fault.reason
    assert isinstance(line, Line)


def test_csv_is_read_with_its_long_sms() -> None:
    rows = [HEADER.encode(), "7,1793491200000,10086,139,一二,9,1,2\n".encode()]
    (line,) = read_lines(rows, "csv", "ismg")
    assert isinstance(line, Line)
    assert line.sms.part is not None
    assert (line.sms.part.ref, line.sms.part.seq, line.sms.part.total) == (9, 1, 2)


@pytest.mark.parametrize("row", ["1,x,a,b,text,,,\n", "1,1793491200000,a\n", "1,1,a,b,c,,,,extra\n"])
def test_a_bad_csv_row_is_named(row: str) -> None:
    (fault,) = read_lines([HEADER.encode(), row.encode()], "csv", "ismg")
    assert isinstance(fault, BadLine)
    assert fault.number == 2


def test_bytes_that_are_not_utf8_spoil_one_csv_row() -> None:
    rows = [HEADER.encode(), b"1,1793491200000,a,b,\xff,,,\n", b"2,1793491200000,a,b,ok,,,\n"]
    fault, line = read_lines(rows, "csv", "ismg")
    assert isinstance(fault, BadLine)
    assert isinstance(line, Line)


def test_a_byte_order_mark_is_passed_over() -> None:
    mark = b"\xef\xbb\xbf"
    (line,) = read_lines([mark + as_json()], "jsonl", "smsc")
    assert isinstance(line, Line)
    (line,) = read_lines([mark + b'"id",' + HEADER.encode()[3:], b"1,1793491200000,a,b,c,,,\n"], "csv", "smsc")
    assert isinstance(line, Line)


@pytest.mark.parametrize("number", ["²", "٣", "9" * 5000, "-1"])
@pytest.mark.parametrize("row", ["1,{},a,b,c,,,\n", "1,1793491200000,a,b,c,{},1,2\n"])
def test_a_cell_that_is_no_number_spoils_one_row(row: str, number: str) -> None:
    rows = [HEADER.encode(), row.format(number).encode(), b"2,1793491200000,a,b,ok,,,\n"]
    fault, line = read_lines(rows, "csv", "smsc")
    assert isinstance(fault, BadLine)
    assert isinstance(line, Line)


@pytest.mark.parametrize("data", [b"id,sent_at\r1,2\r3,4", b'\x7fELF\r\x00"\r\xff'])
def test_a_header_that_is_no_csv_is_refused(data: bytes) -> None:
    with pytest.raises(BadRecordError, match="invalid_csv"):
        list(read_lines([data], "csv", "smsc"))


def test_a_csv_without_its_columns_is_refused() -> None:
    with pytest.raises(BadRecordError, match="receiver, text"):
        list(read_lines([b"id,sent_at,sender\n"], "csv", "smsc"))


@given(st.lists(st.sampled_from("abcdefgh"), max_size=60), st.integers(1, 9), st.integers(1, 6))
def test_packing_loses_nothing_and_keeps_the_order_of_a_sender(senders: list[str], size: int, partitions: int) -> None:
    sent: list[Packed] = []
    packer = Packer(partitions, size, sent.append)
    for number, sender in enumerate(senders):
        packer.add(sender, f"{sender}{number}".encode())
    packer.flush()

    lines = [(record.partition, text) for record in sent for text in record.value.decode().split("\n")]
    assert sorted(text for _, text in lines) == sorted(f"{sender}{n}" for n, sender in enumerate(senders))
    for sender in set(senders):
        mine = [int(text[1:]) for _, text in lines if text[0] == sender]
        assert mine == sorted(mine)
        assert {partition for partition, text in lines if text[0] == sender} == {partition_of(sender, partitions)}
    assert all(len(record.lines) <= size for record in sent)


def test_a_csv_made_anew_with_other_columns_is_refused_as_a_whole() -> None:
    head = tuple(HEADER.strip().split(","))
    anew = FileReader("csv", "smsc", head=head)
    with pytest.raises(BadRecordError, match="columns that moved would name the wrong people"):
        list(anew.take(b"id,time,to,from,text,x,y,z\n1,1793491200000,b,a,c,,,\n"))


def test_a_csv_made_anew_without_a_head_goes_on_under_the_one_before() -> None:
    anew = FileReader("csv", "smsc", head=tuple(HEADER.strip().split(",")))
    (line,) = anew.take(b"1,1793491200000,a,b,c,,,\n")
    assert isinstance(line, Line)
    assert line.sms.sender == "a"


HEAD = "id,sent_at,sender,receiver,text\n"


def csv_row(number: int, text: str) -> str:
    return f"{number},1793491200000,1380000{number:04},13900000002,{text}\n"


def fed_and_bad(content: str) -> tuple[list[str], list[int]]:
    lines = read_lines([content.encode()], "csv", "smsc")
    return (
        [line.sms.id for line in lines if isinstance(line, Line)],
        [line.number for line in lines if isinstance(line, BadLine)],
    )


def test_a_stray_quote_costs_its_own_row_of_a_thousand() -> None:
    rows = [csv_row(1, '"您好，我是'), *(csv_row(number, "您好") for number in range(2, 1001))]
    reader = FileReader("csv", "smsc")  # of a file that goes on to grow
    bad, *good = reader.take((HEAD + "".join(rows)).encode())
    assert isinstance(bad, BadLine)
    assert bad.number == 2
    assert [line.sms.id for line in good if isinstance(line, Line)] == [str(number) for number in range(2, 1001)]


def test_a_stray_quote_before_a_quoted_row_costs_its_own_row() -> None:
    content = HEAD + csv_row(1, '"open') + csv_row(2, "ok") + csv_row(3, '"fine"')
    assert fed_and_bad(content) == (["2", "3"], [2])


def test_a_quote_that_could_swallow_an_sms_is_named_and_its_rows_are_kept_for_people() -> None:
    content = HEAD + csv_row(1, '"open') + csv_row(2, "ok") + csv_row(3, 'he said "') + csv_row(4, "ok")
    *_, bad, good = read_lines([content.encode()], "csv", "smsc")
    assert isinstance(bad, BadLine)
    assert (bad.number, bad.piece.lines) == (2, 3)
    assert bad.reason.startswith("invalid_csv: by its quotes this is one row of 3 lines, but line 3 alone is an SMS")
    assert bad.piece.data.decode() == csv_row(1, '"open') + csv_row(2, "ok") + csv_row(3, 'he said "')
    assert isinstance(good, Line)


def test_a_text_of_some_lines_is_read_whole() -> None:
    content = HEAD + csv_row(1, '"' + "\n".join(f"第{number}行, 好" for number in range(10)) + '"')
    assert fed_and_bad(content) == (["1"], [])


def test_a_profile_says_how_many_lines_a_row_may_have() -> None:
    fields = {name: name for name in ("id", "sender", "receiver", "sent_at", "text")}
    profile = Profile(description="x", format="csv", fields=fields, row_lines=200)
    reader = FileReader("csv", "smsc", profile)
    content = HEAD + csv_row(1, '"' + "\n" * 160 + '"')
    (line,) = reader.take(content.encode())
    assert isinstance(line, Line)
    assert line.sms.text == "\n" * 160


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, lambda data: b"\x28\xb5\x2f\xfd" + data])
def test_a_compressed_file_is_refused(pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(BadRecordError, match="compressed"):
        list(FileReader("jsonl", "smsc").take(pack(as_json())))


@pytest.mark.parametrize("place", ["sender", "receiver", "id"])
def test_a_number_that_a_spreadsheet_has_shortened_is_refused(place: str) -> None:
    row = {"id": "1", "sent_at": "1793491200000", "sender": "a", "receiver": "b", "text": "c", place: "1.38E+10"}
    (bad,) = read_lines([f"{','.join(row)}\n{','.join(row.values())}\n".encode()], "csv", "smsc")
    assert isinstance(bad, BadLine)
    assert bad.reason == f"invalid_field: {place} '1.38E+10' was shortened by a spreadsheet: its digits are gone"
