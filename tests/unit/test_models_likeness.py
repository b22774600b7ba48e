"""Near-identical texts are known by one number of theirs, and strangers are not taken for them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import pytest

from models.classifier import Classifier, default_artifact
from models.wording.shipped import shipped_rows

LOAN = "您好，我是平安普惠的客户经理，您的信用额度已提升到20万元，当天放款，利息低至三厘，详询13800001111"
NAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂"
TAILS = ("速回", "详询", "退订回T", "点击", "咨询", "马上加入", "名额有限", "欢迎来电")


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load(default_artifact())


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - variety, not secrecy


def share_alike(classifier: Classifier, texts: Sequence[str]) -> float:
    """Give the share of texts that have the commonest half of a likeness."""
    alike = [verdict.likeness for verdict in classifier.verdicts(texts)]
    halves = Counter(half for number in alike for half in {("low", number & 0xFFFFFFFF), ("high", number >> 32)})
    return max(halves.values()) / len(texts)


def test_a_campaign_whose_names_and_tails_differ_is_known_as_one(classifier: Classifier) -> None:
    some = chance(1)
    texts = [
        some.choice(NAMES) + "".join(some.sample(GIVEN, 2)) + LOAN + some.choice(TAILS) + some.choice("甲乙丙丁")
        for _ in range(100)
    ]
    digests = {verdict.digest for verdict in classifier.verdicts(texts)}
    assert len(digests) > 90
    assert share_alike(classifier, texts) >= 0.8


def test_a_random_last_letter_hides_nothing(classifier: Classifier) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    assert share_alike(classifier, [LOAN + one + two for one in letters for two in letters[:4]]) >= 0.8


def test_most_campaigns_are_known_by_most_of_their_texts(classifier: Classifier) -> None:
    some = chance(2)
    bases = some.sample([row.text for row in shipped_rows(1, 3) if len(row.text) > 25], 60)
    shares = [
        share_alike(
            classifier, [some.choice(NAMES) + some.choice(GIVEN) + text + some.choice(TAILS) for _ in range(60)]
        )
        for text in bases
    ]
    assert sum(shares) / len(shares) >= 0.9
    assert sum(share >= 0.7 for share in shares) >= 57


def test_strangers_are_not_taken_for_near_identical(classifier: Classifier) -> None:
    texts = chance(3).sample(sorted({row.text for row in shipped_rows(1, 3)}), 200)
    assert share_alike(classifier, texts) <= 0.12


def test_a_text_is_alike_to_itself_wherever_it_stands_and_short_ones_only_to_equal_ones(classifier: Classifier) -> None:
    texts = ["", "好", "好的", "好吧", LOAN, "1", LOAN, "晚上一起吃饭吗"]
    together = [verdict.likeness for verdict in classifier.verdicts(texts)]
    assert together == [classifier.verdicts([text])[0].likeness for text in texts]
    assert together == [verdict.likeness for verdict in classifier.verdicts(texts[::-1])][::-1]
    assert len(set(together)) == 7
    assert classifier.verdicts(["", ""])[0].likeness == classifier.verdicts([""])[0].likeness
