"""What scoring wrote down about a rejected line is read in the reader's language."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from django.utils.translation import override

from config.checks import check_sms
from config.decoding import decode_line
from config.errors import BadRecordError
from config.records import Sms, encode
from review.errors import StillRejectedError
from review.rejections import REASONS, detail_in_words, in_words
from tests.builders import an_sms

DECODER = msgspec.json.Decoder(Sms)


def refusal_of(raw: bytes) -> BadRecordError:
    with pytest.raises(BadRecordError) as refusal:
        check_sms(decode_line(raw, DECODER))
    return refusal.value


def changed(**fields: Any) -> bytes:
    return json.dumps(json.loads(encode(an_sms())) | fields).encode()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (changed(text=None), "字段 text：应为文本，实为空值"),
        (changed(sent_at=1.5), "字段 sent_at：应为整数或时间，实为小数"),
        (changed(sent_at=5), "字段 sent_at：早于 2000 年"),
        (changed(sent_at="yesterday"), "字段 sent_at：不是 RFC 3339 时间"),
        (changed(sent_at="2026-11-01T08:00:00"), "字段 sent_at：时间缺少时区偏移"),
        (changed(sender=""), "字段 sender：长度不足 1"),
        (changed(sender="1" * 33), "字段 sender：长度超过 32"),
        (changed(sender="\x00"), "字段 sender：含有不允许的字符"),
        (changed(part={"ref": 1, "seq": 0, "total": 2}), "字段 part.seq：小于 1"),
        (changed(part={"ref": 1, "seq": 3, "total": 2}), "分段 3，共 2 段"),
        (changed(gateway="smscx"), "smscx 不在 smsc, ismg, interconnect, monternet 之中"),
        (changed(text="\x07"), "第 0 个字符为 U+0007"),
        (b"{}", "缺少字段 id"), (b"{", "行不完整"), (b"x", "JSON 在第 0 字节处出错"), (b"[]", "应为对象，实为列表"),
        (b'{"id": "\xff"}', "第 8 字节处不是 UTF-8"),
        (b'{"id": "1", "text": "a\xc4\xfa"}', "第 22 字节处不是 UTF-8"),
    ],
)  # fmt: skip
def test_every_refusal_of_a_line_is_said_in_chinese(raw: bytes, words: str) -> None:
    refusal = refusal_of(raw)
    assert refusal.reason in REASONS
    with override("zh-hans"):
        assert detail_in_words(refusal.detail) == words
    with override("en"):
        assert words not in detail_in_words(refusal.detail)


def test_bytes_that_are_not_utf8_are_counted_in_the_line_as_it_is_shown() -> None:
    raw = changed(text="您好").decode().encode().replace(b"\\u60a8", "您".encode("gb18030"))
    at = raw.index("您".encode("gb18030"))
    with override("en"):
        assert detail_in_words(refusal_of(raw).detail) == f"the bytes at {at} are no UTF-8"


def test_a_detail_that_is_not_known_stays_as_it_is() -> None:
    with override("zh-hans"):
        assert detail_in_words("TypeError: x is not y") == "TypeError: x is not y"


def test_a_refused_repair_is_told_in_the_readers_language() -> None:
    refusal = StillRejectedError(refusal_of(changed(gateway="smscx")))
    with override("zh-hans"):
        assert "未知网关（smscx 不在 smsc, ismg, interconnect, monternet 之中）" in str(refusal)
    with override("en"):
        assert "unknown gateway (smscx is none of smsc, ismg, interconnect, monternet)" in str(refusal)
    with override("zh-hans"):
        assert "138-****-5678" in str(StillRejectedError(refusal_of(changed(gateway="138-1234-5678"))))
    with override("en"):
        assert in_words("strange", "thing") == "strange (thing)"
