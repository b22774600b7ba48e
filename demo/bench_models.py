"""The contenders of `qingxin bench models`: our classifier, and the usual jieba + TF-IDF + logistic regression."""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence

from demo.benching import Contender
from demo.traffic.disguise import disguise
from demo.traffic.slots import fill
from demo.traffic.stream import SPAM_SHARE
from demo.traffic.templates import Group, ham_groups, spam_groups
from models.classifier import Classifier, default_artifact

BATCH = 500
TRAINING_TEXTS = 4000
ONE_BY_ONE_SHARE = 0.04
"""Part of the texts that the slow contenders are given, so that a round stays short."""


def some_texts(count: int, seed: int) -> tuple[list[str], list[bool]]:
    """Give texts of the demo's traffic in its proportions, and which of them are spam."""
    rng = random.Random(seed)  # noqa: S311 - believable, not secret
    ham, spam = ham_groups(), spam_groups()
    kinds = [rng.random() < SPAM_SHARE for _ in range(count)]
    groups = [rng.choice(spam) if kind else rng.choices(ham, [group.weight for group in ham])[0] for kind in kinds]
    return [_text(group, rng) for group in groups], kinds


def _text(group: Group, rng: random.Random) -> str:
    text = fill(rng.choice(group.texts), rng)
    return disguise(text, rng) if rng.random() < group.disguise else text


def _in_batches(work: Sequence[str], size: int) -> list[Sequence[str]]:
    return [work[start : start + size] for start in range(0, len(work), size)]


def contenders(seed: int) -> list[Contender]:
    """Load ours, and train the naive one on texts that it is not measured with."""
    import jieba
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    jieba.setLogLevel(logging.WARNING)
    jieba.initialize()
    naive = make_pipeline(
        TfidfVectorizer(tokenizer=jieba.lcut, token_pattern=None, lowercase=False), LogisticRegression(max_iter=200)
    )
    naive.fit(*some_texts(TRAINING_TEXTS, seed + 1))
    ours = Classifier.load(default_artifact())
    return [
        Contender("naive-one-by-one", lambda t: [naive.predict_proba([text]) for text in t], ONE_BY_ONE_SHARE),
        Contender("naive-batched", lambda t: [naive.predict_proba(part) for part in _in_batches(t, BATCH)]),
        Contender("ours-one-by-one", lambda t: [ours.verdicts([text]) for text in t], ONE_BY_ONE_SHARE),
        Contender("ours-batched", lambda t: [ours.verdicts(part) for part in _in_batches(t, BATCH)]),
    ]
