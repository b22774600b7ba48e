"""Dead letters in the console: kept once and bounded, shown only on purpose, repaired by the rules of a live line."""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.test import Client

from config.errors import BadRecordError
from config.metrics import DEAD_LETTERS_DROPPED
from config.policy import DeadLetterPolicy
from config.records import DeadLetter, Replayed, encode
from config.roles import Role
from config.topics import ENFORCEMENT_ORDERS, REPLAYED_TOPICS, SMS_MT, SMS_REJECTED, TOPICS
from ledger.models import AuditEntry, OutboxRecord
from ledger.outbox import enqueue_line
from review.dead_letter_tables import RejectedLine, Replay
from review.dead_letters import check_letter, keep_letters, prune
from review.replaying import marks_of, note_fed, note_read
from streams.lines import RawRecord, bury
from streams.relay import why_not
from tests.builders import NOW, SENDER, SUBSCRIBER, a_dead_letter, an_sms
from tests.review_builders import a_person, logged_in

pytestmark = pytest.mark.django_db
GOOD = encode(an_sms(id="repaired-1"))


def a_letter(line_as_it_came: bytes = b'{"id": "1", "sender": "13800000001"', /, **changes: Any) -> DeadLetter:
    kept = {"raw": base64.b64encode(line_as_it_came).decode(), "raw_bytes": len(line_as_it_came)}
    fields = {**kept, "reason": "invalid_json", "line": 1}
    return a_dead_letter(**(fields | changes))


def a_kept_letter(raw: bytes = b'{"id": "1", "sender": "13800000001"', **changes: Any) -> RejectedLine:
    keep_letters([a_letter(raw, **changes)])
    return RejectedLine.objects.latest("id")


def an_operator() -> Client:
    return logged_in(a_person("ola", Role.OPERATOR))


def said(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


# Kept


def test_a_letter_is_kept_once_however_often_it_comes() -> None:
    letters = [a_letter(offset=1), a_letter(offset=2), a_letter(offset=2, line=2)]
    assert keep_letters(letters) == 3
    assert keep_letters([*letters, a_letter(offset=3)]) == 1
    assert RejectedLine.objects.count() == 4


def test_a_topic_made_anew_does_not_hide_its_letters() -> None:
    assert keep_letters([a_letter(b"one")]) == keep_letters([a_letter(b"two")]) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"raw": "no base64!"}, {"offset": 2**63}, {"partition": -1}, {"line": 2**31}, {"topic": "x" * 300},
        {"reason": ""}, {"raw_bytes": -5}, {"at": NOW.replace(year=1900)}, {"at": NOW.replace(tzinfo=None)},
    ],
    ids=str,
)  # fmt: skip
def test_a_letter_that_cannot_be_kept_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadRecordError):
        check_letter(a_letter(**changes))


def test_a_letter_about_a_refused_letter_is_kept_so_that_burying_ends_there() -> None:
    """What the workers bury passes the check and fits the table, whatever the first letter held."""
    hostile = encode(
        a_letter(reason="\x00" * 200, detail="\ud83d".encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    )
    with pytest.raises(BadRecordError) as refusal:
        check_letter(msgspec.json.decode(hostile, type=DeadLetter))
    second = bury(RawRecord(SMS_REJECTED, 3, 7, hostile), 1, hostile, refusal.value, NOW)
    check_letter(second)
    assert keep_letters([second]) == 1


def test_hostile_letters_fit_the_table() -> None:
    assert keep_letters([a_letter(topic="a\x00b", reason="\x00", detail="\x00\ufffe"), a_letter(b"", offset=9)]) == 2


def test_old_letters_and_too_many_are_deleted_and_counted() -> None:
    policy = DeadLetterPolicy(kept_days=30, kept_at_most=100, replayed_at_once=10)
    keep_letters([a_letter(offset=n, at=NOW - timedelta(days=40)) for n in range(5)])
    keep_letters([a_letter(offset=n, at=NOW - timedelta(minutes=n)) for n in range(100, 250)])
    before = DEAD_LETTERS_DROPPED.labels("too_many")._value.get()
    while prune(NOW, policy):
        pass
    assert RejectedLine.objects.count() == 100
    assert RejectedLine.objects.earliest("at").offset == 199
    assert DEAD_LETTERS_DROPPED.labels("too_many")._value.get() - before == 50


# Shown


def test_the_page_counts_by_topic_and_reason_and_filters() -> None:
    keep_letters([a_letter(offset=n) for n in range(30)])
    keep_letters([a_letter(offset=n, topic="boss.events", reason="processing_failed") for n in range(2)])
    browser = an_operator()
    page = browser.get("/gateways/letters/")
    assert [(group["topic"], group["count"]) for group in page.context["groups"]] == [
        ("sms.smsc", 30),
        ("boss.events", 2),
    ]
    assert len(page.context["page"]) == 25
    assert len(browser.get("/gateways/letters/?page=2").context["page"]) == 7
    assert len(browser.get("/gateways/letters/?reason=processing_failed").context["page"]) == 2
    assert "没有此类" in browser.get("/gateways/letters/?reason=processing_failed&topic=sms.smsc").content.decode()
    assert browser.get("/gateways/letters/?topic=%00&page=zzz").status_code == 200
    # Only lines of gateways are offered for feeding
    assert page.content.decode().count("重新送入…") == 1


def test_without_letters_the_page_says_so() -> None:
    assert "没有拒收记录：" in an_operator().get("/gateways/letters/").content.decode()


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR, Role.ADMIN])
def test_the_raw_line_is_shown_once_on_purpose_and_audited(role: Role) -> None:
    letter = a_kept_letter(detail=f"duplicate key (sender)=({SENDER})")
    browser = logged_in(a_person(f"some-{role}", role))
    path = f"/gateways/letters/{letter.pk}/"
    for page in (path, "/gateways/letters/"):
        assert SENDER not in browser.get(page).content.decode()
    assert browser.post(f"{path}reveal/")["Location"] == path
    html = browser.get(path).content.decode()
    assert SENDER in html
    assert ("<textarea" in html) == (role != Role.AUDITOR)
    assert SENDER not in browser.get(path).content.decode()
    entry = AuditEntry.objects.get(action="dead_letter_revealed")
    assert (entry.actor, entry.subject_id) == (f"some-{role}", letter.reference)
    assert SENDER not in json.dumps(entry.details)


