"""What an assessment says of scores made here, and which mistakes it shows."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest

from models.artifact import default_artifact
from models.assessment import Wishes, assess
from models.classifier import Classifier, Scores
from models.corpus import Row
from models.curves import histogram, precision_recall, roc
from models.evaluation import Report, measure
from models.labels import LABELS
from models.mistakes import starred, starred_term, worst_mistakes

LOAN = "无抵押无担保贷款，凭身份证最高可贷50万，当天放款，黑户可贷"
CHAT = "妈我到家了晚点给你打电话"
AD, FRAUD, LOANS = (LABELS.index(label) for label in ("ad", "fraud", "loan"))


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load(default_artifact())


def scores_of(*rows: dict[int, float]) -> Scores:
    """Scores in which each row has these probabilities by label, and ham the rest."""
    table = np.zeros((len(rows), len(LABELS)), np.float32)
    for place, row in enumerate(rows):
        for label, probability in row.items():
            table[place, label] = probability
        table[place, 0] = 1 - sum(row.values())
    return Scores(table, table[:, 1:].sum(axis=1))


def test_confusion_counts_true_label_against_given_one() -> None:
    rows = [Row("ham", "a", "x"), Row("ham", "b", "x"), Row("fraud", "c", "x"), Row("fraud", "d", "x")]
    rows.append(Row("spam", "e", "x"))
    scores = scores_of({}, {AD: 0.9}, {FRAUD: 0.9}, {AD: 0.6, FRAUD: 0.3}, {AD: 1.0})

    report = measure(rows, scores, 0.5)

    assert report.confusion == {"ham": {"ham": 1, "ad": 1}, "fraud": {"ad": 1, "fraud": 1}, "spam": {"ad": 1}}


def test_calibration_is_measured_on_spam_and_on_the_label() -> None:
    # Given two frauds, both surely spam, one of them called an advert
    rows = [Row("ham", "a", "x"), Row("fraud", "b", "x"), Row("fraud", "c", "x")]

    calibration = measure(rows, scores_of({}, {FRAUD: 1.0}, {AD: 1.0}), 0.5).calibration

    # Then P(spam) is perfect, and the label is wrong in one of three sure cases
    assert calibration is not None
    assert calibration.spam == pytest.approx(0)
    assert calibration.top_label == pytest.approx(1 / 3)


def test_recall_at_a_rate_says_how_many_false_alarms_it_rests_on() -> None:
    rows = [Row("ham", str(number), "x") for number in range(1000)] + [Row("ad", "z", "x")]
    scores = scores_of(*({AD: number / 2000} for number in range(1000)), {AD: 0.499})

    report = measure(rows, scores, 0.5)

    assert report.rests_on == {"0.001": 1, "0.005": 5, "0.01": 10, "0.05": 50}
    assert report.recall_at == {"0.001": 0.0, "0.005": 1.0, "0.01": 1.0, "0.05": 1.0}


def test_frauds_are_counted_by_scheme() -> None:
    rows = [Row("fraud", "a", "x", "bank"), Row("fraud", "b", "x", "bank"), Row("ham", "c", "x", "bank")]

    report = measure(rows, scores_of({FRAUD: 0.9}, {}, {}), 0.5)

    assert (report.spam_kinds["fraud bank"].rows, report.spam_kinds["fraud bank"].hits) == (2, 1)
    assert report.ham_kinds["bank"].rows == 1


def test_reports_of_earlier_versions_are_still_read() -> None:
    share = {"rows": 1, "hits": 1, "named": 1}
    old = {"threshold": 0.5, "ham": share, "spam": share, "illegal": share, "auc": None, "recall_at": {}}
    old |= {"categories": {}, "sources": {}, "ham_kinds": {}}

    assert msgspec.json.decode(json.dumps(old), type=Report).calibration is None


def test_curves_go_through_the_points_of_the_textbook() -> None:
    # Given one ham above one of two spam
    ham, spam = np.array([0.1, 0.6], np.float32), np.array([0.5, 0.9], np.float32)

    assert set(zip(*msgspec.structs.astuple(roc(ham, spam)), strict=True)) >= {(0, 0), (0, 0.5), (0.5, 1), (1, 1)}
    assert (1.0, pytest.approx(2 / 3)) in list(zip(*msgspec.structs.astuple(precision_recall(ham, spam)), strict=True))


def test_a_curve_of_many_rows_keeps_its_shape_in_few_points() -> None:
    ranks = np.linspace(0, 1, 50_000, dtype=np.float32)

    curve = roc(ranks[::2] * 0.9, ranks[1::2])

    assert len(curve.x) <= 400
    assert (curve.x[0], curve.y[-1]) == (0, 1)
    assert sum(rate < 0.01 for rate in curve.x) > 40


def test_the_histogram_counts_every_row_once() -> None:
    counted = histogram(np.array([0.0, 0.01, 1.0], np.float32), np.array([0.99], np.float32), bins=4)

    assert (counted.ham, counted.spam) == ((2, 0, 0, 1), (0, 0, 0, 1))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("电话13800000000找我", "电话***********找我"),
        ("验证码4829", "验证码4829"),
        ("138-0000 0000", "***-**** ****"),
        ("加①③⑧００一", "加*****一"),
        ("2013年8月28日", "2013年8月28日"),
    ],
)
def test_long_numbers_are_starred_however_they_are_written(text: str, shown: str) -> None:
    assert starred(text) == shown


@pytest.mark.parametrize(("term", "shown"), [("8c316", "*c***"), ("13700003333", "***********"), ("0首付", "0首付")])
def test_a_word_of_many_digits_is_starred_for_it_may_be_part_of_a_number(term: str, shown: str) -> None:
    assert starred_term(term) == shown


def test_the_worst_mistakes_come_first_and_equal_texts_once(classifier: Classifier) -> None:
    # Given loans missed by much and by little, one found as fraud, and one found rightly
    rows = [Row("loan", text, "x") for text in ("近", "远", "远", "别类", "对")]
    scores = scores_of({LOANS: 0.4}, {LOANS: 0.01}, {LOANS: 0.01}, {FRAUD: 0.9}, {LOANS: 0.9})

    found = worst_mistakes(classifier, rows, scores, 0.5)

    assert [(one.text, one.called) for one in found["loan"]] == [("远", "ham"), ("近", "ham"), ("别类", "fraud")]


def test_only_so_many_mistakes_of_a_label_are_shown(classifier: Classifier) -> None:
    rows = [Row("ham", f"晚安{number}", "x") for number in range(30)]
    scores = scores_of(*({AD: 0.6 + number / 100} for number in range(30)))

    assert [one.text for one in worst_mistakes(classifier, rows, scores, 0.5, top=2)["ham"]] == ["晚安29", "晚安28"]


def test_spam_of_unknown_kind_that_was_found_is_no_mistake(classifier: Classifier) -> None:
    rows = [Row("spam", "a", "x"), Row("spam", LOAN, "x")]

    found = worst_mistakes(classifier, rows, scores_of({AD: 0.9}, {LOANS: 0.2}), 0.5)

    assert [(one.text, one.towards) for one in found["spam"]] == [(LOAN, "loan")]


def test_a_mistake_says_what_the_model_went_by_and_hides_numbers_there_too(classifier: Classifier) -> None:
    rows = [Row("ham", f"{LOAN}，电话13700003333", "x")]

    (hidden,) = worst_mistakes(classifier, rows, scores_of({LOANS: 0.9}), 0.5)["ham"]
    (full,) = worst_mistakes(classifier, rows, scores_of({LOANS: 0.9}), 0.5, full_numbers=True)["ham"]

    assert set(hidden.why) & {"贷款", "抵押", "黑户", "无抵押", "放款"}
    assert "13700003333" in full.text
    assert "1370000" not in hidden.text + "".join(hidden.why)


def test_everything_is_assessed_and_told_as_json(classifier: Classifier) -> None:
    stages: set[str] = set()
    rows = [Row("ham", CHAT, "x", "chat"), Row("loan", LOAN, "x")]

    made = assess(classifier, rows, Wishes(0.5), lambda stage, _done, _total: stages.add(stage))

    plain = json.loads(msgspec.json.encode(made.as_json()))
    assert stages == {"score", "disguise"}
    assert plain["auc"] == 1.0
    assert plain["categories"]["loan"] == {"rows": 1, "hits": 1, "named": 1}
    assert set(plain) >= {"roc", "workload", "chosen", "levels", "robustness", "mistakes", "calibration", "confusion"}


@pytest.mark.parametrize("row", [Row("ham", CHAT, "x"), Row("loan", LOAN, "x")], ids=["only ham", "only spam"])
def test_one_side_alone_says_what_can_be_said(classifier: Classifier, row: Row) -> None:
    made = assess(classifier, [row], Wishes(0.5))

    assert (made.report.auc, made.report.calibration, made.chosen, made.roc) == (None, None, None, None)
    assert sum(made.histogram.ham) + sum(made.histogram.spam) == 1
    assert (made.robustness is None) == (row.label == "ham")
