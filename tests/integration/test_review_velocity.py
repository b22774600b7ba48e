"""Velocity and volume in cases: shown, ahead in the queue, never a decision; copies of two gateways count once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from config.records import Hit, Velocity
from review import desk
from review.casework import TakenHits, take_hits
from review.errors import CategoryMissingError
from review.models import Case, EnforcementOrder, Evidence, Sighting
from review.queue import cases_for, next_for
from tests.builders import NOW, a_hit
from tests.review_builders import POLICY, a_case, a_reviewer, logged_in

pytestmark = pytest.mark.django_db
FAST = Velocity(hour=201, day=420, receivers=380, same_share=0.92, exceeded=True)


def a_volume_hit(**changes: Any) -> Hit:
    """A text that the model let pass and with which its sender crossed the line."""
    fields = {"text": "新年快乐，万事如意", "label": "volume", "spam": 0.02, "why": [], "found_by": "volume"}
    return a_hit(**(fields | {"velocity": FAST} | changes))


def take(*hits: Hit, now: Any = NOW) -> TakenHits:
    return take_hits(hits, now, POLICY)


def test_a_case_found_by_volume_alone_says_so_and_shows_what_was_sent() -> None:
    take(a_volume_hit())
    case = Case.objects.get()
    page = logged_in(a_reviewer()).get(reverse("case", args=[case.pk])).content.decode()
    assert "因发送量发现，模型未发现问题。" in page
    assert "201 条与 420 条" in page
    assert "超出发送量规则" in page
    assert "380" in page
    assert "92%" in page
    queue = logged_in(a_reviewer()).get(reverse("queue")).content.decode()
    assert "因发送量发现，模型未发现问题" in queue
    filtered = logged_in(a_reviewer()).get(reverse("queue"), {"label": "volume"}).content.decode()
    assert case.reference in filtered


def test_volume_decides_nothing_and_has_no_category_of_its_own() -> None:
    take(*(a_volume_hit(sent_at=NOW + timedelta(hours=hour)) for hour in range(5)))
    case = Case.objects.get()
    assert (case.status, EnforcementOrder.objects.count()) == ("open", 0)
    with pytest.raises(CategoryMissingError):
        desk.decide(case.pk, a_reviewer(), "confirm", category="volume", now=NOW)


def test_a_hit_of_the_model_names_the_case_whatever_came_first() -> None:
    take(a_volume_hit())
    take(a_hit(spam=0.95))
    case = Case.objects.get()
    assert (case.label, case.evidence_count, case.volume_exceeded) == ("gambling", 2, True)
    assert Counter(Evidence.objects.values_list("found_by", flat=True)) == {"volume": 1, "model": 1}


def test_a_case_keeps_the_velocity_of_the_latest_hit_and_that_the_rule_was_exceeded() -> None:
    later = Velocity(hour=3, day=500, receivers=400, same_share=0.9)
    take(a_hit(velocity=later, scored_at=NOW + timedelta(hours=2)), a_hit(velocity=FAST, scored_at=NOW))
    take(a_hit(velocity=FAST, scored_at=NOW + timedelta(hours=1)), a_hit())
    case = Case.objects.get()
    assert case.velocity
    assert (case.velocity["day"], case.velocity["hour"], case.volume_exceeded) == (500, 3, True)


def test_senders_over_the_volume_rule_come_first_but_not_before_what_is_due() -> None:
    slow = a_case(sender="13800000011")
    take(a_hit(sender="13800000012", velocity=FAST), now=NOW + timedelta(hours=1))
    fast = Case.objects.get(sender="13800000012")
    reader = a_reviewer()
    assert list(cases_for(reader, NOW + timedelta(hours=2))) == [fast, slow]
    due = NOW + timedelta(hours=POLICY.review.decision_hours, minutes=1)
    assert list(cases_for(reader, due)) == [slow, fast]
    assert next_for(reader, due) == slow


def test_a_copy_at_another_gateway_counts_once_and_is_shown() -> None:
    first = a_hit(gateway="smsc", id="a")
    copy = a_hit(gateway="interconnect", id="b", sent_at=NOW + timedelta(seconds=3))
    assert take(first, copy) == TakenHits(evidence=1, duplicates=1, opened=1, elsewhere=1)
    # delivered again, together and alone, and once more at a third gateway
    assert take(copy, first) == TakenHits(evidence=0, duplicates=2, opened=0)
    assert take(a_hit(gateway="ismg", id="c")).elsewhere == 1
    case = Case.objects.get()
    assert (case.evidence_count, Evidence.objects.count(), Sighting.objects.count()) == (1, 1, 2)
    page = logged_in(a_reviewer()).get(reverse("case", args=[case.pk])).content.decode()
    assert "只计一次，另见于：" in page
    assert "互联互通网关" in page


def test_the_copy_may_come_before_the_sms_and_in_another_batch() -> None:
    take(a_hit(gateway="interconnect", id="b", sent_at=NOW + timedelta(seconds=3)))
    assert take(a_hit(gateway="smsc", id="a")) == TakenHits(evidence=0, duplicates=1, opened=0, elsewhere=1)
    # the same text much later is another SMS
    assert take(a_hit(gateway="smsc", id="d", sent_at=NOW + timedelta(hours=1))).evidence == 1


def test_a_copy_of_what_was_decided_opens_no_new_case() -> None:
    case = a_case(gateway="smsc", id="a")
    desk.decide(case.pk, a_reviewer(), "clear", now=NOW)
    assert take(a_hit(gateway="ismg", id="b")) == TakenHits(evidence=0, duplicates=1, opened=0, elsewhere=1)
    assert Sighting.objects.get().evidence.case == case


@pytest.mark.django_db(transaction=True)
def test_copies_that_two_workers_take_at_the_same_moment_count_once() -> None:
    pairs = [
        [a_hit(gateway=gateway, sender=f"1380000{number:04}") for gateway in ("smsc", "interconnect")]
        for number in range(30)
    ]

    def work(side: int) -> list[TakenHits]:
        try:
            return [take(pair[side]) for pair in pairs]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as workers:
        taken = [one for done in workers.map(work, range(2)) for one in done]
    assert (sum(one.evidence for one in taken), sum(one.elsewhere for one in taken)) == (30, 30)
    assert set(Case.objects.values_list("evidence_count", flat=True)) == {1}
    assert (Case.objects.count(), Sighting.objects.count()) == (30, 30)


def test_a_case_keeps_the_figure_that_exceeded_the_rule_and_each_hit_its_own() -> None:
    # Given hits at 10, at 250 which is more than the rule allows, and then at 3 an hour
    at = {10: NOW, 250: NOW + timedelta(minutes=20), 3: NOW + timedelta(hours=5)}
    for number, (hour, moment) in enumerate(at.items()):
        velocity = Velocity(
            hour=hour, day=253 if hour == 3 else hour, receivers=hour, same_share=0.5, exceeded=hour == 250,
            began=moment.replace(minute=0), per_hour=200, per_day=1000,
        )  # fmt: skip
        take(a_hit(sent_at=moment, scored_at=moment, velocity=velocity, text=f"第{number}条，澳门娱乐城"))
    case = Case.objects.get()
    assert case.velocity
    assert case.velocity["hour"] == 3
    assert case.peaks
    assert {span: (peak["hour"], peak["per_hour"]) for span, peak in case.peaks.items()} == {"hour": (250, 200)}
    kept = Evidence.objects.order_by("sent_at").values_list("velocity", flat=True)
    assert [one["hour"] for one in kept if one] == [10, 250, 3]
    # Then the case shows the proof with its hour beside what came last, and each message what was sent by then
    page = logged_in(a_reviewer()).get(reverse("case", args=[case.pk])).content.decode()
    assert "250 条（规则 200 条）" in page
    assert "2026-11-20 12:00" in page
    assert "3 条与 253 条" in page
    assert "当小时 10 条、当日 10 条" in page
    english = logged_in(a_reviewer())
    english.cookies["django_language"] = "en"
    page = english.get(reverse("case", args=[case.pk])).content.decode()
    assert "250 messages (rule: 200)" in page


def test_the_highest_hour_and_the_highest_day_stay_whatever_comes_in_whatever_order() -> None:
    limits = {"per_hour": 500, "per_day": 2000, "holiday": True}
    told = [
        Velocity(hour=hour, day=day, receivers=1, same_share=0, exceeded=hour > 500 or day > 2000, **limits)
        for hour, day in ((501, 900), (700, 1900), (40, 2300), (600, 2001))
    ]
    for one in (told[0], told[3], told[1], told[2]):
        take(a_hit(velocity=one, text=f"{one.hour}"))
    peaks = Case.objects.get().peaks
    assert peaks
    assert (peaks["hour"]["hour"], peaks["day"]["day"], peaks["hour"]["holiday"]) == (700, 2300, True)
    page = logged_in(a_reviewer()).get(reverse("case", args=[Case.objects.get().pk])).content.decode()
    assert "700 条（规则 500 条）" in page
    assert "2,300 条（规则 2,000 条）" in page
    assert "法定节假日" in page


def test_a_hit_that_tells_no_limits_proves_with_both_figures() -> None:
    take(a_hit(velocity=FAST))
    peaks = Case.objects.get().peaks
    assert peaks
    assert (peaks["hour"]["hour"], peaks["day"]["day"]) == (201, 420)
