"""Alarms about gateways: raised and ended by what Redis counted, with the time passed in; acknowledged by people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from redis import Redis

from config.environment import Environment
from config.live import HISTORY_SECONDS, add_history, gateway_key, history_key
from config.metrics import COVERAGE_CHECKED, GATEWAY_ALARM
from config.roles import Role
from config.topics import GATEWAYS
from ledger.models import AuditEntry
from review.coverage_tables import ConsumerLag, GatewayAlarm, GatewayWatch
from review.traffic import Traffic
from review.watching import acknowledge, look, note_lags, standing_alarms
from streams.lag import require_listener
from streams.watching import Watch
from tests.builders import NOW
from tests.review_builders import POLICY, a_person, logged_in

pytestmark = pytest.mark.django_db
RULES = POLICY.coverage
DAY = 1440


@pytest.fixture
def redis(valkey_url: str, settings: Any) -> Iterator[Redis]:
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"redis_url": valkey_url})
    with Redis.from_url(valkey_url) as redis:
        redis.flushdb()
        yield redis
        redis.flushdb()


def delivered(redis: Redis, gateway: str, start: datetime, end: datetime, **counts: int) -> None:
    """Let a gateway deliver each minute, as scoring counts it."""
    first, last = (int(at.timestamp()) // 60 for at in (start, end))
    found = {"received": 50, "scored": 50, "hits": 1} | counts
    with redis.pipeline() as pipeline:
        add_history(pipeline, {(gateway, minute): found for minute in range(first, last)})
        pipeline.hset(gateway_key(gateway), "last_at", int(end.timestamp() * 1000))
        pipeline.execute()


def looked(url: str, now: datetime, **unread: int) -> dict[str, str]:
    counts, traffic = Traffic(url).read(now, 8 * 24)
    return {code: str(verdict.state) for code, verdict in look(counts, traffic, unread, now, RULES).items()}


def standing() -> set[tuple[str, str]]:
    return {(alarm.gateway, alarm.kind) for alarm in standing_alarms()}


def test_a_gateway_that_falls_silent_raises_an_alarm_which_its_next_sms_ends(redis: Redis, valkey_url: str) -> None:
    # Given gateways that delivered for a week
    for code in GATEWAYS:
        delivered(redis, code, NOW - timedelta(days=8), NOW)
    assert set(looked(valkey_url, NOW).values()) == {"well"}
    # When one of them stops for longer than its rhythm
    later = NOW + timedelta(minutes=15)
    for code in set(GATEWAYS) - {"interconnect"}:
        delivered(redis, code, NOW, later)
    # Then there is one alarm, however often somebody looks
    for seconds in (0, 20, 40):
        assert looked(valkey_url, later + timedelta(seconds=seconds))["interconnect"] == "silent"
    assert standing() == {("interconnect", "silent")}
    alarm = GatewayAlarm.objects.get()
    assert alarm.began_at == later
    assert alarm.details["quiet_minutes"] == 16
    # And its figures are those of the last look, while the audit log keeps the first
    for code in set(GATEWAYS) - {"interconnect"}:
        delivered(redis, code, later, later + timedelta(minutes=25))
    looked(valkey_url, later := later + timedelta(minutes=25))
    assert GatewayAlarm.objects.get().details["quiet_minutes"] == 40
    assert "40 分钟没有短信" in logged_in(a_person("ola", Role.OPERATOR)).get("/gateways/").content.decode()
    assert AuditEntry.objects.get(action="gateway_alarm_began").details["quiet_minutes"] == 15
    # And its next SMS ends it
    delivered(redis, "interconnect", later, later + timedelta(minutes=1))
    assert looked(valkey_url, later + timedelta(minutes=1))["interconnect"] == "well"
    assert standing() == set()
    assert GatewayAlarm.objects.get().ended_at == later + timedelta(minutes=1)
    told = AuditEntry.objects.filter(subject_id="interconnect").order_by("seq").values_list("action", flat=True)
    assert list(told) == ["gateway_alarm_began", "gateway_alarm_ended"]


def test_a_gateway_that_was_never_fed_is_an_alarm_after_a_while(redis: Redis, valkey_url: str) -> None:
    for code in set(GATEWAYS) - {"monternet"}:
        delivered(redis, code, NOW - timedelta(days=2), NOW + timedelta(hours=1))
    assert looked(valkey_url, NOW)["monternet"] == "awaited"
    assert standing() == set()
    assert looked(valkey_url, NOW + timedelta(minutes=RULES.never_fed_minutes))["monternet"] == "never_fed"
    assert standing() == {("monternet", "never_fed")}


def test_a_share_of_hits_that_falls_to_nothing_is_an_alarm(redis: Redis, valkey_url: str) -> None:
    delivered(redis, "smsc", NOW - timedelta(days=8), NOW - timedelta(hours=1))
    delivered(redis, "smsc", NOW - timedelta(hours=1), NOW, hits=0)
    assert looked(valkey_url, NOW)["smsc"] == "hit_share"
    assert GatewayAlarm.objects.get(kind="hit_share").details["share"] == 0


def test_losing_redis_raises_no_alarm_for_what_was_heard_lately(redis: Redis, valkey_url: str) -> None:
    for code in GATEWAYS:
        delivered(redis, code, NOW - timedelta(days=8), NOW)
    looked(valkey_url, NOW)
    redis.flushdb()
    assert set(looked(valkey_url, NOW + timedelta(minutes=30)).values()) == {"learning"}
    assert standing() == set()
    assert set(looked(valkey_url, NOW + timedelta(minutes=RULES.learning_minutes + 1)).values()) == {"silent"}


def test_counts_by_the_minute_expire(redis: Redis) -> None:
    delivered(redis, "smsc", NOW - timedelta(minutes=5), NOW)
    key = history_key("smsc", int(NOW.timestamp()) // 60 - 1)
    assert 0 < redis.ttl(key) <= HISTORY_SECONDS


def test_hours_that_are_over_are_read_once_and_the_last_ones_again(redis: Redis, valkey_url: str) -> None:
    delivered(redis, "smsc", NOW - timedelta(days=1), NOW)
    traffic = Traffic(valkey_url)
    traffic.read(NOW, 24)
    redis.delete(history_key("smsc", int((NOW - timedelta(hours=20)).timestamp()) // 60))
    delivered(redis, "smsc", NOW - timedelta(minutes=1), NOW)
    minutes = traffic.read(NOW, 24)[1]["smsc"]
    assert len(minutes) == DAY
    assert minutes[int(NOW.timestamp()) // 60 - 1]["received"] == 100


# The watch


def test_the_watch_goes_on_without_redis_and_broker_and_keeps_alarms_as_they_were() -> None:
    nowhere = {"redis_url": "redis://127.0.0.1:1/0", "kafka_bootstrap": "127.0.0.1:1"}
    GatewayAlarm.objects.create(gateway="smsc", kind="silent", began_at=NOW)
    COVERAGE_CHECKED.set(7)
    watch = Watch(Environment(**nowhere))
    watch.look_once(NOW)
    assert standing() == {("smsc", "silent")}
    assert COVERAGE_CHECKED._value.get() == 7
    assert not GatewayWatch.objects.exists()


def test_the_watch_shows_alarms_as_metrics(redis: Redis, valkey_url: str) -> None:
    delivered(redis, "smsc", NOW - timedelta(days=8), NOW - timedelta(hours=1))
    watch = Watch(Environment(redis_url=valkey_url, kafka_bootstrap="127.0.0.1:1"))
    watch.look_once(NOW)
    assert GATEWAY_ALARM.labels("smsc", "silent")._value.get() == 1
    assert GATEWAY_ALARM.labels("smsc", "never_fed")._value.get() == 0
    assert GATEWAY_ALARM.labels("ismg", "never_fed")._value.get() == 0
    watch.look_once(NOW + timedelta(hours=1))
    assert GATEWAY_ALARM.labels("ismg", "never_fed")._value.get() == 1
    assert COVERAGE_CHECKED._value.get() == (NOW + timedelta(hours=1)).timestamp()


def test_a_broker_that_does_not_listen_is_known_before_a_client_is_made() -> None:
    with pytest.raises(OSError, match="refused"):
        require_listener(["127.0.0.1:1", "127.0.0.1:2"])


# The page


def an_alarm(**changes: Any) -> GatewayAlarm:
    fields = {
        "gateway": "interconnect", "kind": "silent", "began_at": NOW,
        "details": {"quiet_minutes": 95, "tolerance_minutes": 12},
    }  # fmt: skip
    return GatewayAlarm.objects.create(**(fields | changes))


def test_the_page_shows_a_chart_in_words_too_and_how_each_gateway_is(redis: Redis, valkey_url: str) -> None:
    now = timezone.now()
    delivered(redis, "smsc", now - timedelta(days=3), now)
    looked(valkey_url, now)
    html = logged_in(a_person("ola", Role.OPERATOR)).get("/gateways/").content.decode()
    assert html.count("<svg") == len(GATEWAYS)
    assert html.count('class="chart-bar"') >= 95
    assert re.search(r"最近 24 小时：7\d,\d{3} 条短信，每刻钟最多 750 条", html)
    assert re.search(r"近期命中率</dt><dd>2.00%.*平时命中率</dt><dd>2.00%", html, re.DOTALL)
    assert "10 分钟" in html
    assert html.count("从未接入</span>") == 3
    assert not re.search(r"\sstyle=|\son\w+=", html)


@pytest.mark.usefixtures("redis")
def test_the_page_shows_the_lag_and_says_when_it_is_not_known() -> None:
    browser = logged_in(a_person("ola", Role.OPERATOR))
    assert "未知：Kafka 无响应" in browser.get("/gateways/").content.decode()
    now = timezone.now()
    note_lags({("qingxin-scoring", "sms.smsc"): 1234, ("qingxin-casework", "sms.hits"): 0}, now)
    note_lags({("qingxin-scoring", "sms.smsc"): 5678}, now)
    html = browser.get("/gateways/").content.decode()
    assert "5,678" in html
    assert "1,234" not in html
    assert "Kafka 无响应" not in html
    ConsumerLag.objects.update(checked_at=now - timedelta(hours=1))
    assert "起未知" in browser.get("/gateways/").content.decode()


@pytest.mark.usefixtures("redis")
def test_a_banner_stands_on_every_page_of_operators_and_admins_alone() -> None:
    an_alarm()
    for role, path, shown in (
        (Role.OPERATOR, "/gateways/", True),
        (Role.ADMIN, "/cases/", True),
        (Role.AUDITOR, "/gateways/", False),
        (Role.REVIEWER, "/cases/", False),
    ):
        html = logged_in(a_person(f"some-{role}", role)).get(path).content.decode()
        assert ("网关告警：" in html) == shown, role
    GatewayAlarm.objects.update(ended_at=NOW)
    assert "网关告警：" not in logged_in(a_person("ola", Role.OPERATOR)).get("/gateways/").content.decode()


@pytest.mark.usefixtures("redis")
def test_an_alarm_is_acknowledged_once_and_audited() -> None:
    alarm = an_alarm()
    first, second = a_person("ola", Role.OPERATOR), a_person("eve", Role.ADMIN)
    html = logged_in(first).get("/gateways/").content.decode()
    assert "已 1 小时 35 分钟没有短信；该时段通常不超过 12 分钟" in html
    for person in (first, second):
        assert logged_in(person).post(f"/gateways/alarms/{alarm.pk}/acknowledge/").status_code == 302
    alarm.refresh_from_db()
    assert alarm.acknowledged_by == first
    assert alarm.ended_at is None
    assert AuditEntry.objects.get(action="alarm_acknowledged").actor == "ola"
    assert "ola 于" in logged_in(second).get("/gateways/").content.decode()


@pytest.mark.usefixtures("redis")
def test_an_auditor_sees_alarms_and_cannot_acknowledge_them() -> None:
    alarm = an_alarm()
    browser = logged_in(a_person("aud", Role.AUDITOR))
    assert "acknowledge" not in browser.get("/gateways/").content.decode()
    assert browser.post(f"/gateways/alarms/{alarm.pk}/acknowledge/").status_code == 403
    assert logged_in(a_person("ola", Role.OPERATOR)).post("/gateways/alarms/9999/acknowledge/").status_code == 404


@pytest.mark.usefixtures("redis")
def test_past_alarms_stay_on_the_page() -> None:
    alarm = an_alarm(ended_at=NOW + timedelta(hours=2))
    acknowledge(alarm.pk, a_person("ola", Role.OPERATOR), NOW)
    html = logged_in(a_person("aud", Role.AUDITOR)).get("/gateways/").content.decode()
    assert "历史告警" in html
    assert "11-20 14:00" in html
    assert "ola" in html
