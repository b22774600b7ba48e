"""The demo's one screen: address, logins, what to try next, live counts, the state of every process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.panel import Panel
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
    "Log in as reviewer, open the first case, claim it, confirm it.",
    "Log in as approver in a private window, open Approvals, sign it: the network stops the sender within a second.",
    "Look at Orders: the answer of the network is there, and both names.",
    "Log in as operator: Gateways shows what each gateway sent, and what was rejected and why.",
    "Log in as auditor: the audit log tells all of it; `qingxin audit verify` checks its chain.",
)
TAIL_LINES = 6


@dataclass(frozen=True)
class View:
    """What the screen shows at a moment; `people` has the password of each login."""

    address: str
    folder: str
    people: Mapping[str, str]
    counts: Counts
    processes: Sequence[Child]
    failures: Sequence[str]


def render(view: View) -> RenderableType:
    """Draw the screen."""
    parts: list[RenderableType] = [_head(view), _logins(view), _steps(), _gateways(view.counts), _subjects(view.counts)]
    parts.append(_processes(view))
    parts += [_obituary(child) for child in view.processes if not child.running]
    parts += [Text(f"simulator failed: {failure}", style="bold red") for failure in view.failures]
    return Group(*parts)


def progress_line(counts: Counts) -> str:
    """Give the counts in one line, for an output that is no screen."""
    found = counts.database
    gateways = " ".join(f"{name} {counts.total(name)}" for name in GATEWAY_COUNTS)
    return (
        f"{gateways} | cases {found.cases} decisions {found.decisions} orders {found.orders} acks {found.acks} | "
        f"subscriptions {found.subscriptions} reminders {found.reminders} cancels {found.cancels}"
    )


def _head(view: View) -> RenderableType:
    text = Text.assemble(
        ("清信 QingXin", "bold"), "  is at  ", (view.address, f"bold cyan link {view.address}"),
        f"\ndata and logs in {view.folder}    Ctrl-C stops everything; the next start finds the data again",
    )  # fmt: skip
    return Panel(text)


def _logins(view: View) -> RenderableType:
    table = Table(title="Logins", title_justify="left", box=None, padding=(0, 2))
    for name in ("login", "password", "who"):
        table.add_column(name)
    for login, password in view.people.items():
        table.add_row(login, password, ROLE_DEEDS.get(login, ""))
    return table


def _steps() -> RenderableType:
    text = Text("Try next\n", style="italic")
    for number, step in enumerate(NEXT_STEPS, 1):
        text.append(f"  {number}. {step}\n", style="not italic")
    return text


def _gateways(counts: Counts) -> RenderableType:
    table = Table(title="SMS", title_justify="left", box=None, padding=(0, 2))
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
        f"cases {found.cases} ({found.open_cases} open)  evidence {found.evidence}  decisions {found.decisions}  "
        f"orders {found.orders}  acknowledged {found.acks}\n"
        f"subscriptions {found.subscriptions}  reminders {found.reminders}  cancelled by their subscribers {found.cancels}"
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
