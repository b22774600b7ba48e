"""Which scored SMS become hits."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from config.policy import load_policy
from config.records import Hit, Sms, Velocity, encode
from models.classifier import Verdict
from models.labels import LABELS
from streams.hits import find_hits, is_exempt

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)


def an_sms(receiver: str = "13900000002") -> Sms:
    return an_sms_that_says("代开发票", receiver)


def an_sms_that_says(text: str, receiver: str = "13900000002") -> Sms:
    return Sms(id="1", gateway="smsc", sent_at=1_793_491_200_000, sender="13800000001", receiver=receiver, text=text)


def a_verdict(spam: float, normalised: str = "代开发票") -> Verdict:
    probabilities = tuple({"ham": 1 - spam, "forgery": spam}.get(label, 0.0) for label in LABELS)
    return Verdict(label="forgery", spam=spam, probabilities=probabilities, why=(), normalised=normalised)


def test_a_hit_is_made_at_the_threshold_and_not_below() -> None:
    messages = [an_sms(), an_sms()]
    hits = find_hits(messages, [a_verdict(0.5), a_verdict(0.499)], 0.5, "model-1", NOW)
    assert [hit.spam for hit in hits] == [0.5]
    assert hits[0].sent_at == datetime(2026, 11, 1, 0, 0, tzinfo=UTC)
    assert hits[0].model == "model-1"


class OneCrossed:
    """A batch whose second SMS crossed the line."""

    crossed = frozenset({1})

    def of(self, place: int) -> Velocity:
        return Velocity(hour=200 + place, day=300, receivers=10, same_share=0.5, exceeded=place > 0)


def test_what_crossed_the_volume_rule_is_a_hit_though_the_model_saw_nothing() -> None:
    messages = [an_sms("13900000001") for _ in range(4)]
    verdicts = [a_verdict(spam=spam) for spam in (0.95, 0.1, 0.2, 0.99)]
    found = find_hits(messages, verdicts, 0.9, "test", NOW, OneCrossed())
    assert [(hit.found_by, hit.label, hit.spam) for hit in found] == [
        ("model", "forgery", 0.95),
        ("volume", "volume", 0.1),
        ("model", "forgery", 0.99),
    ]
    assert [hit.velocity and hit.velocity.hour for hit in found] == [200, 201, 203]


@pytest.mark.parametrize(
    ("receiver", "exempt"),
    [
        ("10086", True),
        ("10086999", True),
        ("12321", True),
        ("+8610086999", True),
        ("1008697712", True),
        ("10086977", True),
        ("+86 10086", True),
        ("0086-10086999", True),
        ("8612321", True),
        ("008612321", True),
        ("12321001", True),
        ("1232101088", True),
        ("012321", True),
        ("+86012321", True),
        (" 10086 ", True),
        ("100 86", True),
        ("１００８６９９９", True),
        ("＋８６ １２３２１", True),
        ("(86)10086", True),
        ("\u200b12321", True),
        ("10\u2060086", True),
        ("+86\u00ad10086", True),
        ("1008", False),
        ("12320", False),
        ("+8613812321000", False),
        ("11008612321", False),
        ("86 138 1008 6999", False),
        ("x12321", False),
        ("10086x", False),
        ("10086#", True),
        ('"10086"', True),
        ("86\u221210086", True),
        ("10\u00b7086", True),
        ("tel:10086", False),
        ("", False),
        ("+", False),
        ("0", False),
        ("86", False),
        ("一二三二一", False),
        ("13810086999", False),
        ("106910086999", False),
        ("13900000002", False),
    ],
)
def test_texts_to_reporting_and_service_numbers_are_never_scored(receiver: str, exempt: bool) -> None:  # noqa: FBT001
    assert is_exempt(an_sms(receiver), load_policy().scoring.unscored_receivers) is exempt


NOTICE = "【云杉出行】验证码482913，5分钟内有效。"


def test_a_hit_says_which_notice_it_looks_like() -> None:
    messages = [an_sms_that_says(NOTICE), an_sms()]
    hits = find_hits(messages, [a_verdict(0.9, NOTICE), a_verdict(0.9)], 0.5, "model-1", NOW)
    assert [hit.guards for hit in hits] == [["verification_code"], []]


def test_a_disguised_text_is_no_notice() -> None:
    disguised = NOTICE.replace("验证码", "验\u200b证\u200b码")
    (hit,) = find_hits([an_sms_that_says(disguised)], [a_verdict(0.9, NOTICE)], 0.5, "model-1", NOW)
    assert hit.guards == []


def test_a_hit_of_an_older_release_has_no_guards() -> None:
    (hit,) = find_hits([an_sms()], [a_verdict(0.9)], 0.5, "model-1", NOW)
    old = {name: value for name, value in msgspec.json.decode(encode(hit)).items() if name != "guards"}
    assert msgspec.json.decode(msgspec.json.encode(old), type=Hit) == hit
