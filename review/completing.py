"""Late parts of long SMS come into the evidence that was kept without them, within casework's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from config.records import Hit
from review.gaps import fills
from review.grouping import key_of, storable
from review.models import Case, Evidence
from review.rules import FoundBy, Status
from review.writing import write

Key = tuple[str, str]
"""Gateway and id."""
READ = ("text", "normalised", "label", "spam", "scores", "why", "model", "guards", "found_by", "velocity", "content")
"""What of evidence says how its SMS was read."""


@dataclass(frozen=True, slots=True)
class Known:
    """The evidence that an SMS is, or is a copy of, and its text."""

    evidence: Key
    text: str


def fuller_of(hits: Iterable[Hit], known: Mapping[Key, Known]) -> dict[Key, Hit]:
    """Give those hits that fill gaps in the text of their own evidence, the fullest of each, by its key."""
    found: dict[Key, Hit] = {}
    for hit in hits:
        if kept := known.get(key_of(hit)):
            before = storable(found[kept.evidence].text) if kept.evidence in found else kept.text
            if fills(storable(hit.text), before):
                found[kept.evidence] = hit
    return found


def changeable(evidence: Iterable[Evidence], cases: Collection[Case], now: datetime) -> list[Evidence]:
    """Give the evidence that late parts may change: nobody decided on its case yet, holds it, or gave the label."""
    open_cases = {
        case.pk for case in cases if case.status == Status.OPEN and case.round == 1 and not case.claimed_at(now)
    }
    return [one for one in evidence if one.case_id in open_cases and one.found_by in (FoundBy.MODEL, FoundBy.VOLUME)]


def complete(read: Mapping[int, Evidence], evidence: Sequence[Evidence]) -> None:
    """Write into evidence, by number, how its SMS is read now; which SMS it is, and its case and campaign, stay."""
    for one in evidence:
        for name in READ:
            setattr(one, name, getattr(read[one.pk], name))
        one.replayed = read[one.pk].replayed or one.replayed
    write(Evidence, evidence, [*READ, "replayed"])
