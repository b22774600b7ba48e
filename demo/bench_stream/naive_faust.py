"""The contender naive-faust: a Faust app as the tutorial writes it, one SMS at a time."""

from __future__ import annotations

import os
import sys

import faust

from config.topics import GATEWAY_TOPICS
from demo.bench_stream.naive import judge, serve_metrics, train

GROUP = "bench-naive-faust"


def main() -> None:
    """Run until the bench ends the process."""
    model = train()
    app = faust.App(
        GROUP,
        broker=f"aiokafka://{os.environ['QINGXIN_KAFKA_BOOTSTRAP']}",
        value_serializer="raw",
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=float(os.environ["QINGXIN_KAFKA_SESSION_SECONDS"]),
        broker_heartbeat_interval=1.0,
        broker_request_timeout=90.0,
    )
    hits = app.topic("bench.hits", value_type=bytes)

    async def score(stream: faust.StreamT[bytes]) -> None:
        async for value in stream:
            hit = judge(model, value)
            if hit:
                await hits.send(value=hit)

    app.agent(app.topic(*GATEWAY_TOPICS.values(), value_type=bytes))(score)
    serve_metrics(int(os.environ["QINGXIN_METRICS_PORT"]))
    sys.argv = [sys.argv[0]]
    faust.Worker(app, loglevel="WARNING", daemon=True, quiet=True).execute_from_commandline()


if __name__ == "__main__":
    main()
