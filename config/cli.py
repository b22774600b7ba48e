"""The `qingxin` command: Django's command framework with errors in one clear sentence."""

from __future__ import annotations

import os
import re
import sys

from config.environment import SettingsError
from config.policy import PolicyError

ROOMS = ("demo", "streams", "review", "billing_hooks", "ledger")


def main() -> None:
    """Run one sub-command; without one, list them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import ManagementUtility

    arguments = sys.argv[1:]
    try:
        if arguments in ([], ["help"], ["--help"], ["-h"]):
            sys.stdout.write(overview())
        else:
            ManagementUtility(["qingxin", *arguments]).execute()
    except (SettingsError, PolicyError) as error:
        sys.exit(f"qingxin: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def overview() -> str:
    """List QingXin's own commands, a line each; Django's others work too."""
    import django
    from django.core.management import get_commands, load_command_class

    django.setup()
    lines = ["清信 QingXin: SMS spam review and subscription protection", "", "usage: qingxin COMMAND [OPTIONS]", ""]
    for name, room in sorted(get_commands().items()):
        if room in ROOMS:
            lines.append(f"  {name:10} {_in_short(load_command_class(str(room), name).help)}")
    lines += ["  migrate    Make or bring up to date the tables in PostgreSQL.", ""]
    lines += [
        "`qingxin COMMAND --help` tells more, with examples. Django's own commands work too: `qingxin help --commands`."
    ]
    return "\n".join(lines) + "\n"


def _in_short(text: str) -> str:
    return re.split(r"\. |: |, | \(", text)[0].rstrip(".") + "."


if __name__ == "__main__":
    main()
