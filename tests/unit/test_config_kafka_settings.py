"""TLS and SASL settings are checked together, and every fault is told at once."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from config.environment import Environment, SettingsError, load_environment
from streams.kafka_access import address_of, client_settings, faust_credentials


def faults(monkeypatch: pytest.MonkeyPatch, **settings: str) -> list[str]:
    for name, value in settings.items():
        monkeypatch.setenv(f"QINGXIN_KAFKA_{name.upper()}", value)
    with pytest.raises(SettingsError) as refused:
        load_environment.__wrapped__()
    return str(refused.value).splitlines()


def test_sasl_without_its_words_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told = faults(monkeypatch, security_protocol="SASL_SSL", sasl_username="")
    assert [line.split(":")[0] for line in told] == [
        "QINGXIN_KAFKA_SASL_MECHANISM", "QINGXIN_KAFKA_SASL_USERNAME", "QINGXIN_KAFKA_SASL_PASSWORD",
    ]  # fmt: skip


def test_words_that_would_be_passed_over_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    told = faults(monkeypatch, sasl_username="li", sasl_password="geheim", ssl_cafile="/ca.pem")
    assert [line.split(":")[0] for line in told] == [
        "QINGXIN_KAFKA_SASL_USERNAME", "QINGXIN_KAFKA_SASL_PASSWORD", "QINGXIN_KAFKA_SSL_CAFILE",
    ]  # fmt: skip
    assert "geheim" not in "".join(told)


def test_a_ca_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for name in ("ca.pem", "missing.pem"):
        (told,) = faults(monkeypatch, security_protocol="SSL", ssl_cafile=str(tmp_path / name))
        assert told.startswith(f"QINGXIN_KAFKA_SSL_CAFILE: {tmp_path / name} cannot be read as certificates")


def test_a_key_needs_its_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    (told,) = faults(monkeypatch, security_protocol="SSL", ssl_keyfile="/key.pem")
    assert told == "QINGXIN_KAFKA_SSL_KEYFILE: needs QINGXIN_KAFKA_SSL_CERTFILE, too"


def test_an_unknown_mechanism_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    told = faults(
        monkeypatch, security_protocol="SASL_SSL", sasl_mechanism="GSSAPI", sasl_username="li", sasl_password="x"
    )
    assert len(told) == 1
    assert "'SCRAM-SHA-512'" in told[0]


def test_both_clients_get_the_same_words() -> None:
    environment = Environment(
        kafka_security_protocol="SASL_SSL", kafka_sasl_mechanism="SCRAM-SHA-512", kafka_sasl_username="li",
        kafka_sasl_password="geheim",  # type: ignore[arg-type]
        kafka_ssl_check_hostname=False,
    )  # fmt: skip
    plain, faust = client_settings(environment), faust_credentials(environment)
    assert faust.protocol.value == plain["security_protocol"] == "SASL_SSL"
    assert faust.mechanism.value == plain["sasl_mechanism"] == "SCRAM-SHA-512"
    assert (faust.username, faust.password) == (plain["sasl_plain_username"], plain["sasl_plain_password"])
    assert plain["ssl_context"].verify_mode == ssl.CERT_REQUIRED
    assert not faust.ssl_context.check_hostname
    assert "geheim" not in repr(environment)


def test_a_broker_that_anybody_may_use_needs_no_words() -> None:
    assert faust_credentials(Environment()) is None
    assert client_settings(Environment()) == {
        "bootstrap_servers": ["127.0.0.1:9092"], "security_protocol": "PLAINTEXT",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("broker", "address"),
    [
        ("kafka:9093", ("kafka", 9093)),
        ("kafka", ("kafka", 9092)),
        ("[::1]:9094", ("::1", 9094)),
        ("[::1]", ("::1", 9092)),
    ],
)
def test_addresses_are_split(broker: str, address: tuple[str, int]) -> None:
    assert address_of(broker) == address
