"""The settings of TLS and SASL towards Kafka: their types, and what has to be there together."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
_OF = "QINGXIN_KAFKA_SECURITY_PROTOCOL"


def tls_context(
    cafile: Path | None,
    certfile: Path | None,
    keyfile: Path | None,
    password: SecretStr | None,
    *,
    check_hostname: bool,
) -> ssl.SSLContext:
    """Make the one TLS context of a process: always with a checked certificate, by default with a checked name.

    Raises:
        ValueError: a file cannot be read or holds no certificate or key.
    """
    try:
        context = ssl.create_default_context(cafile=str(cafile) if cafile else None)
    except OSError as error:  # SSLError is one
        raise ValueError(f"{cafile} cannot be read as certificates: {_why(error)}") from error
    context.check_hostname = check_hostname
    if certfile:
        try:
            # A password is always given: without one OpenSSL would ask for it on the terminal.
            context.load_cert_chain(certfile, keyfile, lambda: password.get_secret_value() if password else "")
        except (OSError, ValueError) as error:
            raise ValueError(f"certificate and key of {certfile} cannot be read: {_why(error)}") from error
    return context


def _why(error: Exception) -> str:
    """Give OpenSSL's or the system's reason without numbers of C code."""
    return str(getattr(error, "reason", None) or getattr(error, "strerror", None) or error)


def _for_sasl(value: object, info: ValidationInfo) -> object:
    """Refuse a SASL setting that is missing, or that would be passed over."""
    protocol = info.data.get("kafka_security_protocol")
    if protocol in ("SASL_PLAINTEXT", "SASL_SSL") and value is None:
        raise ValueError(f"must be set with {_OF}={protocol}")
    if protocol in ("PLAINTEXT", "SSL") and value is not None:
        raise ValueError(f"has no effect with {_OF}={protocol}; set SASL_SSL there, or SASL_PLAINTEXT")
    return value


def _for_tls(value: object, info: ValidationInfo) -> object:
    """Refuse a TLS setting that would be passed over."""
    protocol = info.data.get("kafka_security_protocol")
    if protocol in ("PLAINTEXT", "SASL_PLAINTEXT") and value is not None:
        raise ValueError(f"has no effect with {_OF}={protocol}; set SSL or SASL_SSL there")
    return value


def _key_of_a_certificate(value: Path | None, info: ValidationInfo) -> Path | None:
    if value is not None and "kafka_ssl_certfile" in info.data and info.data["kafka_ssl_certfile"] is None:
        raise ValueError("needs QINGXIN_KAFKA_SSL_CERTFILE, too")
    return value


def _holds_certificates(value: Path | None) -> Path | None:
    if value is not None:
        tls_context(value, None, None, None, check_hostname=True)
    return value


def _opens_the_key(value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    """Read certificate and key once all that belongs to them is known."""
    certfile, keyfile = info.data.get("kafka_ssl_certfile"), info.data.get("kafka_ssl_keyfile")
    if certfile and "kafka_ssl_keyfile" in info.data:
        tls_context(None, certfile, keyfile, value, check_hostname=True)
    return value


_None_if_empty = BeforeValidator(lambda given: given or None)
_Always = Field(validate_default=True)
SaslMechanism = Annotated[Mechanism | None, _None_if_empty, AfterValidator(_for_sasl), _Always]
SaslUsername = Annotated[str | None, _None_if_empty, AfterValidator(_for_sasl), _Always]
SaslPassword = Annotated[SecretStr | None, _None_if_empty, AfterValidator(_for_sasl), _Always]
TlsFile = Annotated[Path | None, _None_if_empty, AfterValidator(_for_tls)]
TlsCaFile = Annotated[Path | None, _None_if_empty, AfterValidator(_for_tls), AfterValidator(_holds_certificates)]
TlsKeyFile = Annotated[Path | None, _None_if_empty, AfterValidator(_for_tls), AfterValidator(_key_of_a_certificate)]
TlsPassword = Annotated[
    SecretStr | None, _None_if_empty, AfterValidator(_for_tls), AfterValidator(_opens_the_key), _Always
]
