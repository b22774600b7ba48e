"""Two models on the same SMS: what is tallied, what differs, what is kept; each SMS counts once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.comparison import (
    Compared,
    Kind,
    Labels,
    Opinion,
    Place,
    allowance,
    figures,
    kind_of,
    not_yet_tallied,
    positions_after,
    tallies,
)
from tests.builders import NOW, an_sms

LABELS = st.sampled_from(["ham", "ad", "fraud"])


def compared(
    offset: int = 0, line: int = 1, *, serving: str = "ham", candidate: str = "ham", at: datetime = NOW
) -> Compared:
    return Compared(an_sms(), at, Opinion(serving, 0.1), Opinion(candidate, 0.9), "sms.smsc", 0, Place(offset, line))


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (("ham", "ham"), Kind.SAME),
        (("ad", "ad"), Kind.SAME),
        (("ad", "fraud"), Kind.OTHER_LABEL),
        (("ham", "fraud"), Kind.ONLY_CANDIDATE),
        (("fraud", "ham"), Kind.ONLY_SERVING),
    ],
)
def test_models_differ_in_one_of_three_ways(labels: Labels, kind: Kind) -> None:
    assert kind_of(labels) == kind


def test_sms_are_tallied_by_the_hour_they_were_sent_in() -> None:
    found = [compared(at=NOW), compared(at=NOW + timedelta(minutes=59)), compared(at=NOW + timedelta(hours=1))]
    assert tallies(found) == {(NOW, ("ham", "ham")): 2, (NOW + timedelta(hours=1), ("ham", "ham")): 1}


@given(
    labels=st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=30),
    reads=st.lists(st.tuples(st.integers(0, 29), st.integers(1, 30)), max_size=6),
)
def test_however_often_lines_are_delivered_again_each_is_tallied_once(
    labels: list[Labels], reads: list[tuple[int, int]]
) -> None:
    # Given lines of a partition, and reads that begin again at any place already reached
    lines = [compared(number // 3, number % 3 + 1, serving=a, candidate=b) for number, (a, b) in enumerate(labels)]
    positions: dict[tuple[str, int], Place] = {}
    counted: Counter[object] = Counter()
    reached = 0
    for start, length in [*reads, (0, len(lines)), (0, len(lines))]:
        begin = min(start, reached)
        batch = lines[begin : begin + length]
        fresh = not_yet_tallied(batch, positions)
        counted += tallies(fresh)
        positions |= positions_after(fresh)
        reached = max(reached, begin + len(batch))
    assert counted == tallies(lines)


@given(st.dictionaries(st.tuples(LABELS, LABELS), st.integers(1, 1000)))
def test_figures_add_up(counts: dict[Labels, int]) -> None:
    found = figures(counts)
    assert found.compared == sum(counts.values())
    assert found.serving_hits == sum(count for (mine, _), count in counts.items() if mine != "ham")
    assert found.candidate_hits == sum(count for (_, other), count in counts.items() if other != "ham")
    assert found.only_serving + found.only_candidate + found.other_label == sum(count for *_, count in found.changes)


def test_the_most_frequent_change_comes_first() -> None:
    found = figures({("ham", "ad"): 2, ("fraud", "ham"): 5, ("ham", "ham"): 100})
    assert [change[2] for change in found.changes] == [5, 2]


@given(hour=st.integers(0, 23), kept=st.integers(0, 500), per_day=st.integers(0, 300))
def test_never_more_than_the_days_number_is_kept(hour: int, kept: int, per_day: int) -> None:
    room = allowance(kept, datetime(2026, 11, 20, hour, tzinfo=UTC), per_day)
    assert room >= 0
    assert kept + room <= max(kept, per_day)


def test_room_that_was_not_used_is_there_later_in_the_day() -> None:
    assert allowance(0, NOW.replace(hour=0), 240) == 10
    assert allowance(0, NOW.replace(hour=23), 240) == 240
    assert allowance(235, NOW.replace(hour=23), 240) == 5
