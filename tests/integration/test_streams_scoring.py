"""SMS from gateway files to evidence: real ones by the thousand, and bad input of every kind; the counts add up."""

from __future__ import annotations

import base64
import itertools
import json
import re
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from config.live import gateway_key
from config.policy import DEFAULT_POLICY
from config.records import DeadLetter
from config.topics import GATEWAY_TOPICS, GATEWAYS, SMS_HITS, SMS_REJECTED
from demo.children import Keeper, free_port, inherited_environment
from demo.servers import Valkey
from review.models import Case, Evidence, RecallCheck
from streams.checks import CONTROL
from tests.kafka_client import consume, ends_of, produce, skip_to_end
from tests.waiting import wait_until
from tests.workers import ROOT, Process, a_worker, running

pytestmark = pytest.mark.django_db(transaction=True)
REAL_SMS = 10_000
ONE_IN = 50


def corpus_texts(corpus: Path, count: int) -> list[str]:
    """Take texts from every file in turn."""

    def texts(file: Path) -> Iterator[str]:
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                yield line.rstrip("\n").split("\t")[-1]

    mixed = itertools.chain.from_iterable(itertools.zip_longest(*map(texts, sorted(corpus.glob("*.tsv")))))
    return list(itertools.islice((text for text in mixed if text and not CONTROL.search(text)), count))


def feed(system: dict[str, str], file: Path, gateway: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "config.cli", "feed", str(file), "--gateway", gateway],
        check=True, capture_output=True, text=True, cwd=ROOT, env=inherited_environment(**system),
    )  # fmt: skip
    return done.stdout


def an_sms_line(number: int, text: str, run: str) -> str:
    sms = {
        "id": f"{run}-{number}",
        "sent_at": 1_793_491_200_000 + number,
        "sender": f"{run}-{number % 400}",
        "receiver": f"139{number:08}",
        "text": text,
    }
    return json.dumps(sms, ensure_ascii=False)


def counted(worker: Process) -> Counter[str]:
    names = {"received": "sms_received", "scored": "sms_scored", "hits": "sms_hits", "rejected": "rejected"}
    return Counter({short: int(worker.metric(f"qingxin_{name}_total")) for short, name in names.items()})


def test_ten_thousand_real_sms_go_through_and_the_counts_add_up(
    system: dict[str, str], keeper: Keeper, logs: Path, corpus: Path
) -> None:
    # Given real SMS, shared among the four gateways, some of them sent twice
    run = uuid.uuid4().hex[:8]
    texts = corpus_texts(corpus, REAL_SMS)
    assert len(texts) == REAL_SMS
    lines = [an_sms_line(number, text, run) for number, text in enumerate(texts)]
    shares = {gateway: lines[start::4] for start, gateway in enumerate(GATEWAYS)}
    again = 500
    for gateway, share in shares.items():
        (logs / f"{gateway}.jsonl").write_text("\n".join([*share, *share[:again]]), encoding="utf-8")
    fed = REAL_SMS + 4 * again
    # And a recall check that draws many
    policy = re.sub(
        r"(recall_check_one_in\]\nvalue = )\d+", rf"\g<1>{ONE_IN}", DEFAULT_POLICY.read_text(encoding="utf-8")
    )
    (logs / "policy.toml").write_text(policy, encoding="utf-8")
    system |= {"QINGXIN_POLICY_PATH": str(logs / "policy.toml")}
    skip_to_end(system["QINGXIN_KAFKA_BOOTSTRAP"], "qingxin-casework", [SMS_HITS])  # those of other tests
    # When they are fed into the running system
    with (
        running(a_worker("scoring", system, logs), keeper) as scoring,
        running(a_worker("casework", system, logs), keeper) as casework,
    ):
        before = counted(scoring)
        for gateway in GATEWAYS:
            assert "0 bad line(s)" in feed(system, logs / f"{gateway}.jsonl", gateway)
        wait_until(lambda: counted(scoring)["received"] - before["received"] == fed, timeout=120, what="all are read")
        # Then nothing is missing and nothing counts twice
        counts = counted(scoring) - before
        assert fed == counts["scored"] + counts["rejected"]

        def settled() -> int:
            return int(casework.metric("qingxin_evidence_total") + casework.metric("qingxin_evidence_duplicates_total"))

        wait_until(lambda: settled() >= counts["hits"], timeout=120, what="every hit is evidence or a duplicate")
        assert settled() == counts["hits"]
        drawn = int(scoring.metric("qingxin_recall_samples_total"))
        wait_until(lambda: casework.metric("qingxin_recall_checks_total"), what="samples are kept")
    evidence = Evidence.objects.filter(sms_id__startswith=run)
    assert evidence.count() == sum(Case.objects.filter(sender__startswith=run).values_list("evidence_count", flat=True))
    assert evidence.count() == casework_evidence(evidence)
    assert 1000 < evidence.count() < REAL_SMS
    # And the samples are kept once each, though some were sent twice, and none of them is a hit
    samples = RecallCheck.objects.filter(sms_id__startswith=run)
    wait_until(lambda: drawn >= samples.count() > drawn * 0.7, what="every sample is kept")
    assert drawn > (counts["scored"] - counts["hits"]) / ONE_IN / 2
    assert not samples.filter(sms_id__in=evidence.values("sms_id"))


