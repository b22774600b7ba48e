"""What disguises cost, measured with disguises made here."""

from __future__ import annotations

import random

import pytest

from models.artifact import default_artifact
from models.classifier import Classifier
from models.corpus import Row
from models.errors import CorpusInvalid
from models.obfuscation import OBFUSCATORS
from models.robustness import robustness

SPAM = [
    Row("loan", "无抵押无担保贷款，凭身份证最高可贷50万，当天放款，黑户可贷", "made"),
    Row("gambling", "澳门真人百家乐，首存送彩金，六合彩内部特码", "made"),
    Row("forgery", "代开各种发票，真票可验，点数优惠", "made"),
]
HAM = Row("ham", "妈我到家了晚点给你打电话", "made")


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load(default_artifact())


def _other_words(_text: str, _rng: random.Random) -> str:
    return HAM.text


def _loans_alone(text: str, _rng: random.Random) -> str:
    return HAM.text if "贷" in text else text


def test_a_disguise_that_changes_nothing_costs_nothing(classifier: Classifier) -> None:
    measured = robustness(classifier, SPAM, 0.5, obfuscators={"none": lambda text, _rng: text})

    assert measured.plain == 1.0
    none = measured.disguises["none"]
    assert (none.recall, none.drop, none.changed, none.drop_of_changed) == (1.0, 0.0, 0, 0.0)


def test_a_disguise_that_hides_everything_costs_everything(classifier: Classifier) -> None:
    measured = robustness(classifier, SPAM, 0.5, obfuscators={"all": _other_words})

    assert (measured.disguises["all"].recall, measured.disguises["all"].drop, measured.worst) == (0.0, 100.0, 100.0)


def test_a_disguise_that_touches_one_row_of_three_shows_its_full_harm_there(classifier: Classifier) -> None:
    loans = robustness(classifier, SPAM, 0.5, obfuscators={"loans": _loans_alone}).disguises["loans"]

    assert (loans.changed, loans.drop_of_changed) == (1, 100.0)
    assert loans.drop == pytest.approx(100 / 3)


def test_ham_is_left_aside(classifier: Classifier) -> None:
    assert robustness(classifier, [*SPAM, HAM], 0.5, obfuscators={}).rows == 3
    with pytest.raises(CorpusInvalid, match="no spam row"):
        robustness(classifier, [HAM], 0.5)


def test_a_row_is_disguised_alike_for_the_same_seed_whatever_the_other_rows_are(classifier: Classifier) -> None:
    seen: list[list[str]] = []

    def noted(text: str, rng: random.Random) -> str:
        seen[-1].append(OBFUSCATORS["signs"](text, rng))
        return text

    for rows, seed in ((SPAM, 1), (SPAM[1:], 1), (SPAM, 2)):
        seen.append([])
        robustness(classifier, rows, 0.5, obfuscators={"noted": noted}, seed=seed)

    assert seen[0][1:] == seen[1]
    assert seen[0] != seen[2]


def test_every_disguise_is_measured_and_told(classifier: Classifier) -> None:
    told: list[tuple[int, int]] = []

    measured = robustness(classifier, SPAM, 0.5, progress=lambda done, total: told.append((done, total)))

    assert set(measured.disguises) == set(OBFUSCATORS)
    assert told[0] == (0, len(OBFUSCATORS))
    assert told[-1] == (len(OBFUSCATORS), len(OBFUSCATORS))
