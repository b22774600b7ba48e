"""The embedded servers: PostgreSQL, Valkey and a broker that speaks Kafka's protocol, from wheels, on loopback only.

Each is a context manager; `start` returns when the server answers, `stop` leaves no process. PostgreSQL and Valkey
keep their data in the folder they are given; the broker holds its records in memory.
"""

from demo.servers.broker import Broker, speaks_kafka
from demo.servers.postgres import Postgres
from demo.servers.server import is_free
from demo.servers.valkey import Valkey

__all__ = ["Broker", "Postgres", "Valkey", "is_free", "speaks_kafka"]
