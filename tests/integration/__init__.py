"""Tests on real servers: PostgreSQL, Valkey, Kafka."""
