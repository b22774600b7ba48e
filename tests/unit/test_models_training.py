"""Training and evaluation, on rows made here."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from models.classifier import Classifier, Scores
from models.corpus import Corpus, Row, read_corpus, thinned
from models.errors import CorpusInvalid
from models.evaluation import measure, threshold_at
from models.grouping import groups, held_out
from models.labels import LABELS
from models.training import Recipe, train

HAM = [
    "妈我到{}了晚点给你打电话",
    "{}的会改到下午三点别忘了",
    "【微光】您登录{}的验证码是482913请勿泄露",
    "今晚去{}吃火锅吗",
]
SPAM = {
    "ad": ["{}周年庆全场五折起回T退订", "{}新店开业满200减50数量有限"],
    "loan": ["{}无抵押贷款当天放款黑户可贷", "{}信用卡套现提额低手续费"],
    "gambling": ["{}真人荷官百家乐首存送彩金", "{}六合彩内部特码先中后付"],
}
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


def test_a_trained_model_finds_what_it_was_taught() -> None:
    # Given rows of ham and three kinds of spam
    trained = train(Corpus(tuple(made_rows()), ()), (), version="1", created="2026-11-22", recipe=Recipe(rounds=8))

    # When texts of the same kinds come
    classifier = Classifier(trained.artifact)
    verdicts = classifier.verdicts(["妈我到家了晚点给你打电话", "无抵押贷款黑户可贷", "百家乐真人荷官送彩金"], 0.5)

    # Then they are named, and the held-out report says the same
    assert [verdict.label for verdict in verdicts] == ["ham", "loan", "gambling"]
    assert (trained.report.auc or 0) > 0.95
    assert trained.artifact.manifest.training.rows == {"made": len(made_rows())}


def test_the_same_rows_and_seed_give_the_same_model() -> None:
    corpus = Corpus(tuple(made_rows()[:200]), ())

    one, other = (train(corpus, (), version="1", created="2026-11-22", recipe=Recipe(rounds=3)) for _ in range(2))

    assert one.artifact.manifest == other.artifact.manifest
    np.testing.assert_array_equal(one.artifact.weights, other.artifact.weights)


def test_an_ngram_of_one_text_alone_leaves_no_trace() -> None:
    # Given a corpus in which one word stands once
    rows = [*made_rows()[:200], Row("ad", "饕餮", "made")]

    trained = train(Corpus(tuple(rows), ()), (), version="1", created="2026-11-22", recipe=Recipe(rounds=2))

    assert Classifier(trained.artifact).explain("饕餮", "ad") == []


def test_training_without_spam_is_refused() -> None:
    rows = tuple(row for row in made_rows() if row.label == "ham")

    with pytest.raises(CorpusInvalid, match="both ham and spam"):
        train(Corpus(rows, ()), (), version="1", created="2026-11-22")


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


def test_the_threshold_lets_no_more_ham_through_than_allowed() -> None:
    ham = np.linspace(0, 1, 1000, dtype=np.float32)

    assert (ham >= threshold_at(ham, 0.01)).sum() == 10
    assert (ham >= threshold_at(ham, 0.0)).sum() == 0


def test_a_report_counts_hits_by_category_source_and_kind_of_ham() -> None:
    # Given a bank's notice that is called spam, and two frauds, one found as an advert and one missed
    rows = [Row("ham", "a", "x", "bank"), Row("fraud", "b", "x"), Row("fraud", "c", "y")]
    probabilities = np.zeros((3, len(LABELS)), np.float32)
    probabilities[[0, 1, 2], [1, 1, 0]] = 1
    scores = Scores(probabilities, probabilities[:, 1:].sum(axis=1), ("ad", "ad", "ham"))

    report = measure(rows, scores, 0.5)

    assert (report.ham_kinds["bank"].hits, report.categories["fraud"].hits, report.categories["fraud"].named) == (
        1,
        1,
        0,
    )
    assert (report.sources["y spam"].hits, report.illegal.rows) == (0, 2)
