"""Lock 2 of "never by a machine": an order is signed over its two people, and adapters refuse anything else."""

from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.environment import decode_key
from config.records import SignedOrder
from review.signing import OrderRefusedError, new_keys, sign, verify
from tests.builders import an_enforcement_order

PRIVATE, PUBLIC = map(decode_key, new_keys())


def resigned(text: str, **envelope: str) -> SignedOrder:
    """Sign any text at all, as somebody who stole the key could."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    signature = base64.b64encode(Ed25519PrivateKey.from_private_bytes(PRIVATE).sign(text.encode())).decode()
    order = an_enforcement_order()
    return SignedOrder(**({"id": order.id, "target": order.target, "order": text, "signature": signature} | envelope))


def test_a_signed_order_comes_back_as_it_was() -> None:
    order = an_enforcement_order()
    assert verify(sign(order, PRIVATE), PUBLIC) == order


@pytest.mark.parametrize("field", ["target", "reviewer", "approver", "decision", "category", "case", "kind"])
def test_an_order_whose_text_was_changed_is_refused(field: str) -> None:
    order = an_enforcement_order()
    signed = sign(order, PRIVATE)
    changed = signed.order.replace(f'"{getattr(order, field)}"', '"x9"')
    assert changed != signed.order
    with pytest.raises(OrderRefusedError, match="signature"):
        verify(msgspec.structs.replace(signed, order=changed), PUBLIC)


def test_an_order_signed_with_another_key_is_refused() -> None:
    other, _ = new_keys()
    with pytest.raises(OrderRefusedError, match="signature"):
        verify(sign(an_enforcement_order(), decode_key(other)), PUBLIC)


@pytest.mark.parametrize("field", ["id", "target"])
def test_an_envelope_around_another_order_is_refused(field: str) -> None:
    signed = sign(an_enforcement_order(), PRIVATE)
    with pytest.raises(OrderRefusedError, match="envelope"):
        verify(msgspec.structs.replace(signed, **{field: "13811112222"}), PUBLIC)


@pytest.mark.parametrize(("reviewer", "approver"), [("lin", "lin"), (" ", "lin"), ("lin", " ")])
def test_an_order_without_two_different_people_is_refused_though_its_signature_is_right(
    reviewer: str, approver: str
) -> None:
    order = an_enforcement_order(reviewer=reviewer, approver=approver)
    with pytest.raises(OrderRefusedError, match="two different people"):
        verify(sign(order, PRIVATE), PUBLIC)


@pytest.mark.parametrize("without", ["decision", "reviewer", "approver", "approved_at"])
def test_an_order_that_leaves_out_its_people_is_refused(without: str) -> None:
    order = msgspec.to_builtins(an_enforcement_order())
    del order[without]
    with pytest.raises(OrderRefusedError, match="no order"):
        verify(resigned(msgspec.json.encode(order).decode()), PUBLIC)


def test_an_order_of_an_unknown_kind_is_refused() -> None:
    order = msgspec.to_builtins(an_enforcement_order()) | {"kind": "arrest"}
    with pytest.raises(OrderRefusedError, match="no order"):
        verify(resigned(msgspec.json.encode(order).decode()), PUBLIC)


@given(text=st.text(max_size=200), signature=st.text(max_size=100))
def test_whatever_was_not_signed_is_refused(text: str, signature: str) -> None:
    with pytest.raises(OrderRefusedError):
        verify(SignedOrder(id="x", target="13800000001", order=text, signature=signature), PUBLIC)
