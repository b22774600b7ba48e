"""Faust stream processors and the relay: the only room that knows Kafka."""
