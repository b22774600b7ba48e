"""Who sends and who receives in the demo: citizens, services with their ports, and spammers who come back."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from demo.traffic.slots import mobile
from demo.traffic.templates import Group, spam_groups

CITIZENS = 3000
SPAMMERS = 48
NEW_SPAMMER = 0.01
"""Share of spam that comes from a number never seen before."""
BANK_PORTS = ("95501", "95502", "95503", "95504", "95505")


@dataclass(frozen=True)
class Spammer:
    """A sender of spam with his kind of text and the gateway he comes through."""

    number: str
    group: Group
    gateway: str


@dataclass
class People:
    """Everybody in the demo; the same seed gives the same people."""

    rng: random.Random
    gateways: tuple[str, ...]
    citizen_count: int = CITIZENS
    citizens: list[str] = field(init=False)
    services: list[str] = field(init=False)
    spammers: list[Spammer] = field(init=False)

    def __post_init__(self) -> None:
        self.citizens = [mobile(self.rng) for _ in range(self.citizen_count)]
        self.services = [f"1069{self.rng.randint(10**7, 10**8 - 1)}" for _ in range(60)]
        groups = spam_groups()
        self.spammers = [self.new_spammer(groups[index % len(groups)]) for index in range(SPAMMERS)]

    def new_spammer(self, group: Group | None = None) -> Spammer:
        """Give a spammer who was not there before: mostly a mobile number, sometimes a port."""
        group = group or self.rng.choice(spam_groups())
        by_port = group.label == "ad" or self.rng.random() < 0.15  # noqa: PLR2004 - a share
        number = f"1065{self.rng.randint(10**7, 10**8 - 1)}" if by_port else mobile(self.rng)
        return Spammer(number, group, self.rng.choice(self.gateways))

    def a_spammer(self) -> Spammer:
        """Give one of the spammers, the first ones more often, so that their cases grow; now and then a new one."""
        if self.rng.random() < NEW_SPAMMER:
            self.spammers.append(self.new_spammer())
            return self.spammers[-1]
        place = min(int(self.rng.expovariate(4 / len(self.spammers))), len(self.spammers) - 1)
        return self.spammers[place]

    def sender_of(self, group: Group) -> str:
        """Give a sender for a group of ham."""
        if group.sender == "service":
            return self.rng.choice(self.services)
        if group.sender == "bank":
            return self.rng.choice(BANK_PORTS)
        if group.sender == "person":
            return self.rng.choice(self.citizens)
        return group.sender

    def receiver(self) -> str:
        """Give somebody who receives an SMS."""
        return self.rng.choice(self.citizens)
