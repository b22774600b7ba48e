"""Apache Kafka as one KRaft node on loopback: from QINGXIN_TEST_KAFKA_HOME, or from jars that Maven resolves."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Self

from demo.children import LOOPBACK, Child, Keeper, free_port, inherited_environment, tail
from demo.errors import NoApacheKafkaError
from demo.servers.broker import speaks_kafka
from demo.servers.server import Server

POM = Path(__file__).with_name("apache_kafka_pom.xml")
START_SECONDS = 60
MAVEN_SECONDS = 600
JAVA, JAVA_VERSION = "java", 17


def kafka_classpath() -> tuple[str, str]:
    """Give the class path of Apache Kafka and where it comes from.

    Raises:
        NoApacheKafkaError: neither QINGXIN_TEST_KAFKA_HOME nor Java 17 with Maven gives one.
    """
    java = _java_version()
    if java < JAVA_VERSION:
        raise NoApacheKafkaError(f"Java {JAVA_VERSION} is needed, found {java or 'none'}")
    home = os.environ.get("QINGXIN_TEST_KAFKA_HOME")
    if home:
        if not list(Path(home, "libs").glob("kafka_*.jar")):
            raise NoApacheKafkaError(f"QINGXIN_TEST_KAFKA_HOME={home} holds no libs/kafka_*.jar")
        return str(Path(home, "libs", "*")), home
    maven = shutil.which("mvn")
    if not maven:
        raise NoApacheKafkaError("set QINGXIN_TEST_KAFKA_HOME or install Maven")
    return _maven_classpath(maven), "jars that Maven resolved"


def _java_version() -> int:
    java = shutil.which(JAVA)
    if not java:
        return 0
    told = subprocess.run([java, "-version"], check=False, capture_output=True, text=True)  # noqa: S603 - fixed words
    found = re.search(r'version "(\d+)', told.stderr + told.stdout)
    return int(found.group(1)) if found else 0


def _maven_classpath(maven: str) -> str:
    default = Path.home() / ".cache" / "qingxin"
    cache = Path(os.environ.get("QINGXIN_TEST_CACHE") or default)
    cache.mkdir(parents=True, exist_ok=True)
    kept = cache / f"kafka-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}.classpath"
    with (cache / "kafka.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _usable(kept):
            kept.unlink(missing_ok=True)  # Maven leaves an equal file untouched
            done = subprocess.run(  # noqa: S603 - fixed words
                [maven, "-q", "-B", "-f", str(POM), "dependency:build-classpath", f"-Dmdep.outputFile={kept}"],
                check=False, capture_output=True, text=True, timeout=MAVEN_SECONDS,
            )  # fmt: skip
            if done.returncode or not _usable(kept):
                raise NoApacheKafkaError(f"Maven cannot resolve Apache Kafka: {(done.stdout + done.stderr)[-500:]}")
    return kept.read_text().strip()


def _usable(kept: Path) -> bool:
    """Say whether a class path was kept for this pom and all its jars are still there."""
    return kept.exists() and all(Path(jar).exists() for jar in kept.read_text().strip().split(":"))


class ApacheKafka(Server):
    """One broker and controller in a folder; a context manager. `stop` and `start` again keep its records."""

    def __init__(self, folder: Path, classpath: str, keeper: Keeper | None = None) -> None:
        self.folder = folder
        self.log = folder / "kafka.log"
        self.port = free_port()
        self.bootstrap = f"{LOOPBACK}:{self.port}"
        self._classpath = classpath
        self._keeper = keeper
        self._settings = folder / "server.properties"

    def start(self) -> Self:
        """Format the storage on first use, start and wait until a Kafka client gets its metadata."""
        if not self._settings.exists():
            self._format()
        self._child = Child(
            "Apache Kafka",
            [JAVA, "-Xmx512m", "-XX:+UseSerialGC", "-cp", self._classpath, "kafka.Kafka", str(self._settings)],
            self.log,
            inherited_environment(),
        )
        try:
            self._child.start(self._keeper)
            self._child.wait_ready(lambda: speaks_kafka(self.bootstrap), START_SECONDS)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the broker; its records stay."""
        if self._child:
            self._child.stop(30)
            self._child = None

    def with_doors(self, settings: dict[str, object]) -> dict[str, object]:
        """Give the broker's settings with more listeners; this one has none."""
        return settings

    def users(self) -> list[str]:
        """Give the words with which the storage tool makes users; this broker needs none."""
        return []

    def _format(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        controller = free_port()
        settings: dict[str, object] = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{LOOPBACK}:{controller}",
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{LOOPBACK}:{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "log.dirs": self.folder / "records",
            "auto.create.topics.enable": "false",
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 4,
            "log.segment.bytes": 16 * 1024 * 1024,
            "num.network.threads": 2,
            "num.io.threads": 2,
            "log.cleaner.dedupe.buffer.size": 2 * 1024 * 1024,
        }
        settings = self.with_doors(settings)
        self._settings.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()  # one in 64 begins with "-"
        with self.log.open("ab") as log:
            done = subprocess.run(  # noqa: S603 - fixed words
                [JAVA, "-Xmx128m", "-cp", self._classpath, "kafka.tools.StorageTool",
                 "format", f"--cluster-id={cluster}", "-c", str(self._settings), *self.users()],
                check=False, stdout=log, stderr=log,
            )  # fmt: skip
        if done.returncode:
            self._settings.unlink()
            raise NoApacheKafkaError(f"Apache Kafka cannot format its storage:\n{tail(self.log)}")
