"""`qingxin web`: the console under gunicorn."""

from __future__ import annotations

import os
import sys
from typing import Any

from config.commands import ExampleCommand
from config.environment import load_environment


class Command(ExampleCommand):
    help = "Serve the web console until SIGTERM. It signs enforcement orders, so it alone needs the signing key."
    examples = """  qingxin web
  QINGXIN_WEB_HOST=0.0.0.0 QINGXIN_WEB_PORT=8080 QINGXIN_WEB_WORKERS=4 qingxin web"""

    def handle(self, *_args: Any, **_options: Any) -> None:
        environment = load_environment()
        environment.require("database_url", "secret_key", "order_signing_key")
        arguments = [
            *(sys.executable, "-m", "gunicorn", "config.wsgi:application"),
            *("--bind", f"{environment.web_host}:{environment.web_port}"),
            *("--workers", str(environment.web_workers)),
            *("--threads", "4"),
            *("--timeout", "60"),
            *("--graceful-timeout", "10"),
            "--no-control-socket",
        ]
        os.execv(sys.executable, arguments)  # noqa: S606 - gunicorn of our own environment
