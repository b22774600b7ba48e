"""What the stream bench reads, sums up and tells."""

from __future__ import annotations

import io
import re
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np
import pytest
from rich.console import Console

from config.records import Sms, encode
from demo.bench_stream import report
from demo.bench_stream.brokers import APACHE, AUTO, EMBEDDED, chosen
from demo.bench_stream.contest import NAMES, Outcome, stages_of
from demo.bench_stream.flooding import templates
from demo.bench_stream.growth import Grown
from demo.bench_stream.latency import Latency, _sent_at
from demo.bench_stream.messages import some_sms
from demo.bench_stream.pacing import endless
from demo.bench_stream.plots import plot_latency, plot_soak
from demo.bench_stream.running import Counts, Lap, counts_of, lap_between, median_of
from demo.bench_stream.soak import Soak
from demo.benching import Result
from demo.errors import DemoError, NoApacheKafkaError
from demo.machine import Machine
from tests.builders import a_hit

MACHINE = Machine("A CPU", 4, (0.5, 0.25, 0.1), "Linux x86_64", "3.11.7", 3)
PAGE = b"""# HELP qingxin_sms_scored_total SMS classified
qingxin_sms_scored_total{gateway="smsc"} 1200.0
qingxin_sms_scored_total{gateway="ismg"} 300.0
qingxin_stage_seconds_total{app="scoring",stage="decode"} 0.5
qingxin_stage_seconds_total{app="scoring",stage="score"} 2.0e-02
process_cpu_seconds_total 3.5
process_resident_memory_bytes 1.048576e+08
"""


def an_outcome() -> Outcome:
    results = [Result(name, speed, speed / 2, speed * 2, speed) for speed, name in enumerate(NAMES, start=1)]
    return Outcome(results, {"score": 15.0, "faust": 5.0}, {"valkey": 2.5}, 6, 3)


def a_soak() -> Soak:
    return Soak([Counts(at=float(second), scored=second * 1000.0, memory=300.0) for second in range(20)])


def test_counts_are_summed_over_the_labels_of_a_page_of_metrics() -> None:
    counts = counts_of(PAGE, at=7.0)

    assert (counts.at, counts.scored, counts.cpu, counts.memory) == (7.0, 1500, 3.5, 100)
    assert counts.stages == {"decode": 0.5, "score": 0.02}


def test_parts_of_a_long_sms_count_one_by_one_where_a_process_tells_what_it_took() -> None:
    taken = b'qingxin_sms_received_total{gateway="smsc"} 2000.0\n'
    assert counts_of(PAGE + taken, at=7.0).scored == 2000


def test_a_lap_is_what_was_done_between_two_moments() -> None:
    first = Counts(at=10, scored=100, cpu=2, memory=50, stages={"score": 1})
    lap = lap_between(first, Counts(at=14, scored=2100, cpu=4, memory=60, stages={"score": 1.5, "publish": 0.1}))

    assert (lap.sms_per_s, lap.sms_per_cpu_s) == (500, 1000)
    assert lap.stages_us == pytest.approx({"score": 250, "publish": 50})
    assert stages_of(lap)["faust"] == pytest.approx(1000 - 300)


def test_a_contender_that_did_nothing_is_an_error() -> None:
    with pytest.raises(DemoError):
        lap_between(Counts(at=1, scored=5), Counts(at=2, scored=5))


def test_the_lap_of_the_median_speed_stands_for_all() -> None:
    laps = [Lap(sms, 1, 1, {}, 1) for sms in (30, 10, 20)]

    assert median_of(laps).sms == 20


def test_the_messages_are_the_same_but_for_their_times_and_come_from_many_senders() -> None:
    first, again = (list(islice(some_sms(3000), 3000)) for _ in range(2))

    assert [sms.text for sms in first] == [sms.text for sms in again]
    assert len({sms.sender for sms in first}) > 1000
    assert len({sms.id for sms in first}) == 3000


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_a_share_of_the_messages_comes_in_two_parts(share: float) -> None:
    messages = list(some_sms(2000, parts=share))

    assert len(messages) == len({sms.id for sms in messages}) == 2000
    parts = [sms for sms in messages if sms.part]
    assert len(parts) == pytest.approx(2000 * share, abs=2)
    assert {(sms.part.seq, sms.part.total) for sms in parts if sms.part} == {(1, 2), (2, 2)}
    assert {len(sms.text) for sms in parts} == {67}
    assert len({(sms.sender, sms.receiver, sms.part.ref) for sms in parts if sms.part}) == len(parts) / 2


