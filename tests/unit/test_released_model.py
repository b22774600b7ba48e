"""The released model on modern texts that it was never trained on; `tests/data` says who wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from config.policy import load_policy
from models.artifact import default_artifact
from models.classifier import Classifier
from models.corpus import Row, read_corpus
from models.evaluation import Report, measure, score_rows
from models.labels import HAM
from models.wording.shipped import shipped_rows

DATA = Path(__file__).parents[1] / "data"
NOTICES = {"code", "bank", "courier", "gov", "travel", "operator", "warning", "warn"}
RELEASED = Classifier.load(default_artifact())
SAID_BY_ANYBODY = 14
"""Characters up to which two people may well write the same."""
THRESHOLD = load_policy().scoring.threshold or RELEASED.threshold


@pytest.fixture(scope="module")
def modern() -> Sequence[Row]:
    return read_corpus([DATA / "modern_one.tsv", DATA / "modern_two.tsv"]).rows


@pytest.fixture(scope="module")
def report(modern: Sequence[Row]) -> Report:
    return measure(modern, score_rows(RELEASED, modern), THRESHOLD)


def test_the_model_ranks_unseen_modern_spam_above_ham(modern: Sequence[Row]) -> None:
    spam = score_rows(RELEASED, modern).spam

    assert roc_auc_score([row.label != HAM for row in modern], spam) >= 0.997


def test_at_the_policy_threshold_most_modern_spam_is_found(report: Report) -> None:
    assert report.spam.hits / report.spam.rows >= 0.93


def test_at_the_policy_threshold_hardly_any_modern_ham_is_flagged(report: Report) -> None:
    assert report.ham.hits / report.ham.rows <= 0.01


def test_no_modern_notice_is_flagged(modern: Sequence[Row]) -> None:
    notices = [row for row in modern if row.label == HAM and row.subtype in NOTICES]

    spam = score_rows(RELEASED, notices).spam

    assert len(notices) > 400
    assert [row.text for row, score in zip(notices, spam, strict=True) if score >= THRESHOLD] == []


def test_every_kind_of_crime_is_found_in_four_of_five_modern_texts(report: Report) -> None:
    found = {label: share.hits / share.rows for label, share in report.categories.items() if share.rows > 20}

    assert set(found) >= {"fraud", "gambling", "porn", "loan", "forgery", "contraband"}
    assert {label for label, share in found.items() if share < 0.8} == set()


def test_none_of_the_modern_texts_is_in_the_shipped_wording(modern: Sequence[Row]) -> None:
    shipped = {row.text for row in shipped_rows(1, 1) if len(row.text) > SAID_BY_ANYBODY}

    assert [row.text for row in modern if row.text in shipped] == []


def test_the_model_is_small_and_says_what_it_is() -> None:
    size = sum(file.stat().st_size for file in default_artifact().iterdir())

    assert size <= 8 * 2**20
    assert RELEASED.manifest.training.rows["generated"] > 10_000
    assert np.isclose(RELEASED.threshold, 0.8, atol=0.19)
