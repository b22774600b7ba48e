"""Which scored SMS become hits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from config.policy import load_policy
from config.records import Sms
from models.classifier import Verdict
from streams.hits import find_hits, is_exempt

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)


def an_sms(receiver: str = "13900000002") -> Sms:
    return Sms(
        id="1", gateway="smsc", sent_at=1_793_491_200_000, sender="13800000001", receiver=receiver, text="代开发票"
    )


def a_verdict(spam: float) -> Verdict:
    scores = {"ham": 1 - spam, "forgery": spam}
    return Verdict(label="forgery", spam=spam, scores=scores, why=(), normalised="代开发票")


def test_a_hit_is_made_at_the_threshold_and_not_below() -> None:
    messages = [an_sms(), an_sms()]
    hits = find_hits(messages, [a_verdict(0.5), a_verdict(0.499)], 0.5, "model-1", NOW)
    assert [hit.spam for hit in hits] == [0.5]
    assert hits[0].sent_at == datetime(2026, 11, 1, 0, 0, tzinfo=UTC)
    assert hits[0].model == "model-1"


@pytest.mark.parametrize(
    ("receiver", "exempt"),
    [
        ("10086", True),
        ("10086999", True),
        ("12321", True),
        ("+8610086999", True),
        ("1008697712", True),
        ("13810086999", False),
        ("106910086999", False),
        ("13900000002", False),
    ],
)
def test_texts_to_reporting_and_service_numbers_are_never_scored(receiver: str, exempt: bool) -> None:  # noqa: FBT001
    assert is_exempt(an_sms(receiver), load_policy().scoring.unscored_receivers) is exempt
