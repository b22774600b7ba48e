"""The shadow app: every SMS through the serving model and through a candidate; publishes nothing, judges nobody.

It has a consumer group of its own, so it can neither slow nor endanger scoring. Without a candidate it reads past the
SMS, so that the next candidate begins with live traffic.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from config.environment import Environment
from config.policy import load_policy
from config.records import Sms
from config.topics import GATEWAY_TOPICS
from models.classifier import Classifier
from review.comparison import Compared, Opinion, Place
from review.shadowing import take_compared
from streams.checks import check_sms
from streams.desks import BROKEN_WORLD_WITH_DATABASE, in_database
from streams.engine import Engine
from streams.following import serving_model, shadow_model
from streams.hits import is_exempt, moment
from streams.lines import Item


class Comparer:
    """Scores items with both models and hands over what they say."""

    def __init__(self, engine: Engine, environment: Environment, store: Path) -> None:
        self._engine = engine
        self._policy = load_policy(environment.policy_path)
        self._serving = serving_model("shadow", environment)
        self._candidate = shadow_model("shadow", store)
        self._say()

    async def work(self, items: Sequence[Item[Sms]]) -> None:
        """Compare items; without a candidate, or when it serves itself, do nothing with them."""
        await self._serving.refresh()
        await self._candidate.refresh()
        self._say()
        candidate, serving = self._candidate.name, self._serving.name
        if candidate in ("", serving):
            return
        compared = self._compare(items)
        await in_database(lambda: take_compared(compared, candidate, serving, datetime.now(UTC), self._policy))

    def _compare(self, items: Sequence[Item[Sms]]) -> list[Compared]:
        scored = [item for item in items if not is_exempt(item.message, self._policy.scoring.unscored_receivers)]
        texts = [item.message.text for item in scored]
        serving, candidate = (
            self._opinions(self._serving.classifier, texts),
            self._opinions(self._candidate.classifier, texts),
        )
        return [
            Compared(
                item.message, moment(item.message.sent_at), mine, other,
                item.record.topic, item.record.partition, Place(item.record.offset, item.line),
            )
            for item, mine, other in zip(scored, serving, candidate, strict=True)
        ]  # fmt: skip

    def _opinions(self, classifier: Classifier, texts: Sequence[str]) -> list[Opinion]:
        scores = classifier.score(texts)
        labels = scores.labels_at(self._policy.scoring.threshold or classifier.threshold)
        return [Opinion(label, round(spam, 6)) for label, spam in zip(labels, scores.spam.tolist(), strict=True)]

    def _say(self) -> None:
        candidate, serving = self._candidate.name, self._serving.name
        if candidate in ("", serving):
            self._engine.state = "idle: no candidate is in shadow"
        else:
            self._engine.state = f"comparing {candidate} with {serving}"


def make_engine(environment: Environment) -> Engine:
    """Wire the app together; Django is set up before.

    Raises:
        config.environment.SettingsError: there is no model store.
        config.policy.PolicyError: the policy file is wrong.
        models.errors.ModelError: the serving model does not load.
    """
    environment.require("models_dir")
    assert environment.models_dir is not None  # noqa: S101 - required above
    engine = Engine("shadow", environment, BROKEN_WORLD_WITH_DATABASE, buries=False)
    comparer = Comparer(engine, environment, environment.models_dir)
    engine.reads(tuple(GATEWAY_TOPICS.values()), msgspec.json.Decoder(Sms), check_sms, comparer.work)
    return engine
