"""Reasons point at the text as it was sent."""

from __future__ import annotations

import numpy as np
import pytest

from models.explanation import DISGUISE_TERMS, Reason, reasons
from models.features import Features, FeatureSettings
from models.labels import LABELS
from models.text import TRICKS, read, read_traced

FEATURES = Features(FeatureSettings())
WEIGHTS = np.zeros((1 << FeatureSettings().bits, len(LABELS)), np.float32)
WEIGHTS[:, LABELS.index("forgery")] = 1


def reasons_of(text: str) -> dict[str, Reason]:
    readings, traces = read_traced([text])
    found = reasons(FEATURES.batch(readings), [0], ["forgery"], WEIGHTS, 50, traces)[0]
    return {reason.term: reason for reason in found}


def test_a_reason_points_at_the_disguise_and_not_at_the_word_it_was_read_as() -> None:
    sent = "加我办讠正件，电话"

    assert [sent[slice(*place)] for place in reasons_of(sent)["证件"].places] == ["讠正件"]


def test_a_word_that_occurs_twice_has_two_places() -> None:
    sent = "发票好，髮票"

    assert [sent[slice(*place)] for place in reasons_of(sent)["发票"].places] == ["发票", "髮票"]


def test_each_kind_of_trick_is_a_reason_without_a_place() -> None:
    split = reasons_of("加我办讠正件，电话")[DISGUISE_TERMS[TRICKS.index("split")]]

    assert split.weight > 0
    assert split.places == ()


def test_reasons_of_some_texts_of_a_batch_are_those_that_each_has_alone() -> None:
    texts = ["加我办讠正件，电话13800001111", "明天见", "", "代开发票 电话 010-88886666", "发票好，髮票"]
    readings, traces = read_traced(texts)

    found = reasons(FEATURES.batch(readings), [0, 3, 4], ["forgery"] * 3, WEIGHTS, 50, traces)

    for text, together in zip([texts[0], texts[3], texts[4]], found, strict=True):
        alone = reasons_of(text)
        assert {reason.term for reason in together} == set(alone)
        for reason in together:
            assert reason.places == alone[reason.term].places
            assert reason.weight == pytest.approx(alone[reason.term].weight, abs=2e-4)


def test_without_the_texts_as_sent_there_are_no_places() -> None:
    assert all(not one.places for one in reasons(FEATURES.batch([read("开发票")]), [0], ["forgery"], WEIGHTS, 9)[0])
