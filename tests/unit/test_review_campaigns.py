"""What hits make of a campaign, and which contacts come into one dossier."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from config.records import Contact
from review.campaigns import Share, Summary, Union, by_campaign, contacts_of, shares, unions
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


def test_contacts_of_one_campaign_get_one_new_dossier() -> None:
    assert unions([{1, 2}, {3}], {1: None, 2: None, 3: None}) == [Union((1, 2), ()), Union((3,), ())]


def test_a_known_contact_in_another_wording_joins_its_dossier() -> None:
    assert unions([{1, 2}], {1: 7, 2: None}) == [Union((2,), (7,))]


def test_a_campaign_that_bridges_two_dossiers_unites_them_into_the_older() -> None:
    assert unions([{1, 2}, {2, 3}], {1: 9, 2: 7, 3: None}) == [Union((3,), (7, 9))]


def test_what_is_together_already_is_left_alone() -> None:
    assert unions([{1, 2}], {1: 7, 2: 7}) == []
    assert unions([], {}) == []


def test_a_full_dossier_takes_nothing_more() -> None:
    assert unions([{1, 2, 3}], {1: 7, 2: None, 3: 8}, full={7}) == [Union((2,), (8,))]
    assert unions([{1}], {1: 7}, full={7}) == []


@settings(deadline=None)
@given(
    st.lists(st.sets(st.integers(0, 12), min_size=1, max_size=4), max_size=10),
    st.dictionaries(st.integers(0, 12), st.integers(100, 104)),
)
def test_afterwards_contacts_of_one_campaign_are_together_and_others_are_not(
    advertised: Sequence[set[int]], before: dict[int, int]
) -> None:
    # Given contacts of which some have a dossier
    contacts = set().union(*advertised)
    dossier_of = {contact: before.get(contact) for contact in contacts}
    # When the unions are applied
    found = unions(advertised, dossier_of)
    after = dict(dossier_of)
    for number, union in enumerate(found):
        kept = union.dossiers[0] if union.dossiers else 1000 + number
        for contact, dossier in dossier_of.items():
            if contact in union.contacts or dossier in union.dossiers:
                after[contact] = kept
    # Then every contact has one, those of a campaign the same, and nothing else came together
    links = [*advertised, *({c for c in contacts if dossier_of[c] == d} for d in set(before.values()))]
    for one in contacts:
        reached, size = {one}, 0
        while len(reached) > size:
            size = len(reached)
            for group in links:
                if group & reached:
                    reached |= group
        assert {contact for contact in contacts if after[contact] == after[one]} == reached
    assert all(dossier is not None for dossier in after.values())
    assert unions(advertised, after) == []
