"""Where the CPU time of a worker goes: seconds of each stage of the work, as a metric."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from config.metrics import STAGE_SECONDS


class Stages:
    """Adds up the CPU seconds of the stages of one app.

    While a stage waits, others may work, so a stage with waits in it gets some of their time, too.
    """

    def __init__(self, app: str) -> None:
        self._app = app

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Count what the block takes."""
        start = time.process_time()
        try:
            yield
        finally:
            STAGE_SECONDS.labels(self._app, stage).inc(time.process_time() - start)
