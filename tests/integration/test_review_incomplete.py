"""A long SMS that came whole at one gateway and with parts missing at another is one piece of evidence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from config.records import GAP, Contact
from config.roles import Role
from ledger.models import AuditEntry
from review.campaign_tables import Campaign
from review.casework import TakenHits, take_hits
from review.models import Case, Evidence, Sighting
from review.rules import Outcome, Status
from review.sightings import content_of
from tests.builders import NOW, a_hit
from tests.review_builders import POLICY, a_person

pytestmark = pytest.mark.django_db
FIRST, SECOND = "代开各地正规发票，税率优惠，验证后付款，", "长期有效，欢迎来电，加微信fapiao_7766"
A_MINUTE = timedelta(minutes=1)
ADVERTISED = Contact("wechat", "fapiao_7766")


def test_what_lacks_parts_is_noted_on_the_evidence_of_the_whole() -> None:
    whole, half = a_hit(gateway="smsc", text=FIRST + SECOND), a_hit(gateway="ismg", text=FIRST + GAP)
    other_half = a_hit(gateway="interconnect", text=GAP + SECOND, sent_at=NOW + A_MINUTE)
    assert take_hits([whole, half], NOW, POLICY) == TakenHits(evidence=1, duplicates=1, opened=1, elsewhere=1)
    assert take_hits([other_half], NOW, POLICY).elsewhere == 1
    assert take_hits([half, other_half], NOW, POLICY) == TakenHits(evidence=0, duplicates=2, opened=0), "read again"
    assert (Case.objects.get().evidence_count, Evidence.objects.get().text) == (1, FIRST + SECOND)
    assert set(Sighting.objects.values_list("gateway", flat=True)) == {"ismg", "interconnect"}


def test_another_text_that_lacks_parts_is_evidence_of_its_own() -> None:
    take_hits([a_hit(gateway="smsc", text=FIRST + SECOND)], NOW, POLICY)
    others = [
        a_hit(gateway="ismg", text=SECOND + GAP),
        a_hit(gateway="ismg", text=FIRST + GAP, receiver="13900000077"),
        a_hit(gateway="smsc", text=FIRST + GAP),
        a_hit(gateway="ismg", text=FIRST + GAP, sent_at=NOW + 30 * A_MINUTE),
    ]
    assert take_hits(others, NOW, POLICY).evidence == len(others)


def test_evidence_that_lacked_parts_gets_them_when_they_come_late() -> None:
    half = a_hit(gateway="smsc", id="1", text=FIRST + GAP, label="ad", spam=0.91, campaign="aa")
    whole = a_hit(gateway="smsc", id="1", text=FIRST + SECOND, campaign="bb", contacts=[ADVERTISED])
    take_hits([half], NOW, POLICY)
    assert take_hits([whole], NOW, POLICY) == TakenHits(evidence=0, duplicates=1, opened=0, completed=1)
    case, evidence, campaign = Case.objects.get(), Evidence.objects.get(), Campaign.objects.get()
    assert (evidence.text, evidence.label, evidence.content) == (whole.text, whole.label, content_of(whole))
    assert (case.evidence_count, case.label, case.spam) == (1, whole.label, whole.spam)
    assert (campaign.key, campaign.size) == ("aa", 1), "it stays where it was counted"
    assert [one.contact.value for one in campaign.advertised.all()] == [ADVERTISED.value]
    assert told()[-1] == ("evidence_completed", {"evidence": 1, "total": 1})
    take_hits([half, whole], NOW, POLICY)
    assert (Evidence.objects.get().text, len(told())) == (whole.text, 2), "read again changes nothing"


def test_the_whole_of_evidence_that_lacks_parts_is_noted_on_it_whichever_gateway_it_comes_from() -> None:
    half, other_half = a_hit(gateway="ismg", text=FIRST + GAP), a_hit(gateway="interconnect", text=GAP + SECOND)
    whole, another = a_hit(gateway="smsc", text=FIRST + SECOND), a_hit(gateway="monternet", text=FIRST + SECOND)
    take_hits([half], NOW, POLICY)
    assert take_hits([whole, other_half], NOW, POLICY) == TakenHits(0, duplicates=2, opened=0, elsewhere=2, completed=1)
    assert take_hits([another], NOW, POLICY).elsewhere == 1
    assert (Case.objects.get().evidence_count, Evidence.objects.get().text) == (1, FIRST + SECOND)
    assert Sighting.objects.count() == 3


def test_half_and_whole_in_one_batch_are_the_whole_in_any_order() -> None:
    half, whole = a_hit(gateway="smsc", id="1", text=FIRST + GAP), a_hit(gateway="smsc", id="1", text=FIRST + SECOND)
    take_hits([half, whole], NOW, POLICY)
    assert Evidence.objects.get().text == FIRST + SECOND


def test_what_people_decided_on_stays_as_they_saw_it() -> None:
    half, whole = a_hit(gateway="smsc", id="1", text=FIRST + GAP), a_hit(gateway="smsc", id="1", text=FIRST + SECOND)
    take_hits([half], NOW, POLICY)
    Case.objects.update(status=Status.CLOSED, outcome=Outcome.CLEARED)
    assert take_hits([whole], NOW, POLICY) == TakenHits(evidence=0, duplicates=1, opened=0)
    assert (Case.objects.count(), Evidence.objects.get().text) == (1, FIRST + GAP)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"round": 2}, id="it came back from the approver"),
        pytest.param({"claimed_until": NOW + A_MINUTE}, id="somebody holds it"),
    ],
)
def test_what_people_read_now_or_judged_before_stays_as_they_see_it(change: dict[str, Any]) -> None:
    half, whole = a_hit(gateway="smsc", id="1", text=FIRST + GAP), a_hit(gateway="smsc", id="1", text=FIRST + SECOND)
    take_hits([half], NOW, POLICY)
    Case.objects.update(claimed_by=a_person("rui", Role.REVIEWER), **change)
    assert take_hits([whole], NOW, POLICY).completed == 0
    assert Evidence.objects.get().text == FIRST + GAP


def test_dots_that_people_write_are_no_gap() -> None:
    teaser = a_hit(gateway="smsc", text="助学贷款注销通知，逾期将影响征信，请尽快处理……客服")
    fraud = a_hit(gateway="ismg", text="助学贷款注销通知，逾期将影响征信，请尽快处理，联系王老师办理，客服")
    assert take_hits([teaser, fraud], NOW, POLICY).evidence == 2
    assert {one.text for one in Evidence.objects.all()} == {teaser.text, fraud.text}


def test_another_text_under_the_id_of_evidence_completes_nothing() -> None:
    take_hits([a_hit(gateway="smsc", id="1", text=FIRST + GAP)], NOW, POLICY)
    take_hits([a_hit(gateway="smsc", id="1", text=SECOND + FIRST)], NOW, POLICY)
    assert Evidence.objects.get().text == FIRST + GAP


def told() -> list[tuple[str, dict[str, Any]]]:
    return list(AuditEntry.objects.order_by("seq").values_list("action", "details"))
