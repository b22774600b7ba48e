"""The pages of campaigns: the busiest first, numbers masked until revealed, found by a contact, linked with cases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zlib import crc32

import pytest
from django.test import Client
from django.utils import timezone

from config.records import Contact
from config.roles import Role
from ledger.models import AuditEntry
from models.contacts import contacts
from models.text import normalise
from review.casework import take_hits
from review.models import Campaign, Case
from tests.builders import a_hit
from tests.review_builders import POLICY, a_person, logged_in

pytestmark = pytest.mark.django_db
PHONE, WECHAT = "13700001234", "wan888"


def reader(role: Role = Role.REVIEWER) -> Client:
    return logged_in(a_person(f"reader-{role}", role))


def a_campaign(key: str, senders: int, *contacts: Contact, days_ago: float = 0, **hit: Any) -> Campaign:
    """A campaign of so many senders."""
    at = timezone.now() - timedelta(days=days_ago)
    hits = [
        a_hit(
            campaign=key,
            sender=f"1391{crc32(key.encode()) % 1000:03}{number:04}",
            sent_at=at,
            contacts=list(contacts),
            **hit,
        )
        for number in range(senders)
    ]
    take_hits(hits, at, POLICY)
    return Campaign.objects.get(key=key)


def shown(response: Any) -> list[str]:
    return [campaign.key for campaign in response.context["page"]]


def test_the_campaign_with_most_senders_of_late_comes_first() -> None:
    a_campaign("small", 2)
    a_campaign("old", 9, days_ago=30)
    a_campaign("big", 5)
    a_campaign("ebbing", 6, days_ago=30)
    a_campaign("ebbing", 3)
    a_campaign("single", 1)
    assert shown(reader().get("/campaigns/")) == ["big", "ebbing", "small"]
    assert shown(reader().get("/campaigns/?when=all")) == ["old", "ebbing", "big", "small"]


def test_the_list_narrows_to_a_kind_and_has_pages() -> None:
    for number in range(25):
        a_campaign(f"k{number}", 2, label="fraud" if number == 3 else "ad")
    assert shown(reader().get("/campaigns/?label=fraud")) == ["k3"]
    assert len(shown(reader().get("/campaigns/"))) == 20
    assert len(shown(reader().get("/campaigns/?page=2"))) == 5
    assert len(shown(reader().get("/campaigns/?page=x&label=nonsense"))) == 20


def test_without_campaigns_the_list_says_so() -> None:
    assert "没有群发活动" in reader().get("/campaigns/").content.decode()


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.APPROVER, Role.AUDITOR, Role.ADMIN])
def test_a_campaign_shows_its_facts_contacts_and_senders(role: Role) -> None:
    campaign = a_campaign("a", 3, Contact("phone", PHONE), Contact("link", "abc.top"), gateway="ismg")
    html = reader(role).get(f"/campaigns/{campaign.pk}/").content.decode()
    for part in (campaign.reference, "短信网关", "abc.top", "137****1234", "澳门娱乐城", "F-0", "电话"):
        assert part in html
    for case in Case.objects.all():
        assert f'href="/cases/{case.pk}/"' in html
        assert case.sender not in html
    assert PHONE not in html


def test_a_campaign_that_only_its_volume_made_looks_like_no_illegal_one_and_can_be_asked_for() -> None:
    other = a_campaign("a", 2, Contact("wechat", WECHAT))
    greetings = a_campaign("b", 2, Contact("wechat", WECHAT), label="volume", found_by="volume", spam=0.02)
    listed = reader().get("/campaigns/?label=volume")
    assert shown(listed) == ["b"]
    for page in (listed, reader().get(f"/campaigns/{greetings.pk}/"), reader().get(f"/campaigns/{other.pk}/")):
        assert '<span class="badge badge-info">发送量</span>' in page.content.decode()


def test_full_contacts_are_shown_once_and_the_audit_log_keeps_who_asked() -> None:
    campaign, browser = a_campaign("a", 2, Contact("phone", PHONE)), reader(Role.APPROVER)
    assert browser.post(f"/campaigns/{campaign.pk}/reveal/")["Location"] == f"/campaigns/{campaign.pk}/"
    assert PHONE in browser.get(f"/campaigns/{campaign.pk}/").content.decode()
    assert PHONE not in browser.get(f"/campaigns/{campaign.pk}/").content.decode()
    entry = AuditEntry.objects.get(action="contacts_revealed")
    assert (entry.actor, entry.subject_id) == ("reader-approver", campaign.reference)


def test_the_dossier_shows_the_same_contact_in_other_wordings() -> None:
    one, other = a_campaign("a", 2, Contact("wechat", WECHAT)), a_campaign("b", 3, Contact("wechat", WECHAT))
    stranger = a_campaign("c", 2, Contact("wechat", "someone1"))
    page = reader().get(f"/campaigns/{one.pk}/")
    assert list(page.context["companions"]) == [other]
    assert f"/campaigns/{stranger.pk}/" not in page.content.decode()


@pytest.mark.parametrize("written", [PHONE, "137 0000 1234", "+86 137-0000-1234", "１３７００００１２３４"])
def test_a_campaign_is_found_by_a_phone_however_it_is_written(written: str) -> None:
    campaign = a_campaign("a", 1, Contact("phone", PHONE))
    answer = reader().post("/campaigns/find/", {"contact": written})
    assert list(answer.context["campaigns"]) == [campaign]
    entry = AuditEntry.objects.get(action="contact_searched")
    assert PHONE not in entry.subject_id


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ("加微信fapiao88", "fapiao88"), ("加微信dongjie88", "DongJie88"), ("加微信daikuan-88", "ｄaikuan-88"),
        ("加微信fapiao88", "微信：fapiao88"), ("登录fapiao88.com", "fapiao88.com"), ("加QQ512348899", "512 348 899"),
        ("短链 t.cn/RxAbC1", "https://t.cn/RxAbC1"),
    ],
)  # fmt: skip
def test_a_campaign_is_found_by_an_id_or_a_link_as_the_page_shows_it(sent: str, written: str) -> None:
    advertised = [Contact(kind, value) for kind, value in contacts([normalise(sent)], [sent])[0]]
    campaign = a_campaign("a", 1, *advertised, text=sent)
    assert list(reader().post("/campaigns/find/", {"contact": written}).context["campaigns"]) == [campaign]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (f"电话{PHONE}", "电话137****1234"), (f"tel:{PHONE}", "tel:137****1234"),
        (f"微信 wx{PHONE}", "微信 wx137****1234"), ("１３７００００１２３４", "１３７****１２３４"),
    ],
)  # fmt: skip
def test_the_audit_log_keeps_no_number_that_was_searched_for(written: str, kept: str) -> None:
    reader().post("/campaigns/find/", {"contact": written})
    assert AuditEntry.objects.get(action="contact_searched").subject_id == kept


def test_numbers_in_texts_and_ids_are_masked_until_they_are_revealed() -> None:
    contacts = (Contact("wechat", f"wx{PHONE}"), Contact("phone", "13811112222"))
    campaign = a_campaign("a", 2, *contacts, text="致电138-1111-2222")
    a_campaign("b", 2, contacts[0], text=f"加{PHONE}")
    pages = ("/campaigns/", f"/campaigns/{campaign.pk}/")
    secrets, masked = ("138-1111-2222", PHONE), ("138-****-2222", "137****1234")
    for page in pages:
        html = reader().get(page).content.decode()
        assert not [secret for secret in secrets if secret in html], page
        assert all(one in html for one in masked), page
    found = reader().post("/campaigns/find/", {"contact": f"wx{PHONE}"}).content.decode()
    assert not [secret for secret in secrets if secret in found]
    browser = reader()
    browser.post(f"{pages[1]}reveal/")
    answer = browser.get(pages[1])
    assert all(secret in answer.content.decode() for secret in secrets)
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("written", ["WAN888", "https://www.abc.top/x", " abc.top "])
def test_a_campaign_is_found_by_an_id_or_a_link(written: str) -> None:
    campaign = a_campaign("a", 1, Contact("wechat", WECHAT), Contact("link", "abc.top"))
    assert list(reader().post("/campaigns/find/", {"contact": written}).context["campaigns"]) == [campaign]


def test_a_contact_that_nobody_advertises_finds_nothing() -> None:
    assert "没有群发活动使用" in reader().post("/campaigns/find/", {"contact": "nobody\x00<b>"}).content.decode()
    assert reader().post("/campaigns/find/", {"contact": " "})["Location"] == "/campaigns/"


def test_evidence_leads_to_its_campaign_if_others_send_it_too() -> None:
    campaign, single = a_campaign("a", 2), a_campaign("b", 1)
    case, other = (Case.objects.filter(evidence__campaign=one).first() for one in (campaign, single))
    assert case
    assert other
    assert f'href="/campaigns/{campaign.pk}/"' in reader().get(f"/cases/{case.pk}/").content.decode()
    assert f'href="/campaigns/{single.pk}/"' not in reader().get(f"/cases/{other.pk}/").content.decode()


def test_a_hostile_text_and_contact_break_nothing() -> None:
    campaign = a_campaign(
        "a", 2, Contact("link", "t.cn/<b>x"), text="\u202e<script>alert(1)</script>\x00" + "红" * 50_000
    )
    for page in ("/campaigns/", f"/campaigns/{campaign.pk}/"):
        html = reader().get(page).content.decode()
        assert "<script>alert" not in html
        assert "<b>x" not in html
        assert "\u202e" not in html


def test_pages_cost_as_many_queries_as_they_need(django_assert_max_num_queries: Any) -> None:
    for number in range(30):
        campaign = a_campaign(f"k{number}", 3, Contact("wechat", WECHAT), Contact("link", f"a{number}.top"))
    browser = reader()
    browser.get("/campaigns/")
    with django_assert_max_num_queries(8):
        browser.get("/campaigns/")
    with django_assert_max_num_queries(14):
        browser.get(f"/campaigns/{campaign.pk}/")


def test_an_unknown_campaign_is_not_found() -> None:
    assert reader().get("/campaigns/999999/").status_code == 404
    assert reader().post("/campaigns/999999/reveal/").status_code == 404
