"""Accounts are made by an administrator; nobody signs up."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignup(DefaultAccountAdapter):
    """Keeps allauth's log-in and closes its sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        """Nobody signs up."""
        return False


def attempted_login(request: HttpRequest, credentials: dict[str, str] | None) -> str:
    """Give axes the login that was tried: allauth's form calls it `login`, its credentials `username`."""
    return (credentials or {}).get("username") or request.POST.get("login", "")
