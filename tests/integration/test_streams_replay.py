"""From a broken line to its score: buried, kept, repaired by a person, fed again, scored; killed in between, once."""

from __future__ import annotations

import base64
import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from config.environment import Environment
from config.records import encode
from config.roles import Role
from config.topics import GATEWAY_TOPICS, SMS_REJECTED
from demo.children import Keeper
from ledger.models import OutboxRecord
from review.coverage_tables import ConsumerLag, GatewayAlarm, GatewayWatch
from review.dead_letter_tables import RejectedLine, Replay
from review.gateways import GatewayCount
from review.models import Evidence
from review.replaying import replay
from review.traffic import Traffic
from streams.lag import GROUPS, SCORING, ProgressReader
from tests.builders import a_dead_letter, a_hit, an_sms
from tests.kafka_client import produce, skip_to_end
from tests.review_builders import a_person
from tests.waiting import wait_until
from tests.workers import a_relay, a_worker, running

pytestmark = pytest.mark.django_db(transaction=True)
TOPIC = GATEWAY_TOPICS["ismg"]
SPAM = "澳门新葡京娱乐城，注册即送88元彩金，百家乐、轮盘、老虎机，提款秒到账，网址 www.xpj0088.com"


@pytest.fixture
def bootstrap(system: dict[str, str]) -> str:
    """Workers begin with what this test sends."""
    for group, topics in GROUPS.items():
        skip_to_end(system["QINGXIN_KAFKA_BOOTSTRAP"], group, topics)
    return system["QINGXIN_KAFKA_BOOTSTRAP"]


def an_operator() -> User:
    return a_person("ola", Role.OPERATOR)


def spam_of(run: str, **changes: Any) -> bytes:
    return encode(an_sms(id=run, gateway="ismg", sender=f"137{run}", text=SPAM, **changes))


def the_letter(offset_after: int = -1) -> RejectedLine:
    found = RejectedLine.objects.filter(topic=TOPIC, offset__gt=offset_after).order_by("id")
    return wait_until(found.last, timeout=60, what="the dead letter is in the console")


def counted(system: dict[str, str]) -> GatewayCount:
    counts, _ = Traffic(system["QINGXIN_REDIS_URL"]).read(datetime.now(UTC), 1)
    return next(one for one in counts if one.code == "ismg")


def test_a_broken_line_is_repaired_fed_again_and_scored(
    system: dict[str, str], bootstrap: str, keeper: Keeper, logs: Path
) -> None:
    run = uuid.uuid4().hex[:8]
    policy = logs / "policy.toml"
    text = (Path(__file__).resolve().parents[2] / "config" / "policy.toml").read_text(encoding="utf-8")
    policy.write_text(text.replace("[coverage.check_seconds]\nvalue = 20", "[coverage.check_seconds]\nvalue = 0.3"))
    system |= {"QINGXIN_POLICY_PATH": str(policy)}
    with (
        running(a_worker("scoring", system, logs), keeper),
        running(a_worker("casework", system, logs), keeper) as casework,
        running(a_relay(system, logs), keeper) as relay,
    ):
        # Given a line that lost its end on the way
        whole = spam_of(run)
        produce(bootstrap, TOPIC, [(run, whole[:-20])])
        letter = the_letter()
        assert (letter.reason, bytes(letter.raw)) == ("invalid_json", whole[:-20])
        before = counted(system)
        # When a person repairs it
        replay(letter.pk, whole, an_operator(), datetime.now(UTC), times_before=0)
        # Then it is fed, scored and becomes evidence like any other, and its state says so
        wait_until(lambda: Evidence.objects.filter(sms_id=run).exists(), timeout=60, what="the hit is evidence")
        wait_until(lambda: Replay.objects.get().state == "read", timeout=30, what="the replay is known as scored")
        # And the case knows who repaired it, though the line itself does not say so
        kept = {"letter": letter.reference, "by": "ola", "changed": [], "unread": ["text"]}
        assert Evidence.objects.get(sms_id=run).replayed == kept
        # And what a person fed is no sign of life of the gateway
        wait_until(lambda: counted(system).scored == before.scored + 1, what="it is counted")
        assert (counted(system).last_at, counted(system).replayed) == (before.last_at, before.replayed + 1)
        # But what the gateway sends is
        produce(bootstrap, TOPIC, [(run, spam_of(run + "-b"))])
        # And what came is counted by the minute, and the lag goes back to nothing
        wait_until(
            lambda: GatewayWatch.objects.filter(gateway="ismg").exclude(last_at=None).exists(), what="the watch looked"
        )
        assert relay.metric("qingxin_gateway_last_message_seconds", gateway="ismg") > 0
        minutes = Traffic(system["QINGXIN_REDIS_URL"]).read(datetime.now(UTC), 1)[1]["ismg"].values()
        assert {"received", "scored", "hits", "rejected"} <= {name for counts in minutes for name in counts}
        wait_until(
            lambda: (
                ConsumerLag.objects.filter(group=SCORING).count() == 4
                and not ConsumerLag.objects.filter(group=SCORING, records__gt=0).exists()
            ),
            what="scoring has no lag",
        )
        assert relay.metric("qingxin_consumer_lag", group="qingxin-scoring") == 0
        assert casework.metric("qingxin_dead_letters_kept_total") == 1
        assert relay.stop() == 0


