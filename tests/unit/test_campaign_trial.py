"""The trial of campaigns: variants differ as senders make them differ, and its figures are right."""

from __future__ import annotations

import random

from demo.campaign_trial import figures, template_texts, written_texts
from demo.campaign_variants import variant
from models.grouping import groups


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - variety, not secrecy


TEXT = "【星河娱乐】王经理您好，今日首存100送88元，提款三分钟到账，官网xh668.top，加微信xinghe88，电话13800001111"


def test_a_variant_advertises_other_contacts() -> None:
    for seed in range(50):
        made = variant(TEXT, chance(seed))
        assert not any(contact in made for contact in ("xh668", "xinghe88", "13800001111"))


def test_the_same_seed_makes_the_same_variant_and_others_others() -> None:
    made = [variant(TEXT, chance(seed)) for seed in range(30)]
    assert made == [variant(TEXT, chance(seed)) for seed in range(30)]
    assert len(set(made)) == 30


def test_the_texts_of_a_trial_are_no_near_duplicates() -> None:
    texts = written_texts(200, seed=1)
    assert len(set(groups(texts))) == len(texts) == 200
    assert len(set(template_texts(100, seed=1))) == 100


def test_figures_count_variants_and_pairs() -> None:
    perfect = figures([1, 1, 2, 2], ["a", "a", "b", "b"])
    assert (perfect.together, perfect.pairs_together, perfect.strangers_together, perfect.found) == (1, 1, 0, 2)
    apart = figures([1, 1, 1, 1, 2, 2], ["a", "a", "a", "b", "a", "c"])
    assert (apart.campaigns, apart.messages, apart.found) == (2, 6, 3)
    assert apart.together == 4 / 6
    assert round(apart.astray, 9) == round(1 / 6, 9)
    assert apart.pairs_together == 3 / 7
    assert apart.strangers_together == 3 / 8
