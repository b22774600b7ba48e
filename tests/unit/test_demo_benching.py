"""How the bench measures, and what it tells."""

from __future__ import annotations

import io
import json
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from demo import bench_models
from demo.bench_costs import STAGES, Costs, Footprint, costs
from demo.bench_models import FASTTEXT, NAIVE, OURS, some_texts, training_rows
from demo.bench_report import Report
from demo.benching import Result, families, measure, ratios
from demo.errors import DemoError
from demo.machine import Machine, cpu_model
from models.artifact import Artifact, default_artifact, load
from models.corpus import Row
from models.labels import LABELS

ROOT = Path(__file__).resolve().parents[2]
HAS_WHEEL = sys.version_info < (3, 13) and (sys.platform == "linux" or platform.machine() == "x86_64")


@pytest.fixture(scope="module")
def released() -> Artifact:
    return load(default_artifact())


def few_rows() -> list[Row]:
    """Rows enough to train on in a moment."""
    spam = [Row("gambling", f"首存送彩金{number}元，加微信领取", "test") for number in range(20)]
    return spam + [Row("ham", f"明天{number}点开会，请准时", "test") for number in range(20)]


def a_result(name: str, speed: float) -> Result:
    return Result(name, speed, speed / 2, speed * 2, speed * 1.5)


def a_report() -> Report:
    return Report(
        results=[a_result("naive", 500), a_result("ours", 40_000)],
        left_out=["fastText is not installed"],
        machine=Machine("A CPU", 4, (0.5, 0.25, 0.1), "Linux x86_64", "3.11.7", 3),
        rounds=5,
        messages=2000,
        costs=Costs(dict.fromkeys(STAGES, 2.0), 250, 2000, 160),
        footprint=Footprint(0.5, 0.25, 0.125, 180),
        artifact_bytes=1_400_000,
    )


@dataclass
class Runner:
    """A contender whose laps take these seconds, one after the other."""

    name: str
    seconds: list[float]
    turns: list[str]

    def lap(self) -> tuple[float, float]:
        self.turns.append(self.name)
        return self.seconds.pop(0), 1.0


def test_contenders_take_turns_and_the_warm_up_is_not_counted() -> None:
    turns: list[str] = []

    results = measure([Runner("a", [9, 1, 2], turns), Runner("b", [9, 4, 4], turns)], messages=8, rounds=2)

    assert turns == ["a", "b"] * 3
    assert [(result.name, result.slowest, result.sms_per_s, result.fastest) for result in results] == [
        ("a", 4, 6, 8), ("b", 2, 2, 2),
    ]  # fmt: skip


def test_a_family_does_its_laps_in_a_process_of_its_own() -> None:
    with families(["ours"], messages=20, seed=1) as (ready, left_out):
        laps = [contender.lap() for contender in ready]

    assert [contender.name for contender in ready] == list(OURS)
    assert left_out == []
    assert all(wall > 0 and cpu > 0 for wall, cpu in laps)


def test_a_family_that_cannot_take_part_is_named_and_the_others_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fasttext.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with families(["fasttext", "ours"], messages=2, seed=1) as (ready, left_out):
        assert [contender.name for contender in ready] == list(OURS)

    (sentence,) = left_out
    assert sentence.startswith("fasttext-jieba and fasttext-rjieba are left out, fastText is not installed: ")
    assert "`scripts/setup bench`" in sentence


def test_a_process_that_died_is_an_error_not_a_wait() -> None:
    with families(["ours"], messages=2, seed=1) as (ready, _):
        pass

    with pytest.raises(DemoError):
        ready[0].lap()


def test_a_ratio_above_one_is_of_the_faster_to_the_slower() -> None:
    times = ratios([a_result("slow", 100), a_result("fast", 400)])

    assert times == {"slow": {"slow": 1, "fast": 0.25}, "fast": {"slow": 4, "fast": 1}}


def test_the_measured_texts_are_the_same_for_the_same_seed_and_hold_both_kinds() -> None:
    assert some_texts(200, 1) == some_texts(200, 1)
    assert set(some_texts(200, 1)[1]) == {True, False}


def test_the_others_are_trained_on_every_label_and_on_no_text_that_is_measured() -> None:
    rows = training_rows()

    assert {row.label for row in rows} == set(LABELS)
    assert {row.text for row in rows}.isdisjoint(some_texts(2000, 1)[0])


@pytest.mark.skipif(not HAS_WHEEL, reason="there is no wheel of fastText for this Python or platform")
def test_every_contender_takes_every_text(released: Artifact) -> None:
    ready = [*bench_models.naive(few_rows()), *bench_models.fasttext(few_rows()), *bench_models.ours(released)]

    assert [contender.name for contender in ready] == [*NAIVE, *FASTTEXT, *OURS]
    texts = ["首存送彩金", "", "两\n行", *some_texts(500, 2)[0]]
    for contender in ready:
        assert sum(1 for _ in contender.run(texts)) == (len(texts) if "one-by-one" in contender.name else 2)