def test_a_line_that_is_no_utf8_is_shown_as_what_gateways_send_then() -> None:
    letter = a_kept_letter('{"text": "晚上吃饭"}'.encode("gb18030"), reason="not_utf8")
    browser = an_operator()
    browser.post(f"/gateways/letters/{letter.pk}/reveal/")
    html = browser.get(f"/gateways/letters/{letter.pk}/").content.decode()
    assert "晚上吃饭" in html
    assert "GB 18030" in html


def test_a_hostile_line_breaks_no_page() -> None:
    letter = a_kept_letter(b"</textarea><script>alert(1)</script>\xff\x00\xe2\x80\xae", detail="<b>", reason="<i>")
    browser = an_operator()
    browser.post(f"/gateways/letters/{letter.pk}/reveal/")
    html = browser.get(f"/gateways/letters/{letter.pk}/").content.decode()
    assert "<script>alert" not in html
    assert "<b>" not in html
    assert html.count("</textarea>") == 1
    assert browser.get("/gateways/letters/").status_code == 200


@pytest.mark.parametrize("number", ["138-1234-5678", "１３８１２３４５６７８"])
def test_a_number_in_the_detail_is_masked_however_it_is_written(number: str) -> None:
    letter = a_kept_letter(detail=f"'{number}' is none of smsc, ismg", reason="unknown_gateway")
    for page in ("/gateways/letters/", f"/gateways/letters/{letter.pk}/"):
        assert number not in an_operator().get(page).content.decode()


def test_the_browser_keeps_no_copy_of_a_letter() -> None:
    letter, browser = a_kept_letter(), an_operator()
    browser.post(f"/gateways/letters/{letter.pk}/reveal/")
    assert "no-store" in browser.get(f"/gateways/letters/{letter.pk}/")["Cache-Control"]


# Fed again


def fed(browser: Client, letter: RejectedLine, line: str, times: int = 0) -> Any:
    path = f"/gateways/letters/{letter.pk}/replay/"
    return browser.post(path, {"line": line, "times": times}, follow=True)


