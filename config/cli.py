"""The `qingxin` command: Django's command framework with errors in one clear sentence."""

from __future__ import annotations

import os
import re
import select
import sys

from config.environment import Environment, SettingsError
from config.policy import PolicyError

ROOMS = ("demo", "streams", "review", "billing_hooks", "ledger")
UNDEFINED_TABLE = "42P01"
UNREACHABLE = ("08", "28", "3D", "53", "57P")
"""How the SQLSTATE begins when the database lets nobody in: connection, log-in, name, resources, shutting down."""


def main() -> None:
    """Run one sub-command; without one, list them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    arguments = sys.argv[1:]
    if "--traceback" in arguments[1:]:  # Django takes it before a word like `list` alone
        arguments = [arguments[0], "--traceback", *(word for word in arguments[1:] if word != "--traceback")]
    try:
        try:
            _run(arguments)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        if not _reader_has_gone():
            raise
        # What is left unwritten would make Python complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        sentence = explain(error)
        if sentence is None or "--traceback" in arguments:
            raise
        sys.exit(f"qingxin: {sentence}")


def _run(arguments: list[str]) -> None:
    from django.core.management import ManagementUtility

    if arguments in ([], ["help"], ["--help"], ["-h"]):
        sys.stdout.write(overview())
    else:
        ManagementUtility(["qingxin", *_as_modules(arguments)]).execute()


def explain(error: Exception) -> str | None:
    """Say what to do about an error that is not the program's; None for any other."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import OperationalError, ProgrammingError

    if isinstance(error, SettingsError | PolicyError):
        return str(error)
    if isinstance(error, ImproperlyConfigured):
        for sign, name in {"settings.DATABASES": "database_url", "SECRET_KEY": "secret_key"}.items():
            if sign in str(error):
                return f"QINGXIN_{name.upper()} is not set: {Environment.describe(name)}"
        return None
    code = getattr(error.__cause__, "sqlstate", None)
    if isinstance(error, OperationalError) and (code is None or code.startswith(UNREACHABLE)):
        reason = str(error).strip().partition("\n")[0]
        return f"the database cannot be used; check that PostgreSQL runs, and QINGXIN_DATABASE_URL ({reason})"
    if isinstance(error, ProgrammingError) and code == UNDEFINED_TABLE:
        return "the database has no tables of QingXin, or not all of this version; run `qingxin migrate`"
    return None


def _reader_has_gone() -> bool:
    """Say whether nobody reads standard output any more."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return bool(poll.poll(0))


def overview() -> str:
    """List QingXin's own commands, a line each; Django's others work too."""
    import django
    from django.core.management import get_commands, load_command_class

    django.setup()
    lines = ["清信 QingXin: SMS spam review and subscription protection", "", "usage: qingxin COMMAND [OPTIONS]", ""]
    for name, room in sorted(get_commands().items()):
        if room in ROOMS:
            lines.append(f"  {_typed(name):13} {_in_short(load_command_class(str(room), name).help)}")
    lines += ["  migrate       Make or bring up to date the tables in PostgreSQL.", ""]
    lines += [
        "`qingxin COMMAND --help` tells more, with examples. Django's own commands work too: `qingxin help --commands`."
    ]
    return "\n".join(lines) + "\n"


def _as_modules(arguments: list[str]) -> list[str]:
    """Give the arguments with the command as Django knows it: `export-labels` is in export_labels.py."""
    names = 2 if arguments[0] == "help" else 1
    words = [word if word.startswith("-") else word.replace("-", "_") for word in arguments[:names]]
    return words + arguments[names:]


def _typed(name: str) -> str:
    """Give a command as people type it."""
    return name.replace("_", "-")


def _in_short(text: str) -> str:
    return re.split(r"\. |: |, | \(", text)[0].rstrip(".") + "."


if __name__ == "__main__":
    main()