def test_the_age_of_a_hit_is_read_from_its_id_and_other_hits_are_passed_over() -> None:
    paced = next(endless())
    record = b"\n".join([encode(a_hit(id=paced.id)), encode(a_hit(id="somebody-elses"))])

    (sent,) = _sent_at(record)
    assert paced.id.endswith(str(sent))


def test_a_flood_hands_the_same_records_over_again_with_ids_and_times_of_their_own() -> None:
    made = templates(islice(some_sms(500), 500), partitions=2)
    first, again = (
        [
            msgspec.json.decode(line, type=Sms)
            for template in made
            for line in template.render(lap, 1_700_000_000_000 + lap).split(b"\n")
        ]
        for lap in (1, 2)
    )

    assert sum(template.sms for template in made) == 500
    assert {sms.text for sms in first} == {sms.text for sms in again}
    assert len({sms.id for sms in first + again}) == 1000
    assert {sms.sent_at for sms in again} == {1_700_000_000_002}


def test_a_broker_that_is_named_is_taken_and_auto_says_why_it_takes_the_embedded_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said: list[str] = []
    monkeypatch.setenv("QINGXIN_TEST_KAFKA_HOME", str(tmp_path))

    assert chosen("127.0.0.1:9092", said.append) == "127.0.0.1:9092"
    assert said == []
    assert chosen(AUTO, said.append) == EMBEDDED
    assert "Apache Kafka is not here" in said[0]
    with pytest.raises(NoApacheKafkaError):
        chosen(APACHE, said.append)


def test_the_contest_tells_every_contender_every_goal_and_every_stage() -> None:
    figures = report.contest_figures(an_outcome(), MACHINE)
    written = io.StringIO()
    for table in report.contest_tables(an_outcome()):
        Console(file=written, width=100).print(table)

    assert [result["name"] for result in figures["results"]] == list(NAMES)
    assert set(NAMES) == {
        "naive-faust", "naive-quix", "ours-quix", "ours-single", "ours-packed", "offline",
    }  # fmt: skip
    assert figures["times"]["ours-packed"]["naive-faust"] == 5
    for said in (*NAMES, "24,100", "ours-packed : naive-faust", "faust", "20.00", "(valkey, on other cores)"):
        assert said in written.getvalue()


def test_growth_latency_and_soak_are_told_and_drawn(tmp_path: Path) -> None:
    latency = Latency(100.0, np.arange(100.0), np.arange(1, 101) / 1000)
    plot_latency(latency, tmp_path / "pictures" / "latency.svg")
    plot_soak(a_soak(), tmp_path / "soak.svg")
    written = io.StringIO()
    console = Console(file=written, width=100)
    for table in (
        report.latency_table(latency), report.soak_table(a_soak()),
        report.growth_table([Grown(2, 2, 4, 50_000, 30_000)]),
    ):  # fmt: skip
        console.print(table)

    assert report.latency_figures(latency, MACHINE)["p50_ms"] == 50.5
    assert report.soak_figures(a_soak(), MACHINE)["sms_per_s"] == 1000
    assert report.growth_figures([Grown(1, 1, 4, 5.0, 6.0)], MACHINE)["results"][0]["workers"] == 1
    assert "50,000" in written.getvalue()
    assert all("<svg" in file.read_text() for file in (tmp_path / "pictures" / "latency.svg", tmp_path / "soak.svg"))


@pytest.mark.parametrize("name", NAMES)
def test_the_page_on_performance_gives_a_figure_for_every_contender(name: str) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "performance.md").read_text(encoding="utf-8")

    assert re.search(rf"^\| {name} \| [\d,]+ \|", page, re.MULTILINE)
