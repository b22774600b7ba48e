"""The environment of a process: read once, typed, and checked whole, so that every fault is reported at once."""

from __future__ import annotations

import base64
import binascii
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.kafka_settings import (
    Protocol,
    SaslMechanism,
    SaslPassword,
    SaslUsername,
    TlsCaFile,
    TlsFile,
    TlsKeyFile,
    TlsPassword,
)

SEED_BYTES = 32
BROKER = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[^\s:/@\[\]]+)(?::(?P<port>[0-9]{1,5}))?")
MAX_PORT = 65_535


class SettingsError(Exception):
    """The environment is incomplete or wrong; the message lists every fault, one a line."""


def _check_key(value: SecretStr | None) -> SecretStr | None:
    """Refuse a signing key that is not 32 bytes in base64."""
    if value is not None:
        decode_key(value.get_secret_value())
    return value


def decode_key(text: str) -> bytes:
    """Turn the base64 form of an Ed25519 key into its 32 bytes.

    Raises:
        ValueError: not base64, or not 32 bytes.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("must be base64") from error
    if len(raw) != SEED_BYTES:
        raise ValueError(f"must be {SEED_BYTES} bytes in base64, got {len(raw)}")
    return raw


def _check_database_url(value: str | None) -> str | None:
    """Refuse what is no URL of a PostgreSQL database; an empty one is as good as none."""
    if value:
        parts = _split(value)
        if parts is None or parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
            raise ValueError(
                "must be a URL like postgresql://user:password@host/name, special characters of the password as %XX"
            )
    return value


def _check_redis_url(value: str) -> str:
    """Refuse what is no URL of a Redis."""
    parts = _split(value)
    if parts is None or not (
        (parts.scheme in ("redis", "rediss") and parts.hostname) or (parts.scheme == "unix" and parts.path)
    ):
        raise ValueError(
            "must be a URL like redis://127.0.0.1:6379/0, rediss://:password@host:6379/0 or unix:///run/valkey.sock"
        )
    return value


def _check_redis_urls(value: str) -> str:
    """Refuse what are no URLs of Redis, or the same one twice; take the blanks out."""
    urls = [_check_redis_url(url.strip()) for url in value.split(",") if url.strip()]
    if len(set(urls)) < len(urls):
        raise ValueError("must be URLs of different servers")
    return ",".join(urls)


def _check_brokers(value: str) -> str:
    """Refuse what are no brokers; take the blanks out."""
    brokers = [broker.strip() for broker in value.split(",")]
    for broker in brokers:
        found = BROKER.fullmatch(broker)
        if not found or not 1 <= int(found["port"] or 1) <= MAX_PORT:
            raise ValueError("must be host:port, several of them separated by commas, like kafka1:9092,kafka2:9092")
    return ",".join(brokers)


def _split(url: str) -> SplitResult | None:
    """Split a URL; None when it is none. Python's own message would print a part of it, maybe the password."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


Key = Annotated[SecretStr | None, AfterValidator(_check_key)]
Place = Annotated[Path | None, BeforeValidator(lambda given: given or None)]
"""A file or folder; an empty setting is none, where pathlib would take it for the working directory."""


