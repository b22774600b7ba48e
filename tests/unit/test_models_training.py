"""Training and evaluation, on rows made here."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.artifact import load, save
from models.classifier import Classifier, Scores
from models.corpus import Corpus, Row, read_corpus, thinned
from models.errors import CorpusInvalid
from models.evaluation import measure, threshold_at
from models.features import FeatureSettings
from models.grouping import groups, held_out
from models.labels import LABELS
from models.training import Recipe, Trained, train
from models.wording.generator import SOURCE as GENERATED

HAM = [
    "{}的会改到三点",
    "今晚去{}吃火锅",
    "我到{}了妈",
    "{}的验证码482913",
]
SPAM = {
    "ad": ["{}周年庆五折起", "{}新店开业满减"],
    "loan": ["{}无抵押贷款放款", "{}信用卡套现提额"],
    "gambling": ["{}百家乐送彩金", "{}六合彩内部特码"],
}
# Short texts, each a group of its own: longer ones of one pattern are near-duplicates and would be held out together.
PLACES = [a + b for a in "东南西北中青长安海江" for b in "山河湖城门桥州阳"]


def made_rows() -> list[Row]:
    rows = [Row("ham", pattern.format(place), "made", "chat") for pattern in HAM for place in PLACES]
    rows += [
        Row(label, pattern.format(place), "made")
        for label, patterns in SPAM.items()
        for pattern in patterns
        for place in PLACES
    ]
    return sorted(rows, key=lambda row: zlib.crc32(row.text.encode()))


SMALL = FeatureSettings(bits=14)
QUICK = Recipe(rounds=3, features=SMALL)


def trained_on(rows: Iterable[Row], recipe: Recipe = QUICK, **more: Any) -> Trained:
    return train(Corpus(tuple(rows), ()), (), version="1", created="2026-11-22", recipe=recipe, **more)


@pytest.fixture(scope="module")
def whole() -> Trained:
    """A model of all made rows."""
    return trained_on(made_rows(), Recipe(rounds=8, features=SMALL))


def test_a_trained_model_finds_what_it_was_taught(whole: Trained) -> None:
    # Given a model of ham and three kinds of spam
    trained = whole

    # When texts of the same kinds come
    classifier = Classifier(trained.artifact)
    verdicts = classifier.verdicts(["我到安阳了妈", "无抵押贷款放款", "百家乐送彩金"], 0.5)

    # Then they are named, and the held-out report says the same
    assert [verdict.label for verdict in verdicts] == ["ham", "loan", "gambling"]
    assert (trained.report.auc or 0) > 0.95
    assert trained.artifact.manifest.training.rows == {"made": len(made_rows())}


@pytest.mark.parametrize("from_a_model", [False, True])
def test_the_same_rows_and_seed_give_the_same_files_byte_for_byte(
    tmp_path: Path, whole: Trained, *, from_a_model: bool
) -> None:
    # Given rows of the corpus, rows that ship, and a model to start from or none
    rows, shipped = made_rows()[::2], [Row("porn", f"同城{place}美女上门", GENERATED) for place in PLACES]
    start = whole.artifact if from_a_model else None

    # When they are trained on twice
    for name in ("one", "other"):
        save(trained_on(rows, shipped=shipped, start=start).artifact, tmp_path / name)

    # Then the files are the same
    for name in ("arrays.npz", "manifest.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_another_seed_gives_another_model() -> None:
    one, other = (trained_on(made_rows()[::2], Recipe(seed=seed, rounds=3, features=SMALL)) for seed in (7, 8))

    assert (one.artifact.weights != other.artifact.weights).any()
    assert (one.artifact.manifest.training.seed, other.artifact.manifest.training.seed) == (7, 8)


def test_a_trained_model_is_the_one_that_comes_back_from_disk(tmp_path: Path, whole: Trained) -> None:
    save(whole.artifact, tmp_path)

    np.testing.assert_array_equal(load(tmp_path).weights, whole.artifact.weights)
    np.testing.assert_array_equal(load(tmp_path).bias, whole.artifact.bias)


def test_an_ngram_of_one_text_alone_leaves_no_trace() -> None:
    # Given a corpus in which one word stands once
    rows = [*made_rows()[::2], Row("ad", "饕餮", "made")]

    trained = trained_on(rows, Recipe(rounds=2))

    assert Classifier(trained.artifact).explain("饕餮", "ad") == []


@pytest.mark.parametrize("labels", [{"ham"}, {"ad", "loan", "gambling"}])
def test_training_without_ham_or_without_spam_is_refused(labels: set[str]) -> None:
    with pytest.raises(CorpusInvalid, match="both ham and spam"):
        trained_on(row for row in made_rows() if row.label in labels)


def test_training_on_too_few_rows_to_hold_some_out_is_refused() -> None:
    with pytest.raises(CorpusInvalid, match="too few rows to hold any out"):
        trained_on([Row("ham", "好的", "made"), Row("ad", "五折起", "made")])


@pytest.mark.parametrize("seed", range(12))
def test_a_handful_of_rows_gives_a_model_of_numbers_or_is_refused(seed: int) -> None:
    # Given ten rows, of which none, one or a few are held out
    rows = [*made_rows()[:: len(made_rows()) // 10]]

    try:
        trained = trained_on(rows, Recipe(seed=seed, rounds=2, features=SMALL))
    except CorpusInvalid:
        return

    assert 0 < trained.artifact.manifest.threshold < 1
    assert np.isfinite(trained.artifact.weights).all()
    assert np.isfinite(trained.artifact.bias).all()


def test_shipped_rows_are_learned_from_and_never_measured_on() -> None:
    # Given a corpus without porn, and porn that ships
    shipped = [Row("porn", f"同城{place}美女上门{place}", "written") for place in PLACES]

    alone, together = trained_on(made_rows()), trained_on(made_rows(), shipped=shipped)

    # Then porn is found, is counted as trained on, and is not in the report
    assert Classifier(together.artifact).verdicts(["同城安阳美女上门"], 0.5)[0].label == "porn"
    assert together.artifact.manifest.training.rows == {"made": len(made_rows()), "written": len(PLACES)}
    assert (together.report.ham.rows, set(together.report.sources)) == (
        alone.report.ham.rows,
        set(alone.report.sources),
    )
    assert together.report.categories.keys() == alone.report.categories.keys()


def test_a_text_of_the_corpus_that_also_ships_counts_once_and_is_measured_on() -> None:
    # Given shipped rows that are the corpus itself
    rows = made_rows()

    alone, again = trained_on(rows), trained_on(rows, shipped=[replace(row, source="written") for row in rows])

    assert again.artifact.manifest.training == alone.artifact.manifest.training
    assert again.report.sources.keys() == alone.report.sources.keys()


def test_generated_rows_of_the_corpus_are_not_measured_on() -> None:
    rows = [replace(row, source=GENERATED) if row.label == "loan" else row for row in made_rows()]

    trained = trained_on(rows)

    assert trained.artifact.manifest.training.rows[GENERATED] == sum(row.label == "loan" for row in rows)
    assert "loan" not in trained.report.categories
    assert trained.report.categories["ad"].rows > 0


def test_rows_of_no_stated_kind_and_sources_of_no_weight_are_not_trained_on() -> None:
    # Given spam of no kind, and English
    others = [Row("spam", "同城美女上门", "made"), Row("ham", "see you tonight", "english")]

    assert (
        trained_on([*made_rows(), *others]).artifact.manifest.training
        == trained_on(made_rows()).artifact.manifest.training
    )


def test_a_new_model_that_starts_from_one_keeps_what_it_knew(whole: Trained) -> None:
    # Given decisions of two kinds alone, made by the reviewers
    decided = [Row("ham", f"今晚去{place}吃烧烤", "decided") for place in PLACES]
    decided += [Row("porn", f"同城{place}美女上门", "decided") for place in PLACES]

    trained = trained_on(decided, Recipe(rounds=8), start=whole.artifact)

    # Then the new model knows the decisions and has not forgotten the others
    texts = ["今晚去安阳吃烧烤", "同城安阳美女上门", "无抵押贷款放款", "百家乐送彩金"]
    verdicts = Classifier(trained.artifact).verdicts(texts, 0.5)
    assert [verdict.label for verdict in verdicts] == ["ham", "porn", "loan", "gambling"]


def test_a_new_model_has_the_features_of_the_one_it_starts_from(whole: Trained) -> None:
    other = Recipe(rounds=2, features=FeatureSettings(bits=10, characters=1, words=0))

    trained = trained_on(made_rows(), other, start=whole.artifact)

    assert trained.artifact.manifest.features == SMALL


def test_progress_is_told_by_stage_up_to_the_last_row() -> None:
    told: list[tuple[str, int, int]] = []

    trained_on(made_rows()[::2], progress=lambda *stage: told.append(stage))

    assert list(dict.fromkeys(stage for stage, _, _ in told)) == ["split", "features", "fit"]
    assert ("features", len(made_rows()[::2]), len(made_rows()[::2])) in told
    assert told[-1] == ("fit", 2, 2)


def test_near_duplicates_share_a_group_and_others_do_not() -> None:
    texts = [
        "【甲】您的积分8821即将到期，请登录商城兑换礼品，详询客服",
        "【甲】您的积分17即将到期，请登录商城兑换礼品，详询客服!!",
        "【乙】尊敬的王先生您的积分即将到期，请登录商城兑换礼品，详询客服",
        "晚上一起吃饭吗",
    ]

    one, two, three, four = groups(texts)

    assert one == two == three != four


def test_no_group_is_split_between_training_and_measuring() -> None:
    texts = [f"{place}的客户您好{number}" for place in PLACES for number in range(3)]

    away = held_out(texts, 0.3, seed=7)

    assert 0 < away.mean() < 1
    assert all(len(set(away[start : start + 3])) == 1 for start in range(0, len(texts), 3))


def test_bad_rows_are_named_with_file_and_line_and_left_out(tmp_path: Path) -> None:
    # Given a file with two good rows among bad ones
    path = tmp_path / "mixed.tsv"
    path.write_bytes("ham\t你好\nham\nspma\t你好\nad\t \nfraud\tbank\t您的账户\n".encode() + b"ham\t\xff\n")

    # When it is read
    corpus = read_corpus([path])

    # Then the good ones are there and every other is named
    assert corpus.rows == (Row("ham", "你好", "mixed"), Row("fraud", "您的账户", "mixed", "bank"))
    assert [fault.line for fault in corpus.faults] == [2, 3, 4, 6]
    assert str(corpus.faults[1]) == f"{path}:3: unknown label 'spma'"


def test_a_file_without_a_good_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.tsv"
    path.write_text("nothing\n")

    with pytest.raises(CorpusInvalid, match=r"bad\.tsv:1"):
        read_corpus([path])


def test_placeholders_of_the_fake_base_stations_become_what_they_stood_for(tmp_path: Path) -> None:
    path = tmp_path / "fake_base_station.tsv"
    path.write_text("ad\tad_retail\tNAME满DIGIT送礼URL\n")

    assert read_corpus([path]).rows[0].text == "满88送礼 http://t.cn/a"


def test_thinning_keeps_the_order_and_is_the_same_for_the_same_seed() -> None:
    rows = made_rows()

    few = thinned(rows, 50, seed=3)

    assert few == thinned(rows, 50, seed=3) != thinned(rows, 50, seed=4)
    assert [row for row in rows if row in few] == few


def test_of_thinned_rows_as_many_are_held_out_as_of_all() -> None:
    few = thinned(made_rows(), 100, seed=3)

    assert 0.08 < held_out([row.text for row in few], 0.2, seed=3).mean() < 0.35


def test_the_threshold_lets_no_more_ham_through_than_allowed() -> None:
    ham = np.linspace(0, 1, 1000, dtype=np.float32)

    assert (ham >= threshold_at(ham, 0.01)).sum() == 10
    assert (ham >= threshold_at(ham, 0.0)).sum() == 0


def test_a_report_counts_hits_by_category_source_and_kind_of_ham() -> None:
    # Given a bank's notice that is called spam, and two frauds, one found as an advert and one missed
    rows = [Row("ham", "a", "x", "bank"), Row("fraud", "b", "x"), Row("fraud", "c", "y")]
    probabilities = np.zeros((3, len(LABELS)), np.float32)
    probabilities[[0, 1, 2], [1, 1, 0]] = 1
    scores = Scores(probabilities, probabilities[:, 1:].sum(axis=1))

    report = measure(rows, scores, 0.5)

    assert (report.ham_kinds["bank"].hits, report.categories["fraud"].hits, report.categories["fraud"].named) == (
        1,
        1,
        0,
    )
    assert (report.sources["y spam"].hits, report.illegal.rows) == (0, 2)
