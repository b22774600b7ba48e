"""`qingxin model`: candidate, shadow, promotion, roll-back; what takes effect is the deed of a named person."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from getpass import getpass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone
from rich.console import Console

from config.commands import ExampleCommand
from config.environment import Environment
from config.roles import Role
from models.appointments import name_of, to_go_back_to
from models.artifact import Manifest, load
from models.errors import ArtifactError, ModelError
from models.in_service import in_service
from models.store import Store
from review import promotion
from review.model_report import as_json, latest_serving, report_on
from review.model_tables import figures_table, models_table, report_tables
from review.promotion import Deed, DeedRefusedError
from review.terminal_login import LoginRefusedError, log_in

ROLE = Role.ADMIN
"""Who may decide which model serves; the console's own roles judge cases, not models."""
EXAMPLES = {
    "list": "  qingxin model list",
    "add": "  qingxin train corpus --out /tmp/new --model-version 2\n  qingxin model add /tmp/new",
    "shadow": "  qingxin model shadow qingxin-linear-2-0123456789ab --by chen\n  qingxin model shadow --off --by chen",
    "report": "  qingxin model report\n  qingxin model report qingxin-linear-2-0123456789ab --json",
    "promote": '  qingxin model promote qingxin-linear-2-0123456789ab --by chen --reason "finds 4 % more spam"\n'
    '  echo "$PASSWORD" | qingxin model promote NAME --by chen --reason "..." --password-stdin --yes',
    "rollback": '  qingxin model rollback --by chen --reason "flags bank notices"',
}


