"""Errors of this room."""

from __future__ import annotations


class CatalogueError(Exception):
    """The service catalogue is wrong; the message lists every fault."""
