"""What waits for the broker is bounded, and the first line that it has not taken is known."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from kafka.errors import KafkaTimeoutError
from kafka.future import Future

from streams import sending
from streams.packing import Packed, Packer
from streams.sending import FeedError, Sender


class SlowBroker:
    """Takes records and answers when it is told to."""

    def __init__(self) -> None:
        self.answers: list[Callable[[], object]] = []
        self.futures: list[Future] = []

    def send(self, topic: str, *, key: bytes, value: bytes, partition: int) -> Future:  # noqa: ARG002 - as Kafka's
        self.futures.append(Future())
        return self.futures[-1]


def a_record(place: int) -> Packed:
    record = Packed(0, b"k", (place, place), 0.0)
    record.lines.append(b"line")
    record.size = 5
    return record


def test_no_more_than_so_many_records_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "MAX_RECORDS", 3)
    broker, looked = SlowBroker(), threading.Event()
    sender = Sender(broker, "topic", looked.set)
    threads = [threading.Thread(target=lambda: [sender.send(a_record(place)) for place in range(5)])]
    threads[0].start()
    assert looked.wait(10)
    assert (len(broker.futures), sender.waiting) == (3, 3)
    for future in broker.futures[:2]:
        future.success(None)
    threads[0].join(10)
    assert (len(broker.futures), sender.waiting, sender.acknowledged) == (5, 3, 2)


def test_the_first_line_that_is_not_taken_is_known_whatever_the_order() -> None:
    broker = SlowBroker()
    sender = Sender(broker, "topic", lambda: None)
    for place in (10, 20, 30):
        sender.send(a_record(place))
    broker.futures[1].success(None)
    assert sender.first_waiting() == (10, 10)
    broker.futures[0].success(None)
    assert sender.first_waiting() == (30, 30)
    broker.futures[2].success(None)
    assert sender.first_waiting() is None
    sender.drain()


def test_a_record_that_is_not_taken_in_time_ends_the_feed() -> None:
    broker = SlowBroker()
    sender = Sender(broker, "topic", lambda: None)
    sender.send(a_record(1))
    broker.futures[0].failure(KafkaTimeoutError())
    with pytest.raises(FeedError, match="did not answer in time"):
        sender.drain()
    assert sender.first_waiting() == (1, 1)


def test_a_record_that_is_old_enough_is_sent_though_it_is_not_full() -> None:
    sent: list[Packed] = []
    packer = Packer(8, 100, sent.append)
    packer.add("13800000001", b"old", (1, 1), now=10.0)
    packer.add("13900000002", b"new", (5, 2), now=10.3)
    packer.flush(begun_before=10.1)
    assert [record.lines for record in sent] == [[b"old"]]
    assert packer.first_open() == (5, 2)


def test_records_close_by_bytes() -> None:
    sent: list[Packed] = []
    packer = Packer(1, 10_000, sent.append)
    for number in range(3):
        packer.add("1", b"x" * 300_000, (number, number))
    assert [len(record.lines) for record in sent] == [1, 1]
