"""Reasons point at the text as it was sent."""

from __future__ import annotations

import numpy as np

from models.explanation import DISGUISE_TERMS, Reason, reasons
from models.features import Features, FeatureSettings
from models.labels import LABELS
from models.text import TRICKS, read

FEATURES = Features(FeatureSettings())
WEIGHTS = np.zeros((1 << FeatureSettings().bits, len(LABELS)), np.float32)
WEIGHTS[:, LABELS.index("forgery")] = 1


def reasons_of(text: str) -> dict[str, Reason]:
    found = reasons([read(text)], ["forgery"], FEATURES, WEIGHTS, 50, texts=[text])[0]
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


def test_without_the_texts_as_sent_there_are_no_places() -> None:
    assert all(not one.places for one in reasons([read("开发票")], ["forgery"], FEATURES, WEIGHTS, 9)[0])
