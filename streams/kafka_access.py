"""How QingXin reaches Kafka: the settings of TLS and SASL as kafka-python and Faust want them, and why it failed."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from typing import TYPE_CHECKING, Any

import aiokafka.errors
from aiokafka.conn import create_conn
from aiokafka.errors import AuthenticationFailedError, SaslAuthenticationFailed, UnsupportedSaslMechanismError
from kafka.errors import AuthorizationError, KafkaError

from config.environment import Environment, SettingsError
from config.kafka_settings import tls_context
from streams.kafka_greeting import greeting_fault

if TYPE_CHECKING:
    import faust

PROBE_SECONDS = 5
REFUSAL_SECONDS = 0.5
"""How long a broker takes at most to refuse a certificate after the handshake."""
DEFAULT_PORT = 9092


def client_settings(environment: Environment) -> dict[str, Any]:
    """Give the arguments with which a client of kafka-python finds its brokers and is let in."""
    settings: dict[str, Any] = {
        "bootstrap_servers": environment.kafka_bootstrap.split(","),
        "security_protocol": environment.kafka_security_protocol,
    }
    if context := _context(environment):
        settings["ssl_context"] = context
        settings["ssl_check_hostname"] = environment.kafka_ssl_check_hostname
    if environment.kafka_sasl_mechanism and environment.kafka_sasl_password:
        settings["sasl_mechanism"] = environment.kafka_sasl_mechanism
        settings["sasl_plain_username"] = environment.kafka_sasl_username
        settings["sasl_plain_password"] = environment.kafka_sasl_password.get_secret_value()
    return settings


def faust_credentials(environment: Environment) -> faust.auth.Credentials | None:
    """Give Faust's `broker_credentials`; None for a broker that anybody may use."""
    import faust

    context = _context(environment)
    if environment.kafka_sasl_mechanism and environment.kafka_sasl_password:
        return faust.SASLCredentials(
            username=environment.kafka_sasl_username,
            password=environment.kafka_sasl_password.get_secret_value(),
            ssl_context=context,
            mechanism=environment.kafka_sasl_mechanism,
        )
    return faust.SSLCredentials(context) if context else None


def why_unreachable(environment: Environment, error: KafkaError) -> str:
    """Say in one sentence why a client could not begin, and which setting to look at."""
    where = environment.kafka_bootstrap
    if isinstance(error, AuthorizationError):
        return f"Kafka at {where} lets this user in, but not do that: ask for the right in Kafka's ACLs ({error})"
    return why_not_let_in(environment) or f"no Kafka broker answers at {where} ({error})"


def why_not_let_in(environment: Environment) -> str:
    """Try the brokers and say why they do not let this process in; empty when one does, or none answers.

    kafka-python tells of neither a wrong protocol, password nor certificate until its time is up, and Faust of none at
    all, so they are looked for.
    """
    context, protocol = _context(environment), environment.kafka_security_protocol
    faults = []
    for broker in environment.kafka_bootstrap.split(","):
        fault = (
            (context and _tls_fault(broker, context))
            or greeting_fault(address_of(broker), protocol, context)
            or asyncio.run(_login_fault(broker, environment, context))
        )
        if not fault:
            return ""
        faults.append(fault)
    return faults[0]


def require_entry(environment: Environment) -> None:
    """Refuse to start a process whose log-in or certificates Kafka does not take; a broker that is away is no reason.

    Raises:
        SettingsError: with the setting to look at.
    """
    if fault := why_not_let_in(environment):
        raise SettingsError(fault)


def _context(environment: Environment) -> ssl.SSLContext | None:
    if environment.kafka_security_protocol not in ("SSL", "SASL_SSL"):
        return None
    return tls_context(
        environment.kafka_ssl_cafile,
        environment.kafka_ssl_certfile,
        environment.kafka_ssl_keyfile,
        environment.kafka_ssl_password,
        check_hostname=environment.kafka_ssl_check_hostname,
    )


def _tls_fault(broker: str, context: ssl.SSLContext) -> str:
    """Try a TLS handshake with a broker and say what is wrong with it; empty when nothing is, or nobody answers."""
    host, port = address_of(broker)
    try:
        with (
            socket.create_connection((host, port), PROBE_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            secured.settimeout(REFUSAL_SECONDS)
            secured.recv(1)  # TLS 1.3 tells of a certificate that the broker refuses only with the first read
    except ssl.SSLCertVerificationError as error:
        return (
            f"the certificate of Kafka at {broker} is not trusted: {error.verify_message}; "
            "QINGXIN_KAFKA_SSL_CAFILE names the file of its CA"
        )
    except TimeoutError:
        return ""
    except ssl.SSLError as error:
        return (
            f"Kafka at {broker} and QingXin do not agree on TLS: {error.reason or error}; check the port, "
            "QINGXIN_KAFKA_SECURITY_PROTOCOL and, where Kafka asks for a certificate, QINGXIN_KAFKA_SSL_CERTFILE"
        )
    except OSError:
        return ""
    return ""


async def _login_fault(broker: str, environment: Environment, context: ssl.SSLContext | None) -> str:
    """Log in to a broker and say why it refuses; empty when it does not, or does not answer."""
    if not environment.kafka_sasl_mechanism or not environment.kafka_sasl_password:
        return ""
    host, port = address_of(broker)
    chatter = logging.getLogger("aiokafka.conn")
    level = chatter.level
    chatter.setLevel(logging.CRITICAL)  # what fails is said once, in the sentence
    try:
        connection = await create_conn(
            host, port, client_id="qingxin-probe", request_timeout_ms=PROBE_SECONDS * 1000, ssl_context=context,
            security_protocol=environment.kafka_security_protocol, sasl_mechanism=environment.kafka_sasl_mechanism,
            sasl_plain_username=environment.kafka_sasl_username,
            sasl_plain_password=environment.kafka_sasl_password.get_secret_value(),
        )  # fmt: skip
    except (AuthenticationFailedError, UnsupportedSaslMechanismError, SaslAuthenticationFailed) as error:
        return (
            f"Kafka at {broker} refuses the log-in as {environment.kafka_sasl_username} by "
            f"{environment.kafka_sasl_mechanism}: check QINGXIN_KAFKA_SASL_USERNAME, _PASSWORD and _MECHANISM "
            f"({_in_short(error)})"
        )
    except (aiokafka.errors.KafkaError, OSError, TimeoutError):
        return ""
    finally:
        chatter.setLevel(level)
    connection.close()
    return ""


def address_of(broker: str) -> tuple[str, int]:
    """Split `host:port`, `host` or `[::1]:port`."""
    host, colon, port = broker.rpartition(":")
    if not colon or broker.endswith("]"):
        host, port = broker, str(DEFAULT_PORT)
    return host.strip("[]"), int(port)


def _in_short(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
