"""Guards, recall check and export of labels, with database and console: nothing hidden, all once, all audited."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.roles import Role
from ledger.models import AuditEntry
from models.corpus import read_corpus
from review import desk, recall_figures, sampling
from review.casework import take_hits
from review.errors import ClaimedByAnotherError, JudgedMeanwhileError
from review.models import Case, Evidence, RecallCheck
from review.queue import cases_for, next_for
from tests.builders import NOW, SENDER, SUBSCRIBER, a_hit, a_sample
from tests.review_builders import (
    POLICY,
    a_case,
    a_confirmation,
    a_person,
    a_reviewer,
    a_taken_sample,
    an_approval,
    logged_in,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


def the_last(action: str) -> AuditEntry:
    entry = AuditEntry.objects.filter(action=action).last()
    assert entry is not None
    return entry


# Guards


def test_a_case_of_notices_alone_waits_behind_the_others_until_other_evidence_comes() -> None:
    notice = a_case(sender="13800000001", guards=["bank_notice"])
    other = a_case(sender="13800000002")
    lin = a_reviewer()
    assert notice.lowered
    assert list(cases_for(lin, NOW)) == [other, notice]
    assert next_for(lin, NOW) == other
    assert (notice.sight_due, notice.decision_due) == (other.sight_due, other.decision_due)
    take_hits([a_hit(sender="13800000001", guards=["bank_notice"])], NOW, POLICY)
    assert Case.objects.get(pk=notice.pk).lowered
    take_hits([a_hit(sender="13800000001")], NOW, POLICY)
    assert not Case.objects.get(pk=notice.pk).lowered
    assert list(cases_for(lin, NOW)) == [notice, other]


def test_a_lowered_case_that_is_due_waits_no_longer_behind_newer_ones() -> None:
    notice = a_case(sender="13800000001", guards=["bank_notice"])
    due, lin = notice.decision_due, a_reviewer()
    take_hits([a_hit(sender="13800000002")], due, POLICY)
    newer = Case.objects.get(sender="13800000002")
    assert list(cases_for(lin, due - timedelta(seconds=1))) == [newer, notice]
    assert list(cases_for(lin, due)) == [notice, newer]


def test_the_chain_tells_of_guards() -> None:
    a_case(guards=["bank_notice"])
    details = the_last("case_opened").details
    assert (details["guards"], details["lowered"]) == (["bank_notice"], True)


def test_queue_and_case_say_in_words_why_a_case_is_lowered() -> None:
    case = a_case(guards=["verification_code"])
    browser = logged_in(a_reviewer())
    assert "疑似验证码短信，已降低优先级" in browser.get("/cases/").content.decode()
    assert "疑似验证码短信，已降低优先级" in browser.get(f"/cases/{case.pk}/").content.decode()
    take_hits([a_hit()], NOW, POLICY)
    for page in ("/cases/", f"/cases/{case.pk}/"):
        assert "已降低优先级" not in browser.get(page).content.decode()


# Samples


def test_a_redelivered_sample_changes_nothing() -> None:
    samples = [a_sample(), a_sample(text="a\x00b")]
    assert sampling.take_samples([*samples, samples[0]]) == 2
    judged = sampling.judge(RecallCheck.objects.earliest("pk").pk, a_reviewer(), "ham", NOW, POLICY)
    assert sampling.take_samples(samples) == 0
    assert RecallCheck.objects.get(pk=judged.pk).verdict == "ham"
    assert RecallCheck.objects.filter(text="a␀b").count() == 1


def test_two_reviewers_never_hold_the_same_sample() -> None:
    sampling.take_samples([a_sample(), a_sample()])
    lin, wu = a_reviewer("lin"), a_reviewer("wu")
    first, second = sampling.take_next(lin, NOW, POLICY), sampling.take_next(wu, NOW, POLICY)
    assert first
    assert second not in (None, first)
    assert sampling.take_next(lin, NOW, POLICY) == first
    assert sampling.take_next(a_reviewer("zhou"), NOW, POLICY) is None
    with pytest.raises(ClaimedByAnotherError):
        sampling.judge(first.pk, wu, "ham", NOW, POLICY)
    late = NOW + timedelta(minutes=POLICY.review.claim_minutes)
    assert sampling.take_next(a_reviewer("zhou"), late, POLICY) == first
    assert AuditEntry.objects.filter(action="recall_check_taken").count() == 3


def test_missed_spam_opens_a_case_once_and_the_chain_says_who_found_it() -> None:
    lin = a_reviewer()
    check = a_taken_sample(lin)
    sampling.judge(check.pk, lin, "ad", LATER, POLICY)
    evidence, case = Evidence.objects.get(), Case.objects.get(sender=SENDER)
    assert (evidence.found_by, evidence.label, evidence.spam, evidence.case) == ("recall_check", "ad", 0.31, case)
    assert (case.label, case.evidence_count) == ("ad", 1)
    assert the_last("case_opened").actor == "lin"
    judged = the_last("recall_check_judged")
    assert (judged.actor, judged.subject_id) == ("lin", check.reference)
    assert judged.details == {"verdict": "spam", "category": "ad", "case": case.reference}
    with pytest.raises(JudgedMeanwhileError):
        sampling.judge(check.pk, lin, "ad", LATER, POLICY)
    assert take_hits([a_hit(id=check.sms_id)], LATER, POLICY).duplicates == 1


def test_missed_spam_extends_the_open_case_of_its_sender_and_lifts_it() -> None:
    case, lin = a_case(guards=["bank_notice"]), a_reviewer()
    check = a_taken_sample(lin)
    sampling.judge(check.pk, lin, "fraud", LATER, POLICY)
    case.refresh_from_db()
    assert (case.evidence_count, case.label, case.lowered) == (2, "gambling", False)
    assert "由审核员在漏检抽查中发现" in logged_in(lin).get(f"/cases/{case.pk}/").content.decode()


@pytest.mark.parametrize("said", ["ham", "unclear"])
def test_what_is_no_spam_makes_no_evidence(said: str) -> None:
    lin = a_reviewer()
    sampling.judge(a_taken_sample(lin).pk, lin, said, LATER, POLICY)
    assert not Case.objects.exists()
    assert RecallCheck.objects.get().verdict == said


def test_the_database_refuses_a_verdict_of_nobody() -> None:
    sampling.take_samples([a_sample()])
    for wrong in ({"verdict": "ham"}, {"category": "ad"}, {"verdict": "spam", "category": "ad"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RecallCheck.objects.update(**wrong)


# The page


def test_a_reviewer_judges_sample_after_sample() -> None:
    now = timezone.now()
    sampling.take_samples([a_sample(drawn_at=now), a_sample(drawn_at=now, sender="13800000009")])
    browser = logged_in(a_reviewer())
    assert "2 条样本待判定" in browser.get("/recall/").content.decode()
    html = browser.post("/recall/next/", follow=True).content.decode()
    first = RecallCheck.objects.exclude(claimed_by=None).get()
    assert first.reference in html
    assert "138****0001" in html
    assert SENDER not in html
    assert SUBSCRIBER not in html
    judged = browser.post(f"/recall/{first.pk}/judge/", {"verdict": "fraud"}, follow=True)
    assert Case.objects.get().reference in str(next(iter(judged.context["messages"])))
    second = RecallCheck.objects.get(verdict="")
    assert second.reference in judged.content.decode()
    again = browser.post(f"/recall/{first.pk}/judge/", {"verdict": "ham"}, follow=True)
    assert "已由他人判定" in str(next(iter(again.context["messages"])))
    assert RecallCheck.objects.get(pk=first.pk).category == "fraud"


def test_the_number_of_a_samples_sender_is_shown_to_its_holder_alone_and_audited() -> None:
    lin = a_reviewer()
    sampling.take_samples([a_sample()])
    check = sampling.take_next(lin, timezone.now(), POLICY)
    assert check
    browser = logged_in(lin)
    assert logged_in(a_reviewer("wu")).post(f"/recall/{check.pk}/reveal/").status_code == 404
    assert browser.post(f"/recall/{check.pk}/reveal/")["Location"] == "/recall/"
    assert SENDER in browser.get("/recall/").content.decode()
    assert SENDER not in browser.get("/recall/").content.decode()
    assert the_last("number_revealed").subject_id == check.reference


def test_numbers_in_a_sample_are_masked_until_they_are_revealed() -> None:
    lin = a_reviewer()
    sampling.take_samples([a_sample(text="我的新号码 139-2222-3333", normalised="")])
    check, browser = sampling.take_next(lin, timezone.now(), POLICY), logged_in(lin)
    assert check
    assert "139-****-3333" in browser.get("/recall/").content.decode()
    browser.post(f"/recall/{check.pk}/reveal/")
    assert "139-2222-3333" in browser.get("/recall/").content.decode()


def test_auditors_see_the_figures_and_no_sample() -> None:
    a_taken_sample(a_reviewer())
    html = logged_in(a_person("chen", Role.AUDITOR)).get("/recall/").content.decode()
    assert "线上召回率" in html
    assert "学区房" not in html
    assert 'action="/recall/next/"' not in html


def test_figures_count_by_month_and_admit_when_too_little_is_known() -> None:
    an_approval(a_confirmation(a_case(sender="13800000003")))
    a_case(sender="13800000004")
    lin = a_reviewer()
    sampling.take_samples([a_sample(one_in=5) for _ in range(4)])
    sampling.take_samples([a_sample(one_in=7, sent_at=NOW - timedelta(days=31))])
    for check, said in zip(RecallCheck.objects.order_by("pk"), ("ham", "ad", "unclear"), strict=False):
        sampling.judge(check.pk, lin, said, NOW, POLICY)
    this, last = recall_figures.months(NOW)
    assert (this.name, this.confirmed, this.undecided, this.drawn) == ("2026-11", 1, 1, 4)
    assert (this.ham, this.missed, this.unclear, this.unflagged) == (1, 1, 1, 20)
    assert (last.name, last.drawn, last.unflagged, last.judged) == ("2026-10", 1, 7, 0)


def test_the_page_asks_only_as_much_as_it_needs(django_assert_max_num_queries: Callable[[int], Any]) -> None:
    sampling.take_samples([a_sample() for _ in range(30)])
    browser = logged_in(a_reviewer())
    with django_assert_max_num_queries(12):
        browser.get("/recall/")


def test_a_verdict_without_its_csrf_token_is_refused() -> None:
    check = a_taken_sample(a_reviewer())
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(a_reviewer(), backend="django.contrib.auth.backends.ModelBackend")
    assert browser.post(reverse("recall_judge", args=[check.pk]), {"verdict": "ham"}).status_code == 403


# Labels


def exported(path: Path, *arguments: str) -> dict[str, tuple[str, str]]:
    call_command("export_labels", "--out", str(path), *arguments)
    return {row.text: (row.label, row.subtype) for row in read_corpus([path]).rows}


def test_decisions_become_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Given a confirmed and signed case, a cleared one, one that waits, and judged samples
    lin = a_reviewer()
    case = a_case(sender="13800000001", text="注册送彩金，联系13855556666", label="ad")
    take_hits([a_hit(sender="13800000001", text="验证码 1234", guards=["verification_code"])], NOW, POLICY)
    decision = a_confirmation(case)
    take_hits([a_hit(sender="13800000001", text="后来的")], LATER, POLICY)
    an_approval(decision)
    cleared = a_case(sender="13800000002", text="房租请转到\n工行卡")
    desk.decide(cleared.pk, lin, "clear", now=NOW)
    a_confirmation(a_case(sender="13800000003", text="尚未签署"))
    for said, text in (("ham", "样本甲"), ("porn", "样本乙"), ("unclear", "样本丙"), ("fraud", "房租请转到 工行卡")):
        sampling.judge(a_taken_sample(lin, text=text, sender=f"1391111{len(text):04d}").pk, lin, said, NOW, POLICY)
    # When they are exported
    path = tmp_path / "decisions.tsv"
    rows = exported(path)
    # Then each is there with its label, what contradicts itself is named, and numbers are gone
    (gambling,) = [text for text in rows if text.startswith("注册送彩金")]
    assert rows == {
        gambling: ("gambling", "decision"),
        "样本甲": ("ham", "recall_check"),
        "样本乙": ("porn", "recall_check"),
    }
    assert "13855556666" not in gambling
    said = capsys.readouterr().out
    assert f"; ham: {cleared.reference}" in said
    assert "fraud: S-" in said
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    entry = the_last("labels_exported")
    assert (entry.actor, entry.subject_id) == ("system:export-labels", "decisions.tsv")
    assert json.loads(json.dumps(entry.details))["labels"] == {"gambling": 1, "ham": 1, "porn": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_labels_can_be_exported_from_a_day_on(tmp_path: Path) -> None:
    desk.decide(a_case(text="旧的").pk, a_reviewer(), "clear", now=NOW - timedelta(days=9))
    desk.decide(a_case(text="新的").pk, a_reviewer(), "clear", now=NOW)
    assert list(exported(tmp_path / "new.tsv", "--since", "2026-11-20")) == ["新的"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--out", "{tmp}/none/x.tsv"], "does not exist"),
        (["--out", "{tmp}"], "is a folder"),
        (["--out", "{tmp}/x.tsv", "--since", "yesterday"], "is no date like"),
        (["--out", "{tmp}/x.tsv"], "no decision gives a label yet"),
    ],
)
def test_what_cannot_be_exported_is_said_in_a_sentence(arguments: list[str], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("export_labels", *(one.format(tmp=tmp_path) for one in arguments))
    assert list(tmp_path.iterdir()) == []
    assert not AuditEntry.objects.exists()
