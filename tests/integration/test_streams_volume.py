"""From gateways to cases: big senders, and long SMS in parts, whatever becomes of the workers."""

from __future__ import annotations

import base64
import re
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import redis
from django.urls import reverse

from config.live import PARTS_DUE, sender_key
from config.policy import DEFAULT_POLICY
from config.records import GAP, DeadLetter, Hit, Part, Sms, encode
from config.topics import GATEWAY_TOPICS, SMS_HITS, SMS_REJECTED
from demo.children import Keeper
from review.models import Case, Evidence
from tests.builders import an_sms
from tests.kafka_client import consume, ends_of, produce
from tests.review_builders import a_reviewer, logged_in
from tests.waiting import wait_until
from tests.workers import a_worker, running

pytestmark = pytest.mark.django_db(transaction=True)
SPAM = "六合彩内部特码，本期平特一肖准中，先中后付，联系13900001111"


def with_policy(system: dict[str, str], folder: Path, **values: Any) -> dict[str, str]:
    """Give settings with another policy; names are those of its entries."""
    policy = DEFAULT_POLICY.read_text(encoding="utf-8")
    for name, value in values.items():
        policy, found = re.subn(rf"(\.{name}\]\nvalue = ).+", rf"\g<1>{value}", policy)
        assert found == 1
    (folder / "policy.toml").write_text(policy, encoding="utf-8")
    return {**system, "QINGXIN_POLICY_PATH": str(folder / "policy.toml")}


def a_sender() -> str:
    return f"138{uuid.uuid4().int % 10**8:08}"


def send(system: dict[str, str], *messages: Sms) -> None:
    """Send each SMS in a record of its own."""
    for gateway in {sms.gateway for sms in messages}:
        records = [(sms.sender, encode(sms)) for sms in messages if sms.gateway == gateway]
        produce(system["QINGXIN_KAFKA_BOOTSTRAP"], GATEWAY_TOPICS[gateway], records)


def test_a_sender_over_the_line_is_a_case_once_an_hour_and_a_day_though_a_worker_dies(
    system: dict[str, str], keeper: Keeper, logs: Path
) -> None:
    # Given harmless SMS of one sender at two gateways, more than an hour and a day allow
    rules = {"per_hour": 40, "per_day": 90, "holiday_per_hour": 40, "holiday_per_day": 90}
    settings, sender, now = with_policy(system, logs, **rules), a_sender(), datetime.now(UTC)
    messages = [
        an_sms(sender=sender, sent_at=now, gateway=gateway, id=f"{sender}-{number}", receiver=f"139{number:08}")
        for number, gateway in enumerate(["smsc", "interconnect"] * 60)
    ]
    day = f"{now.astimezone(ZoneInfo('Asia/Shanghai')):%y%m%d}"
    with redis.Redis.from_url(system["QINGXIN_REDIS_URL"]) as client:

        def counted() -> int:
            return int(client.hget(sender_key(day, sender), "d") or 0)

        # When a worker dies in the middle of them, and two others go on
        with running(a_worker("scoring", settings, logs), keeper) as first:
            send(system, *messages[:70])
            wait_until(counted, what="the first are counted")
            first.kill()
        with (
            running(a_worker("scoring", settings, logs), keeper),
            running(a_worker("scoring", settings, logs), keeper),
            running(a_worker("casework", settings, logs), keeper),
        ):
            send(system, *messages[70:])
            wait_until(lambda: counted() >= len(messages), timeout=60, what="all are counted")
            found = Evidence.objects.filter(case__sender=sender)
            wait_until(lambda: found.count() >= 2, timeout=60, what="both lines are evidence")
        # Then each counted once, and one SMS crossed each line
        assert counted() == len(messages)
    assert list(found.values_list("found_by", "label")) == [("volume", "volume")] * 2
    case = Case.objects.get(sender=sender)
    assert (case.volume_exceeded, case.status) == (True, "open")
    page = logged_in(a_reviewer()).get(reverse("case", args=[case.pk])).content.decode()
    assert "因发送量发现，模型未发现问题" in page
    assert "超出发送量规则" in page


def hits_of(system: dict[str, str], sender: str, since: Any) -> list[Hit]:
    found = consume(system["QINGXIN_KAFKA_BOOTSTRAP"], SMS_HITS, Hit, count=10_000, seconds=1, since=since)
    return [hit for hit in found if hit.sender == sender]


def test_parts_that_came_last_first_to_a_worker_that_died_are_scored_as_one(
    system: dict[str, str], keeper: Keeper, logs: Path
) -> None:
    sender, since = a_sender(), ends_of(system["QINGXIN_KAFKA_BOOTSTRAP"], SMS_HITS)
    first, second = (
        an_sms(id=f"{sender}-{seq}", sender=sender, text=text, part=Part(7, seq, 2))
        for seq, text in enumerate((SPAM[:14], SPAM[14:]), 1)
    )
    with running(a_worker("scoring", system, logs), keeper) as worker:
        send(system, second)
        wait_until(lambda: worker.metric("qingxin_sms_parts_total", outcome="held"), what="a part waits")
        worker.kill()
    with running(a_worker("scoring", system, logs), keeper) as worker:
        send(system, first)
        (hit,) = wait_until(lambda: hits_of(system, sender, since), timeout=40, what="the hit")
        assert (hit.text, hit.id) == (SPAM, f"{sender}-1")
        wait_until(lambda: worker.metric("qingxin_sms_parts_total", outcome="joined") == 1, what="it is counted")