def test_a_repaired_line_that_is_rejected_again_points_back(
    system: dict[str, str], bootstrap: str, keeper: Keeper, logs: Path
) -> None:
    run = uuid.uuid4().hex[:8]
    # Given scoring of a release with other rules: here, one that cannot read what the console fed
    with running(a_worker("casework", system, logs), keeper), running(a_relay(system, logs), keeper):
        with running(a_worker("scoring", system, logs), keeper):
            produce(bootstrap, TOPIC, [(run, b"{")])
            letter = the_letter()
        fed = replay(letter.pk, spam_of(run), an_operator(), datetime.now(UTC), times_before=0)
        wait_until(lambda: Replay.objects.get().fed_at, timeout=30, what="the relay fed it")
        place = Replay.objects.get()
        assert place.partition is not None
        again = a_dead_letter(
            topic=TOPIC, partition=place.partition, offset=place.offset, line=1, reason="processing_failed",
            raw=base64.b64encode(spam_of(run)).decode(), raw_bytes=len(spam_of(run)), at=datetime.now(UTC),
        )  # fmt: skip
        produce(bootstrap, SMS_REJECTED, [(TOPIC, again)])
        wait_until(lambda: Replay.objects.get().state == "rejected_again", timeout=60, what="the letter points back")
    assert RejectedLine.objects.get(reason="processing_failed").replay_of == fed


def test_a_relay_killed_in_the_middle_feeds_all_lines_and_none_has_two_effects(
    system: dict[str, str], bootstrap: str, keeper: Keeper, logs: Path
) -> None:
    run = uuid.uuid4().hex[:8]
    count = 300
    lines = [spam_of(f"{run}-{n}") for n in range(count)]
    with running(a_worker("casework", system, logs), keeper), running(a_worker("scoring", system, logs), keeper):
        produce(bootstrap, TOPIC, [(run, b"\n".join(line[:-5] for line in lines))])
        letters = RejectedLine.objects.filter(topic=TOPIC, reason="invalid_json")
        wait_until(lambda: letters.count() == count, timeout=60, what="all letters are kept")
        for letter in letters:
            replay(letter.pk, bytes(letter.raw) + lines[0][-5:], an_operator(), datetime.now(UTC), times_before=0)
        relay = a_relay(system, logs).start(keeper)
        try:
            wait_until(Replay.objects.exclude(fed_at=None).exists, timeout=30, what="the first line is fed")
        finally:
            relay.kill()
        # What is left when the broker has the lines, and the relay dies before it noted so
        OutboxRecord.objects.filter(topic=TOPIC).update(sent_at=None)
        Replay.objects.update(fed_at=None)
        with running(a_relay(system, logs), keeper):
            wait_until(lambda: not Replay.objects.filter(fed_at=None).exists(), timeout=60, what="all are fed")
            evidence = Evidence.objects.filter(sms_id__startswith=run)
            wait_until(lambda: evidence.count() == count, timeout=60, what="every line became evidence, once")
    assert letters.count() == RejectedLine.objects.count() == count


def test_a_dead_letter_that_cannot_be_read_does_not_come_back_for_ever(
    system: dict[str, str], bootstrap: str, keeper: Keeper, logs: Path
) -> None:
    bad = [b"no letter at all", encode(a_hit()), json.dumps({"topic": "x" * 500}).encode()]
    with running(a_worker("casework", system, logs), keeper) as casework:
        produce(bootstrap, SMS_REJECTED, [("x", line) for line in bad])
        wait_until(lambda: RejectedLine.objects.filter(topic=SMS_REJECTED).count() == 3, timeout=60, what="kept")
        produce(bootstrap, SMS_REJECTED, [("x", b"one more")])
        wait_until(lambda: RejectedLine.objects.filter(topic=SMS_REJECTED).count() == 4, timeout=60, what="the next")
        assert casework.metric("qingxin_rejected_total", topic=SMS_REJECTED) == 4


def test_the_lag_counts_what_was_never_read(bootstrap: str) -> None:
    reader = ProgressReader(Environment(kafka_bootstrap=bootstrap))
    try:
        before = reader.read().lags
        produce(bootstrap, TOPIC, [(str(n), b"{}") for n in range(7)])
        after = reader.read()
        assert after.lags[SCORING, TOPIC] - before[SCORING, TOPIC] == 7
        assert {group for group, _ in after.lags} >= {SCORING, "qingxin-casework", "qingxin-protection"}
    finally:
        reader.close()
    skip_to_end(bootstrap, SCORING, GROUPS[SCORING])


def test_the_relay_relays_and_keeps_alarms_while_redis_is_away(
    system: dict[str, str], keeper: Keeper, logs: Path
) -> None:
    GatewayAlarm.objects.create(gateway="smsc", kind="silent", began_at=datetime.now(UTC))
    with running(a_relay({**system, "QINGXIN_REDIS_URL": "redis://127.0.0.1:1/0"}, logs), keeper) as relay:
        wait_until(ConsumerLag.objects.exists, timeout=30, what="the lag is known")
        assert relay.metric("qingxin_coverage_checked_seconds") == 0
        assert relay.stop() == 0
    assert GatewayAlarm.objects.get().ended_at is None
