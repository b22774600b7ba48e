"""Tells that a topic would be drained into the dead letters: too many of its last lines were bad; pure."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from typing import Self

from config.policy import StreamsPolicy
from config.records import DeadLetter


class TooManyBadLinesError(Exception):
    """So many of the last lines were bad that the fault is not theirs alone; they are not buried."""


class BadShare:
    """The share of bad lines among the last ones of a worker, of a topic, or of those that were worked on."""

    def __init__(self, limit: float, lines: int) -> None:
        self._limit, self._lines = limit, lines
        self._batches: deque[tuple[int, int]] = deque()
        self._good = self._bad = 0

    @classmethod
    def of(cls, policy: StreamsPolicy) -> Self:
        """As the policy wants it."""
        return cls(policy.bad_share_limit, policy.bad_share_lines)

    def add(self, good: int, bad: Sequence[DeadLetter]) -> None:
        """Take in a batch that was read and not worked on yet.

        Raises:
            TooManyBadLinesError: enough lines were seen, and more than the limit of them are bad.
        """
        self._batches.append((good, len(bad)))
        self._good, self._bad = self._good + good, self._bad + len(bad)
        while self._good + self._bad - sum(self._batches[0]) >= self._lines:
            old_good, old_bad = self._batches.popleft()
            self._good, self._bad = self._good - old_good, self._bad - old_bad
        seen = self._good + self._bad
        if seen >= self._lines and self._bad > self._limit * seen:
            reasons = Counter((letter.topic, letter.reason) for letter in bad).most_common(3)
            said = ", ".join(f"{reason} in {topic}: {count}" for (topic, reason), count in reasons)
            raise TooManyBadLinesError(
                f"{self._bad} of the last {seen} lines were bad ({said}); nothing of this batch was acknowledged. "
                "Repair what feeds the topic, or raise streams.bad_share_limit in the policy to bury all of it, "
                "and start again"
            )
