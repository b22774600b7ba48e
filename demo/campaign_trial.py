"""How well campaigns are found: variants of many texts go through the index in any order; what belongs together, is."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from config.records import Hit
from demo.campaign_variants import variant
from models.corpus import Row, read_corpus
from models.grouping import groups
from models.labels import HAM
from models.text import read_many
from models.wording.generator import generate
from models.wording.shipped import WRITTEN

AT_ONCE: Final = 200
_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
Mark = Callable[[Sequence[Hit]], Awaitable[list[Hit]]]


@dataclass(frozen=True)
class Figures:
    """What a trial came to.

    Attributes:
        campaigns: texts that variants were made of.
        messages: variants in all.
        together: share of the variants that are where most of their own campaign are.
        pairs_together: share of the pairs of variants of one campaign that are together.
        strangers_together: share of the pairs of variants of different campaigns that are together.
        astray: share of the variants that are where most are of another campaign.
        found: campaigns that the index made of them.
    """

    campaigns: int
    messages: int
    together: float
    pairs_together: float
    strangers_together: float
    astray: float
    found: int


def template_texts(count: int, seed: int) -> list[str]:
    """One text of each of so many templates of spam, without disguise or with one."""
    rows = [row for row in generate(1, seed) if row.label != HAM]
    return [row.text for row in random.Random(seed).sample(rows, min(count, len(rows)))]  # noqa: S311 - variety


def written_texts(count: int, seed: int) -> list[str]:
    """So many texts of spam out of `written.tsv`, no two of them near-duplicates."""
    return distinct(read_corpus([WRITTEN]).rows, count, seed)


def distinct(rows: Sequence[Row], count: int, seed: int) -> list[str]:
    """So many texts of spam, one out of each group of near-duplicates."""
    spam = [row.text for row in rows if row.label != HAM]
    random.Random(seed).shuffle(spam)  # noqa: S311 - variety, not secrecy
    firsts = {number: text for text, number in zip(reversed(spam), reversed(groups(spam)), strict=True)}
    return list(firsts.values())[:count]


async def trial(texts: Sequence[str], variants: int, seed: int, mark: Mark) -> Figures:
    """Let `mark` (an empty index) see so many variants of each text, in any order, as hits of different senders."""
    rng = random.Random(seed)  # noqa: S311 - variety, not secrecy
    sent = [(number, variant(text, rng)) for number, text in enumerate(texts) for _ in range(variants)]
    rng.shuffle(sent)
    readings = read_many([text for _, text in sent])
    hits = [_hit(place, text, read.text) for place, ((_, text), read) in enumerate(zip(sent, readings, strict=True))]
    marked: list[str] = []
    for start in range(0, len(hits), AT_ONCE):
        marked += [hit.campaign for hit in await mark(hits[start : start + AT_ONCE])]
    return figures([number for number, _ in sent], marked)


def figures(truth: Sequence[int], found: Sequence[str]) -> Figures:
    """Compare which campaign each message is of with the one it was found to be of."""
    own = Counter(truth)
    by_both = Counter(zip(truth, found, strict=True))
    of_text: dict[int, int] = {}
    of_found: dict[str, int] = {}
    for (number, campaign), count in by_both.items():
        of_text[number] = max(of_text.get(number, 0), count)
        of_found[campaign] = max(of_found.get(campaign, 0), count)
    own_pairs, together = sum(map(_pairs, own.values())), sum(map(_pairs, by_both.values()))
    strangers = sum(map(_pairs, Counter(found).values())) - together
    return Figures(
        campaigns=len(own),
        messages=len(truth),
        together=sum(of_text.values()) / len(truth),
        pairs_together=together / own_pairs,
        strangers_together=strangers / (_pairs(len(truth)) - own_pairs),
        astray=1 - sum(of_found.values()) / len(truth),
        found=len(of_found),
    )


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _hit(place: int, text: str, normalised: str) -> Hit:
    return Hit(
        id=str(place),
        gateway="smsc",
        sent_at=_AT,
        sender=f"138{place:08}",
        receiver="13900000000",
        text=text,
        normalised=normalised,
        label="fraud",
        spam=1.0,
        scores={},
        why=[],
        model="trial",
        scored_at=_AT,
    )