def test_a_repaired_line_goes_to_its_topic_through_the_outbox_and_is_audited() -> None:
    letter = a_kept_letter()
    response = fed(an_operator(), letter, GOOD.decode())
    assert said(response) == [f"{letter.reference} 已重新送往评分。"]
    record = OutboxRecord.objects.get()
    assert (record.topic, record.key, bytes(record.value)) == ("sms.smsc", SENDER, GOOD)
    assert why_not(record, b"", marks_of([record.pk])) == ""
    assert "nobody is known" in why_not(record, b"", {})
    entry = AuditEntry.objects.get(action="dead_letter_replayed")
    assert (entry.actor, entry.subject_id, entry.details["changed"]) == ("ola", letter.reference, ["id"])
    assert entry.details["unread"] == ["gateway", "receiver", "sent_at", "text"]
    assert not [value for value in (SENDER, SUBSCRIBER, "晚上") if value in json.dumps(entry.details)], "names alone"
    mark = msgspec.json.decode(marks_of([record.pk])[record.pk], type=Replayed)
    assert mark == Replayed(letter.reference, "ola", ["id"], ["gateway", "receiver", "sent_at", "text"])
    assert "等待转发" in response.content.decode()


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (b'{"id": "1"', "不是 JSON（行不完整）"),
        (GOOD.replace(b'"smsc"', b'"pigeon"'), "未知网关（pigeon 不在"),
        (GOOD.replace(b'"sender"', b'"from"'), "缺少字段 sender"),
        (b"", "不是 JSON"),
    ],
    ids=["broken", "unknown gateway", "missing field", "empty"],
)
def test_a_line_that_scoring_would_reject_is_refused_and_kept_in_the_form(line: bytes, word: str) -> None:
    letter = a_kept_letter()
    response = fed(an_operator(), letter, line.decode())
    assert word in said(response)[0]
    assert not Replay.objects.exists()
    html = response.content.decode()
    assert "<textarea" in html
    assert "&quot;13800000001&quot;" not in html or b"13800000001" in line, "the kept line stays hidden"


def test_a_refused_repair_survives_a_change_of_language_and_is_gone_once_fed() -> None:
    letter, other, browser = a_kept_letter(offset=1), a_kept_letter(offset=2), an_operator()
    path, line = f"/gateways/letters/{letter.pk}/", GOOD.decode().replace("smsc", "pigeon")
    page = fed(browser, letter, line)
    # Given that the reader switches the language on the page of the refusal
    asked = re.search(r'name="next" value="([^"]*)"', page.content.decode())
    assert asked
    switched = browser.post("/language", {"language": "en", "next": asked[1]}, follow=True)
    # Then the page comes in it, with what the reader wrote
    assert switched.status_code == 200
    assert "The line as it came" in switched.content.decode()
    assert "pigeon" in browser.get(path).content.decode()
    assert "no-store" in browser.get(path)["Cache-Control"]
    # And it is gone when the line is fed, or when the reader looks at another letter
    fed(browser, letter, GOOD.decode())
    assert "<textarea" not in browser.get(path).content.decode()
    fed(browser, letter, line, times=1)
    browser.get(f"/gateways/letters/{other.pk}/")
    assert "<textarea" not in browser.get(path).content.decode()


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_sender_and_receiver_stay_as_they_can_be_read(who: str) -> None:
    letter = a_kept_letter(GOOD[:-20])
    line = json.dumps(json.loads(GOOD) | {who: "13399998888"})
    assert "必须保持不变" in said(fed(an_operator(), letter, line))[0]
    assert not Replay.objects.exists()
    assert not OutboxRecord.objects.exists()


def test_a_line_repaired_twice_keeps_what_was_changed_first() -> None:
    letter = a_kept_letter(GOOD.replace("晚上".encode(), "早上".encode()))
    fed(an_operator(), letter, GOOD.decode())
    again = a_kept_letter(GOOD, offset=500, at=Replay.objects.get().at + timedelta(seconds=3))
    fed(an_operator(), again, GOOD.decode())
    assert Replay.objects.latest("id").fields_changed == ["text"]


def test_a_form_sent_twice_feeds_once_and_once_more_has_to_be_asked_for() -> None:
    letter, browser = a_kept_letter(), an_operator()
    fed(browser, letter, GOOD.decode())
    loser = fed(browser, letter, GOOD.decode())
    assert "已被他人重新送入" in said(loser)[0]
    assert "<textarea" not in loser.content.decode(), "nothing invites to feed it once more"
    assert Replay.objects.count() == 1
    fed(browser, letter, GOOD.decode(), times=1)
    assert Replay.objects.count() == OutboxRecord.objects.count() == 2
    for times in ("", "x", "-1", "99999999999999999999"):
        browser.post(f"/gateways/letters/{letter.pk}/replay/", {"line": GOOD.decode(), "times": times})
    assert Replay.objects.count() == 2


def test_a_line_written_on_several_lines_is_fed_as_one() -> None:
    letter = a_kept_letter()
    fed(an_operator(), letter, json.dumps(json.loads(GOOD), indent=2))
    assert b"\n" not in bytes(OutboxRecord.objects.get().value)


def test_lines_of_others_are_never_fed() -> None:
    letter = a_kept_letter(topic="boss.events")
    assert "只有网关" in said(fed(an_operator(), letter, GOOD.decode()))[0]
    many = an_operator().post(
        "/gateways/letters/replay/",
        {"topic": "boss.events", "reason": "invalid_json", "newest": letter.pk},
        follow=True,
    )
    assert "只有网关" in said(many)[0]
    assert not OutboxRecord.objects.exists()


