"""Evidence joins its campaign once, and contacts bring campaigns into dossiers, whoever works at the same moment."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from config import metrics
from config.policy import Policy
from config.records import Contact as Advertised
from config.records import Hit
from review.casework import take_hits
from review.models import Campaign, CampaignContact, CampaignSender, Case, Contact, Dossier, Evidence
from tests.builders import NOW, a_hit
from tests.review_builders import POLICY

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
_numbers = count(1)


def of_campaign(key: str, *contacts: str, sender: str = "", **hit: Any) -> Hit:
    """A hit of a campaign, from a sender of its own unless one is given, which advertises these WeChat ids."""
    advertised = [Advertised("wechat", contact) for contact in contacts]
    sender = sender or f"1390000{next(_numbers):04}"
    return a_hit(campaign=key, contacts=advertised, sender=sender, **hit)


def dossiers() -> set[frozenset[str]]:
    """The contacts of each dossier."""
    return {frozenset(one.contacts.values_list("value", flat=True)) for one in Dossier.objects.all()}


def test_evidence_of_many_senders_makes_a_campaign() -> None:
    take_hits(
        [of_campaign("a", gateway="ismg", sender="13900001111"), of_campaign("a", spam=0.99, text="甲")], NOW, POLICY
    )
    take_hits([of_campaign("a", sender="13900001111", sent_at=LATER), of_campaign("b")], NOW, POLICY)
    campaign = Campaign.objects.get(key="a")
    assert (campaign.size, campaign.senders, campaign.gateways) == (3, 2, {"ismg": 1, "smsc": 2})
    assert (campaign.first_seen, campaign.last_seen) == (NOW, LATER)
    assert (campaign.text, campaign.spam) == ("甲", 0.99)
    assert campaign.evidence.count() == 3
    mine = CampaignSender.objects.get(sender="13900001111")
    assert (mine.messages, mine.last_seen, mine.case) == (2, LATER, Case.objects.get(sender="13900001111"))


def test_redelivery_counts_nothing_twice() -> None:
    hits = [of_campaign("a", "wan888"), of_campaign("a"), of_campaign("b")]
    take_hits(hits, NOW, POLICY)
    before = list(Campaign.objects.values()), list(CampaignSender.objects.values())
    take_hits([*hits, *hits], LATER, POLICY)
    assert before == (list(Campaign.objects.values()), list(CampaignSender.objects.values()))


def test_a_hit_that_was_not_looked_up_is_evidence_without_a_campaign() -> None:
    assert take_hits([a_hit()], NOW, POLICY).begun == 0
    assert Evidence.objects.get().campaign is None
    assert not Campaign.objects.exists()


def test_metrics_count_begun_campaigns(django_capture_on_commit_callbacks: Any) -> None:
    before = metrics.CAMPAIGNS_BEGUN._value.get()
    with django_capture_on_commit_callbacks(execute=True):
        take_hits([of_campaign("a"), of_campaign("b")], NOW, POLICY)
        take_hits([of_campaign("a")], NOW, POLICY)
    assert metrics.CAMPAIGNS_BEGUN._value.get() - before == 2


def test_the_same_contact_in_another_wording_joins_the_dossier() -> None:
    take_hits([of_campaign("a", "wan888")], NOW, POLICY)
    take_hits([of_campaign("b", "wan888", "wan999"), of_campaign("c", "other1")], LATER, POLICY)
    assert dossiers() == {frozenset({"wan888", "wan999"}), frozenset({"other1"})}


def test_a_campaign_that_bridges_two_dossiers_unites_them() -> None:
    take_hits([of_campaign("a", "wan888"), of_campaign("b", "wan999")], NOW, POLICY)
    oldest = Dossier.objects.order_by("pk").first()
    # When a member of one campaign advertises the contact of the other
    take_hits([of_campaign("a", "wan999")], LATER, POLICY)
    assert list(Dossier.objects.all()) == [oldest]
    assert dossiers() == {frozenset({"wan888", "wan999"})}


def limits(**changes: int) -> Policy:
    return POLICY.model_copy(update={"campaigns": POLICY.campaigns.model_copy(update=changes)})


def test_a_full_dossier_takes_in_nothing_more() -> None:
    policy = limits(dossier_campaigns=3)
    for number in range(6):
        take_hits([of_campaign(f"k{number}", "public", f"own{number}")], NOW, policy)
    assert dossiers() == {frozenset({"public", "own0", "own1", "own2"}), *(frozenset({f"own{n}"}) for n in (3, 4, 5))}


def test_two_dossiers_that_are_too_large_together_are_not_united() -> None:
    policy = limits(dossier_campaigns=4)
    for number in range(3):
        take_hits([of_campaign(f"a{number}", "wan888"), of_campaign(f"b{number}", "wan999")], NOW, policy)
    take_hits([of_campaign("a0", "wan999")], NOW, policy)
    assert dossiers() == {frozenset({"wan888"}), frozenset({"wan999"})}


def test_a_contact_that_too_many_campaigns_share_is_taken_out_of_its_dossier() -> None:
    # Given campaigns of strangers that name the same hotline, two of them with another contact in common
    policy = limits(contact_campaigns=4)
    strangers = [of_campaign(f"k{number}", "hotline", f"own{number}") for number in range(4)]
    take_hits([*strangers, of_campaign("k3", "own2")], NOW, policy)
    assert len(dossiers()) == 1
    whole = Dossier.objects.get()
    # When one more does
    take_hits([of_campaign("k4", "hotline", "own4")], LATER, policy)
    # Then each has a dossier of its own, the largest is the old one, and the hotline has none
    assert dossiers() == {frozenset({"own2", "own3"}), *(frozenset({f"own{n}"}) for n in (0, 1, 4))}
    assert set(whole.contacts.values_list("value", flat=True)) == {"own2", "own3"}
    assert Contact.objects.get(value="hotline").dossier is None
    # And it unites nobody later
    take_hits([of_campaign("k5", "hotline", "own5")], LATER, policy)
    assert frozenset({"own5"}) in dossiers()


def test_a_contact_that_many_kinds_of_spam_share_unites_nobody() -> None:
    for number in range(2):
        for label in ("gambling", "loan", "forgery"):
            take_hits([of_campaign(f"{label}{number}", "host", f"{label}{number}", label=label)], NOW, POLICY)
    assert dossiers() == {
        frozenset({f"{label}{number}"}) for label in ("gambling", "loan", "forgery") for number in (0, 1)
    }


def test_a_dossier_of_nothing_but_a_shared_contact_is_gone() -> None:
    policy = limits(contact_campaigns=4)
    take_hits([of_campaign(f"k{number}", "hotline") for number in range(3)], NOW, policy)
    assert dossiers() == {frozenset({"hotline"})}
    take_hits([of_campaign(f"k{number}", "hotline") for number in range(3, 6)], NOW, policy)
    assert dossiers() == set()


def test_a_copy_at_another_gateway_is_seen_there_and_counts_no_message() -> None:
    # Given SMS, some of whose copies come in the same batch
    texts = [f"甲{number}" for number in range(4)]
    sent = [{"text": text, "sender": "13900001111"} for text in texts]
    take_hits([of_campaign("a", gateway="smsc", **one) for one in sent[:2]], NOW, POLICY)
    copies = [of_campaign("a", gateway="interconnect", **one) for one in sent]
    # When the others come, some of them again
    take_hits([*copies, *(of_campaign("a", gateway="smsc", **one) for one in sent[2:])], NOW, POLICY)
    take_hits(copies, NOW, POLICY)
    # Then each counts once, at both gateways
    campaign = Campaign.objects.get()
    assert (campaign.size, campaign.senders) == (4, 1)
    assert campaign.gateways == {"smsc": 4, "interconnect": 4}


def test_copies_alone_add_their_gateways_to_the_campaign() -> None:
    take_hits([of_campaign("a", gateway="smsc", sender="13900001111")], NOW, POLICY)
    take_hits([of_campaign("a", gateway="ismg", sender="13900001111")], LATER, POLICY)
    campaign = Campaign.objects.get()
    assert (campaign.size, campaign.gateways) == (1, {"smsc": 1, "ismg": 1})


def test_kinds_keep_equal_values_apart() -> None:
    hit = a_hit(campaign="a", contacts=[Advertised("qq", "33445566"), Advertised("wechat", "33445566")])
    take_hits([hit], NOW, POLICY)
    assert Contact.objects.count() == CampaignContact.objects.count() == 2


def test_many_campaigns_cost_few_queries_more_than_one() -> None:
    take_hits([of_campaign("a", "wan888")], NOW, POLICY)
    with CaptureQueriesContext(connection) as one:
        take_hits([of_campaign("a", "wan888")], NOW, POLICY)
    many_hits = [of_campaign(f"k{number % 50}") for number in range(400)]
    take_hits(many_hits[:200], NOW, POLICY)
    with CaptureQueriesContext(connection) as many:
        take_hits(many_hits[200:], NOW, POLICY)
    assert len(many) <= len(one) + 4


def at_once(shares: Sequence[Sequence[Sequence[Hit]]]) -> list[Exception]:
    """Let workers take their batches at the same moment, and give what went wrong."""
    start, faults = threading.Barrier(len(shares)), []

    def work(mine: Sequence[Sequence[Hit]]) -> None:
        try:
            start.wait(10)
            for batch in mine:
                take_hits(batch, NOW, POLICY)
        except Exception as fault:  # noqa: BLE001 - the test shows whatever came out of a thread
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return faults


@pytest.mark.django_db(transaction=True)
def test_dossiers_that_workers_unite_at_the_same_moment_are_whole() -> None:
    # Given contacts that each have a dossier, and campaigns that bridge two of them
    chance = random.Random(5)  # noqa: S311 - variety, not secrecy
    take_hits([of_campaign(f"k{number}", f"wan{number}") for number in range(120)], NOW, POLICY)
    bridges = [of_campaign(f"b{number}", *(f"wan{chance.randrange(120)}" for _ in range(2))) for number in range(90)]
    # When workers find them at the same moment
    assert not at_once([[[hit] for hit in bridges[number::3]] for number in range(3)])
    # Then the contacts of every campaign are in one dossier
    for campaign in Campaign.objects.filter(key__startswith="b"):
        assert Contact.objects.filter(advertised_by__campaign=campaign).values("dossier").distinct().count() == 1
    assert not Dossier.objects.filter(contacts=None)


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_moment_count_right_and_wait_in_no_circle() -> None:
    # Given open cases, and batches of the same campaigns with contacts that bridge them, some delivered to all workers
    take_hits([a_hit(sender=f"1380000{number:04}") for number in range(90)], NOW, POLICY)
    chance = random.Random(4)  # noqa: S311 - variety, not secrecy
    hits = [
        of_campaign(f"k{chance.randrange(12)}", *(f"wan{chance.randrange(60)}" for _ in range(chance.randrange(3))),
                    sender=f"1380000{chance.randrange(90):04}")
        for _ in range(600)
    ]  # fmt: skip
    batches = [hits[start : start + 30] for start in range(0, 600, 30)]
    shared = batches[::4]
    # When three work
    assert not at_once([[*batches[number::3], *shared] for number in range(3)])
    # Then every message counts once, and each campaign's contacts are together
    assert sum(Campaign.objects.values_list("size", flat=True)) == Evidence.objects.count() - 90 == 600
    for campaign in Campaign.objects.all():
        mine = [hit for hit in hits if hit.campaign == campaign.key]
        assert campaign.size == campaign.evidence.count() == len(mine)
        assert campaign.senders == campaign.sent_by.count() == len({hit.sender for hit in mine})
        assert sum(campaign.sent_by.values_list("messages", flat=True)) == len(mine)
        contacts = Contact.objects.filter(advertised_by__campaign=campaign)
        assert set(contacts.values_list("value", flat=True)) == {one.value for hit in mine for one in hit.contacts}
        assert contacts.values("dossier").distinct().count() <= 1
    assert not Dossier.objects.filter(contacts=None)
