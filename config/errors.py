"""Errors that cross rooms."""

from __future__ import annotations


class BadRecordError(Exception):
    """This record can never be processed; it becomes a dead letter with `reason`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
