"""A worker stops rather than drain a topic into the dead letters."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from config.errors import BadRecordError
from config.policy import load_policy
from config.records import DeadLetter
from streams.bad_share import BadShare, TooManyBadLinesError
from streams.lines import RawRecord, bury

RECORD = RawRecord("sms.smsc", 0, 7, b"?")


def bad(count: int) -> list[DeadLetter]:
    error = BadRecordError("invalid_json", "no JSON")
    return [bury(RECORD, line, b"?", error, datetime(2026, 11, 1, tzinfo=UTC)) for line in range(count)]


def test_a_few_bad_lines_among_good_ones_never_stop_a_worker() -> None:
    share = BadShare(limit=0.5, lines=100)

    for _ in range(1000):
        share.add(51, bad(49))


def test_bad_lines_alone_stop_it_before_the_batch_that_shows_it_is_worked_on() -> None:
    share = BadShare(limit=0.5, lines=100)
    share.add(0, bad(99))

    with pytest.raises(TooManyBadLinesError, match=r"invalid_json in sms\.smsc: 1"):
        share.add(0, bad(1))


def test_what_was_good_long_ago_does_not_help() -> None:
    share = BadShare(limit=0.5, lines=100)
    share.add(10_000, [])

    for _ in range(5):
        share.add(0, bad(10))

    with pytest.raises(TooManyBadLinesError):
        share.add(0, bad(60))


def test_an_operator_may_let_all_go_to_the_dead_letters() -> None:
    share = BadShare(limit=1, lines=1)

    share.add(0, bad(1000))


def test_the_shipped_policy_has_both_figures() -> None:
    policy = load_policy().streams

    assert 0 < policy.bad_share_limit < 1
    assert policy.bad_share_lines >= 100
