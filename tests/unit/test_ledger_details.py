"""The details of an audit entry are read in the reader's language, whatever is in them."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from ledger.details import key_name, subject_name
from ledger.templatetags.actions import pairs


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("changed", True, ("更改的字段", "是")), ("changed", ["sent_at", "text"], ("更改的字段", "时间、正文")),
        ("letters", [], ("记录", "–")), ("kind", "silent", ("kind", "静默")), ("label", "gambling", ("类别", "赌博")),
        ("reason", "silent", ("原因", "silent")), ("share", 0.0289804, ("命中率", "2.90%")),
        ("fed", 0, ("送入行数", "0")), ("labels", {"ham": 2}, ("各类条数", "ham 2")),
        ("operating_system_user", "root", ("operating_system_user", "root")),
    ],
)  # fmt: skip
def test_keys_and_values_are_said_in_chinese(key: str, value: object, said: tuple[str, str]) -> None:
    with override("zh-hans"):
        ((_, name, shown),) = pairs({key: value})
        assert shown == said[1]
        assert name == said[0] or key == "kind"


def test_empty_details_are_left_out() -> None:
    assert pairs({"reason": "", "cycle": None}) == []


def test_what_is_not_known_stays_as_it_is() -> None:
    with override("zh-hans"):
        assert (key_name("strange"), subject_name("strange")) == ("strange", "strange")
        assert subject_name("dead letter") == "拒收记录"
