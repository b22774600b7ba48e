"""Which dossiers contacts unite, and which contacts unite nothing: pure functions of values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from review.rules import FoundBy

_DOSSIER, _CONTACT = 0, 1
_Node = tuple[int, int]


@dataclass(frozen=True)
class Union:
    """Contacts without a dossier that belong together, and the dossiers they unite, oldest first; none: a new one."""

    contacts: tuple[int, ...]
    dossiers: tuple[int, ...]


def is_shared(labels: Mapping[str, int], most_campaigns: int, kinds: int) -> bool:
    """Tell whether strangers share a contact, such as a bank's hotline or a host of many: it tells nothing of anybody.

    Args:
        labels: how many campaigns of each label advertise it.
        most_campaigns: above so many it is shared.
        kinds: as it is if so many labels have two campaigns or more each; a single one may be the model's mistake.
    """
    of_spam = [count for label, count in labels.items() if label != FoundBy.VOLUME]  # the model saw nothing in those
    return sum(labels.values()) > most_campaigns or sum(count > 1 for count in of_spam) >= kinds


def unions(
    advertised: Mapping[int, Collection[int]],
    dossier_of: Mapping[int, int | None],
    campaigns_of: Mapping[int, Collection[int]],
    most: int,
) -> list[Union]:
    """Decide which contacts come into one dossier: those that one campaign advertises together, and so on from there.

    Nothing is united that would hold too many campaigns: what so many share tells nothing about who is behind them.

    Args:
        advertised: for each campaign that brought a contact all contacts it ever advertised, but for shared ones.
        dossier_of: the dossier of each of these, if it has one.
        campaigns_of: the campaigns of each of these dossiers.
        most: the most campaigns of a dossier that is united.
    """
    members: dict[_Node, set[int]] = {}
    nodes_of = {campaign: sorted(_nodes(contacts, dossier_of)) for campaign, contacts in advertised.items()}
    for campaign, nodes in nodes_of.items():
        for node in nodes:
            known = campaigns_of.get(node[1], ()) if node[0] == _DOSSIER else ()
            members.setdefault(node, set(known)).add(campaign)
    groups = _united(nodes_of.values(), members, most)
    found = [
        Union(
            tuple(number for kind, number in nodes if kind == _CONTACT),
            tuple(number for kind, number in nodes if kind == _DOSSIER),
        )
        for nodes in groups
    ]
    return sorted(
        (one for one in found if one.contacts or len(one.dossiers) > 1), key=lambda one: (one.dossiers, one.contacts)
    )


def parted(advertised: Mapping[int, Collection[int]]) -> list[tuple[int, ...]]:
    """Give the contacts that are still together when shared ones are taken out of a dossier, the most first.

    Args:
        advertised: the contacts of each campaign of the dossier, but for shared ones.
    """
    nodes_of = {campaign: sorted((_CONTACT, one) for one in contacts) for campaign, contacts in advertised.items()}
    groups = _united(nodes_of.values(), {node: set() for nodes in nodes_of.values() for node in nodes}, len(nodes_of))
    return sorted((tuple(number for _, number in nodes) for nodes in groups), key=lambda one: (-len(one), one))


def _nodes(contacts: Iterable[int], dossier_of: Mapping[int, int | None]) -> set[_Node]:
    return {
        (_CONTACT, contact) if dossier is None else (_DOSSIER, dossier)
        for contact in contacts
        for dossier in [dossier_of[contact]]
    }


def _united(
    together: Iterable[Sequence[_Node]], members: Mapping[_Node, set[int]], most: int
) -> Iterable[Sequence[_Node]]:
    """Group nodes that stand together somewhere, as far as a group has at most so many members."""
    parents = {node: node for node in sorted(members)}
    held = dict(members)

    def root(one: _Node) -> _Node:
        while parents[one] != one:
            parents[one] = parents[parents[one]]
            one = parents[one]
        return one

    for nodes in together:
        for one, other in combinations(nodes, 2):
            first, second = sorted((root(one), root(other)))
            if first != second and len(both := held[first] | held[second]) <= most:
                parents[second], held[first] = first, both
    groups: dict[_Node, list[_Node]] = {}
    for node in parents:
        groups.setdefault(root(node), []).append(node)
    return groups.values()
