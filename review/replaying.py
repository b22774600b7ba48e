"""People look into dead letters and feed their lines again: each deed one transaction, locked and audited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from config.errors import BadRecordError
from config.records import Replayed, encode
from ledger import audit
from ledger.chain import Event
from ledger.outbox import enqueue_line
from review.dead_letter_tables import RejectedLine, Replay
from review.dead_letters import digest_of
from review.errors import (
    FedMeanwhileError,
    LineCutError,
    NotAGatewayLineError,
    PeopleChangedError,
    StillRejectedError,
)
from review.repairing import Changes, can_be_fed, changes_of, read_repaired


@dataclass(frozen=True)
class Fed:
    """What feeding many letters came to: how many were fed, and how many scoring would reject once more."""

    fed: int
    left_out: int


def reveal(letter_id: int, reader: User, now: datetime) -> RejectedLine:
    """Give a letter for its raw line to be shown; the audit log keeps who asked."""
    with transaction.atomic():
        letter = RejectedLine.objects.get(pk=letter_id)
        audit.record([_told(reader, "dead_letter_revealed", letter)], at=now)
    return letter


def replay(letter_id: int, line: bytes, person: User, now: datetime, *, times_before: int) -> Replay:
    """Feed a line in the place of a letter, through the outbox.

    Args:
        letter_id: the letter.
        line: the line as the person left it.
        person: who feeds.
        now: the time.
        times_before: how often the letter had been fed when the person looked; a form sent twice feeds once.

    Raises:
        ReviewError: which says why not.
    """
    with transaction.atomic():
        letter = RejectedLine.objects.select_for_update().get(pk=letter_id)
        if not can_be_fed(letter.topic):
            raise NotAGatewayLineError
        if letter.replays.count() != times_before:
            raise FedMeanwhileError
        try:
            fed = _feed(letter, line, person, now)
        except BadRecordError as error:
            raise StillRejectedError(error) from error
        details = {
            "changed": fed.fields_changed, "unread": fed.fields_unread, "topic": letter.topic, "digest": fed.digest,
            "time": times_before + 1,
        }  # fmt: skip
        audit.record([_told(person, "dead_letter_replayed", letter, **details)], at=now)
    return fed


def replay_unchanged(topic: str, reason: str, person: User, now: datetime, at_most: int, newest: int) -> Fed:
    """Feed the letters of one topic and reason that were never fed, unchanged, the oldest first.

    Those that scoring would reject once more, or that were cut, are left out.

    Args:
        topic: of the letters.
        reason: of the letters.
        person: who feeds.
        now: the time.
        at_most: so many letters at once.
        newest: id of the newest letter that the person was told of.

    Raises:
        ReviewError: the topic is no gateway's.
    """
    if not can_be_fed(topic):
        raise NotAGatewayLineError
    with transaction.atomic():
        letters = list(never_fed(topic, reason).filter(pk__lte=newest).select_for_update(of=("self",))[:at_most])
        fed: list[RejectedLine] = []
        # Whoever held the locks before us may have fed some of them.
        done = set(Replay.objects.filter(letter__in=letters).values_list("letter_id", flat=True))
        letters = [letter for letter in letters if letter.pk not in done]
        for letter in letters:
            try:
                _feed(letter, bytes(letter.raw), person, now)
            except (BadRecordError, LineCutError):
                continue
            fed.append(letter)
        details = {
            "topic": topic, "reason": reason, "fed": len(fed), "left_out": len(letters) - len(fed),
            "letters": [letter.reference for letter in fed],
        }  # fmt: skip
        audit.record([Event(person.get_username(), "dead_letters_replayed", "dead letters", reason, details)], at=now)
    return Fed(len(fed), len(letters) - len(fed))


def never_fed(topic: str, reason: str) -> Any:
    """Give the letters of a topic and reason that nobody fed again, the oldest first."""
    return RejectedLine.objects.filter(topic=topic, reason=reason, replays=None).order_by("at", "id")


def marks_of(records: Sequence[int]) -> dict[int, bytes]:
    """Give the mark with which a line is fed, a `Replayed` as JSON, by the id of the outbox record."""
    replays = Replay.objects.filter(record__in=records).select_related("letter", "by")
    return {
        replay.record_id: encode(
            Replayed(
                letter=replay.letter.reference,
                by=replay.by.get_username(),
                changed=replay.fields_changed,
                unread=replay.fields_unread,
            )
        )
        for replay in replays
    }


def note_fed(places: Mapping[int, tuple[int, int]], now: datetime) -> None:
    """Note where the relay put replayed lines: partition and offset by the id of the outbox record."""
    for record, (partition, offset) in places.items():
        Replay.objects.filter(record=record).update(partition=partition, offset=offset, fed_at=now)


def note_read(committed: Mapping[tuple[str, int], int], now: datetime) -> None:
    """Note which replayed lines scoring has read: those before the offset that it committed, by topic and partition."""
    waiting = Replay.objects.filter(read_at=None).exclude(fed_at=None).select_related("letter")
    read = [
        replay.pk
        for replay in waiting
        if replay.partition is not None
        and replay.offset is not None
        and committed.get((replay.letter.topic, replay.partition), 0) > replay.offset
    ]
    Replay.objects.filter(pk__in=read).update(read_at=now)


def _feed(letter: RejectedLine, raw: bytes, person: User, now: datetime) -> Replay:
    if letter.cut and raw == bytes(letter.raw):
        raise LineCutError
    sms, line = read_repaired(raw, letter.topic)
    changed = raw != bytes(letter.raw)
    changes = changes_of(bytes(letter.raw), line) if changed else Changes()
    if changes.people:
        raise PeopleChangedError
    before = letter.replay_of  # what a person changed in a line that was rejected again stays changed
    return Replay.objects.create(
        letter=letter,
        digest=digest_of(line),
        changed=changed,
        fields_changed=sorted({*changes.changed, *(before.fields_changed if before else ())}),
        fields_unread=sorted({*changes.unread, *(before.fields_unread if before else ())}),
        by=person,
        at=now,
        record=enqueue_line(letter.topic, sms.sender, line),
    )


def _told(person: User, action: str, letter: RejectedLine, **details: object) -> Event:
    where = {"place": f"{letter.topic}/{letter.partition}/{letter.offset}:{letter.line}"}
    return Event(person.get_username(), action, "dead letter", letter.reference, where | details)
