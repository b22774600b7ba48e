"""The demo's one screen: address, logins, what to try next, live counts, the state of every process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from config.topics import GATEWAYS
from demo.children import Child, tail
from demo.counts import GATEWAY_COUNTS, Counts

ROLE_DEEDS = {
    "reviewer": "审核员  claims cases and decides",
    "approver": "复核员  signs what a reviewer confirmed",
    "operator": "网关运维  watches the gateways",
    "auditor": "审计员  reads the audit log",
    "admin": "管理员  sees everything",
}
NEXT_STEPS = (
    "As reviewer: open the first case of the queue, claim it, confirm it.",
    "As approver, in a private window: Approvals, sign it. The network obeys at once.",
    "Orders: the network's answer, and the names of both people.",
    "As operator: Gateways, with what each one sent and what was rejected.",
    "As auditor: the audit log tells all of it.",
)
TAIL_LINES = 6


@dataclass(frozen=True)
class View:
    """What the screen shows at a moment; `people` has the password of each login, `kafka` is host:port."""

    address: str
    kafka: str
    folder: str
    people: Mapping[str, str]
    counts: Counts
    processes: Sequence[Child]
    failures: Sequence[str]


def render(view: View) -> RenderableType:
    """Draw the screen."""
    return Group(
        _head(view),
        *(_obituary(child) for child in view.processes if not child.running),
        *(Text(f"simulator failed: {failure}", style="bold red") for failure in view.failures),
        _logins(view),
        _steps(),
        _gateways(view.counts),
        _subjects(view.counts),
        _processes(view),
    )


def progress_line(counts: Counts) -> str:
    """Give the counts in one line, for an output that is no screen."""
    found = counts.database
    gateways = " ".join(f"{name} {counts.total(name)}" for name in GATEWAY_COUNTS)
    return (
        f"{gateways} | cases {found.cases} decisions {found.decisions} orders {found.orders} acks {found.acks} | "
        f"subscriptions {found.subscriptions} reminders {found.reminders} cancels {found.cancels}"
    )


def feeding_address(kafka: str) -> str:
    """Give what `qingxin feed` needs in its environment to feed the demo."""
    return f"to feed it: QINGXIN_KAFKA_BOOTSTRAP={kafka}"


def _head(view: View) -> RenderableType:
    return Text.assemble(
        (" 清信 QingXin ", "bold white on dark_blue"), "  ", (view.address, f"bold cyan link {view.address}"),
        "   Ctrl-C stops everything\n", (f"data and logs: {view.folder}   {feeding_address(view.kafka)}", "dim"),
    )  # fmt: skip


def _logins(view: View) -> RenderableType:
    table = Table(box=None, padding=(0, 1), header_style="bold")
    for name in ("login", "password", "who"):
        table.add_column(name)
    for login, password in view.people.items():
        table.add_row(login, password, ROLE_DEEDS.get(login, ""))
    return table


def _steps() -> RenderableType:
    return Text("\n".join(f" {number}. {step}" for number, step in enumerate(NEXT_STEPS, 1)))


def _gateways(counts: Counts) -> RenderableType:
    table = Table(box=None, padding=(0, 1), header_style="bold")
    table.add_column("gateway")
    for name in GATEWAY_COUNTS:
        table.add_column(name, justify="right")
    for code, name in GATEWAYS.items():
        of_gateway = counts.gateways.get(code, {})
        table.add_row(f"{name} {code}", *(str(of_gateway.get(count, 0)) for count in GATEWAY_COUNTS))
    if counts.gateways:
        table.add_row("all", *(str(counts.total(count)) for count in GATEWAY_COUNTS), style="bold")
    return table


def _subjects(counts: Counts) -> RenderableType:
    found = counts.database
    return Text(
        f" cases {found.cases} ({found.open_cases} open)  evidence {found.evidence}  decisions {found.decisions}  "
        f"orders {found.orders}  acknowledged {found.acks}\n"
        f" subscriptions {found.subscriptions}  reminders {found.reminders}  cancelled by subscribers {found.cancels}"
    )


def _processes(view: View) -> RenderableType:
    text = Text()
    for child in view.processes:
        text.append(f" {child.name} ", style="green" if child.running else "bold white on red")
        text.append(" ")
    return text


def _obituary(child: Child) -> RenderableType:
    text = Text(f"{child.name} ended with status {child.exit_code}; its log is {child.log}\n", style="bold red")
    return text.append(tail(child.log, TAIL_LINES), style="red")