def casework_evidence(evidence: object) -> int:
    """Count evidence by its key, to see that no SMS is evidence twice."""
    return len(set(evidence.values_list("gateway", "sms_id")))  # type: ignore[attr-defined]


def test_bad_input_of_every_kind_is_buried_and_the_worker_lives(
    system: dict[str, str], keeper: Keeper, logs: Path
) -> None:
    run = uuid.uuid4().hex[:8]

    def line(number: int, **changes: object) -> bytes:
        sms = {**json.loads(an_sms_line(number, "晚上吃什么？", run)), "gateway": "smsc", **changes}
        return json.dumps({name: value for name, value in sms.items() if value != "left out"}).encode()

    bad = {
        "broken JSON": b'{"id": "' + run.encode(),
        "a missing field": line(1, text="left out"),
        "an ill-typed field": line(2, text=7),
        "an unknown gateway": line(3, gateway="pigeon"),
        "bytes that are not UTF-8": line(4, text="x").replace(b'"x"', b'"\xff\xfe"'),
        "control characters": line(5, text="a\x00b"),
        "a text of 100 kB": line(6, text="长" * 33_000),
    }
    huge = b"\n".join([line(100, text="x" * 5_000_000), line(101)])
    good = 2 * len(bad) + 1
    records = [b"\n".join([line(200 + n), value, line(300 + n)]) for n, value in enumerate(bad.values())]
    records += [huge, b""]
    fed = good + len(bad) + 2
    bootstrap = system["QINGXIN_KAFKA_BOOTSTRAP"]
    since = ends_of(bootstrap, SMS_REJECTED)
    with running(a_worker("scoring", system, logs), keeper) as scoring:
        before = counted(scoring)
        topic = GATEWAY_TOPICS["smsc"]
        produce(system["QINGXIN_KAFKA_BOOTSTRAP"], topic, [(run, record) for record in records])
        wait_until(lambda: counted(scoring)["received"] - before["received"] == fed, what="all lines are read")
        counts = counted(scoring) - before
        assert (counts["scored"], counts["rejected"]) == (good, len(bad) + 2)
        assert scoring.ready(), "the worker lives"
        letters = consume(bootstrap, SMS_REJECTED, DeadLetter, count=100_000, seconds=3, since=since)
    mine = [letter for letter in letters if letter.topic == topic][-(len(bad) + 2) :]
    assert Counter(letter.reason for letter in mine) == {
        "invalid_json": 1,
        "invalid_field": 3,
        "unknown_gateway": 1,
        "not_utf8": 1,
        "control_character": 1,
        "line_too_long": 1,
        "empty_record": 1,
    }
    assert all(letter.partition >= 0 and letter.offset >= 0 and letter.detail for letter in mine)
    assert all(letter.line == 2 for letter in mine if letter.reason not in {"line_too_long", "empty_record"})
    assert any(base64.b64decode(letter.raw) == bad["an unknown gateway"] for letter in mine)


def test_scoring_waits_for_redis_since_the_counts_of_senders_make_hits(
    system: dict[str, str], keeper: Keeper, logs: Path, servers_folder: Path
) -> None:
    run = uuid.uuid4().hex[:8]
    lines = [an_sms_line(number, "晚上吃什么？", run).replace("{", '{"gateway": "smsc", ', 1) for number in range(60)]
    with Valkey(servers_folder / f"valkey-{run}", port=free_port(), keeper=keeper) as valkey:
        settings = {**system, "QINGXIN_REDIS_URL": valkey.url}
        with (
            redis.Redis.from_url(valkey.url) as client,
            running(a_worker("scoring", settings, logs), keeper) as scoring,
        ):
            before = counted(scoring)["scored"]
            client.config_set("maxmemory", 1)
            for batch in (lines[:30], lines[30:]):
                produce(system["QINGXIN_KAFKA_BOOTSTRAP"], GATEWAY_TOPICS["smsc"], [(run, "\n".join(batch).encode())])
            wait_until(lambda: scoring.metric("qingxin_world_broken") == 1, what="the metric says the world is broken")
            assert counted(scoring)["scored"] == before
            client.config_set("maxmemory", 0)
            wait_until(lambda: counted(scoring)["scored"] - before == 60, timeout=40, what="all are scored")
            wait_until(lambda: int(client.hget(gateway_key("smsc"), "scored") or 0) >= 60, what="the counts are shown")
            # And when it is gone altogether, with a part of a long SMS in it
            part = lines[0].replace("{", '{"part": {"ref": 7, "seq": 1, "total": 2}, ', 1)
            produce(system["QINGXIN_KAFKA_BOOTSTRAP"], GATEWAY_TOPICS["smsc"], [(run, part.encode())])
            wait_until(lambda: scoring.metric("qingxin_sms_parts_total", outcome="held"), what="the part waits")
            valkey.stop()
            rest = part.replace('"seq": 1', '"seq": 2')
            produce(system["QINGXIN_KAFKA_BOOTSTRAP"], GATEWAY_TOPICS["smsc"], [(run, rest.encode())])
            wait_until(lambda: scoring.metric("qingxin_world_broken") == 1, what="the metric says the world is broken")
            valkey.start()
            joined = "qingxin_sms_parts_total"
            wait_until(lambda: scoring.metric(joined, outcome="joined") == 1, timeout=40, what="the SMS is whole")
            assert scoring.metric("qingxin_rejected_total", reason="processing_failed") == 0
            assert scoring.stop() == 0
