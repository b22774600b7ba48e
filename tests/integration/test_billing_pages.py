"""The pages about subscribers show everything but the number, and only to those who may look."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from billing_hooks import protection
from billing_hooks.models import BossOrder, Subscriber
from config.policy import load_policy
from config.roles import Role
from ledger.models import AuditEntry
from tests.builders import NOW, SUBSCRIBER, a_boss_ack, a_charge_due, a_service_text, a_subscription_ordered

pytestmark = [
    pytest.mark.django_db,
]
POLICY = load_policy()
MASKED = "139****0002"


def browser(*roles: Role) -> Client:
    user = User.objects.create_user("lin", password="not-a-secret-123")
    user.groups.set(Group.objects.filter(name__in=roles))
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def subscriber() -> Subscriber:
    """A subscriber who cancelled one of two services."""
    events = [
        a_subscription_ordered(service="CRBT", subscription="sub-1", price_fen=500),
        a_subscription_ordered(service="FAMILY-NET", subscription="sub-2", price_fen=300),
        a_charge_due(service="CRBT", subscription="sub-1"),
    ]
    protection.take_events(events, NOW, POLICY)
    protection.take_texts([a_service_text(), a_service_text(text="1"), a_service_text(text="<b>?</b>")], NOW, POLICY)
    acks = [a_boss_ack(order=order.order_id) for order in BossOrder.objects.all()[:2]]
    protection.take_acks(acks, NOW, POLICY)
    return Subscriber.objects.get()


def addresses(pk: int) -> list[str]:
    return [reverse("subscriber_search"), reverse("subscriber_services"), reverse("subscriber", args=[pk])]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR, Role.ADMIN])
def test_operators_auditors_and_administrators_may_look(role: Role, subscriber: Subscriber) -> None:
    client = browser(role)
    assert [client.get(address).status_code for address in addresses(subscriber.pk)] == [200, 200, 200]


@pytest.mark.parametrize("roles", [(), (Role.REVIEWER,), (Role.REVIEWER, Role.APPROVER)])
def test_others_may_not(roles: tuple[Role, ...], subscriber: Subscriber) -> None:
    client = browser(*roles)
    assert [client.get(address).status_code for address in addresses(subscriber.pk)] == [403, 403, 403]
    assert client.post(reverse("subscriber_reveal", args=[subscriber.pk])).status_code == 403
    assert client.post(reverse("subscriber_search"), {"number": SUBSCRIBER}).status_code == 403
    assert not AuditEntry.objects.filter(action="number_revealed").exists()


def test_strangers_are_sent_to_the_log_in(client: Client, subscriber: Subscriber) -> None:
    assert {client.get(address).status_code for address in addresses(subscriber.pk)} == {302}


def test_the_page_shows_all_that_happened_and_masks_the_number(subscriber: Subscriber) -> None:
    page = browser(Role.OPERATOR).get(reverse("subscriber", args=[subscriber.pk])).content.decode()

    assert MASKED in page
    assert SUBSCRIBER not in page
    for shown in ("彩铃", "5元/月", "亲情网", "退订处理中", "等待 BOSS 答复", "免收费用", "10086977100", "套餐外业务"):
        assert shown in page
    assert "&lt;b&gt;?&lt;/b&gt;" in page


def test_the_page_shows_a_correction_beside_what_was_told_before(subscriber: Subscriber) -> None:
    for amount in (300, 400):
        due = a_charge_due(service="FAMILY-NET", subscription="sub-2", amount_fen=amount)
        protection.take_events([due], NOW, POLICY)
    page = browser(Role.OPERATOR).get(reverse("subscriber", args=[subscriber.pk])).content.decode()
    for shown in ("扣费变更", "3元", "4元", "更正：您的亲情网"):
        assert shown in page


def test_the_page_speaks_english(subscriber: Subscriber) -> None:
    client = browser(Role.OPERATOR)
    address = reverse("subscriber", args=[subscriber.pk])
    client.post(reverse("set_language"), {"language": "en"})
    page = client.get(address).content.decode()
    assert "Ring-back Tones" in page
    assert "being cancelled" in page


@pytest.mark.parametrize("number", [f" {SUBSCRIBER} ", f"+86{SUBSCRIBER}"])
def test_a_search_finds_by_the_full_number_which_is_in_no_address(number: str, subscriber: Subscriber) -> None:
    client = browser(Role.OPERATOR)
    answer = client.post(reverse("subscriber_search"), {"number": number})
    assert answer.status_code == 302
    assert answer.headers["Location"] == reverse("subscriber", args=[subscriber.pk])


@pytest.mark.parametrize("number", ["", "139", "13900000003", "%", "\0", "x" * 500])
def test_a_search_for_anything_else_finds_nothing(number: str, subscriber: Subscriber) -> None:
    answer = browser(Role.OPERATOR).post(reverse("subscriber_search"), {"number": number}, follow=True)
    assert "系统中没有该号码的用户" in answer.content.decode()
    assert str(subscriber.pk) not in answer.request["PATH_INFO"]


def test_revealing_shows_the_number_once_and_is_audited(subscriber: Subscriber) -> None:
    client = browser(Role.OPERATOR)
    address = reverse("subscriber", args=[subscriber.pk])

    shown = client.post(reverse("subscriber_reveal", args=[subscriber.pk]), follow=True).content.decode()

    assert SUBSCRIBER in shown
    assert "no-store" in client.get(address)["Cache-Control"], "the browser keeps no copy of number and texts"
    assert SUBSCRIBER not in client.get(address).content.decode()
    entry = AuditEntry.objects.get(action="number_revealed")
    assert (entry.actor, entry.subject_type, entry.subject_id) == ("lin", "subscriber", str(subscriber.pk))
    assert client.get(reverse("subscriber_reveal", args=[subscriber.pk])).status_code == 405


def test_the_audit_trail_is_offered_to_those_who_may_read_it(subscriber: Subscriber) -> None:
    address = reverse("subscriber", args=[subscriber.pk])
    link = f"?subject=subscriber:{subscriber.pk}"
    client = browser(Role.AUDITOR)
    assert link in client.get(address).content.decode()
    User.objects.all().delete()
    assert link not in browser(Role.OPERATOR).get(address).content.decode()


def test_an_unknown_subscriber_is_not_found() -> None:
    assert browser(Role.OPERATOR).get(reverse("subscriber", args=[404])).status_code == 404
