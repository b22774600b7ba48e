"""What each disguise costs: the share of spam found after it was put on, against that of the same texts as sent."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from models.classifier import Classifier
from models.corpus import Row
from models.errors import CorpusInvalid
from models.evaluation import score_rows
from models.labels import HAM

ALLOWED_DROP: Final = 5.0
"""Points of recall that a disguise may cost."""

Obfuscator = Callable[[str, random.Random], str]
Progress = Callable[[int, int], None]


class Disguised(msgspec.Struct, frozen=True):
    """Recall (share found at the threshold) after one disguise.

    `drop` is in points below plain, over all rows; `changed` counts the rows whose text the disguise altered, and
    `drop_of_changed` is the drop over these alone (0 if there are none): a disguise that touches few rows hides there.
    """

    recall: float
    drop: float
    changed: int
    drop_of_changed: float


class Robustness(msgspec.Struct, frozen=True):
    """Recall of `rows` spam rows as sent (`plain`) and after each disguise, by the disguise's name."""

    threshold: float
    seed: int
    rows: int
    plain: float
    disguises: dict[str, Disguised]

    @property
    def worst(self) -> float:
        """The largest drop in points; 0 without disguises."""
        return max((each.drop for each in self.disguises.values()), default=0.0)


def _silent(_done: int, _total: int) -> None:
    pass


def robustness(
    classifier: Classifier,
    rows: Sequence[Row],
    threshold: float,
    *,
    obfuscators: Mapping[str, Obfuscator] | None = None,
    seed: int = 7,
    progress: Progress = _silent,
) -> Robustness:
    """Put every disguise (all of `OBFUSCATORS` unless given) on the spam rows; rows of ham are left aside.

    A row is disguised in the same way for the same seed, whatever the others are. Raises CorpusInvalid without spam.
    """
    spam = [row for row in rows if row.label != HAM]
    if not spam:
        raise CorpusInvalid("no spam row to disguise")
    disguises = _all() if obfuscators is None else obfuscators
    found = score_rows(classifier, spam).spam >= threshold
    plain, results = float(found.mean()), {}
    for done, (name, disguise) in enumerate(disguises.items()):
        progress(done, len(disguises))
        texts = [disguise(row.text, _rng(seed, name, row.text)) for row in spam]
        masked = [Row(row.label, text, row.source, row.subtype) for row, text in zip(spam, texts, strict=True)]
        after = score_rows(classifier, masked).spam >= threshold
        changed = np.array([text != row.text for row, text in zip(spam, texts, strict=True)])
        results[name] = Disguised(
            recall=float(after.mean()),
            drop=100 * (plain - float(after.mean())),
            changed=int(changed.sum()),
            drop_of_changed=100 * float(found[changed].mean() - after[changed].mean()) if changed.any() else 0.0,
        )
    progress(len(disguises), len(disguises))
    return Robustness(threshold, seed, len(spam), plain, results)


def _all() -> Mapping[str, Obfuscator]:
    from models.obfuscation import OBFUSCATORS

    return OBFUSCATORS


def _rng(seed: int, name: str, text: str) -> random.Random:
    return random.Random(zlib.crc32(f"{seed}\t{name}\t{text}".encode()))  # noqa: S311 - variety, not secrecy