class Command(ExampleCommand):
    help = (
        "Keeps the model store (QINGXIN_MODELS_DIR): adds a candidate, lets it run as a shadow, reports what it would "
        f"change, promotes it, goes back. Shadow, promotion and roll-back need a person with the role {ROLE}, and are "
        "in the audit log; workers follow without a restart."
    )
    examples = "\n".join(EXAMPLES.values())

    def add_arguments(self, parser: ArgumentParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True, metavar="list|add|shadow|report|promote|rollback")

        def deed(name: str, help_: str) -> ArgumentParser:
            return deeds.add_parser(
                name,
                help=help_,
                description=help_,
                epilog=f"examples:\n{EXAMPLES[name]}",
                formatter_class=RawDescriptionHelpFormatter,
            )

        deed("list", "show the models of the store, which serves and which is in shadow")
        add = deed("add", "copy a trained model into the store; it changes nothing yet")
        add.add_argument("source", type=Path, metavar="DIR", help="what `qingxin train --out` wrote")
        shadow = deed("shadow", "score live traffic with a candidate, too, to see what it would change")
        which = shadow.add_mutually_exclusive_group(required=True)
        which.add_argument("name", nargs="?", metavar="NAME", help="a model of `qingxin model list`")
        which.add_argument("--off", action="store_true", help="end it")
        report = deed("report", "say what the candidate in shadow would change")
        report.add_argument("name", nargs="?", metavar="NAME", help="another candidate than the one in shadow")
        report.add_argument("--json", action="store_true", help="one JSON object instead of tables")
        promote = deed("promote", "let a candidate serve, from the next batch of every worker on")
        promote.add_argument("name", metavar="NAME", help="a model of `qingxin model list`")
        promote.add_argument("--without-shadow", action="store_true", help="although it was never compared; audited")
        rollback = deed("rollback", "let the model serve again that served before")
        for one in (shadow, promote, rollback):
            one.add_argument("--by", required=True, metavar="USERNAME", help=f"who does it; needs the role {ROLE}")
            one.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        for one in (promote, rollback):
            one.add_argument("--reason", required=True, help="why; kept in the audit log")
            one.add_argument("--yes", action="store_true", help="do not ask for confirmation, for scripts")
        shadow.add_argument("--reason", default="", help="why; kept in the audit log")

    def handle(self, *_args: Any, **options: Any) -> None:
        environment: Environment = settings.ENVIRONMENT
        environment.require("models_dir")
        assert environment.models_dir is not None  # noqa: S101 - required above
        store = Store(environment.models_dir)
        try:
            getattr(self, f"do_{options['deed']}")(store, environment, options)
        except (ModelError, DeedRefusedError, LoginRefusedError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or store.folder} cannot be used: {error.strerror}") from error

    def do_list(self, store: Store, environment: Environment, _options: dict[str, Any]) -> None:
        """Show the store."""
        serving, shadow = store.serving(), store.shadow()
        Console(file=sys.stdout).print(models_table(store, serving, shadow))
        if environment.model_path:
            self.stderr.write(
                f"QINGXIN_MODEL_PATH pins {environment.model_path}: that model serves here, not the store's"
            )
        if left := promotion.unfinished(serving):
            self.stderr.write(
                f"audit entry {left.seq} ({left.action} {left.subject_id}) has not taken effect; do the deed again"
            )
        if serving and not promotion.is_borne_out(serving.now):
            self.stderr.write(f"no audit entry bears out that {serving.now.model} serves; was the note edited by hand?")

    def do_add(self, store: Store, _environment: Environment, options: dict[str, Any]) -> None:
        """Copy a model."""
        with store.locked():
            added = store.add(options["source"])
        self.stdout.write(f"{added.name} {'is in the store now' if added.new else 'was in the store already'}")

    def do_shadow(self, store: Store, _environment: Environment, options: dict[str, Any]) -> None:
        """Begin or end a shadow."""
        if options["off"]:
            name = promotion.end_shadow(store, self.deed_of(options))
            self.stdout.write(f"{name} is in shadow no more")
        else:
            candidate = promotion.put_in_shadow(store, options["name"], self.deed_of(options))
            self.stdout.write(f"{candidate.model} is in shadow; `qingxin model report` says what it would change")

    def do_report(self, store: Store, environment: Environment, options: dict[str, Any]) -> None:
        """Show the difference report."""
        shadow = store.shadow()
        candidate = options["name"] or (shadow.model if shadow else "")
        if not candidate:
            raise CommandError("no candidate is in shadow; name one, or run `qingxin model shadow NAME`")
        report = report_on(candidate, self._serving(environment)[1]) or report_on(candidate, latest_serving(candidate))
        if report is None:
            raise CommandError(f"nothing was compared with {candidate} yet; does `qingxin worker shadow` run?")
        if options["json"]:
            self.stdout.write(json.dumps(as_json(report)))
            return
        for table in report_tables(report):
            Console(file=sys.stdout).print(table)

    def do_promote(self, store: Store, environment: Environment, options: dict[str, Any]) -> None:
        """Let a candidate serve."""
        _refuse_if_pinned(environment)
        seen = store.serving()
        name, deed = options["name"], self.deed_of(options)
        candidate = load(store.path(name)).manifest
        serving, serves = self._serving(environment)
        report = report_on(name, serves)
        console = Console(file=sys.stderr)
        console.print(figures_table(serving, candidate))
        for table in report_tables(report) if report else ():
            console.print(table)
        if report is None and not options["without_shadow"]:
            raise CommandError(
                f"{name} was never compared with {serves} in shadow; run `qingxin model shadow {name}` first, "
                "or add --without-shadow"
            )
        self.confirm(f"Let {name} serve in place of {serves}?", yes=options["yes"])
        evidence: dict[str, Any] = {"without_shadow": report is None}
        if report:
            counted = report.figures
            evidence |= {kind: getattr(counted, kind) for kind in ("compared", "only_serving", "only_candidate")}
        changed = promotion.promote(store, name, deed, evidence, seen)
        self.stdout.write(
            f"{changed.now.model} serves (audit entry {changed.now.entry}); workers follow within seconds"
        )

    def do_rollback(self, store: Store, environment: Environment, options: dict[str, Any]) -> None:
        """Go back to the model before."""
        _refuse_if_pinned(environment)
        seen = store.serving()
        deed = self.deed_of(options)
        again = to_go_back_to(seen)
        self.confirm(
            f"Let {again.model} serve again in place of {promotion.served_by(seen)}?",
            yes=options["yes"],
        )
        changed = promotion.roll_back(store, deed, seen)
        self.stdout.write(f"{changed.now.model} serves again (audit entry {changed.now.entry})")

    def _serving(self, environment: Environment) -> tuple[Manifest | None, str]:
        """Give the manifest and the name of the model that serves; one that does not load must be replaceable."""
        try:
            manifest = load(in_service(environment.model_path, environment.models_dir).path).manifest
        except ArtifactError as error:
            self.stderr.write(f"the serving model cannot be compared with: {error}")
            return None, "the serving model"
        return manifest, name_of(manifest)

    def deed_of(self, options: dict[str, Any]) -> Deed:
        """Give who does it and why, once the password is checked."""
        reason = options["reason"].strip()
        if not reason and options["deed"] != "shadow":
            raise CommandError("--reason needs words; the audit log keeps them")
        if options["password_stdin"]:
            if sys.stdin is None:
                raise CommandError("standard input is closed; send the password through a pipe")
            password = sys.stdin.readline().rstrip("\r\n")
        elif sys.stdin is not None and sys.stdin.isatty():
            password = getpass(f"Password of {options['by']}: ")
        else:
            raise CommandError("there is no terminal to ask for the password on; use --password-stdin")
        return Deed(log_in(options["by"], password, ROLE), reason, timezone.now())

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask on the terminal unless told not to."""
        if yes:
            return
        if sys.stdin is None or not sys.stdin.isatty():
            raise CommandError("there is no terminal to ask on; add --yes")
        if input(f"{question} [yes/no] ").strip().lower() != "yes":
            raise CommandError("nothing was changed")


def _refuse_if_pinned(environment: Environment) -> None:
    if environment.model_path:
        raise CommandError(
            f"QINGXIN_MODEL_PATH pins {environment.model_path}, so a promotion would have no effect; unset it first"
        )