def test_both_segmenters_give_one_line_of_words_for_each_text() -> None:
    texts = ["明天上午开会", "", "两\n行", "加微信 abc123"]

    for cut in (bench_models.cut_by_jieba, bench_models.cut_by_rjieba()):
        lines = cut(texts)
        assert [re.sub(r"\s", "", line) for line in lines] == [re.sub(r"\s", "", text) for text in texts]
        assert lines[0].split() == ["明天", "上午", "开会"]


def test_the_stages_of_a_verdict_add_up_to_the_whole_and_reasons_are_for_hits_alone(released: Artifact) -> None:
    spam, ham = "首存送彩金，千款棋牌任玩，加微信领取", "明天上午十点到三楼会议室开会"

    mixed, clean = (costs(released, texts, rounds=1) for texts in ([spam, ham] * 50, [ham] * 100))

    assert (mixed.hits, clean.hits) == (50, 0)
    assert tuple(mixed.stages_us) == STAGES
    assert all(mixed.stages_us[stage] > 0 for stage in ("normalise", "mask", "cut", "multiply", "explain"))
    assert mixed.stages_us["explain"] > 10 * clean.stages_us["explain"]
    assert mixed.explain_us_per_hit == pytest.approx(2 * mixed.stages_us["explain"])


def test_a_fresh_process_tells_what_it_took_and_stays_below_the_promised_size() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "demo.fresh_process"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    seen = Footprint(**json.loads(told.stdout))

    assert 0 < seen.memory_mb < 400
    assert seen.import_s > 0
    assert seen.load_s > 0


def test_the_figures_name_every_contender_and_the_machine() -> None:
    figures = json.loads(json.dumps(a_report().figures()))

    assert figures["results"][1] == {
        "name": "ours", "sms_per_s": 40_000, "slowest": 20_000, "fastest": 80_000, "sms_per_cpu_s": 60_000,
        "us_per_sms": 25,
    }  # fmt: skip
    assert figures["times"]["ours"]["naive"] == 80
    assert figures["machine"]["cpu"] == "A CPU"
    assert figures["left_out"] == ["fastText is not installed"]
    assert figures["ours"]["artifact_bytes"] == 1_400_000


def test_the_tables_fit_a_terminal_of_eighty_columns() -> None:
    written = io.StringIO()
    console = Console(file=written, width=80)
    for table in a_report().tables():
        console.print(table)

    assert "…" not in written.getvalue()
    for said in ("40,000", "25.0", "80.00", "explain", "180 MiB", "160 of 2000 messages are hits"):
        assert said in written.getvalue()


@pytest.mark.parametrize(
    ("pinned_to", "said"), [(3, "CPU 3 alone, one thread"), (None, "not pinned to a CPU, one thread")]
)
def test_the_machine_is_named_with_its_load_and_whether_one_core_was_kept(pinned_to: int | None, said: str) -> None:
    machine = Machine("A CPU", 4, (0.5, 0.25, 0.1), "Linux x86_64", "3.11.7", pinned_to)

    assert str(machine) == f"A CPU, 4 cores, load 0.50 0.25 0.10; Linux x86_64, Python 3.11.7; {said}"


def test_the_model_of_the_cpu_is_read_from_the_system() -> None:
    assert cpu_model("processor\t: 0\nmodel name\t: A CPU @ 2.80GHz\nmodel name\t: Another\n") == "A CPU @ 2.80GHz"


def test_a_process_that_keeps_to_one_core_has_one_core_and_one_thread() -> None:
    script = (
        "import json, os; from demo.machine import keep_to_one_core; core = keep_to_one_core(); "
        "from threadpoolctl import threadpool_info; import numpy; "
        "cores = os.sched_getaffinity(0) if core is not None else []; "
        "print(json.dumps([core, list(cores), [pool['num_threads'] for pool in threadpool_info()]]))"
    )
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    core, cores, threads = json.loads(told.stdout)

    assert cores == ([] if core is None else [core])
    assert set(threads) <= {1}


@pytest.mark.parametrize("name", [*NAIVE, *FASTTEXT, *OURS])
def test_the_page_on_performance_gives_a_figure_for_every_contender(name: str) -> None:
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")

    assert re.search(rf"^\| {name} \| [\d,]+ \|", page, re.MULTILINE)


@pytest.mark.parametrize("stage", STAGES)
def test_the_page_on_performance_gives_the_cost_of_every_stage(stage: str) -> None:
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")

    assert re.search(rf"^\| {stage} \| [\d.]+ \|", page, re.MULTILINE)
