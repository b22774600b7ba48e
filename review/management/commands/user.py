"""`qingxin user`: makes and lists the people of the console."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from config.commands import ExampleCommand
from config.roles import Role
from ledger import audit
from ledger.chain import Event

ACTOR = "system:user"


class Command(ExampleCommand):
    help = "Makes and lists the people of the console; every new one is in the audit log."
    examples = """  qingxin user add wang --role reviewer
  echo "$PASSWORD" | qingxin user add li --role approver --role auditor --password-stdin
  qingxin user list"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True, metavar="add|list")
        add = deeds.add_parser("add", help="make a person who can log in")
        add.add_argument("name", help="the login name")
        add.add_argument("--role", action="append", required=True, choices=list(map(str, Role)), help="may be repeated")
        add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        deeds.add_parser("list", help="show people and their roles")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["deed"] == "list":
            self.show()
        else:
            self.add(options["name"], options["role"], from_stdin=options["password_stdin"])

    def add(self, name: str, roles: list[str], *, from_stdin: bool) -> None:
        """Make a user with roles and a password that holds."""
        if User.objects.filter(username=name).exists():
            raise CommandError(f"{name} exists already; `qingxin user list` shows everybody")
        if from_stdin and sys.stdin is None:
            raise CommandError("standard input is closed; send the password through a pipe")
        password = sys.stdin.readline().rstrip("\r\n") if from_stdin else _ask(name)
        user = User(username=name)
        try:
            user.full_clean(exclude=["password"])
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        user.set_password(password)
        with transaction.atomic():
            user.save()
            user.groups.set(Group.objects.filter(name__in=roles))
            event = Event(ACTOR, "user_added", "user", name, {"roles": sorted(set(roles))})
            audit.record([event], at=timezone.now())
        self.stdout.write(f"{name} can log in as {', '.join(sorted(set(roles)))}")

    def show(self) -> None:
        """Print one line for each person."""
        for user in User.objects.prefetch_related("groups").order_by("username"):
            roles = ", ".join(sorted(group.name for group in user.groups.all())) or "no role"
            self.stdout.write(f"{user.username}\t{roles}{'' if user.is_active else ' (inactive)'}")


def _ask(name: str) -> str:
    password = getpass(f"Password for {name}: ")
    if password != getpass("Again: "):
        raise CommandError("the two passwords differ")
    return password
