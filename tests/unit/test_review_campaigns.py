"""What hits make of a campaign."""

from __future__ import annotations

from datetime import timedelta

from config.records import Contact
from review.campaigns import Share, Summary, by_campaign, contacts_of, shares
from tests.builders import NOW, a_hit

LATER = NOW + timedelta(hours=1)


def test_hits_are_grouped_by_campaign_and_those_not_looked_up_left_out() -> None:
    hits = [a_hit(campaign="b"), a_hit(campaign=""), a_hit(campaign="a"), a_hit(campaign="b")]
    assert [(key, len(found)) for key, found in by_campaign(hits).items()] == [("a", 1), ("b", 2)]


def test_the_surest_message_speaks_for_the_campaign() -> None:
    first = Summary(NOW, NOW).extended_by([a_hit(text="甲", spam=0.92, label="ad"), a_hit(text="乙", spam=0.91)])
    assert (first.text, first.label, first.spam, first.size) == ("甲", "ad", 0.92, 2)
    same = first.extended_by([a_hit(text="丙", spam=0.92)])
    assert (same.text, same.size) == ("甲", 3)
    assert same.extended_by([a_hit(text="丁", spam=0.99, label="fraud")]).text == "丁"


def test_a_campaign_knows_when_and_where_it_was_seen() -> None:
    summary = Summary(LATER, LATER).extended_by([a_hit(sent_at=NOW), a_hit(gateway="ismg", sent_at=LATER)])
    assert (summary.first_seen, summary.last_seen) == (NOW, LATER)
    again = summary.extended_by([a_hit(sent_at=NOW - timedelta(days=1))])
    assert again.gateways == {"smsc": 2, "ismg": 1}
    assert again.first_seen == NOW - timedelta(days=1)


def test_a_sender_counts_with_its_messages() -> None:
    hits = [a_hit(sender="2", sent_at=LATER), a_hit(sender="1"), a_hit(sender="2")]
    assert list(shares(hits).items()) == [("1", Share(1, NOW)), ("2", Share(2, LATER))]


def test_contacts_come_once_each_and_storable() -> None:
    hits = [a_hit(contacts=[Contact("wechat", "wan888"), Contact("link", "abc.top")]), a_hit()]
    assert contacts_of([*hits, *hits]) == [("link", "abc.top"), ("wechat", "wan888")]
