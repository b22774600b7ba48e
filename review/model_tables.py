"""What `qingxin model` shows on a terminal: the store, figures side by side, the difference report."""

from __future__ import annotations

from collections.abc import Iterator

from rich.markup import escape
from rich.table import Table

from models.appointments import RELEASED, Appointment, Serving
from models.artifact import Manifest, load
from models.errors import ModelError
from models.store import Store
from review.model_report import Report

CHANGES_SHOWN = 12


def models_table(store: Store, serving: Serving | None, shadow: Appointment | None) -> Table:
    """Show every model of a store and the released one; one that does not load is named with its fault."""
    table = Table(title=str(store.folder), title_justify="left")
    for head in ("model", "created", "threshold", "AUC", "state"):
        table.add_column(head, overflow="fold", no_wrap=head == "model")
    now = serving.now.model if serving else RELEASED
    for name in [RELEASED, *store.names()]:
        states = [
            word
            for word, holds in {"serves": name == now, "in shadow": shadow and shadow.model == name}.items()
            if holds
        ]
        try:
            manifest = load(store.path(name)).manifest
        except ModelError as error:
            table.add_row(name, "", "", "", f"[red]{escape(str(error))}[/red]")
        else:
            auc = manifest.figures.get("auc")
            told = "" if auc is None else f"{auc:.4f}"
            table.add_row(name, manifest.created, f"{manifest.threshold:.4f}", told, ", ".join(states))
    if serving:
        table.caption = (
            f"serves since {serving.now.at:%Y-%m-%d %H:%M} UTC by {serving.now.by}: {escape(serving.now.reason)}"
        )
    return table


def figures_table(serving: Manifest | None, candidate: Manifest) -> Table:
    """Show the figures of both manifests side by side; each was measured by its own training."""
    table = Table(title="figures of the manifests", title_justify="left")
    shown = {"candidate": candidate} if serving is None else {"serving": serving, "candidate": candidate}
    table.add_column("")
    for role, one in shown.items():
        table.add_column(f"{role}: {one.name} {one.version}", justify="right")
    table.add_row("created", *(one.created for one in shown.values()))
    table.add_row("threshold", *(f"{one.threshold:.4f}" for one in shown.values()))
    for figure in dict.fromkeys(figure for one in shown.values() for figure in one.figures):
        values = [one.figures.get(figure) for one in shown.values()]
        table.add_row(figure, *("-" if value is None else f"{value:.4f}" for value in values))
    return table


def report_tables(report: Report) -> Iterator[Table]:
    """Show a difference report."""
    counted = report.figures
    title = f"{report.candidate} in shadow of {report.serving}"
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column("")
    table.add_column("", justify="right")
    table.add_row("from, to (UTC)", f"{report.since:%Y-%m-%d %H:%M}, {report.until:%Y-%m-%d %H:%M}")
    for name, count in {
        "SMS compared": counted.compared,
        "hits of the serving model": counted.serving_hits,
        "hits of the candidate": counted.candidate_hits,
        "hits of both": counted.both_hits,
        "of these with another label": counted.other_label,
        "hits of the serving model alone": counted.only_serving,
        "hits of the candidate alone": counted.only_candidate,
    }.items():
        table.add_row(name, f"{count:,}")
    change = report.change_a_day
    table.add_row("change of hits a day", "known after a whole hour" if change is None else f"{change:+,.1f}")
    judged = report.judged
    table.add_row("differing messages kept, judged", f"{report.kept:,}, {judged.total:,}")
    if judged.total:
        table.add_row("judged right about spam: serving", _share(judged.serving_spam, judged.total))
        table.add_row("judged right about spam: candidate", _share(judged.candidate_spam, judged.total))
    yield table
    if counted.changes:
        changes = Table(title="labels that change", title_justify="left")
        for head in ("serving says", "candidate says"):
            changes.add_column(head)
        changes.add_column("SMS", justify="right")
        for mine, other, count in counted.changes[:CHANGES_SHOWN]:
            changes.add_row(mine, other, f"{count:,}")
        yield changes


def _share(part: int, total: int) -> str:
    return f"{part} of {total} ({part / total:.0%})"
