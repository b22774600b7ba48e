"""One subscriber is one sender, however a gateway writes the number."""

from __future__ import annotations

import pytest

from streams.lines import Item, RawRecord
from streams.numbers import levelled
from tests.builders import an_sms

RECORD = RawRecord("sms.smsc", 0, 7, b"")


@pytest.mark.parametrize("sender", ["13800000001", "+8613800000001", "008613800000001", "8613800000001"])
def test_the_country_code_of_a_subscriber_is_taken_away(sender: str) -> None:
    (item,) = levelled([Item(an_sms(sender=sender, receiver="+8613900000002", text="在吗"), RECORD, 3)])

    assert (item.message.sender, item.message.receiver) == ("13800000001", "13900000002")
    assert (item.message.text, item.record, item.line) == ("在吗", RECORD, 3)


@pytest.mark.parametrize("sender", ["10690000001", "+85291234567", "8675512345678", "057188880000", "银行"])
def test_other_numbers_stay_as_they_are(sender: str) -> None:
    given = [Item(an_sms(sender=sender), RECORD, 1)]

    assert levelled(given) == given