def test_what_never_comes_is_not_waited_for_though_the_stream_is_idle(
    system: dict[str, str], keeper: Keeper, logs: Path
) -> None:
    settings, sender = with_policy(system, logs, wait_seconds=1), a_sender()
    since = ends_of(system["QINGXIN_KAFKA_BOOTSTRAP"], SMS_HITS)
    with running(a_worker("scoring", settings, logs), keeper) as worker:
        send(system, an_sms(id=f"{sender}-1", sender=sender, text=SPAM, part=Part(8, 1, 2)))
        (hit,) = wait_until(lambda: hits_of(system, sender, since), timeout=40, what="the hit")
        assert hit.text == SPAM + GAP
        assert hit.velocity is not None
        wait_until(lambda: worker.metric("qingxin_sms_parts_total", outcome="timed_out") == 1, what="it is counted")
        with redis.Redis.from_url(system["QINGXIN_REDIS_URL"]) as client:
            assert not client.zrange(PARTS_DUE, 0, -1)
        assert worker.stop() == 0


def test_a_part_that_comes_late_makes_no_second_evidence_and_counts_no_second_sms(
    system: dict[str, str], keeper: Keeper, logs: Path
) -> None:
    settings, sender = with_policy(system, logs, wait_seconds=1), a_sender()
    since = ends_of(system["QINGXIN_KAFKA_BOOTSTRAP"], SMS_HITS)
    first, second = (
        an_sms(id=f"{sender}-{seq}", sender=sender, text=text, sent_at=datetime.now(UTC), part=Part(7, seq, 2))
        for seq, text in enumerate(("朋友您好，", SPAM), 1)
    )
    with (
        running(a_worker("scoring", settings, logs), keeper),
        running(a_worker("casework", settings, logs), keeper) as casework,
    ):
        send(system, second)
        wait_until(lambda: hits_of(system, sender, since), timeout=40, what="the hit of what came")
        send(system, first)
        incomplete, whole = wait_until(
            lambda: hits if len(hits := hits_of(system, sender, since)) > 1 else None, what="that of the whole"
        )
        assert (incomplete.text, whole.text) == (GAP + SPAM, "朋友您好，" + SPAM)
        assert whole.id == incomplete.id == f"{sender}-2"
        assert whole.velocity is not None
        assert whole.velocity.day == 1
        wait_until(lambda: casework.metric("qingxin_evidence_duplicates_total") == 1, what="both are taken")
    assert Evidence.objects.filter(case__sender=sender).count() == 1


def test_what_timed_out_and_cannot_be_scored_becomes_a_dead_letter_with_its_reason_and_does_not_come_back(
    system: dict[str, str], keeper: Keeper, logs: Path
) -> None:
    # Given two senders of long SMS whose second part never comes, and one of them cannot be counted, so not scored
    settings = with_policy(system, logs, wait_seconds=1, lease_seconds=1)
    now, bad, good = datetime.now(UTC), a_sender(), a_sender()
    since, hits_since = (ends_of(system["QINGXIN_KAFKA_BOOTSTRAP"], topic) for topic in (SMS_REJECTED, SMS_HITS))

    def half(sender: str, ref: int) -> Sms:
        return an_sms(id=f"{sender}-{ref}", sender=sender, text=SPAM, sent_at=now, part=Part(ref, 1, 2))

    def letters() -> list[DeadLetter]:
        bootstrap = system["QINGXIN_KAFKA_BOOTSTRAP"]
        return consume(bootstrap, SMS_REJECTED, DeadLetter, count=1000, seconds=1, since=since)

    with redis.Redis.from_url(system["QINGXIN_REDIS_URL"]) as client:
        client.set(sender_key(f"{now.astimezone(ZoneInfo('Asia/Shanghai')):%y%m%d}", bad), "no hash", ex=600)
        # When they time out, and then one more
        with running(a_worker("scoring", settings, logs), keeper) as worker:
            send(system, half(bad, 8), half(good, 8))
            wait_until(letters, timeout=40, what="the dead letter")
            send(system, half(good, 9))
            wait_until(lambda: len(hits_of(system, good, hits_since)) == 2, timeout=40, what="the hits of the others")
            wait_until(lambda: not client.exists(PARTS_DUE), what="nothing waits")
            assert worker.stop() == 0
    # Then the one that cannot be scored is one dead letter, which says why and holds what came of the SMS
    (letter,) = letters()
    assert (letter.topic, letter.partition, letter.reason) == ("sms.smsc", -1, "processing_failed")
    assert "WRONGTYPE" in letter.detail
    sms = msgspec.json.decode(base64.b64decode(letter.raw), type=Sms)
    assert (sms.id, sms.text, sms.part) == (f"{bad}-8", SPAM + GAP, None)
    assert not hits_of(system, bad, hits_since)
