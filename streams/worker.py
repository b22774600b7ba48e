"""A worker process: `python -m streams.worker scoring|casework|protection|shadow`."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from config.environment import Environment, SettingsError, load_environment
from config.logs import JsonFormatter
from config.policy import PolicyError
from models.errors import ModelError
from streams.guard import FeedBrokenError
from streams.health import serve_health
from streams.kafka_access import require_entry

if TYPE_CHECKING:
    from streams.engine import Engine

WITH_DATABASE = ("casework", "protection", "shadow")
GARBAGE_EVERY = 200_000
"""Objects made until young ones are searched for garbage: a batch makes thousands that live as long as it does."""
NAMES = ("scoring", *WITH_DATABASE)


def _make_engine(name: str, environment: Environment) -> Engine:
    if name == "scoring":
        from streams.scoring import make_engine

        return make_engine(environment)
    environment.require("database_url", "secret_key")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from streams.desks import require_migrated

    require_migrated()
    maker: Callable[[Environment], Engine]
    if name == "casework":
        from streams.casework import make_engine as maker
    elif name == "shadow":
        from streams.shadow import make_engine as maker
    else:
        from streams.protection import make_engine as maker
    return maker(environment)


def _log_to_stderr(environment: Environment) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonFormatter()
        if environment.log_format == "json"
        else logging.Formatter("{asctime} {levelname} {name}: {message}", style="{")
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def run(name: str) -> int:
    """Run a worker until SIGTERM or SIGINT.

    Returns:
        The exit status: 0 after an orderly stop, 1 when the world stayed broken, 65 when what is fed is broken.
    """
    import faust

    environment = load_environment()
    require_entry(environment)
    engine = _make_engine(name, environment)
    gc.collect()
    gc.freeze()  # what is loaded stays: it is not to be searched for garbage again and again
    gc.set_threshold(GARBAGE_EVERY)
    _log_to_stderr(environment)
    if environment.metrics_port:
        serve_health(environment.metrics_host, environment.metrics_port, lambda: is_ready(engine), engine.sentence)
    worker = faust.Worker(
        engine.app, loglevel="INFO", override_logging=False, redirect_stdouts=False, daemon=True, quiet=True
    )
    try:
        worker.execute_from_commandline()
    except SystemExit as stop:
        if stop.code and not engine.broken:
            return int(stop.code) if isinstance(stop.code, int) else 1
    if isinstance(engine.broken, FeedBrokenError):
        return os.EX_DATAERR
    return 1 if engine.broken else 0


def is_ready(engine: Engine) -> bool:
    """Say whether the worker has joined its group and been given partitions."""
    app = engine.app
    return bool(app.started and not app.should_stop and not app.rebalancing and app.consumer.assignment())


def main() -> None:
    """Run the worker named on the command line."""
    if len(sys.argv) != 2 or sys.argv[1] not in NAMES:  # noqa: PLR2004 - the program and one name
        sys.exit(f"usage: python -m streams.worker {'|'.join(NAMES)}")
    try:
        sys.exit(run(sys.argv[1]))
    except (SettingsError, PolicyError, ModelError) as error:
        sys.exit(f"qingxin worker: {error}")


if __name__ == "__main__":
    main()
