"""The details of an audit entry are read in the reader's language, whatever is in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation import override

from ledger.details import KEYS, key_name, subject_name
from ledger.templatetags.actions import pairs

ROOT = Path(__file__).resolve().parents[2]
TELLING = frozenset({"note", "note_text", "_tell", "_told"})


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("changed", True, ("更改的字段", "是")), ("changed", ["sent_at", "text"], ("更改的字段", "时间、正文")),
        ("letters", [], ("记录", "–")), ("kind", "silent", ("kind", "静默")), ("label", "gambling", ("类别", "赌博")),
        ("reason", "silent", ("原因", "silent")), ("share", 0.0289804, ("命中率", "2.90%")),
        ("fed", 0, ("送入行数", "0")), ("labels", {"ham": 2}, ("各类条数", "ham 2")),
        ("operating_system_user", "root", ("系统用户", "root")),
        ("remarks", 1, ("说明条数", "1")), ("understood", "explained", ("理解为", "未办理，已说明原因")),
        ("origin", "desk", ("申请途径", "0000 查询退订")), ("outcome", "not_waived", ("结果", "已退订，费用未免除")),
        ("price_fen", 1990, ("资费（元）", "19.90")), ("until", "nobody knows", ("截至", "nobody knows")),
        ("until", "2026-11-28T13:19:21.442108+00:00", ("截至", "2026-11-28 21:19:21")),
    ],
)  # fmt: skip
def test_keys_and_values_are_said_in_chinese(key: str, value: object, said: tuple[str, str]) -> None:
    with override("zh-hans"):
        ((_, name, shown),) = pairs({key: value})
        assert shown == said[1]
        assert name == said[0] or key == "kind"


def keys_written(source: str) -> Iterator[str]:
    """Give the keys of audit details that a module writes: keywords of `note` and its kin, dicts called details."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), keywords=keywords) if name in TELLING:
                yield from (one.arg for one in keywords if one.arg and one.arg != "actor")
            case ast.Call(func=ast.Name(id="Event"), args=[_, _, _, _, ast.Dict(keys=keys)]):
                yield from (key.value for key in keys if isinstance(key, ast.Constant))
            case ast.Assign(targets=[ast.Name(id="details")], value=ast.Dict(keys=keys)):
                yield from (key.value for key in keys if isinstance(key, ast.Constant))


def test_every_key_that_the_code_writes_has_a_name() -> None:
    sources = [path for room in ("review", "billing_hooks", "streams") for path in (ROOT / room).rglob("*.py")]
    written = {key for path in sources for key in keys_written(path.read_text(encoding="utf-8"))}
    assert {"price_fen", "until", "contradictions"} <= written
    assert written - KEYS.keys() == set()


def test_empty_details_are_left_out() -> None:
    assert pairs({"reason": "", "cycle": None}) == []


def test_what_is_not_known_stays_as_it_is() -> None:
    with override("zh-hans"):
        assert (key_name("strange"), subject_name("strange")) == ("strange", "strange")
        assert subject_name("dead letter") == "拒收记录"
