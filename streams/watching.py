"""The watch over the gateways: a thread beside the relay that looks every some seconds and raises alarms.

Neither Redis nor the broker being away stops it, and it never stops the relay: what is not known is left as it was,
and `qingxin_coverage_checked_seconds` stands still.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from datetime import UTC, datetime

import django.db
from kafka.errors import KafkaError
from redis import RedisError

from config.environment import Environment
from config.live import HISTORY_DAYS
from config.metrics import CONSUMER_LAG, COVERAGE_CHECKED, GATEWAY_ALARM, GATEWAY_LAST_MESSAGE
from config.policy import load_policy
from review.coverage import Kind, Verdict
from review.coverage_tables import GatewayWatch
from review.dead_letters import prune
from review.replaying import note_read
from review.traffic import Traffic
from review.watching import look, note_lags
from streams.desks import BROKEN_DATABASE
from streams.lag import SCORING, Progress, ProgressReader

log = logging.getLogger(__name__)
STOP_SECONDS = 10


class Watch(threading.Thread):
    """Looks at gateways and consumers until it is stopped."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(name="coverage", daemon=True)
        self._policy = load_policy(environment.policy_path)
        self._traffic = Traffic(environment.redis_url)
        self._progress = ProgressReader(environment)
        self._stopping = threading.Event()

    def run(self) -> None:
        """Look again and again."""
        while not self._stopping.is_set():
            django.db.close_old_connections()
            self.look_once(datetime.now(UTC))
            self._stopping.wait(self._policy.coverage.check_seconds)
        self._progress.close()
        django.db.connection.close()

    def stop(self) -> None:
        """Stop soon, and wait for it a moment."""
        self._stopping.set()
        self.join(STOP_SECONDS)

    def look_once(self, now: datetime) -> None:
        """Look at everything that answers."""
        progress = self._read_progress()
        try:
            self._note_progress(progress, now)
            self._judge(progress, now)
            while prune(now, self._policy.dead_letters) and not self._stopping.is_set():
                pass
        except BROKEN_DATABASE as error:
            log.warning("coverage: the database does not answer: %s", error)

    def _read_progress(self) -> Progress | None:
        try:
            return self._progress.read()
        except (KafkaError, OSError) as error:
            log.warning("coverage: the lag is not known: %s: %s", type(error).__name__, error)
            self._progress.close()
            return None

    def _note_progress(self, progress: Progress | None, now: datetime) -> None:
        CONSUMER_LAG.clear()
        if progress is None:
            return
        for (group, topic), records in progress.lags.items():
            CONSUMER_LAG.labels(group, topic).set(records)
        note_lags(progress.lags, now)
        note_read(progress.scored, now)

    def _judge(self, progress: Progress | None, now: datetime) -> None:
        try:
            counts, traffic = self._traffic.read(now, HISTORY_DAYS * 24)
        except (RedisError, OSError) as error:
            log.warning("coverage: the gateways' counts are not known: %s: %s", type(error).__name__, error)
            return
        lags = progress.lags if progress else {}
        unread = {topic: records for (group, topic), records in lags.items() if group == SCORING}
        _show(look(counts, traffic, unread, now, self._policy.coverage))
        COVERAGE_CHECKED.set(now.timestamp())


def _show(verdicts: Mapping[str, Verdict]) -> None:
    for gateway, verdict in verdicts.items():
        for kind in Kind:
            GATEWAY_ALARM.labels(gateway, kind.value).set(kind in verdict.alarms)
    for watch in GatewayWatch.objects.exclude(last_at=None):
        if watch.last_at:
            GATEWAY_LAST_MESSAGE.labels(watch.gateway).set(watch.last_at.timestamp())
