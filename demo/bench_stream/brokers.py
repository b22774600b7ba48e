"""Which broker the stream bench measures on: Apache Kafka itself, the embedded one, or one that runs already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from demo.children import Child, Keeper
from demo.errors import NoApacheKafkaError
from demo.servers import Broker
from demo.servers.apache_kafka import ApacheKafka, kafka_classpath

AUTO: Final = "auto"
APACHE: Final = "apache"
EMBEDDED: Final = "embedded"


@dataclass(frozen=True)
class Serving:
    """A broker at work: its address, its process if it is ours, and what to call it."""

    bootstrap: str
    child: Child | None
    name: str


def chosen(asked: str, tell: Callable[[str], None]) -> str:
    """Give the broker to take: for `auto` Apache Kafka, where Java and Maven or QINGXIN_TEST_KAFKA_HOME give it.

    Raises:
        NoApacheKafkaError: `apache` was asked for and cannot be had.
    """
    if asked not in (AUTO, APACHE):
        return asked
    try:
        kafka_classpath()
    except NoApacheKafkaError as error:
        if asked == APACHE:
            raise
        tell(f"the embedded broker serves, since Apache Kafka is not here: {error}")
        return EMBEDDED
    return APACHE


@contextmanager
def serving(broker: str, folder: Path, keeper: Keeper) -> Iterator[Serving]:
    """Run a broker within the block; `broker` is `apache`, `embedded` or the address of one that runs already.

    Raises:
        ServerError: it does not start.
    """
    if broker == APACHE:
        classpath, _ = kafka_classpath()
        with ApacheKafka(folder / "kafka", classpath, keeper) as kafka:
            yield Serving(kafka.bootstrap, kafka.child, "Apache Kafka, one node")
    elif broker == EMBEDDED:
        with Broker(folder / "broker", keeper=keeper) as embedded:
            yield Serving(embedded.bootstrap, embedded.child, "the embedded broker (Tansu)")
    else:
        yield Serving(broker, None, f"a broker of yours ({broker})")
