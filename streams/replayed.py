"""Lines that people fed again: known by a header of their record, so that no line can say so of itself; pure."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from config.records import Hit, Replayed, Sms
from config.topics import REPLAYED_HEADER
from streams.lines import Item

log = logging.getLogger(__name__)
_replayed = msgspec.json.Decoder(Replayed)


def mark_in(headers: Mapping[str, bytes] | Iterable[tuple[str, bytes]] | None) -> bytes:
    """Give the mark among the headers of a record; empty for what a gateway sent."""
    return dict(headers).get(REPLAYED_HEADER) or b"" if headers else b""


def marks_of(items: Sequence[Item[Sms]]) -> dict[tuple[str, str], Replayed]:
    """Give which of some SMS were fed again, by gateway and id.

    Of a long SMS the first of its parts that was fed again counts. A mark that cannot be read still says that a person
    fed the line.
    """
    return {
        (item.message.gateway, item.message.id): _read(item.record.replayed) for item in items if item.record.replayed
    }


def mark(hits: list[Hit], marks: Mapping[tuple[str, str], Replayed]) -> list[Hit]:
    """Give hits, those of replayed lines marked."""
    if not marks:
        return hits
    return [
        msgspec.structs.replace(hit, replayed=marks[hit.gateway, hit.id]) if (hit.gateway, hit.id) in marks else hit
        for hit in hits
    ]


def _read(raw: Any) -> Replayed:
    try:
        return _replayed.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        log.warning("the mark of a line that was fed again cannot be read: %s", error)
        return Replayed(letter="?", by="?")
