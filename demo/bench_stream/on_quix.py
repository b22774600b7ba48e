"""The contenders naive-quix and ours-quix: the naive model and our classifier on Quix Streams, one SMS a record."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import msgspec
from quixstreams import Application

from config.records import Sms, encode
from config.topics import GATEWAY_TOPICS
from demo.bench_stream.naive import SCORED, judge, serve_metrics, train

GROUPS = {"naive": "bench-naive-quix", "ours": "bench-ours-quix"}


def naive() -> Callable[[bytes], bytes | None]:
    """Make the naive judge."""
    model = train()
    return lambda value: judge(model, value)


def ours() -> Callable[[bytes], bytes | None]:
    """Make our judge: the same decoding, classifier, reasons and hits as in the scoring worker."""
    from datetime import UTC, datetime

    from models.classifier import Classifier, default_artifact
    from streams.checks import check_sms
    from streams.hits import find_hits

    classifier, decoder = Classifier.load(default_artifact()), msgspec.json.Decoder(Sms)

    def score(value: bytes) -> bytes | None:
        sms = decoder.decode(value)
        check_sms(sms)
        verdicts = classifier.verdicts([sms.text])
        SCORED.inc()
        hits = find_hits([sms], verdicts, classifier.threshold, classifier.version, datetime.now(UTC))
        return encode(hits[0]) if hits else None

    return score


def main(which: str) -> None:
    """Run until the bench ends the process."""
    score = {"naive": naive, "ours": ours}[which]()
    app = Application(
        broker_address=os.environ["QINGXIN_KAFKA_BOOTSTRAP"],
        consumer_group=GROUPS[which],
        auto_offset_reset="earliest",
        auto_create_topics=False,
        loglevel="WARNING",
        consumer_extra_config={
            "session.timeout.ms": int(float(os.environ["QINGXIN_KAFKA_SESSION_SECONDS"]) * 1000),
            "heartbeat.interval.ms": 1000,
        },
    )
    hits = app.topic("bench.hits", value_serializer="bytes")
    for name in GATEWAY_TOPICS.values():
        stream: Any = app.dataframe(app.topic(name, value_deserializer="bytes", key_deserializer="bytes"))
        stream = stream.apply(score).filter(lambda hit: hit is not None)
        stream.to_topic(hits)
    serve_metrics(int(os.environ["QINGXIN_METRICS_PORT"]))
    app.run()


if __name__ == "__main__":
    main(sys.argv[1])
