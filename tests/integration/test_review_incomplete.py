"""A long SMS that came whole at one gateway and with parts missing at another is one piece of evidence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config.records import GAP
from review.casework import TakenHits, take_hits
from review.models import Case, Evidence, Sighting
from tests.builders import NOW, a_hit
from tests.review_builders import POLICY

pytestmark = pytest.mark.django_db
FIRST, SECOND = "代开各地正规发票，税率优惠，验证后付款，", "长期有效，欢迎来电，加微信fapiao_7766"
A_MINUTE = timedelta(minutes=1)


def test_what_lacks_parts_is_noted_on_the_evidence_of_the_whole() -> None:
    whole, half = a_hit(gateway="smsc", text=FIRST + SECOND), a_hit(gateway="ismg", text=FIRST + GAP)
    other_half = a_hit(gateway="interconnect", text=GAP + SECOND, sent_at=NOW + A_MINUTE)
    assert take_hits([whole, half], NOW, POLICY) == TakenHits(evidence=1, duplicates=1, opened=1, elsewhere=1)
    assert take_hits([other_half], NOW, POLICY).elsewhere == 1
    assert take_hits([half, other_half], NOW, POLICY) == TakenHits(evidence=0, duplicates=2, opened=0), "read again"
    assert (Case.objects.get().evidence_count, Evidence.objects.get().text) == (1, FIRST + SECOND)
    assert set(Sighting.objects.values_list("gateway", flat=True)) == {"ismg", "interconnect"}


def test_another_text_that_lacks_parts_is_evidence_of_its_own() -> None:
    take_hits([a_hit(gateway="smsc", text=FIRST + SECOND)], NOW, POLICY)
    others = [
        a_hit(gateway="ismg", text=SECOND + GAP),
        a_hit(gateway="ismg", text=FIRST + GAP, receiver="13900000077"),
        a_hit(gateway="smsc", text=FIRST + GAP),
        a_hit(gateway="ismg", text=FIRST + GAP, sent_at=NOW + 30 * A_MINUTE),
    ]
    assert take_hits(others, NOW, POLICY).evidence == len(others)
