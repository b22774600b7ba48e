"""Errors of this room; the docstring is the message."""

from __future__ import annotations


class DemoError(Exception):
    """The demo cannot go on; the message says why in one sentence."""


class ServerError(DemoError):
    """An embedded server cannot be started; the message says why in one sentence."""


class NoApacheKafkaError(ServerError):
    """Apache Kafka cannot be had here; the message says why in one sentence."""


class RunningAlreadyError(DemoError):
    """Another demo uses this data folder."""


class StepFailedError(DemoError):
    """A step of the smoke did not come out right; the message names it."""


class ContenderMissingError(DemoError):
    """A contender of a benchmark cannot take part; the message says why in one sentence."""
