"""/health and /metrics of a worker, on loopback unless told otherwise; neither shows data of a person."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        """Keep requests out of the log."""


def serve_health(host: str, port: int, is_ready: Callable[[], bool], state: Callable[[], str] = str) -> int:
    """Serve in a thread of its own.

    Args:
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        is_ready: whether /health says 200 or 503.
        state: a sentence that /health adds, or nothing.

    Returns:
        The port.
    """
    metrics = make_wsgi_app()

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            return metrics(environ, start_response)
        if path == "/health":
            ready = is_ready()
            start_response("200 OK" if ready else "503 Service Unavailable", [("Content-Type", "text/plain")])
            return [": ".join(filter(None, ("ready" if ready else "starting", state()))).encode()]
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"not found"]

    server = make_server(host, port, application, server_class=_Server, handler_class=_QuietHandler)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server.server_port
