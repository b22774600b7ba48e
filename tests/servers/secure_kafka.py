"""Apache Kafka with TLS and SASL beside its plain listener, and a certificate authority of its own."""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from demo.children import LOOPBACK, Keeper, free_port
from demo.servers.apache_kafka import ApacheKafka

USER, PASSWORD = "feeder", "only-for-tests"
MODULES = "org.apache.kafka.common.security"


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._certificate = self._sign(
            self._name, self._key.public_key(), [(x509.BasicConstraints(ca=True, path_length=None), True)]
        )
        self.file = folder / "ca.pem"
        self.file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> tuple[Path, Path]:
        """Make a certificate for the loopback address and its key; give both files."""
        key = ec.generate_private_key(ec.SECP256R1())
        hosts = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(LOOPBACK))]
        )  # fmt: skip
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._sign(subject, key.public_key(), [(hosts, False)])
        files = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return files

    def _sign(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, extensions: list[tuple[x509.ExtensionType, bool]]
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder().subject_name(name).issuer_name(self._name).public_key(key)
            .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(days=2))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )  # fmt: skip
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self._key, hashes.SHA256())


class SecureKafka(ApacheKafka):
    """A broker with a SASL_SSL listener (SCRAM-SHA-512, PLAIN) and an SSL one that asks for a client's certificate."""

    def __init__(self, folder: Path, classpath: str, keeper: Keeper | None = None) -> None:
        super().__init__(folder, classpath, keeper)
        self.authority = Authority(folder / "tls", "QingXin tests")
        self.sasl = f"{LOOPBACK}:{free_port()}"
        self.mutual = f"{LOOPBACK}:{free_port()}"

    def with_doors(self, settings: dict[str, object]) -> dict[str, object]:
        """Give the settings with the two secured listeners."""
        certificate, key = self.authority.issue("broker")
        store = self.folder / "tls" / "broker-store.pem"
        store.write_bytes(key.read_bytes() + certificate.read_bytes())
        doors = f",SASL_SSL://{self.sasl},SSL://{self.mutual}"
        jaas = "listener.name.sasl_ssl.{}.sasl.jaas.config"
        return settings | {
            "listeners": f"{settings['listeners']}{doors}",
            "advertised.listeners": f"{settings['advertised.listeners']}{doors}",
            "listener.security.protocol.map": f"{settings['listener.security.protocol.map']},SASL_SSL:SASL_SSL,SSL:SSL",
            "inter.broker.listener.name": "PLAINTEXT",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": store,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.authority.file,
            "listener.name.ssl.ssl.client.auth": "required",
            "listener.name.sasl_ssl.sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN",
            jaas.format("scram-sha-512"): f"{MODULES}.scram.ScramLoginModule required;",
            jaas.format("plain"): f'{MODULES}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
        }

    def users(self) -> list[str]:
        """Give the SCRAM user."""
        return ["--add-scram", f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"]

    def by_sasl(self, mechanism: str = "SCRAM-SHA-512") -> dict[str, str]:
        """Give the settings of a process that logs in through TLS."""
        return {
            "QINGXIN_KAFKA_BOOTSTRAP": self.sasl,
            "QINGXIN_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "QINGXIN_KAFKA_SASL_MECHANISM": mechanism,
            "QINGXIN_KAFKA_SASL_USERNAME": USER,
            "QINGXIN_KAFKA_SASL_PASSWORD": PASSWORD,
            "QINGXIN_KAFKA_SSL_CAFILE": str(self.authority.file),
        }

    def by_certificate(self) -> dict[str, str]:
        """Give the settings of a process that shows a certificate."""
        certificate, key = self.authority.issue("client")
        return {
            "QINGXIN_KAFKA_BOOTSTRAP": self.mutual,
            "QINGXIN_KAFKA_SECURITY_PROTOCOL": "SSL",
            "QINGXIN_KAFKA_SSL_CAFILE": str(self.authority.file),
            "QINGXIN_KAFKA_SSL_CERTFILE": str(certificate),
            "QINGXIN_KAFKA_SSL_KEYFILE": str(key),
        }
