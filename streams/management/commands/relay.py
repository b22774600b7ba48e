"""`qingxin relay`: publishes the outbox."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import CommandError

from config.commands import ExampleCommand
from config.environment import load_environment
from config.policy import PolicyError
from streams.guard import WorldBrokenError
from streams.health import serve_health
from streams.kafka_access import require_entry


class Command(ExampleCommand):
    help = (
        "Publish the outbox to Kafka until SIGTERM. A second relay stands by. Enforcement orders are published only "
        "with a valid signature over decision, reviewer and approver. Beside it runs the watch over the gateways."
    )
    examples = """  qingxin relay
  QINGXIN_METRICS_PORT=9104 qingxin relay"""

    def handle(self, *_args: Any, **_options: Any) -> None:
        from streams.desks import require_migrated
        from streams.relay import Relay
        from streams.watching import Watch

        environment = load_environment()
        require_entry(environment)
        try:
            relay, watch = Relay(environment), Watch(environment)
        except PolicyError as error:
            raise CommandError(f"relay: {error}") from error
        require_migrated()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: relay.stopping.set())
        if environment.metrics_port:
            serve_health(environment.metrics_host, environment.metrics_port, lambda: relay.ready)
        watch.start()
        try:
            relay.run()
        except WorldBrokenError as error:
            raise CommandError(f"relay: giving up on a broken world: {error}") from error
        finally:
            watch.stop()
