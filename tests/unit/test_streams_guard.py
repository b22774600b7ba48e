"""The guard: one bad message never stops its neighbours, and a broken world acknowledges nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import BadRecordError
from config.records import DeadLetter
from streams import guard as guard_module
from streams.bad_share import BadShare, TooManyBadLinesError
from streams.guard import Guard, WorldBrokenError
from streams.lines import Item, RawRecord


class Desk:
    """Work that fails on some messages, and a graveyard."""

    def __init__(self, poison: set[int]) -> None:
        self.poison, self.done, self.buried = poison, [], []

    async def work(self, items: Sequence[Item[int]]) -> None:
        for item in items:
            if item.message in self.poison:
                raise BadRecordError("poison", str(item.message))
        self.done.extend(item.message for item in items)

    async def bury(self, letters: Sequence[DeadLetter]) -> None:
        self.buried.extend(letters)


def items(count: int) -> list[Item[int]]:
    record = RawRecord("sms.hits", 0, 7, b"\n".join(str(number).encode() for number in range(count)))
    return [Item(number, record, number + 1) for number in range(count)]


def a_guard(desk: Desk, given_up: list[WorldBrokenError] | None = None, patience: float = 60) -> Guard:
    told = given_up if given_up is not None else []
    return Guard("test", patience, desk.bury, told.append)


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1)))))
def test_every_message_is_either_done_once_or_buried_once(case: tuple[int, set[int]]) -> None:
    count, poison = case
    desk = Desk(poison)
    told = asyncio.run(a_guard(desk).apply(items(count), desk.work))
    assert told == desk.buried
    assert sorted(desk.done) == sorted(set(range(count)) - poison)
    assert sorted(letter.line - 1 for letter in desk.buried) == sorted(poison)
    assert {letter.reason for letter in desk.buried} <= {"poison"}


def test_a_fault_that_every_line_meets_stops_the_worker_before_all_of_them_are_buried() -> None:
    desk = Desk(set(range(5000)))
    guard = a_guard(desk)
    guard.failures = BadShare(limit=0.5, lines=100)

    with pytest.raises(TooManyBadLinesError, match=r"poison in sms\.hits"):
        asyncio.run(guard.apply(items(5000), desk.work))
    assert len(desk.buried) < 100


def test_lines_that_fail_among_many_that_do_not_stop_nothing() -> None:
    desk = Desk(set(range(0, 3000, 3)))
    guard = a_guard(desk)
    guard.failures = BadShare(limit=0.5, lines=100)

    assert len(asyncio.run(guard.apply(items(3000), desk.work))) == 1000


def test_an_unforeseen_error_is_a_dead_letter_too() -> None:
    desk = Desk(set())

    async def stumble(batch: Sequence[Item[int]]) -> None:
        await desk.work(batch)
        if any(item.message == 2 for item in batch):
            raise ZeroDivisionError

    asyncio.run(a_guard(desk).apply(items(4), stumble))
    assert [(letter.line, letter.reason) for letter in desk.buried] == [(3, "processing_failed")]


def test_a_broken_world_is_waited_out_and_the_work_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard_module, "FIRST_WAIT", 0.001)
    desk, failures = Desk(set()), [ConnectionError("away"), TimeoutError("slow")]

    async def work(batch: Sequence[Item[int]]) -> None:
        if failures:
            raise failures.pop()
        await desk.work(batch)

    asyncio.run(a_guard(desk).apply(items(3), work))
    assert desk.done == [0, 1, 2]
    assert desk.buried == []


def test_a_world_that_stays_broken_stops_the_worker_and_acknowledges_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard_module, "FIRST_WAIT", 0.001)
    desk, given_up = Desk(set()), []

    async def work(_batch: Sequence[Item[Any]]) -> None:
        raise ConnectionError("away")

    async def scenario() -> bool:
        task = asyncio.create_task(a_guard(desk, given_up, patience=0.0).apply(items(1), work))
        while not given_up:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        still_held = not task.done()
        task.cancel()
        return still_held

    assert asyncio.run(scenario()), "returning would acknowledge the message"
    assert len(given_up) == 1
    assert desk.buried == []


def test_a_fault_of_our_own_stops_the_worker_and_acknowledges_nothing() -> None:
    given_up: list[WorldBrokenError] = []

    async def stumble() -> None:
        raise ZeroDivisionError

    async def scenario() -> bool:
        task = asyncio.create_task(a_guard(Desk(set()), given_up).contain(stumble))
        while not given_up:
            await asyncio.sleep(0)
        still_held = not task.done()
        task.cancel()
        return still_held

    assert asyncio.run(scenario()), "returning would acknowledge the message"
    assert "ZeroDivisionError" in str(given_up[0])
