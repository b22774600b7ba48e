"""The contender offline: our classifier on the same messages from memory, without any stream."""

from __future__ import annotations

import os
from itertools import cycle, islice

from demo.bench_models import batches
from demo.bench_stream.messages import some_sms
from demo.bench_stream.naive import SCORED, serve_metrics

MESSAGES = 50_000


def main() -> None:
    """Score the first messages over and over until the bench ends the process."""
    from models.classifier import Classifier, default_artifact

    classifier = Classifier.load(default_artifact())
    parts = batches([sms.text for sms in islice(some_sms(MESSAGES), MESSAGES)])
    serve_metrics(int(os.environ["QINGXIN_METRICS_PORT"]))
    for part in cycle(parts):
        classifier.verdicts(part)
        SCORED.inc(len(part))


if __name__ == "__main__":
    main()
