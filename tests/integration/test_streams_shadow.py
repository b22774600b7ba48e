"""A promotion reaches a running scoring worker, and the shadow worker compares live traffic, on a real Kafka."""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db.models import Sum

from config.records import DeadLetter, Hit
from config.topics import GATEWAY_TOPICS, SMS_HITS, SMS_REJECTED
from demo.children import Keeper
from models.appointments import promoted
from models.store import Store, digest_of
from review.models import ShadowDifference, ShadowTally
from tests.builders import an_sms
from tests.kafka_client import consume, ends_of, produce, skip_to_end
from tests.model_builders import (
    FLAGS_ALL,
    FLAGS_NONE,
    a_model,
    a_policy_of_the_models_own_threshold,
    an_appointment,
)
from tests.waiting import wait_until
from tests.workers import a_worker, running

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = datetime(2031, 5, 5, 5, tzinfo=UTC)
"""An hour in which no other test sends SMS."""
QUIET = "monternet"
"""A gateway to which no other test sends SMS that a worker may find later."""


def added(store: Store, folder: Path, version: str, threshold: float) -> str:
    with store.locked():
        return store.add(a_model(folder, version, threshold=threshold)).name


def own_threshold(folder: Path) -> dict[str, str]:
    return {"QINGXIN_POLICY_PATH": str(a_policy_of_the_models_own_threshold(folder))}


def serve(store: Store, name: str) -> None:
    with store.locked():
        store.put_serving(promoted(store.serving(), an_appointment(name, sha256=digest_of(store.path(name)))))


def test_a_promotion_reaches_a_running_worker_and_no_sms_is_lost(
    system: dict[str, str], keeper: Keeper, logs: Path, tmp_path: Path
) -> None:
    # Given a worker whose model flags nothing
    store, run = Store(tmp_path / "store"), uuid.uuid4().hex[:8]
    timid, bold = added(store, tmp_path, "timid", FLAGS_NONE), added(store, tmp_path, "bold", FLAGS_ALL)
    serve(store, timid)
    bootstrap, sent = system["QINGXIN_KAFKA_BOOTSTRAP"], 0
    since = ends_of(bootstrap, SMS_HITS)

    def send(count: int) -> None:
        nonlocal sent
        some = [(run, an_sms(id=f"{run}-{sent + n}", gateway=QUIET)) for n in range(count)]
        produce(bootstrap, GATEWAY_TOPICS[QUIET], some)
        sent += count

    settings = {**system, "QINGXIN_MODELS_DIR": str(store.folder)} | own_threshold(tmp_path)
    with running(a_worker("scoring", settings, logs), keeper) as worker:
        before = worker.metric("qingxin_sms_scored_total", gateway=QUIET)

        def scored() -> int:
            return int(worker.metric("qingxin_sms_scored_total", gateway=QUIET) - before)

        send(50)
        wait_until(lambda: scored() == sent, what="the first are scored")
        # When another is promoted while SMS keep coming
        serve(store, bold)

        def taken_over() -> bool:
            send(5)
            return bool(worker.metric("qingxin_model_in_use", role="serving", model=bold))

        wait_until(taken_over, what="the promotion reaches the worker")
        send(50)
        wait_until(lambda: scored() == sent, what="all are scored")
        # Then all since then are hits of the new model, and a broken one changes nothing
        (store.path(timid) / "arrays.npz").write_bytes(b"x")
        serve(store, timid)

        def refused() -> bool:
            send(5)
            return bool(worker.metric("qingxin_model_load_failed_total", role="serving"))

        wait_until(refused, what="the broken model is refused")
        wait_until(lambda: scored() == sent, what="all are scored")
        assert worker.stop() == 0
    found = consume(bootstrap, SMS_HITS, Hit, count=100_000, seconds=2, since=since)
    hits = {hit.id: hit.model for hit in found}
    mine = {key: model for key, model in hits.items() if key.startswith(f"{run}-")}
    assert set(mine.values()) == {"qingxin-linear bold"}
    assert len(mine) >= 60
    assert f"{run}-{sent - 1}" in mine


def test_the_shadow_worker_tallies_each_sms_once_though_killed_and_publishes_nothing(
    system: dict[str, str], keeper: Keeper, logs: Path, tmp_path: Path
) -> None:
    # Given a candidate that flags everything, and a serving model that flags nothing
    store, run = Store(tmp_path / "store"), uuid.uuid4().hex[:8]
    timid, bold = added(store, tmp_path, "timid", FLAGS_NONE), added(store, tmp_path, "bold", FLAGS_ALL)
    serve(store, timid)
    settings = {**system, "QINGXIN_MODELS_DIR": str(store.folder), "QINGXIN_COMMIT_SECONDS": "60"}
    settings |= own_threshold(tmp_path)
    bootstrap, sent_at = system["QINGXIN_KAFKA_BOOTSTRAP"], HOUR
    candidate = an_appointment(bold, sha256=digest_of(store.path(bold)))
    rejected_since = ends_of(bootstrap, SMS_REJECTED)
    skip_to_end(bootstrap, "qingxin-shadow", GATEWAY_TOPICS.values())

    def send(*numbers: int) -> None:
        some = [(run, an_sms(id=f"{run}-{number}", sent_at=sent_at)) for number in numbers]
        produce(bootstrap, GATEWAY_TOPICS["smsc"], some)

    def tallied() -> int:
        mine = ShadowTally.objects.filter(hour=HOUR, candidate=bold, serving=timid, serving_label="ham")
        return mine.exclude(candidate_label="ham").aggregate(total=Sum("count"))["total"] or 0

    with running(a_worker("shadow", settings, logs), keeper) as worker:
        # When there is no candidate yet, the worker is ready and reads past
        assert worker.state() == "ready: idle: no candidate is in shadow"
        with store.locked():
            store.put_shadow(candidate)

        def comparing() -> bool:
            produce(bootstrap, GATEWAY_TOPICS["smsc"], [(run, an_sms())])
            return worker.state() == f"ready: comparing {bold} with {timid}"

        wait_until(comparing, what="the candidate is taken up")
        send(*range(5))
        produce(bootstrap, GATEWAY_TOPICS["smsc"], [(run, f"{run} no json".encode()), (run, an_sms(receiver="12321"))])
        wait_until(lambda: tallied() == 5, what="the SMS are tallied")
        # And the worker dies before it has committed its offsets
        worker.kill()
    with running(a_worker("shadow", settings, logs), keeper) as worker:
        send(5)
        wait_until(lambda: tallied() >= 6, what="the last SMS is tallied")
        assert worker.stop() == 0
    # Then every SMS was tallied once, and what differs was kept once
    assert tallied() == 6
    assert ShadowTally.objects.filter(hour=HOUR).aggregate(total=Sum("count"))["total"] == 6
    kept = ShadowDifference.objects.filter(sms_id__startswith=run).order_by("sms_id")
    assert [one.sms_id for one in kept] == sorted({one.sms_id for one in kept})
    assert {one.serving_label for one in kept} == {"ham"}
    assert all(one.candidate_spam == one.serving_spam for one in kept), "the arrays are the same"
    letters = consume(bootstrap, SMS_REJECTED, DeadLetter, count=10_000, seconds=1, since=rejected_since)
    assert [one for one in letters if run.encode() in base64.b64decode(one.raw)] == []
