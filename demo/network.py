"""The simulated network adapter: stops services, and only on orders that two people signed."""

from __future__ import annotations

from datetime import datetime

import msgspec

from config.records import EnforcementAck, SignedOrder, encode
from config.topics import ENFORCEMENT_ACKS, ENFORCEMENT_ORDERS
from demo.wire import Writer
from review.signing import OrderRefusedError, verify


class NetworkAdapter:
    """Answers `enforcement.orders`: done after a good signature, refused with the reason else."""

    name = "network adapter"
    topics = (ENFORCEMENT_ORDERS,)

    def __init__(self, public_key: bytes) -> None:
        self.stopped: list[str] = []
        self.refused: list[str] = []
        self._public_key = public_key

    def take(self, topic: str, line: bytes, now: datetime, writer: Writer) -> None:  # noqa: ARG002 - one topic
        """Verify an order, execute it, answer."""
        signed = msgspec.json.decode(line, type=SignedOrder)
        reason = ""
        try:
            order = verify(signed, self._public_key)
            self.stopped.append(order.target)
        except OrderRefusedError as error:
            reason = str(error)
            self.refused.append(signed.id)
        ack = EnforcementAck(
            id=f"ack-{signed.id}", order=signed.id, target=signed.target, at=now,
            status="refused" if reason else "done", reason=reason,
        )  # fmt: skip
        writer.send(ENFORCEMENT_ACKS, signed.target, encode(ack))

    def act(self, now: datetime, writer: Writer) -> None:
        """Do nothing of its own accord."""
