"""The console: who may open what, numbers stay masked, forms do nothing twice, both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from config.records import Reason, Replayed
from config.roles import Role
from ledger.models import AuditEntry
from review import desk
from review.casework import take_hits
from review.models import Approval, Case, Decision, EnforcementOrder
from tests.builders import NOW, SENDER, SUBSCRIBER, a_hit
from tests.review_builders import (
    POLICY,
    a_case,
    a_confirmation,
    a_person,
    a_reviewer,
    an_approval,
    an_approver,
    an_order,
    logged_in,
)

pytestmark = [
    pytest.mark.django_db,
]
OPEN_TO_ALL = {"health", "set_language", "account_login", "account_logout"}
SOMEONE = {role: f"some-{role}" for role in Role}


def patterns(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, str, Callable[..., Any]]]:
    for one in (resolver or get_resolver()).url_patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from patterns(one, path)
        elif isinstance(one, URLPattern):
            yield one.name or path, "/" + re.sub(r"<(?:int:)?\w+>", "1", path), one.callback


LOCKED = [(name, path, view) for name, path, view in patterns() if name not in OPEN_TO_ALL]


def someone(role: Role) -> Client:
    return logged_in(a_person(SOMEONE[role], role))


def said(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


# Who may open what


@pytest.mark.parametrize(("name", "path", "view"), LOCKED, ids=[name for name, _, _ in LOCKED])
def test_every_page_names_its_roles_and_refuses_everybody_else(
    name: str, path: str, view: Callable[..., Any], client: Client
) -> None:
    allowed = set(view.allowed_roles)  # type: ignore[attr-defined]
    assert allowed <= set(Role), name
    for ask in (client.get, client.post):
        response = ask(path)
        assert (response.status_code, response["Location"]) == (302, f"{reverse('account_login')}?next={path}")
    outsiders = [a_person("nobody"), *(a_person(SOMEONE[role], role) for role in set(Role) - allowed)]
    for outsider in outsiders:
        browser = logged_in(outsider)
        answers = {browser.get(path).status_code, browser.post(path).status_code}
        assert answers <= {403, 405}, (outsider, answers)
        assert 403 in answers


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
def test_auditors_and_admins_read_everything_and_change_nothing(role: Role) -> None:
    case = an_approval().decision.case
    browser = someone(role)
    for name in ("queue", "approvals", "orders", "models", "gateways", "audit_log"):
        assert browser.get(reverse(name)).status_code == 200
    assert browser.get(reverse("case", args=[case.pk])).status_code == 200
    for name in ("claim", "decide", "approve"):
        assert browser.post(reverse(name, args=[case.pk])).status_code == 403


@pytest.mark.parametrize(
    ("role", "page"),
    [
        (Role.REVIEWER, "/cases/"),
        (Role.APPROVER, "/approvals/"),
        (Role.OPERATOR, "/gateways/"),
        (Role.AUDITOR, "/ledger/audit/"),
        (Role.ADMIN, "/ledger/audit/"),
    ],
)
def test_everybody_is_led_to_their_own_page(role: Role, page: str) -> None:
    assert someone(role).get("/")["Location"] == page


def test_an_inactive_person_is_logged_out() -> None:
    user = a_reviewer()
    browser = logged_in(user)
    user.is_active = False
    user.save()
    assert browser.get("/cases/").status_code == 302


def test_navigation_shows_only_what_the_roles_allow() -> None:
    html = someone(Role.REVIEWER).get("/cases/").content.decode()
    assert 'href="/cases/"' in html
    assert 'href="/approvals/"' not in html
    assert 'href="/ledger/audit/"' not in html


@pytest.mark.parametrize("name", ["claim", "decide", "approve", "reveal"])
def test_a_form_without_its_csrf_token_is_refused(name: str) -> None:
    case = a_case()
    browser = Client(enforce_csrf_checks=True)
    both = a_person("both", Role.REVIEWER, Role.APPROVER)
    browser.force_login(both, backend="django.contrib.auth.backends.ModelBackend")
    response = browser.post(reverse(name, args=[case.pk]), {"verdict": "clear"})
    assert response.status_code == 403
    assert "页面已过期" in response.content.decode()
    assert not Decision.objects.exists()


def test_pages_carry_a_strict_content_security_policy() -> None:
    response = someone(Role.REVIEWER).get("/cases/")
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    html = response.content.decode()
    assert not re.search(r"\sstyle=|\son\w+=|<style", html)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))


# Log-in


def test_people_log_in_with_their_password_and_are_locked_out_after_five_wrong_ones(client: Client) -> None:
    user = a_reviewer()
    user.set_password("right words to log in")
    user.save()
    login = reverse("account_login")
    right = {"login": "lin", "password": "right words to log in"}
    assert client.post(login, right)["Location"] == "/"
    client.post(reverse("account_logout"))
    for _ in range(5):
        response = client.post(login, right | {"password": "wrong"})
    assert response.status_code == 429
    locked_out = client.post(login, right)
    assert locked_out.status_code == 429
    assert "account/lockout.html" in [template.name for template in locked_out.templates]
    assert "_auth_user_id" not in client.session


# Numbers


def pages_of(case: Case) -> list[tuple[Role, str]]:
    return [
        (Role.REVIEWER, "/cases/?status=all"),
        (Role.REVIEWER, f"/cases/{case.pk}/"),
        (Role.APPROVER, f"/cases/{case.pk}/"),
        (Role.APPROVER, "/orders/"),
        (Role.AUDITOR, f"/ledger/audit/?subject=case:{case.reference}"),
        (Role.AUDITOR, "/ledger/audit/"),
    ]


def test_full_numbers_stand_on_no_page() -> None:
    case = an_approval().decision.case
    waiting = a_confirmation(a_case(sender="13800000777"))
    for role, page in [*pages_of(case), (Role.APPROVER, "/approvals/"), (Role.APPROVER, f"/cases/{waiting.case_id}/")]:
        html = someone(role).get(page).content.decode()
        for number in (SENDER, SUBSCRIBER, "13800000777"):
            assert number not in html, (role, page)
    assert "138****0001" in someone(Role.REVIEWER).get(f"/cases/{case.pk}/").content.decode()


def test_revealing_a_number_is_audited_and_shows_it_once() -> None:
    case, browser = a_case(), someone(Role.REVIEWER)
    assert browser.post(f"/cases/{case.pk}/reveal/")["Location"] == f"/cases/{case.pk}/"
    assert SENDER in browser.get(f"/cases/{case.pk}/").content.decode()
    assert SENDER not in browser.get(f"/cases/{case.pk}/").content.decode()
    entry = AuditEntry.objects.get(action="number_revealed")
    assert (entry.actor, entry.subject_id) == (SOMEONE[Role.REVIEWER], case.reference)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("13922223333", "139****3333"), ("139-2222-3333", "139-****-3333"),
        ("１３９２２２２３３３３", "１３９****３３３３"),
    ],
)  # fmt: skip
def test_numbers_in_evidence_are_masked_until_they_are_revealed(written: str, shown: str) -> None:
    case = a_case(
        text=f"致电{written}", normalised=f"致电 {written}", why=[Reason(written, 1.5, [(2, 2 + len(written))])]
    )
    browser, path = someone(Role.REVIEWER), f"/cases/{case.pk}/"
    before = browser.get(path)
    assert written not in before.content.decode()
    assert before.content.decode().count(shown) == 3, "in the text as sent, as read, and among the words that weighed"
    browser.post(f"{path}reveal/")
    after = browser.get(path)
    assert after.content.decode().count(written) == 3
    assert "no-store" in before["Cache-Control"]
    assert "no-store" in after["Cache-Control"], "the browser keeps no copy"
    assert written not in browser.get(path).content.decode()


def test_a_case_says_which_evidence_a_person_repaired() -> None:
    case = a_case(replayed=Replayed("D-000011", "ola", ["text"], ["sent_at"]))
    html = someone(Role.REVIEWER).get(f"/cases/{case.pk}/").content.decode()
    assert "并非网关原样送来：ola 在评分前修复了被拒收的行 D-000011。" in html
    assert "更改：正文。" in html
    assert "原先无法读出：时间。" in html
    unchanged = a_case(sender="13800000002", replayed=Replayed("D-000012", "ola"))
    html = someone(Role.REVIEWER).get(f"/cases/{unchanged.pk}/").content.decode()
    assert "ola 原样重新送入了被拒收的行 D-000012。" in html


def test_the_number_is_shown_on_the_page_of_evidence_where_it_was_asked_for() -> None:
    case, browser = a_case(), someone(Role.APPROVER)
    path = f"/cases/{case.pk}/"
    assert browser.post(f"{path}reveal/", {"page": "2"})["Location"] == f"{path}?page=2"
    for page in ("1", "x", ""):
        assert browser.post(f"{path}reveal/", {"page": page})["Location"] == path


def test_a_sender_is_found_by_the_full_number_which_stays_out_of_the_address() -> None:
    case, browser = a_case(), someone(Role.REVIEWER)
    found = browser.post("/cases/find/", {"sender": f" {SENDER} "})
    html = found.content.decode()
    assert case.reference in html
    assert SENDER not in html
    assert AuditEntry.objects.get(action="sender_searched").subject_id == "138****0001"
    assert case.reference not in browser.post("/cases/find/", {"sender": "138\x000"}).content.decode()


# Cases


def test_a_case_shows_why_it_was_flagged() -> None:
    case = a_case(text="澳门娱乐城注册送88元", normalised="澳门娱乐城 注册送<金额>", gateway="interconnect")
    html = someone(Role.REVIEWER).get(f"/cases/{case.pk}/").content.decode()
    for part in ("<mark>娱乐城</mark>", "注册送&lt;金额&gt;", "+2.50", "98.0%", "互联互通网关", "赌博"):
        assert part in html


def test_a_hostile_text_breaks_nothing() -> None:
    text = "\u202e<script>alert(1)</script>\x00\x07" + "红包" * 50_000
    case = a_case(text=text, normalised=text, id="<b>\x00")
    html = someone(Role.REVIEWER).get(f"/cases/{case.pk}/").content.decode()
    assert "<script>alert" not in html
    assert "⟨U+202E⟩&lt;script&gt;" in html
    assert "\u202e" not in html
    assert "<details" in html


def test_a_case_shows_the_history_of_its_sender() -> None:
    first = a_case()
    desk.decide(first.pk, a_reviewer("wu"), "clear", reason="房东催租", now=NOW)
    second = a_case()
    html = someone(Role.REVIEWER).get(f"/cases/{second.pk}/").content.decode()
    for part in (first.reference, "已放行", "房东催租", "wu"):
        assert part in html


def test_a_case_shows_its_order_from_the_signature_to_the_answer() -> None:
    from review.casework import take_acks
    from tests.builders import an_enforcement_ack

    order = an_order()
    page = f"/cases/{order.case_id}/"
    assert "等待网络答复" in someone(Role.APPROVER).get(page).content.decode()
    take_acks([an_enforcement_ack(order=str(order.pk))], NOW)
    html = someone(Role.APPROVER).get(page).content.decode()
    assert "已停机" in html
    assert "已执行" in html


def test_the_queue_shows_open_cases_and_filters_them() -> None:
    gambling, fraud = a_case(sender="13800000001"), a_case(sender="13800000002", label="fraud")
    closed = a_case(sender="13800000003")
    desk.decide(closed.pk, a_reviewer(), "clear", now=NOW)
    browser = someone(Role.REVIEWER)

    def shown(query: str) -> set[Case]:
        return set(browser.get(f"/cases/{query}").context["page"])

    assert shown("") == {gambling, fraud}
    assert shown("?label=fraud") == {fraud}
    assert shown("?status=closed") == {closed}
    assert shown("?status=all&label=gambling") == {gambling, closed}
    assert shown("?status=%00&label=%27&page=zzz") == {gambling, fraud, closed}


def test_the_queue_has_pages_and_stays_quick() -> None:
    take_hits([a_hit(sender=f"1380000{number:04d}") for number in range(60)], NOW, POLICY)
    browser = someone(Role.REVIEWER)
    assert len(browser.get("/cases/").context["page"]) == 25
    assert len(browser.get("/cases/?page=3").context["page"]) == 10


def test_the_queue_shows_only_as_many_queries_as_it_needs(django_assert_max_num_queries: Any) -> None:
    take_hits([a_hit(sender=f"1380000{number:04d}") for number in range(60)], NOW, POLICY)
    browser = someone(Role.REVIEWER)
    with django_assert_max_num_queries(10):
        browser.get("/cases/")


def test_an_unknown_case_is_not_found() -> None:
    browser = logged_in(a_person("both", Role.REVIEWER, Role.APPROVER))
    for path in ("/cases/9/", "/cases/99999999999999999999999/"):
        response = browser.get(path)
        assert response.status_code == 404
        assert "页面不存在" in response.content.decode()
    for name in ("claim", "decide", "approve", "reveal"):
        assert browser.post(reverse(name, args=[999])).status_code == 404


# Deeds


def test_a_reviewer_claims_decides_and_an_approver_signs() -> None:
    case = a_case()
    reviewer, approver = someone(Role.REVIEWER), someone(Role.APPROVER)
    assert reviewer.post(f"/cases/{case.pk}/claim/").status_code == 302
    assert Case.objects.get().claimed_by.username == SOMEONE[Role.REVIEWER]  # type: ignore[union-attr]
    decided = reviewer.post(f"/cases/{case.pk}/decide/", {"verdict": "confirm", "category": "gambling", "reason": ""})
    assert (decided.status_code, decided["Location"]) == (302, "/cases/")
    decision = Decision.objects.get()
    signed = approver.post(
        f"/cases/{case.pk}/approve/", {"decision": decision.pk, "verdict": "approve", "reason": ""}, follow=True
    )
    assert signed.redirect_chain == [(f"/cases/{case.pk}/", 302)]
    assert said(signed) == [f"{case.reference} 已签署，停机指令正在下发。"]
    assert EnforcementOrder.objects.get().approver.username == SOMEONE[Role.APPROVER]


def test_after_a_decision_the_next_case_comes_up() -> None:
    first, second = a_case(sender="13800000001"), a_case(sender="13800000002")
    response = someone(Role.REVIEWER).post(f"/cases/{first.pk}/decide/", {"verdict": "clear"})
    assert response["Location"] == f"/cases/{second.pk}/"


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ({"verdict": "confirm"}, "类别"),
        ({"verdict": "confirm", "category": "ham"}, "类别"),
        ({"verdict": "skip", "reason": "  "}, "理由"),
        ({"verdict": "stop"}, "处理方式"),
        ({}, "处理方式"),
    ],
)
def test_an_incomplete_decision_is_refused_with_a_sentence(form: dict[str, str], word: str) -> None:
    case = a_case()
    response = someone(Role.REVIEWER).post(f"/cases/{case.pk}/decide/", form, follow=True)
    assert word in said(response)[0]
    assert not Decision.objects.exists()


def test_a_reason_with_hostile_characters_is_kept_harmless() -> None:
    case, browser = a_case(), someone(Role.REVIEWER)
    browser.post(f"/cases/{case.pk}/decide/", {"verdict": "skip", "reason": "<b>\x00" + "长" * 600})
    assert Decision.objects.get().reason.startswith("<b>␀长")
    assert "&lt;b&gt;" in browser.get(f"/cases/{case.pk}/").content.decode()


def test_a_decision_on_a_stale_page_changes_nothing_and_says_so() -> None:
    case = a_case()
    a_confirmation(case, a_reviewer("wu"))
    response = someone(Role.REVIEWER).post(f"/cases/{case.pk}/decide/", {"verdict": "clear"}, follow=True)
    assert "已由他人处理" in said(response)[0]
    assert Decision.objects.count() == 1


def test_a_form_sent_twice_does_its_deed_once() -> None:
    case = a_case()
    reviewer, approver = someone(Role.REVIEWER), someone(Role.APPROVER)
    for _ in range(2):
        reviewer.post(f"/cases/{case.pk}/decide/", {"verdict": "confirm", "category": "ad"})
    for _ in range(2):
        form = {"decision": Decision.objects.get().pk, "verdict": "approve"}
        approver.post(f"/cases/{case.pk}/approve/", form)
    assert Approval.objects.count() == EnforcementOrder.objects.count() == 1


def test_another_reviewers_claim_blocks_and_says_who_holds_it() -> None:
    case = a_case()
    desk.claim(case.pk, a_reviewer("wu"), timezone.now(), POLICY)
    browser = someone(Role.REVIEWER)
    html = browser.get(f"/cases/{case.pk}/").content.decode()
    assert "wu 正在处理该工单" in html
    assert 'value="confirm"' not in html
    for deed in ("claim", "decide"):
        response = browser.post(f"/cases/{case.pk}/{deed}/", {"verdict": "clear"}, follow=True)
        assert "其他审核员" in said(response)[0]
    assert Case.objects.get().status == "open"


def test_who_decided_is_offered_no_signature_and_cannot_force_one() -> None:
    both = a_person("both", Role.REVIEWER, Role.APPROVER)
    decision = a_confirmation(reviewer=both)
    browser, path = logged_in(both), f"/cases/{decision.case_id}/"
    assert 'value="approve"' not in browser.get(path).content.decode()
    forced = browser.post(f"{path}approve/", {"decision": decision.pk, "verdict": "approve"}, follow=True)
    assert "须由另一人签署" in said(forced)[0]
    assert not EnforcementOrder.objects.exists()


@pytest.mark.parametrize("decision", ["", "0", "x", "٣", "99999999999999999999999"])
def test_a_signature_under_no_decision_is_refused(decision: str) -> None:
    case = a_confirmation().case
    form = {"decision": decision, "verdict": "approve"}
    someone(Role.APPROVER).post(f"/cases/{case.pk}/approve/", form)
    assert not Approval.objects.exists()


def test_without_a_signing_key_the_approver_is_told(settings: Any) -> None:
    decision = a_confirmation()
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"order_signing_key": None})
    form = {"decision": decision.pk, "verdict": "approve"}
    response = someone(Role.APPROVER).post(f"/cases/{decision.case_id}/approve/", form, follow=True)
    assert "QINGXIN_ORDER_SIGNING_KEY" in said(response)[0]
    assert Case.objects.get().status == "awaiting_approval"


# Languages


def test_chinese_comes_first_and_english_by_a_switch() -> None:
    browser = someone(Role.REVIEWER)
    assert "审核队列" in browser.get("/cases/", headers={"accept-language": "en"}).content.decode()
    switched = browser.post(reverse("set_language"), {"language": "en", "next": "/cases/"}, follow=True)
    html = switched.content.decode()
    assert '<html lang="en">' in html
    assert "Queue" in html
    assert "审核队列" not in html


def test_a_page_that_came_from_a_form_can_switch_its_language() -> None:
    html = someone(Role.REVIEWER).post("/cases/find/", {"sender": SENDER}).content.decode()
    assert 'name="next" value="/cases/"' in html


# Gateways


@pytest.fixture
def counts(valkey_url: str, settings: Any) -> Iterator[Any]:
    from redis import Redis

    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"redis_url": valkey_url})
    with Redis.from_url(valkey_url) as redis:
        redis.flushdb()
        yield redis
        redis.flushdb()


def test_gateways_show_their_counts_and_who_was_never_fed(counts: Any) -> None:
    at = timezone.now() - timedelta(minutes=3)
    fields = {"received": 1234567, "scored": 1200000, "last_at": int(at.timestamp() * 1000)}
    counts.hset("qingxin:gateway:smsc", mapping=fields)
    html = someone(Role.OPERATOR).get("/gateways/").content.decode()
    assert "1,234,567" in html
    assert html.count("从未接入</span>") == 3


def test_without_redis_the_gateway_page_says_so(settings: Any) -> None:
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    response = someone(Role.OPERATOR).get("/gateways/")
    assert response.status_code == 200
    assert "Redis 无响应" in response.content.decode()


def test_the_audit_log_is_a_page_and_narrows_to_a_subject() -> None:
    case = an_approval().decision.case
    browser = someone(Role.AUDITOR)
    everything = browser.get("/ledger/audit/")
    narrowed = browser.get(f"/ledger/audit/?subject=case:{case.reference}")
    assert len(everything.context["page"]) == len(narrowed.context["page"]) == 3
    assert json.dumps(narrowed.context["subject"]) == f'"case:{case.reference}"'
    for nobody in ("C-999", "%00", ""):
        page = browser.get(f"/ledger/audit/?subject=case:{nobody}").content.decode()
        assert "没有记录" in page


def test_the_second_approver_sees_what_waits(client: Client) -> None:
    decision = a_confirmation()
    html = logged_in(an_approver("qian")).get("/approvals/").content.decode()
    assert decision.case.reference in html
    assert "lin" in html
    assert client.get("/approvals/").status_code == 302
