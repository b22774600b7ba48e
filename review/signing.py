"""Signed enforcement orders: Ed25519 over the exact JSON text of an order; pure, needs neither Django nor a database.

An adapter that executes orders calls `verify` first and executes nothing that it refuses.
"""

from __future__ import annotations

import base64
import binascii

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from config.records import EnforcementOrder, SignedOrder, encode


class OrderRefusedError(Exception):
    """This is no order of two people; it must not be executed."""


def new_keys() -> tuple[str, str]:
    """Make a key pair: the private and the public key, 32 bytes each, in base64."""
    private = Ed25519PrivateKey.generate()
    return (
        base64.b64encode(private.private_bytes_raw()).decode(),
        base64.b64encode(private.public_key().public_bytes_raw()).decode(),
    )


def sign(order: EnforcementOrder, private_key: bytes) -> SignedOrder:
    """Sign the JSON text of an order with a private key of 32 bytes."""
    text = encode(order)
    signature = Ed25519PrivateKey.from_private_bytes(private_key).sign(text)
    return SignedOrder(
        id=order.id, target=order.target, order=text.decode(), signature=base64.b64encode(signature).decode()
    )


def verify(signed: SignedOrder, public_key: bytes) -> EnforcementOrder:
    """Give the order that two people signed, checked with a public key of 32 bytes.

    Raises:
        OrderRefusedError: wrong signature, not an order, envelope and text differ, or not two different people.
    """
    try:
        signature = base64.b64decode(signed.signature, validate=True)
        text = signed.order.encode()
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text)
    except (binascii.Error, UnicodeEncodeError, ValueError, InvalidSignature) as error:
        raise OrderRefusedError("the signature is wrong") from error
    try:
        order = msgspec.json.decode(text, type=EnforcementOrder)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OrderRefusedError(f"the signed text is no order: {error}") from error
    if (order.id, order.target) != (signed.id, signed.target):
        raise OrderRefusedError("the envelope names another order or target than the signed text")
    if not (order.reviewer.strip() and order.approver.strip()) or order.reviewer == order.approver:
        raise OrderRefusedError("not two different people")
    return order
