"""Two models on the same SMS: what counts, what is new, what is worth keeping; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import ceil

from config.records import Sms
from models.labels import HAM

HOURS_A_DAY = 24
Labels = tuple[str, str]
"""The label that the serving model gave, and the candidate's."""


class Kind(StrEnum):
    """How two models can differ about an SMS, or not."""

    SAME = "same"
    ONLY_SERVING = "only_serving"
    ONLY_CANDIDATE = "only_candidate"
    OTHER_LABEL = "other_label"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one model says: its label at its threshold, and the probability of not being ham (0..1)."""

    label: str
    spam: float


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a line stands in its partition; lines count from 1."""

    offset: int
    line: int


@dataclass(frozen=True, slots=True)
class Compared:
    """An SMS with both opinions and the place it came from; `sent_at` is in UTC."""

    sms: Sms
    sent_at: datetime
    serving: Opinion
    candidate: Opinion
    topic: str
    partition: int
    place: Place

    @property
    def kind(self) -> Kind:
        """How the opinions differ."""
        return kind_of((self.serving.label, self.candidate.label))


@dataclass(frozen=True)
class Figures:
    """What the tallies of two models come to; a hit is any label but ham."""

    compared: int
    same_hits: int
    other_label: int
    only_serving: int
    only_candidate: int
    changes: Sequence[tuple[str, str, int]]

    @property
    def both_hits(self) -> int:
        """Hits of both models, whatever the label."""
        return self.same_hits + self.other_label

    @property
    def serving_hits(self) -> int:
        """Hits of the serving model."""
        return self.both_hits + self.only_serving

    @property
    def candidate_hits(self) -> int:
        """Hits of the candidate."""
        return self.both_hits + self.only_candidate


def kind_of(labels: Labels) -> Kind:
    """Say how two labels differ."""
    serving, candidate = labels
    if serving == candidate:
        return Kind.SAME
    if candidate == HAM:
        return Kind.ONLY_SERVING
    return Kind.ONLY_CANDIDATE if serving == HAM else Kind.OTHER_LABEL


def not_yet_tallied(found: Iterable[Compared], positions: Mapping[tuple[str, int], Place]) -> list[Compared]:
    """Leave out what was tallied before: lines up to the position of their partition."""
    start = Place(-1, 0)
    return [one for one in found if one.place > positions.get((one.topic, one.partition), start)]


def positions_after(found: Iterable[Compared]) -> dict[tuple[str, int], Place]:
    """Give the furthest place of each partition, partitions in a fixed order."""
    furthest: dict[tuple[str, int], Place] = {}
    for one in found:
        key = (one.topic, one.partition)
        furthest[key] = max(furthest.get(key, one.place), one.place)
    return dict(sorted(furthest.items()))


def tallies(found: Iterable[Compared]) -> Counter[tuple[datetime, Labels]]:
    """Count SMS by the hour they were sent in and by both labels."""
    return Counter(
        (one.sent_at.replace(minute=0, second=0, microsecond=0), (one.serving.label, one.candidate.label))
        for one in found
    )


def allowance(kept_today: int, now: datetime, per_day: int) -> int:
    """Say how many differing messages may be kept now: the day's number is let out hour by hour, none is lost."""
    return max(0, ceil(per_day * (now.hour + 1) / HOURS_A_DAY) - kept_today)


def figures(counts: Mapping[Labels, int]) -> Figures:
    """Sum up the tallies; `changes` are the pairs of different labels, the most frequent first."""
    by_kind: Counter[Kind] = Counter()
    for labels, count in counts.items():
        by_kind[kind_of(labels)] += count
    changes = [(*labels, count) for labels, count in counts.items() if kind_of(labels) != Kind.SAME]
    return Figures(
        compared=sum(counts.values()),
        same_hits=sum(count for labels, count in counts.items() if labels[0] == labels[1] != HAM),
        other_label=by_kind[Kind.OTHER_LABEL],
        only_serving=by_kind[Kind.ONLY_SERVING],
        only_candidate=by_kind[Kind.ONLY_CANDIDATE],
        changes=sorted(changes, key=lambda change: (-change[2], change)),
    )
