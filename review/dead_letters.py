"""Dead letters come to the console: each kept once, bounded, and recognised when a person had fed the line again."""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import DataError, transaction

from config.errors import BadRecordError
from config.metrics import DEAD_LETTERS_DROPPED, DEAD_LETTERS_KEPT
from config.policy import DeadLetterPolicy
from config.records import EARLIEST, LATEST, DeadLetter
from config.topics import SMS_REJECTED
from review.dead_letter_tables import LONGEST_REASON, LONGEST_TOPIC, RejectedLine, Replay
from review.grouping import storable

log = logging.getLogger(__name__)
LARGEST_INT, LARGEST_BIGINT = 2**31 - 1, 2**63 - 1
DELETED_AT_ONCE = 5000


def check_letter(letter: DeadLetter) -> None:
    """Refuse what the table cannot hold. What the workers bury always passes, so burying a letter ends there.

    Raises:
        BadRecordError: with the field.
    """
    limits = {"partition": LARGEST_INT, "offset": LARGEST_BIGINT, "line": LARGEST_INT, "raw_bytes": LARGEST_BIGINT}
    for name, limit in limits.items():
        if not 0 <= getattr(letter, name) <= limit:
            raise BadRecordError("invalid_field", f"{name} {getattr(letter, name)} is not between 0 and {limit}")
    for name, longest in {"topic": LONGEST_TOPIC, "reason": LONGEST_REASON}.items():
        if not 0 < len(getattr(letter, name)) <= longest:
            raise BadRecordError("invalid_field", f"{name} has not between 1 and {longest} characters")
    if letter.at.tzinfo is None or not EARLIEST <= letter.at < LATEST:
        raise BadRecordError("invalid_field", f"at {letter.at.isoformat()} is no time between 2000 and 2100")
    try:
        base64.b64decode(letter.raw, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRecordError("invalid_field", f"raw is not base64: {error}") from error


def keep_letters(letters: Sequence[DeadLetter]) -> int:
    """Keep checked letters, each once.

    A letter about the topic of dead letters itself that cannot be kept is logged and counted, not buried once more:
    it would come back for ever.

    Returns:
        How many were new.
    """
    rows = [_row(letter) for letter in letters]
    try:
        with transaction.atomic():
            _recognise(rows)
            before = _kept(rows)
            RejectedLine.objects.bulk_create(rows, ignore_conflicts=True)
            new = _kept(rows) - before
    except DataError:
        if len(letters) > 1 or letters[0].topic != SMS_REJECTED:
            raise
        log.exception("a dead letter about a dead letter could not be kept: offset %d", letters[0].offset)
        DEAD_LETTERS_DROPPED.labels("not_storable").inc()
        return 0
    DEAD_LETTERS_KEPT.inc(new)
    return new


def prune(now: datetime, policy: DeadLetterPolicy) -> int:
    """Delete letters that are too old, and the oldest of too many; a piece at a time.

    Returns:
        How many were deleted; call again until it is 0.
    """
    oldest_first = RejectedLine.objects.order_by("at", "id")
    old = oldest_first.filter(at__lt=now - timedelta(days=policy.kept_days))[:DELETED_AT_ONCE]
    deleted = _delete(list(old.values_list("pk", flat=True)), "too_old")
    surplus = RejectedLine.objects.count() - policy.kept_at_most
    if surplus > 0:
        deleted += _delete(list(oldest_first[: min(surplus, DELETED_AT_ONCE)].values_list("pk", flat=True)), "too_many")
    return deleted


def digest_of(raw: bytes) -> str:
    """Give the SHA-256 of a line in hex."""
    return hashlib.sha256(raw).hexdigest()


def _row(letter: DeadLetter) -> RejectedLine:
    raw = base64.b64decode(letter.raw)
    return RejectedLine(
        topic=storable(letter.topic),
        partition=letter.partition,
        offset=letter.offset,
        line=letter.line,
        digest=digest_of(raw),
        reason=storable(letter.reason),
        detail=storable(letter.detail),
        raw=raw,
        raw_bytes=letter.raw_bytes,
        at=letter.at,
    )


def _recognise(rows: Sequence[RejectedLine]) -> None:
    """Let a letter point back at the replay whose line it holds."""
    replays = Replay.objects.filter(digest__in={row.digest for row in rows}).select_related("letter").order_by("id")
    for replay in replays:
        for row in rows:
            if (row.digest, row.topic) == (replay.digest, replay.letter.topic) and row.at >= replay.at:
                row.replay_of = replay


def _kept(rows: Sequence[RejectedLine]) -> int:
    places = {(row.topic, row.partition, row.offset, row.line, row.digest) for row in rows}
    found = RejectedLine.objects.filter(
        digest__in={row.digest for row in rows}, offset__in={row.offset for row in rows}
    )
    return sum(place in places for place in found.values_list("topic", "partition", "offset", "line", "digest"))


def _delete(keys: list[int], cause: str) -> int:
    if keys:
        RejectedLine.objects.filter(pk__in=keys).delete()
        log.warning("deleted %d dead letter(s) of the console: %s", len(keys), cause)
        DEAD_LETTERS_DROPPED.labels(cause).inc(len(keys))
    return len(keys)
