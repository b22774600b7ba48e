"""Greets a Kafka broker in its protocol, to tell a wrong QINGXIN_KAFKA_SECURITY_PROTOCOL from a broker that is away.

Clients of Kafka only see a connection that closes, and go on trying until their time is up.
"""

from __future__ import annotations

import socket
import ssl
import struct

ANSWER_SECONDS = 3.0
API_VERSIONS = struct.pack(">hhih", 18, 0, 1, -1)
"""Version 0, without a client's name: every broker answers it, before a log-in too."""
METADATA = struct.pack(">hhihi", 3, 1, 2, -1, 0)
"""Version 1, of no topic: not answered before a log-in where one is asked for."""


def greeting_fault(address: tuple[str, int], protocol: str, context: ssl.SSLContext | None) -> str:
    """Say what the broker at `address` wants other than `protocol`; empty when nothing, or when nobody answers."""
    try:
        with socket.create_connection(address, ANSWER_SECONDS) as plain:
            if context is None:
                return _fault(plain, address, protocol)
            with context.wrap_socket(plain, server_hostname=address[0]) as secured:
                return _fault(secured, address, protocol)
    except OSError:
        return ""


def _fault(connection: socket.socket, address: tuple[str, int], protocol: str) -> str:
    said = f"and QINGXIN_KAFKA_SECURITY_PROTOCOL is {protocol}; it should be"
    tls, where = protocol.endswith("SSL"), f"Kafka at {address[0]}:{address[1]}"
    if not _answers(connection, API_VERSIONS):
        return "" if tls or not _speaks_tls(address) else f"{where} speaks TLS, {said} SSL or SASL_SSL"
    if not protocol.startswith("SASL") and not _answers(connection, METADATA):
        return f"{where} asks for a log-in, {said} {'SASL_SSL' if tls else 'SASL_PLAINTEXT'}"
    return ""


def _answers(connection: socket.socket, request: bytes) -> bool:
    """Send a request and say whether its answer comes: its size, then the number of the request.

    Raises:
        TimeoutError: the connection stays open without an answer.
    """
    try:
        connection.sendall(struct.pack(">i", len(request)) + request)
        answer = _take(connection, 8)
        if len(answer) < 8 or answer[4:] != request[4:8]:  # noqa: PLR2004 - two numbers of four bytes
            return False
        rest = struct.unpack(">i", answer[:4])[0] - 4
        return len(_take(connection, rest)) == rest
    except TimeoutError:
        raise
    except OSError:
        return False


def _take(connection: socket.socket, count: int) -> bytes:
    taken = b""
    while len(taken) < count and (more := connection.recv(count - len(taken))):
        taken += more
    return taken


def _speaks_tls(address: tuple[str, int]) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # nothing is sent: only whether it is TLS
    try:
        with (
            socket.create_connection(address, ANSWER_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=address[0]),
        ):
            return True
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")
    except OSError:
        return False
