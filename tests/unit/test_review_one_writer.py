"""Lock 3 of "never by a machine": one writer. Only `review/enforcement.py` makes orders and hands them to the relay."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("billing_hooks", "config", "demo", "ledger", "models", "review", "streams", "scripts")
WRITER = "review/enforcement.py"
PRODUCES = {"enqueue", "enqueue_line", "send", "send_soon", "send_and_wait", "produce", "publish"}
CREATES = {"create", "bulk_create", "get_or_create", "update_or_create", "acreate", "abulk_create"}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def names_the_topic(node: ast.expr) -> bool:
    return any(
        name_of(part) == "ENFORCEMENT_ORDERS" or (isinstance(part, ast.Constant) and part.value == "enforcement.orders")
        for part in ast.walk(node)
        if isinstance(part, ast.expr)
    )


def producers_of(module: ast.Module) -> Iterator[ast.Call]:
    for call in ast.walk(module):
        if isinstance(call, ast.Call) and name_of(call.func) in PRODUCES:
            arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
            if any(names_the_topic(argument) for argument in arguments):
                yield call


def makers_of_orders(module: ast.Module) -> Iterator[ast.Call]:
    for call in ast.walk(module):
        if isinstance(call, ast.Call) and name_of(call.func) in CREATES and isinstance(call.func, ast.Attribute):
            manager = call.func.value
            if isinstance(manager, ast.Attribute) and name_of(manager.value) == "EnforcementOrder":
                yield call


def signers_in(module: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "review.signing"
        and any(alias.name == "sign" for alias in node.names)
        for node in ast.walk(module)
    )


def test_only_one_module_hands_orders_to_the_relay() -> None:
    assert [path for path, module in sources() for _ in producers_of(module)] == [WRITER]


def test_only_one_module_makes_orders() -> None:
    assert [path for path, module in sources() for _ in makers_of_orders(module)] == [WRITER]


def test_only_one_module_signs_orders() -> None:
    assert [path for path, module in sources() if signers_in(module)] == [WRITER]


def test_only_the_outbox_writes_outbox_records() -> None:
    def writes(module: ast.Module) -> bool:
        return any(
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr in CREATES
            and isinstance(call.func.value, ast.Attribute)
            and name_of(call.func.value.value) == "OutboxRecord"
            for call in ast.walk(module)
        )

    assert [path for path, module in sources() if writes(module)] == ["ledger/outbox.py"]


def test_the_scan_sees_a_second_writer() -> None:
    forged = ast.parse(
        "outbox.enqueue(topics.ENFORCEMENT_ORDERS, '1', x)\n"
        "producer.send('enforcement.orders', b'')\n"
        "models.EnforcementOrder.objects.create(id=1)\n"
    )
    assert len(list(producers_of(forged))) == 2
    assert len(list(makers_of_orders(forged))) == 1
