"""The `qingxin` command: Django's command framework with errors in one clear sentence."""

from __future__ import annotations

import os
import sys

from config.environment import SettingsError
from config.policy import PolicyError


def main() -> None:
    """Run one sub-command; `qingxin help` lists them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import ManagementUtility

    arguments = ["qingxin", *sys.argv[1:]]
    try:
        ManagementUtility(arguments).execute()
    except (SettingsError, PolicyError) as error:
        sys.exit(f"qingxin: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
