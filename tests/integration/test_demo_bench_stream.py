"""The stream bench on its own servers, as short as can be: every kind of contender works."""

from __future__ import annotations

import pytest

from demo.bench_stream.contest import NAIVE_FAUST, NAIVE_QUIX, OFFLINE, OURS_PACKED, OURS_QUIX
from demo.bench_stream.latency import measure_latency
from demo.bench_stream.running import Bench, Runner


@pytest.mark.parametrize("runner", [NAIVE_FAUST, NAIVE_QUIX, OURS_QUIX, OFFLINE], ids=lambda runner: runner.name)
def test_a_contender_scores_one_sms_a_record(runner: Runner) -> None:
    with Bench(messages=20_000, pack=1) as bench:
        assert bench.lap(runner, seconds=1).sms > 0


def test_the_worker_scores_packed_records_and_says_what_its_time_went_into() -> None:
    with Bench(messages=150_000) as bench:
        lap = bench.lap(OURS_PACKED, seconds=1)

    assert lap.sms > 0
    assert {"decode", "score", "publish"} <= lap.stages_us.keys()
    assert lap.memory_mb > 0


def test_hits_come_back_with_their_age() -> None:
    latency = measure_latency(rate=500, seconds=2, tell=lambda _: None)

    assert len(latency.age) > 10
    assert 0 < latency.percentile(50) < 60_000
