"""How the bench measures."""

from __future__ import annotations

from collections.abc import Sequence

from demo.bench_models import some_texts
from demo.benching import Contender, measure


def test_contenders_take_turns_and_the_warm_up_is_not_counted() -> None:
    turns: list[tuple[str, int]] = []

    def contender(name: str, share: float) -> Contender:
        def run(texts: Sequence[str]) -> None:
            turns.append((name, len(texts)))

        return Contender(name, run, share)

    results = measure([contender("a", 1.0), contender("b", 0.5)], ["text"] * 10, rounds=2)

    assert turns == [("a", 10), ("b", 5)] * 3
    assert [result.name for result in results] == ["a", "b"]
    assert all(result.slowest <= result.sms_per_s <= result.fastest for result in results)


def test_the_measured_texts_are_the_same_for_the_same_seed_and_hold_both_kinds() -> None:
    assert some_texts(200, 1) == some_texts(200, 1)
    assert set(some_texts(200, 1)[1]) == {True, False}
