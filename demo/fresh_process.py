"""A process that starts as a worker does: loads the released model, scores, and prints what that took as JSON."""

from __future__ import annotations

import json
import sys
import time

SCORED = 10_000
BATCH = 500
SEED = 20_261_123


def main() -> None:
    """Print seconds to import, to load and to give the first verdict, and the memory (MiB) after all texts."""
    start = time.perf_counter()
    from models.classifier import Classifier, default_artifact

    imported = time.perf_counter()
    classifier = Classifier.load(default_artifact())
    loaded = time.perf_counter()
    classifier.verdicts(["您好"])
    first = time.perf_counter()

    import psutil

    from demo.bench_models import some_texts

    texts, _ = some_texts(SCORED, SEED)
    for place in range(0, SCORED, BATCH):
        classifier.verdicts(texts[place : place + BATCH])
    figures = {
        "import_s": imported - start,
        "load_s": loaded - imported,
        "first_verdict_s": first - loaded,
        "memory_mb": psutil.Process().memory_info().rss / 2**20,
    }
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    main()
