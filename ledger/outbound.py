"""Texts to subscribers: kept as evidence, sent through the outbox, exactly one for each key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from config.records import DeliveryReceipt, OutboundText
from config.texts import Language, render
from config.topics import SMS_MT
from ledger.models import OutboundMessage
from ledger.outbox import enqueue


def send_text(key: str, msisdn: str, port: str, text: str, *, name: str, at: datetime) -> bool:
    """Queue a text once; `name` says which kind of text it is.

    Returns:
        False when a text with this key was queued before; nothing is sent then.
    """
    _, created = OutboundMessage.objects.get_or_create(
        key=key, defaults={"msisdn": msisdn, "port": port, "name": name, "text": text, "created_at": at}
    )
    if created:
        enqueue(SMS_MT, msisdn, OutboundText(id=key, at=at, msisdn=msisdn, port=port, text=text))
    return created


def send_template(
    key: str, msisdn: str, port: str, name: str, *, at: datetime, language: Language = "zh-Hans", **values: str | int
) -> bool:
    """Queue a text from `config/templates/sms` once; see `send_text`."""
    return send_text(key, msisdn, port, render(name, language, **values), name=name, at=at)


def settle_receipts(receipts: Sequence[DeliveryReceipt]) -> None:
    """Note what became of texts; the first final answer counts, unknown texts are none of ours."""
    for receipt in receipts:
        OutboundMessage.objects.filter(key=receipt.text_id, status=OutboundMessage.Status.QUEUED).update(
            status=receipt.status, settled_at=receipt.at
        )