class Environment(BaseSettings):
    """Every setting of QingXin; `QINGXIN_` stands before the name in the environment."""

    model_config = SettingsConfigDict(env_prefix="QINGXIN_", extra="ignore", frozen=True)

    database_url: Annotated[str | None, AfterValidator(_check_database_url)] = Field(
        None, description="PostgreSQL, as a URL: postgresql://user:password@host/name"
    )
    redis_url: Annotated[str, AfterValidator(_check_redis_url)] = Field(
        "redis://127.0.0.1:6379/0", description="Redis or Valkey, as a URL"
    )
    redis_counts_urls: Annotated[str, AfterValidator(_check_redis_urls)] = Field(
        "",
        description="Redis or Valkey servers that share the counts of senders among them, URLs separated by commas; "
        "QINGXIN_REDIS_URL if unset. All workers need the same list; change it at midnight",
    )
    kafka_bootstrap: Annotated[str, AfterValidator(_check_brokers)] = Field(
        "127.0.0.1:9092", description="Kafka brokers, host:port separated by commas"
    )
    kafka_session_seconds: float = Field(
        45, ge=2, le=300, description="consumer group session time-out; short with the embedded broker"
    )
    kafka_partitions: int = Field(12, ge=1, le=1000, description="partitions of a topic that QingXin creates")
    kafka_replication: int = Field(1, ge=1, le=7, description="copies of each partition of a topic QingXin creates")
    kafka_security_protocol: Protocol = Field(
        "PLAINTEXT", description="how to reach Kafka: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"
    )
    kafka_sasl_mechanism: SaslMechanism = Field(
        None, description="how to log in to Kafka: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; only with SASL"
    )
    kafka_sasl_username: SaslUsername = Field(None, description="name to log in to Kafka with; only with SASL")
    kafka_sasl_password: SaslPassword = Field(None, description="password to log in to Kafka with; only with SASL")
    kafka_ssl_cafile: TlsCaFile = Field(
        None, description="PEM file with the CA of Kafka's certificates; the system's CAs if unset"
    )
    kafka_ssl_certfile: TlsFile = Field(
        None, description="PEM file with this client's certificate, where Kafka asks for one"
    )
    kafka_ssl_keyfile: TlsKeyFile = Field(None, description="PEM file with the key of that certificate, if not in it")
    kafka_ssl_password: TlsPassword = Field(None, description="password of that key, if it has one")
    kafka_ssl_check_hostname: bool = Field(
        default=True, description="Kafka's certificate must name the host that was asked for"
    )
    feeds_path: Place = Field(None, description="profiles of `qingxin feed`; config/feeds.toml if unset")
    secret_key: SecretStr | None = Field(None, description="Django's secret; 50 random characters")
    order_signing_key: Key = Field(
        None, description="Ed25519 private key (32 bytes, base64) that signs enforcement orders; web process only"
    )
    order_public_key: Key = Field(
        None, description="Ed25519 public key (32 bytes, base64) with which relay, auditor and adapters check orders"
    )
    debug: bool = Field(default=False, description="Django's debug pages; never in production")
    allowed_hosts: str = Field("127.0.0.1,localhost", description="host names the console answers to, by commas")
    https: bool = Field(default=True, description="the console is reached through TLS: secure cookies and HSTS")
    web_host: str = Field("127.0.0.1", description="address the console listens on")
    web_port: int = Field(8000, ge=0, le=65535, description="port the console listens on")
    web_workers: int = Field(2, ge=1, le=64, description="processes of the console")
    metrics_host: str = Field("127.0.0.1", description="address of /metrics and /health of a worker")
    metrics_port: int = Field(0, ge=0, le=65535, description="port of /metrics and /health of a worker; 0 is off")
    model_path: Place = Field(
        None, description="pins a classifier artifact; else the model store decides, or the released one"
    )
    models_dir: Place = Field(
        None, description="folder of the model store, from which `qingxin model` promotes; workers follow it"
    )
    policy_path: Place = Field(None, description="policy file; config/policy.toml if unset")
    broken_world_seconds: float = Field(
        300, gt=0, description="a worker that cannot reach database, Redis or broker for so long stops"
    )
    commit_seconds: float = Field(1.0, gt=0, le=60, description="how often a worker commits its Kafka offsets")
    log_format: Literal["text", "json"] = Field("text", description="log lines for people or for machines")

    @property
    def counts_urls(self) -> tuple[str, ...]:
        """The Redis servers that hold the counts of senders; one at least."""
        return tuple(self.redis_counts_urls.split(",")) if self.redis_counts_urls else (self.redis_url,)

    def require(self, *names: str) -> None:
        """Say which of these settings are missing, all at once.

        Raises:
            SettingsError: one line for each missing setting.
        """
        missing = [name for name in names if getattr(self, name) in (None, "")]
        if missing:
            raise SettingsError(
                "\n".join(f"QINGXIN_{name.upper()} is not set: {self.describe(name)}" for name in missing)
            )

    @classmethod
    def describe(cls, name: str) -> str:
        """Give the description of a setting."""
        return cls.model_fields[name].description or ""


@cache
def load_environment() -> Environment:
    """Read the process's environment once.

    Raises:
        SettingsError: one line for each setting that is wrong.
    """
    try:
        return Environment()
    except ValidationError as error:
        faults = [
            f"QINGXIN_{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
            for fault in error.errors(include_input=False)
        ]
        raise SettingsError("\n".join(faults).replace(": Value error, ", ": ")) from error
