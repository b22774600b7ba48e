"""The casework app: hits become evidence in cases, samples wait for reviewers, the network's answers settle orders.

It keeps the dead letters of all workers for the console, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from config.environment import Environment
from config.policy import load_policy
from config.records import DeadLetter, EnforcementAck, Hit, Sample
from config.topics import ENFORCEMENT_ACKS, SMS_HITS, SMS_REJECTED, SMS_SAMPLES
from review.casework import take_acks, take_hits
from review.dead_letters import check_letter, keep_letters
from review.sampling import take_samples
from streams.checks import check_moments
from streams.desks import BROKEN_WORLD_WITH_DATABASE, in_database
from streams.engine import Engine
from streams.lines import Item


def make_engine(environment: Environment) -> Engine:
    """Wire the app together; Django is set up before.

    Raises:
        config.policy.PolicyError: the policy file is wrong.
    """
    policy = load_policy(environment.policy_path)
    engine = Engine("casework", environment, BROKEN_WORLD_WITH_DATABASE)

    async def open_or_extend_cases(items: Sequence[Item[Hit]]) -> None:
        await in_database(lambda: take_hits([item.message for item in items], datetime.now(UTC), policy))

    async def keep_samples(items: Sequence[Item[Sample]]) -> None:
        await in_database(lambda: take_samples([item.message for item in items]))

    async def settle_orders(items: Sequence[Item[EnforcementAck]]) -> None:
        await in_database(lambda: take_acks([item.message for item in items], datetime.now(UTC)))

    async def keep_dead_letters(items: Sequence[Item[DeadLetter]]) -> None:
        await in_database(lambda: keep_letters([item.message for item in items]))

    engine.reads([SMS_HITS], msgspec.json.Decoder(Hit), check_moments, open_or_extend_cases)
    engine.reads([SMS_SAMPLES], msgspec.json.Decoder(Sample), check_moments, keep_samples)
    engine.reads([ENFORCEMENT_ACKS], msgspec.json.Decoder(EnforcementAck), check_moments, settle_orders)
    engine.reads([SMS_REJECTED], msgspec.json.Decoder(DeadLetter), check_letter, keep_dead_letters)
    return engine