def test_the_relay_feeds_gateways_topics_alone_and_never_orders() -> None:
    assert {topic.name for topic in TOPICS if topic.writer == "gateway"} == REPLAYED_TOPICS
    for topic in {one.name for one in TOPICS} - REPLAYED_TOPICS:
        with pytest.raises(ValueError, match="no topic of a gateway"):
            enqueue_line(topic, "1", b"{}")
    record = OutboxRecord(topic="sms.hits", key="1", value=b"{}")
    assert "not the relay's" in why_not(record, b"", {})
    assert why_not(OutboxRecord(topic=ENFORCEMENT_ORDERS, key="1", value=b"{}"), b"", {})
    assert why_not(OutboxRecord(topic=SMS_MT, key="1", value=b"{}"), b"", {}) == ""


def test_a_cut_line_is_fed_only_when_completed() -> None:
    letter = a_kept_letter(GOOD, raw_bytes=len(GOOD) + 10)
    assert "请补全" in said(fed(an_operator(), letter, GOOD.decode()))[0]
    assert not Replay.objects.exists()


def test_many_letters_of_a_reason_are_fed_after_their_number_was_told() -> None:
    for n in range(6):
        a_kept_letter(encode(an_sms(id=f"many-{n}")), offset=n, reason="processing_failed")
    hopeless = a_kept_letter(b"no json", offset=20, reason="processing_failed")
    browser, path = an_operator(), "/gateways/letters/replay/"
    asked = browser.get(f"{path}?topic=sms.smsc&reason=processing_failed")
    assert "重新送入 7 行" in asked.content.decode()
    later = a_kept_letter(encode(an_sms(id="later")), offset=30, reason="processing_failed")
    form = {"topic": "sms.smsc", "reason": "processing_failed", "newest": asked.context["newest"]}
    done = browser.post(path, form, follow=True)
    assert said(done) == ["6 行已送往评分。", "1 行被跳过：评分程序仍会拒收。"]
    assert set(Replay.objects.values_list("changed", flat=True)) == {False}
    assert not Replay.objects.filter(letter__in=[hopeless, later]).exists()
    entry = AuditEntry.objects.get(action="dead_letters_replayed")
    assert (entry.actor, entry.details["fed"], entry.details["left_out"]) == ("ola", 6, 1)
    nothing = browser.post(path, form, follow=True)
    assert said(nothing)[0] == "没有送入任何一行。"
    assert "notice-success" not in nothing.content.decode()
    assert Replay.objects.count() == 6


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.REVIEWER])
def test_only_operators_and_admins_feed(role: Role) -> None:
    letter = a_kept_letter()
    browser = logged_in(a_person(f"some-{role}", role))
    assert (
        browser.post(f"/gateways/letters/{letter.pk}/replay/", {"line": GOOD.decode(), "times": 0}).status_code == 403
    )
    assert browser.get("/gateways/letters/replay/?topic=sms.smsc&reason=invalid_json").status_code == 403
    if role == Role.AUDITOR:
        assert "replay" not in browser.get("/gateways/letters/").content.decode()


def test_how_far_a_line_has_come_is_shown_from_the_outbox_to_the_score() -> None:
    letter = a_kept_letter()
    fed(an_operator(), letter, GOOD.decode())
    replay = Replay.objects.get()
    assert replay.state == "waiting"
    note_fed({replay.record_id: (2, 41)}, NOW)
    assert Replay.objects.get().state == "fed"
    note_read({("sms.smsc", 2): 41, ("sms.smsc", 1): 99}, NOW)
    assert Replay.objects.get().state == "fed"
    note_read({("sms.smsc", 2): 42}, NOW)
    assert Replay.objects.get().state == "read"


def test_a_line_that_is_rejected_again_points_back() -> None:
    letter = a_kept_letter()
    fed(an_operator(), letter, GOOD.decode())
    replay = Replay.objects.get()
    again = a_kept_letter(GOOD, offset=500, reason="processing_failed", at=replay.at + timedelta(seconds=3))
    # A letter with the same line from before is another matter
    before = a_kept_letter(GOOD, offset=400, at=replay.at - timedelta(days=1))
    assert (again.replay_of, before.replay_of) == (replay, None)
    assert Replay.objects.get().state == "rejected_again"
    browser = an_operator()
    assert letter.reference in browser.get(f"/gateways/letters/{again.pk}/").content.decode()
    assert again.reference in browser.get(f"/gateways/letters/{letter.pk}/").content.decode()


def test_unknown_letters_are_not_found() -> None:
    browser = an_operator()
    assert browser.get("/gateways/letters/99999/").status_code == 404
    for deed in ("reveal", "replay"):
        assert browser.post(f"/gateways/letters/99999/{deed}/").status_code == 404
