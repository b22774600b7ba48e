"""The contenders of `qingxin bench models`: ours, and what people usually take, all from raw text to a label.

The others are trained on texts of `models.wording` with all nine labels; ours is the released model. They are measured
on other texts: those of the demo's traffic, which come from templates of their own.
"""

from __future__ import annotations

import logging
import random
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.errors import ContenderMissingError
from demo.traffic.disguise import disguise
from demo.traffic.slots import fill
from demo.traffic.stream import SPAM_SHARE
from demo.traffic.templates import Group, ham_groups, spam_groups
from models.artifact import Artifact, default_artifact, load
from models.classifier import Classifier
from models.corpus import Row
from models.tokens import cutter
from models.wording.generator import generate

BATCH = 500
TRAINING_SEED = 4_711
NAIVE = ("naive-one-by-one", "naive-batched")
FASTTEXT = ("fasttext-jieba", "fasttext-rjieba")
OURS = ("ours-one-by-one", "ours-batched")
FAMILIES = ("naive", "fasttext", "ours")
"""Those of one family share a process."""
FASTTEXT_SETTINGS = {"lr": 1.0, "epoch": 25, "wordNgrams": 2, "bucket": 200_000, "thread": 1, "seed": 1, "verbose": 0}
"""Those of its own tutorial, with a tenth of the usual buckets: 2,000,000 would take 800 MB and be slower."""

Batches = Callable[[list[str]], list[str]]
"""Texts as fastText wants them: on one line each, words with blanks between."""


@dataclass(frozen=True)
class Contender:
    """One way of doing the work; `run` takes the texts and gives one answer after the other."""

    name: str
    run: Callable[[Sequence[str]], Iterable[object]]


def some_texts(count: int, seed: int) -> tuple[list[str], list[bool]]:
    """Give texts of the demo's traffic in its proportions, and which of them are spam."""
    rng = random.Random(seed)  # noqa: S311 - believable, not secret
    ham, spam = ham_groups(), spam_groups()
    kinds = [rng.random() < SPAM_SHARE for _ in range(count)]
    groups = [rng.choice(spam) if kind else rng.choices(ham, [group.weight for group in ham])[0] for kind in kinds]
    return [_text(group, rng) for group in groups], kinds


def training_rows() -> list[Row]:
    """Give the rows that the others are trained on: one text of each template of the wording."""
    return list(generate(1, TRAINING_SEED))


def batches(texts: Sequence[str]) -> list[list[str]]:
    """Cut texts into batches of `BATCH`."""
    return [list(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]


def naive(rows: Sequence[Row]) -> list[Contender]:
    """Train jieba + TF-IDF + logistic regression."""
    import jieba
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    jieba.setLogLevel(logging.WARNING)
    jieba.initialize()
    model = make_pipeline(
        TfidfVectorizer(tokenizer=jieba.lcut, token_pattern=None, lowercase=False), LogisticRegression(max_iter=200)
    )
    model.fit([row.text for row in rows], [row.label for row in rows])
    one_by_one, batched = NAIVE
    return [
        Contender(one_by_one, lambda texts: (model.predict([text]) for text in texts)),
        Contender(batched, lambda texts: (model.predict(part) for part in batches(texts))),
    ]


def fasttext(rows: Sequence[Row]) -> list[Contender]:
    """Train fastText with both segmenters. Raises ContenderMissingError, which says how to get it."""
    try:
        from fasttext import train_supervised
    except ImportError as error:
        raise ContenderMissingError(
            f"{' and '.join(FASTTEXT)} are left out, fastText is not installed: `scripts/setup bench` installs it "
            "where there is a wheel (Python 3.11 and 3.12 on Linux, and on Macs with an Intel processor)"
        ) from error
    by_jieba, by_rjieba = FASTTEXT
    return [
        _fasttext(by_jieba, rows, cut_by_jieba, train_supervised),
        _fasttext(by_rjieba, rows, cut_by_rjieba(), train_supervised),
    ]


def ours(artifact: Artifact) -> list[Contender]:
    """Take the model as it serves, reasons for the hits included."""
    classifier = Classifier(artifact)
    one_by_one, batched = OURS
    return [
        Contender(one_by_one, lambda texts: (classifier.verdicts([text]) for text in texts)),
        Contender(batched, lambda texts: (classifier.verdicts(part) for part in batches(texts))),
    ]


def family(name: str) -> list[Contender]:
    """Make one of `FAMILIES` ready. Raises ContenderMissingError."""
    if name == "ours":
        return ours(load(default_artifact()))
    return {"naive": naive, "fasttext": fasttext}[name](training_rows())


def cut_by_jieba(texts: list[str]) -> list[str]:
    """Cut each text with jieba."""
    import jieba

    return [" ".join(jieba.lcut(text.replace("\n", " "))) for text in texts]


def cut_by_rjieba() -> Batches:
    """Give a function that cuts a whole batch at once with rjieba, which is the fastest way."""
    cut = cutter()
    return lambda texts: " ".join(cut("\n".join(text.replace("\n", " ") for text in texts))).split("\n")


def _fasttext(name: str, rows: Sequence[Row], cut: Batches, train: Callable[..., Any]) -> Contender:
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "rows.txt"
        lines = [
            f"__label__{row.label} {words}\n" for row, words in zip(rows, cut([row.text for row in rows]), strict=True)
        ]
        written.write_text("".join(lines), encoding="utf-8")
        model = train(input=str(written), **FASTTEXT_SETTINGS)
    return Contender(name, lambda texts: (model.predict(cut(part)) for part in batches(texts)))


def _text(group: Group, rng: random.Random) -> str:
    text = fill(rng.choice(group.texts), rng)
    return disguise(text, rng) if rng.random() < group.disguise else text
