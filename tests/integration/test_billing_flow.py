"""The subscription flow on a real database: ordered, reminded, cancelled, acknowledged, told; and nothing twice."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps

from billing_hooks import protection
from billing_hooks.models import (
    AnnouncedCharge,
    BossOrder,
    Cancellation,
    DeskList,
    Reminder,
    Service,
    ServiceTextSeen,
    Subscription,
)
from config.errors import BadRecordError
from config.policy import load_policy
from config.records import BossEvent, ServiceText
from ledger.models import AuditEntry, OutboundMessage, OutboxRecord
from tests.builders import (
    NOW,
    SUBSCRIBER,
    a_boss_ack,
    a_charge_due,
    a_service_text,
    a_subscription_ordered,
    an_id,
)

pytestmark = pytest.mark.django_db
POLICY = load_policy()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def take(*events: BossEvent, at: datetime = NOW) -> None:
    protection.take_events(events, at, POLICY)


def order(service: str = "CRBT", subscription: str = "sub-1", price: int = 500, **changes: object) -> None:
    take(a_subscription_ordered(service=service, subscription=subscription, price_fen=price, **changes))


def text(words: str, port: str = "10086", at: datetime = NOW, msisdn: str = SUBSCRIBER) -> ServiceText:
    sent = a_service_text(text=words, port=port, sent_at=at, msisdn=msisdn)
    protection.take_texts([sent], at, POLICY)
    return sent


def acknowledge(status: str = "done", at: datetime = NOW, **changes: object) -> None:
    """Let BOSS answer every order that waits, one by one."""
    for waiting in BossOrder.objects.filter(status="queued").order_by("pk"):
        ack = a_boss_ack(order=waiting.order_id, status=status, at=at, **changes)
        protection.take_acks([ack], at, POLICY)


def sent(name: str) -> list[OutboundMessage]:
    return list(OutboundMessage.objects.filter(name__startswith=name).order_by("pk"))


def orders_on_the_wire() -> list[dict[str, str]]:
    records = OutboxRecord.objects.filter(topic="boss.orders").order_by("pk")
    return [json.loads(bytes(record.value)) for record in records]


def kinds() -> list[tuple[str, str]]:
    return [(one["kind"], one.get("cycle", "")) for one in orders_on_the_wire()]


def everything() -> dict[str, int]:
    tables = (AuditEntry, BossOrder, Cancellation, DeskList, OutboundMessage, OutboxRecord, Reminder, ServiceTextSeen)
    return {table.__name__: table.objects.count() for table in tables}


def test_an_order_is_told_at_once_from_a_port_of_its_own() -> None:
    order()

    (reminder,) = sent("reminder_order")
    assert reminder.text.startswith("【清信】您订购了彩铃（本公司），5元/月")
    assert "T100" in reminder.text
    assert "11月23日 12:00" in reminder.text
    assert reminder.port == "10086977100"
    assert OutboxRecord.objects.filter(topic="sms.mt", key=SUBSCRIBER).count() == 1


def test_a_free_trial_is_told_with_the_day_on_which_it_ends() -> None:
    order(trial_until=NOW + 3 * DAY)
    assert "试用至11月23日" in sent("reminder_trial")[0].text


def test_a_charge_is_told_a_day_before() -> None:
    order()
    take(a_charge_due(service="CRBT", subscription="sub-1", cycle="2026-11", amount_fen=550, charge_at=NOW + 3 * DAY))

    assert protection.send_due_reminders(NOW + 2 * DAY - HOUR, POLICY) == 0
    assert protection.send_due_reminders(NOW + 2 * DAY, POLICY) == 1
    assert protection.send_due_reminders(NOW + 2 * DAY, POLICY) == 0
    (reminder,) = sent("reminder_final")
    assert "扣费5.50元" in reminder.text
    assert reminder.port == "10086977101"


def test_a_reminder_planned_for_the_night_waits_for_the_morning() -> None:
    night = NOW + 11 * HOUR
    take(a_subscription_ordered(service="CRBT"), at=night)
    assert not sent("reminder")

    assert protection.send_due_reminders(NOW + 19 * HOUR + timedelta(minutes=59), POLICY) == 0
    assert protection.send_due_reminders(NOW + 20 * HOUR, POLICY) == 1


def test_a_reminder_that_was_held_up_until_the_night_waits_for_the_morning() -> None:
    take(a_charge_due(service="CRBT", charge_at=NOW + 3 * DAY))
    night = NOW + 2 * DAY + 11 * HOUR

    assert protection.send_due_reminders(night, POLICY) == 0
    assert protection.send_due_reminders(night + 9 * HOUR, POLICY) == 1


def test_a_reminder_that_could_not_be_sent_in_time_is_given_up_and_audited() -> None:
    take(a_charge_due(service="CRBT", charge_at=NOW + 3 * DAY))

    assert protection.send_due_reminders(NOW + 3 * DAY, POLICY) == 0
    assert Reminder.objects.get().closed_as == Reminder.Closed.MISSED
    assert AuditEntry.objects.filter(action="reminder_missed").count() == 1


def test_a_service_that_a_text_cannot_cancel_is_announced_without_that_promise() -> None:
    order("MAIN-TARIFF")
    (reminder,) = sent("reminder_fixed")
    assert "回复T" not in reminder.text
    assert "请到营业厅办理" in reminder.text


def test_a_reply_makes_exactly_three_orders_and_no_answer_yet() -> None:
    order()

    text("T", port="10086977100")

    assert kinds() == [("CancelSubscription", ""), ("WaiveCharge", "2026-11"), ("ExcludeFromSettlement", "2026-11")]
    assert {one["subscription"] for one in orders_on_the_wire()} == {"sub-1"}
    assert Subscription.objects.get().status == Subscription.Status.CANCELLING
    assert not sent("answer")


def test_the_subscriber_is_told_when_boss_has_answered_all_three() -> None:
    order()
    text("T", port="10086977100")
    *first, last = BossOrder.objects.order_by("pk")

    protection.take_acks([a_boss_ack(order=one.order_id) for one in first], NOW, POLICY)
    assert not sent("answer")
    protection.take_acks([a_boss_ack(order=last.order_id)], NOW, POLICY)

    (answer,) = sent("answer")
    assert answer.text == "【清信】已退订彩铃（5元/月），下个计费周期起生效，本期不收费。\n咨询10086"
    assert answer.port == "10086977100"
    assert Subscription.objects.get().status == Subscription.Status.CANCELLED
    assert Cancellation.objects.get().told_at == NOW


def test_boss_says_when_it_takes_effect() -> None:
    order()
    text("T", port="10086977100")
    acknowledge(effective_at=NOW + DAY)
    assert "11月21日 12:00起生效" in sent("answer")[0].text


def test_an_announced_charge_is_the_one_that_is_waived() -> None:
    order()
    take(a_charge_due(service="CRBT", subscription="sub-1", cycle="202611", charge_at=NOW + 2 * HOUR))
    text("退订")
    assert kinds()[1:] == [("WaiveCharge", "202611"), ("ExcludeFromSettlement", "202611")]


def test_a_reply_after_the_charge_ends_the_subscription_and_waives_nothing() -> None:
    order()
    text("T", port="10086977100", at=NOW + 4 * DAY)
    assert kinds() == [("CancelSubscription", "")]
    acknowledge()
    assert "本期不收费" not in sent("answer")[0].text


def test_a_reply_sent_before_the_charge_counts_even_if_it_arrives_after_it() -> None:
    order()
    late = a_service_text(text="T", sent_at=NOW + 3 * DAY - HOUR)
    protection.send_due_reminders(NOW + 4 * DAY, POLICY)
    protection.take_texts([late], NOW + 4 * DAY, POLICY)
    assert len(kinds()) == 3


def test_a_failed_cancellation_is_told_honestly_and_can_be_tried_again() -> None:
    order()
    text("T", port="10086977100")
    acknowledge("failed", reason="合约期内")

    assert sent("answer")[0].text.startswith("【清信】彩铃（5元/月）未能退订，原因：合约期内。请拨打10086办理。")
    assert Subscription.objects.get().status == Subscription.Status.CANCEL_FAILED
    text("T", port="10086977100")
    acknowledge()
    assert "已退订彩铃" in sent("answer")[1].text
    assert len(orders_on_the_wire()) == 6


def test_a_charge_that_could_not_be_waived_is_told() -> None:
    order()
    text("T", port="10086977100")
    for waiting in BossOrder.objects.order_by("pk"):
        status = "failed" if waiting.kind == "WaiveCharge" else "done"
        protection.take_acks([a_boss_ack(order=waiting.order_id, status=status)], NOW, POLICY)
    assert "本期费用未能免除" in "".join(one.text for one in sent("answer"))
    assert Subscription.objects.get().status == Subscription.Status.CANCELLED


def test_after_a_failed_cancellation_the_final_reminder_still_comes() -> None:
    order()
    take(a_charge_due(service="CRBT", subscription="sub-1", charge_at=NOW + 3 * DAY))
    text("T", port="10086977100")
    acknowledge("failed")
    assert protection.send_due_reminders(NOW + 2 * DAY, POLICY) == 1


def test_nothing_is_reminded_after_a_cancellation() -> None:
    order()
    take(a_charge_due(service="CRBT", subscription="sub-1", charge_at=NOW + 3 * DAY))
    text("T", port="10086977100")
    assert protection.send_due_reminders(NOW + 2 * DAY, POLICY) == 0


def test_a_charge_announced_after_a_cancellation_is_waived() -> None:
    order()
    text("T", port="10086977100")
    acknowledge()
    take(a_charge_due(service="CRBT", subscription="sub-1", cycle="2026-12"))
    assert kinds()[3:] == [("WaiveCharge", "2026-12"), ("ExcludeFromSettlement", "2026-12")]
    acknowledge()
    assert len(sent("answer")) == 1


def order_a_few() -> None:
    order("CRBT", "sub-1")
    order("READING", "sub-2", 550)
    order("FAMILY-NET", "sub-3", 300)
    order("MAIN-TARIFF", "sub-4", 5800)


def test_0000_is_answered_with_two_messages_from_10086977() -> None:
    order_a_few()
    text("0000")

    outside, inside = sent("list")
    assert outside.text == (
        "【清信】套餐外业务：\n1.彩铃 本公司 5元/月\n2.书海包月 书海阅读 5.50元/月\n"
        "回复序号退订，2小时内有效。咨询10086"
    )
    assert inside.text == (
        "【清信】套餐内及营销方案业务：\n3.亲情网 本公司 3元/月\n4.主资费套餐 本公司 58元/月\n"
        "回复序号退订，2小时内有效。咨询10086"
    )
    assert {outside.port, inside.port} == {"10086977"}


def test_numbers_of_the_list_are_cancelled_and_told_in_one_answer() -> None:
    order_a_few()
    text("0000")
    text("1,3", port="10086977")

    assert {one["subscription"] for one in orders_on_the_wire()} == {"sub-1", "sub-3"}
    assert len(orders_on_the_wire()) == 6
    first, second = Cancellation.objects.order_by("pk")
    for waiting in first.orders.all():
        protection.take_acks([a_boss_ack(order=waiting.order_id)], NOW, POLICY)
    assert not sent("answer")
    assert second.settled_at is None
    acknowledge()
    answer = "\n".join(one.text for one in sent("answer"))
    assert "已退订彩铃（5元/月）" in answer
    assert "已退订亲情网（3元/月）" in answer
    assert answer.count("【清信】") == 1


def test_the_combined_answer_says_what_could_not_be_cancelled_and_why() -> None:
    order_a_few()
    text("0000")
    text("2、4 9", port="10086977")
    acknowledge()

    answer = "\n".join(one.text for one in sent("answer"))
    assert "已退订书海包月" in answer
    assert "主资费套餐未退订：主套餐不能短信退订，请到营业厅办理" in answer
    assert "序号9不在列表中" in answer


def test_a_list_is_valid_for_two_hours() -> None:
    order_a_few()
    text("0000")
    text("1", at=NOW + 2 * HOUR)
    assert not orders_on_the_wire()
    assert "列表已过期" in sent("answer")[0].text


def test_a_number_never_points_to_another_service_later() -> None:
    order_a_few()
    text("0000")
    text("1")
    acknowledge()
    text("1", at=NOW + HOUR)
    assert "彩铃此前已退订" in sent("answer")[1].text
    assert {one["subscription"] for one in orders_on_the_wire()} == {"sub-1"}


def test_only_the_newest_list_counts() -> None:
    order_a_few()
    text("0000")
    text("1")
    acknowledge()
    text("0000", at=NOW + HOUR)
    text("1", at=NOW + HOUR)
    assert {one["subscription"] for one in orders_on_the_wire()} == {"sub-1", "sub-2"}


def test_who_pays_for_nothing_is_told_so() -> None:
    text("00000")
    assert [one.text for one in sent("list")] == ["【清信】您目前没有收费业务。咨询10086。"]


def test_0000_to_a_106_port_is_another_service() -> None:
    order()
    text("0000", port="10690001")
    assert not sent("list")
    assert not sent("help")
    assert AuditEntry.objects.filter(action="text_not_ours").count() == 1
    kept = ServiceTextSeen.objects.get()
    assert (kept.outcome, kept.text, kept.subscriber) == ("not_ours", "", None)


def test_a_bare_t_with_several_open_reminders_is_asked_back() -> None:
    order("CRBT", "sub-1")
    order("READING", "sub-2", 550)
    text("T")
    assert not orders_on_the_wire()
    assert [one.text for one in sent("ask_which")] == [
        "【清信】您有多条扣费提醒，尚未退订。请回复要退订的编号：\nT100 彩铃 5元/月\nT101 书海包月 5.50元/月"
    ]
    text("T101")
    assert {one["subscription"] for one in orders_on_the_wire()} == {"sub-2"}


def test_help_is_sent_three_times_an_hour_at_most() -> None:
    for minute in range(5):
        text("你们好烦", at=NOW + timedelta(minutes=minute))
    assert len(sent("help")) == 3
    assert AuditEntry.objects.filter(action="help_withheld").count() == 2
    text("你们好烦", at=NOW + HOUR)
    assert len(sent("help")) == 4


def test_english_subscribers_read_english() -> None:
    order()
    subscriber = Subscription.objects.get().subscriber
    subscriber.language = "en"
    subscriber.save()
    text("T")
    acknowledge()
    answer = " ".join(one.text.replace("\n", " ") for one in sent("answer"))
    assert answer.startswith("[QingXin] Cancelled: Ring-back Tones (5 yuan/month)")


def test_every_record_that_comes_again_in_any_order_does_nothing_twice() -> None:
    ordered = a_subscription_ordered(service="CRBT", subscription="sub-1", price_fen=500)
    due = a_charge_due(service="CRBT", subscription="sub-1", charge_at=NOW + DAY)
    asked, numbered = a_service_text(text="0000"), a_service_text(text="1")
    take(ordered, due)
    protection.take_texts([asked, numbered], NOW, POLICY)
    acks = [a_boss_ack(order=one.order_id) for one in BossOrder.objects.all()]
    protection.take_acks(acks, NOW, POLICY)
    before = everything()

    take(due, ordered, due)
    protection.take_acks([*reversed(acks), *acks], NOW + HOUR, POLICY)
    protection.take_texts([numbered, asked, numbered], NOW + HOUR, POLICY)
    protection.take_acks([a_boss_ack(order=acks[0].order, status="failed")], NOW + HOUR, POLICY)

    assert everything() == before
    assert Subscription.objects.get().status == Subscription.Status.CANCELLED


def test_the_same_order_under_another_event_id_reminds_once() -> None:
    for _ in range(3):
        order()
        take(a_charge_due(service="CRBT", subscription="sub-1", charge_at=NOW + DAY))
    assert len(sent("reminder_order")) == 1
    assert len(sent("reminder_final")) == 1
    assert AuditEntry.objects.filter(action="subscription_ordered").count() == 1


def test_a_charge_for_an_order_nobody_announced_is_reminded_too() -> None:
    take(a_charge_due(service="READING", subscription="old-1", amount_fen=550))
    assert len(sent("reminder_final")) == 1
    text("T")
    assert len(orders_on_the_wire()) == 3


def charge(days: float = 1, amount: int = 500, taken: datetime = NOW, service: str = "CRBT") -> None:
    """Let BOSS announce the charge of one and the same cycle."""
    charge_at = NOW + days * DAY
    due = a_charge_due(service=service, subscription="sub-1", at=taken, amount_fen=amount, charge_at=charge_at)
    take(due, at=taken)


def told_of() -> list[tuple[str, int, datetime]]:
    return list(Reminder.objects.order_by("pk").values_list("kind", "amount_fen", "charge_at"))


def test_a_charge_postponed_after_it_should_have_fallen_is_told_anew_and_waived() -> None:
    charge()
    later = NOW + DAY + HOUR
    protection.send_due_reminders(later, POLICY)
    charge(days=3, taken=later)

    (corrected,) = sent("reminder_corrected")
    assert corrected.text.startswith("【清信】更正：您的彩铃（本公司）扣费有变，将于11月23日 12:00扣费5元")
    assert "T101" in corrected.text
    text("T", port="10086977101", at=NOW + 2 * DAY)
    assert kinds()[1:] == [("WaiveCharge", "2026-12"), ("ExcludeFromSettlement", "2026-12")]


def test_a_charge_that_was_announced_too_late_is_reminded_when_it_is_postponed() -> None:
    charge(days=-1)
    assert Reminder.objects.get().closed_as == Reminder.Closed.MISSED
    charge(days=3)

    assert protection.send_due_reminders(NOW + 2 * DAY, POLICY) == 1
    assert len(sent("reminder_final")) == 1
    assert told_of() == [("final", 500, NOW + 3 * DAY)]


def test_a_charge_that_is_announced_too_late_again_and_again_is_audited_once() -> None:
    charge(days=-1)
    charge(days=-2)
    assert AuditEntry.objects.filter(action="reminder_missed").count() == 1


@pytest.mark.parametrize(("days", "amount"), [(1, 700), (0.5, 500), (2, 500)])
def test_another_amount_or_moment_is_corrected_and_what_was_told_stays(days: float, amount: int) -> None:
    charge()
    charge(days, amount)

    assert [one.name for one in sent("reminder")] == ["reminder_final", "reminder_corrected"]
    assert told_of() == [("final", 500, NOW + DAY), ("corrected", amount, NOW + days * DAY)]
    assert Reminder.objects.filter(closed_at=None).count() == 1


def test_a_charge_is_corrected_only_once_and_its_newest_moment_is_what_a_cancellation_waives() -> None:
    charge()
    charge(days=2)
    charge(days=4, amount=900)

    assert len(sent("reminder_corrected")) == 1
    assert told_of()[1] == ("corrected", 500, NOW + 2 * DAY)
    assert AuditEntry.objects.filter(action="charge_announced").count() == 3
    text("T", port="10086977101", at=NOW + 3 * DAY)
    assert len(kinds()) == 3


def test_a_charge_moved_before_the_reply_is_not_waived() -> None:
    charge(days=3)
    charge(days=-1)
    text("退订彩铃")
    assert kinds() == [("CancelSubscription", "")]
    assert not sent("reminder")


def test_an_older_announcement_that_comes_late_changes_nothing() -> None:
    charge(days=3, taken=NOW + HOUR)
    charge(days=2, amount=100, taken=NOW)
    assert told_of() == [("final", 500, NOW + 3 * DAY)]


def test_a_correction_waits_for_the_morning_and_is_dropped_when_nothing_is_left_to_correct() -> None:
    charge()
    night = NOW + 11 * HOUR
    charge(days=2, taken=night)
    assert not sent("reminder_corrected")
    charge(days=1, taken=night)
    assert told_of() == [("final", 500, NOW + DAY)]
    charge(days=3, taken=night)

    assert protection.send_due_reminders(NOW + 20 * HOUR, POLICY) == 1
    assert "11月23日 12:00" in sent("reminder_corrected")[0].text


def test_there_is_no_correction_after_the_charge() -> None:
    charge()
    charge(amount=700, taken=NOW + DAY)
    assert not sent("reminder_corrected")
    assert Reminder.objects.get(kind="corrected").closed_as == Reminder.Closed.MISSED


def test_a_correction_about_what_no_text_can_cancel_does_not_promise_it() -> None:
    charge(service="MAIN-TARIFF")
    charge(amount=700, service="MAIN-TARIFF")
    (corrected,) = sent("reminder_corrected_fixed")
    assert "回复T" not in corrected.text


def test_a_charge_announced_during_a_cancellation_that_fails_is_reminded() -> None:
    order()
    text("T", port="10086977100")
    charge(days=3)
    acknowledge("failed")
    assert protection.send_due_reminders(NOW + 2 * DAY, POLICY) == 1
    assert len(sent("reminder_final")) == 1


def test_a_later_charge_that_could_not_be_waived_is_told_once() -> None:
    order()
    text("T", port="10086977100")
    acknowledge()
    charge()
    acks = [a_boss_ack(order=one.order_id, status="failed") for one in BossOrder.objects.filter(status="queued")]
    protection.take_acks([*acks, *acks], NOW + HOUR, POLICY)
    protection.take_acks(acks, NOW + HOUR, POLICY)

    assert [one.text for one in sent("late_not_waived")] == [
        "【清信】您已退订彩铃（5元/月），但2026-12期的费用未能免除，请拨打10086处理。\n咨询10086"
    ]
    assert Cancellation.objects.get().outcome == Cancellation.Outcome.NOT_WAIVED
    assert Subscription.objects.get().status == Subscription.Status.CANCELLED
    assert AuditEntry.objects.filter(action="subscriber_told").count() == 2


def test_a_later_charge_that_could_not_be_waived_is_told_in_the_answer_that_is_still_to_come() -> None:
    order("CRBT", "sub-1")
    order("READING", "sub-2")
    text("0000")
    text("1,2", port="10086977")
    first = Cancellation.objects.earliest("pk")
    protection.take_acks([a_boss_ack(order=one.order_id) for one in first.orders.all()], NOW, POLICY)
    charge()
    late = first.orders.get(kind="WaiveCharge", status="queued")
    protection.take_acks([a_boss_ack(order=late.order_id, status="failed")], NOW, POLICY)
    assert not sent("answer")
    acknowledge()

    assert not sent("late_not_waived")
    assert "未能免除" in "".join(one.text for one in sent("answer"))


def test_one_person_is_one_subscriber_however_the_number_is_spelled() -> None:
    order(msisdn=f"+86{SUBSCRIBER}")
    text("T", msisdn=f"86{SUBSCRIBER}")
    assert {one["msisdn"] for one in orders_on_the_wire()} == {SUBSCRIBER}
    acknowledge(msisdn=f"0086{SUBSCRIBER}")
    assert {one.msisdn for one in OutboundMessage.objects.all()} == {SUBSCRIBER}
    assert len(sent("answer")) == 1


def test_an_unknown_service_is_a_bad_record_and_nothing_of_its_batch_is_done() -> None:
    good = a_subscription_ordered(service="CRBT")
    with pytest.raises(BadRecordError) as refused:
        take(good, a_subscription_ordered(service="nonsense"))
    assert refused.value.reason == "unknown_service"
    assert not Subscription.objects.exists()
    take(good)
    assert Subscription.objects.count() == 1


def test_a_subscription_of_another_number_is_a_bad_record() -> None:
    order()
    with pytest.raises(BadRecordError, match="subscription_mismatch"):
        order(msisdn="13700000000")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"subscription": "sub\0"}, "control_character"),
        ({"first_charge_at": datetime(9999, 12, 31, 23, tzinfo=UTC)}, "invalid_field"),
        ({"at": datetime(1, 1, 1, tzinfo=UTC)}, "invalid_field"),
    ],
)
def test_what_no_row_could_hold_is_a_bad_record(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(BadRecordError) as refused:
        order(**changes)
    assert refused.value.reason == reason


def test_an_unknown_order_is_a_bad_record() -> None:
    with pytest.raises(BadRecordError, match="unknown_order"):
        protection.take_acks([a_boss_ack(order=an_id())], NOW, POLICY)


def test_an_answer_about_another_number_is_a_bad_record() -> None:
    order()
    text("T")
    with pytest.raises(BadRecordError, match="order_mismatch"):
        protection.take_acks([a_boss_ack(order=BossOrder.objects.all()[0].order_id, msisdn="1370")], NOW, POLICY)


def test_everything_is_audited_under_the_subscriber_and_without_the_number() -> None:
    order_a_few()
    text("0000")
    text("1")
    acknowledge()

    subscriber = Subscription.objects.all()[0].subscriber
    mine = AuditEntry.objects.filter(subject_type="subscriber", subject_id=str(subscriber.pk))
    assert set(mine.values_list("action", flat=True)) == {
        "subscription_ordered", "reminder_sent", "text_taken", "list_sent", "cancel_asked", "boss_ordered",
        "boss_answered", "subscription_cancelled", "subscriber_told",
    }  # fmt: skip
    assert set(mine.filter(action="cancel_asked").values_list("actor", flat=True)) == {"subscriber"}
    assert SUBSCRIBER not in json.dumps(list(AuditEntry.objects.values("actor", "subject_id", "details")))


def test_what_final_reminders_said_is_what_boss_announced_before_both_were_kept() -> None:
    charge(days=3)
    AnnouncedCharge.objects.all().delete()
    import_module("billing_hooks.migrations.0002_announced_charge").copy_from_reminders(apps, None)

    kept = AnnouncedCharge.objects.get()
    assert (kept.cycle, kept.amount_fen, kept.charge_at, kept.announced_at) == ("2026-12", 500, NOW + 3 * DAY, None)
    text("退订彩铃")
    assert len(kinds()) == 3


def test_the_catalogue_is_in_the_database_after_migrating() -> None:
    assert Service.objects.count() >= 12
    assert not Service.objects.get(code="MAIN-TARIFF").cancellable
