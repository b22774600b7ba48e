"""Which contacts come into one dossier, which stay out, and what comes apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.campaign_unions import Union, is_shared, parted, unions

MOST = 500


def united(
    advertised: Sequence[Collection[int]],
    dossier_of: Mapping[int, int | None],
    campaigns_of: Mapping[int, Collection[int]] | None = None,
    most: int = MOST,
) -> list[Union]:
    """What campaigns 0, 1 and so on unite."""
    return unions(dict(enumerate(advertised)), dossier_of, campaigns_of or {}, most)


def test_contacts_of_one_campaign_get_one_new_dossier() -> None:
    assert united([{1, 2}, {3}], {1: None, 2: None, 3: None}) == [Union((1, 2), ()), Union((3,), ())]


def test_a_known_contact_in_another_wording_joins_its_dossier() -> None:
    assert united([{1, 2}], {1: 7, 2: None}) == [Union((2,), (7,))]


def test_a_campaign_that_bridges_two_dossiers_unites_them_into_the_older() -> None:
    assert united([{1, 2}, {2, 3}], {1: 9, 2: 7, 3: None}) == [Union((3,), (7, 9))]


def test_what_is_together_already_is_left_alone() -> None:
    assert united([{1, 2}], {1: 7, 2: 7}) == []
    assert united([], {}) == []


def test_a_full_dossier_takes_nothing_more() -> None:
    full = {7: range(MOST + 1)}
    assert united([{1, 2, 3}], {1: 7, 2: None, 3: 8}, full) == [Union((2,), (8,))]
    assert united([{1}], {1: 7}, full) == []


def test_two_dossiers_that_would_hold_too_many_campaigns_together_stay_two() -> None:
    dossiers = {7: range(400), 8: range(400, 800)}
    assert united([{1, 2}], {1: 7, 2: 8}, dossiers) == []
    assert united([{1, 2}], {1: 7, 2: 8}, dossiers, most=800) == [Union((), (7, 8))]


def test_many_small_dossiers_unite_up_to_the_most_and_no_further() -> None:
    dossiers = {number: range(number * 100, number * 100 + 100) for number in range(10)}
    bridges = {10_000 + number: {number, number + 1} for number in range(9)}
    found = unions(bridges, {number: number for number in range(10)}, dossiers, 350)
    assert max(len(union.dossiers) for union in found) == 3


@pytest.mark.parametrize(
    ("labels", "shared"),
    [
        ({"fraud": 50}, False),
        ({"fraud": 51}, True),
        ({"fraud": 30, "loan": 21}, True),
        ({"gambling": 2, "loan": 2, "forgery": 2}, True),
        ({"gambling": 9, "loan": 2, "forgery": 1}, False),
        ({}, False),
    ],
)
def test_a_contact_is_shared_that_many_campaigns_or_kinds_of_spam_advertise(
    labels: Mapping[str, int], *, shared: bool
) -> None:
    assert is_shared(labels, most_campaigns=50, kinds=3) is shared


def test_volume_is_no_kind_of_spam_of_its_own() -> None:
    assert not is_shared({"ad": 2, "loan": 2, "volume": 9}, most_campaigns=50, kinds=3)
    assert is_shared({"ad": 2, "volume": 49}, most_campaigns=50, kinds=3)


def test_what_nothing_else_holds_together_comes_apart_the_most_first() -> None:
    assert parted({0: {5}, 1: {1, 2}, 2: {2, 3}, 3: {4}}) == [(1, 2, 3), (4,), (5,)]
    assert parted({}) == []


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
    found = united(advertised, dossier_of)
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
    assert united(advertised, after) == []
