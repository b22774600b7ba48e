"""Who types a command: a name and a password, checked as the console checks them, failed tries counted alike."""

from __future__ import annotations

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from config.roles import Role, roles_of

HERE = "127.0.0.1"


class LoginRefusedError(Exception):
    """The person is not let in; the message says why."""


def log_in(name: str, password: str, role: Role) -> User:
    """Give the person with this name, password and role.

    Raises:
        LoginRefusedError: wrong password, locked out, or without the role.
    """
    request = HttpRequest()
    request.method = "POST"
    request.META["REMOTE_ADDR"] = HERE
    credentials = {"username": name}
    if not AxesProxyHandler.is_allowed(request, credentials):
        raise LoginRefusedError(f"{name} is locked after too many wrong passwords; try again in 15 minutes")
    user = authenticate(request, username=name, password=password)
    if not isinstance(user, User):
        raise LoginRefusedError(f"the name {name} and this password do not fit together")
    user_logged_in.send(sender=User, request=request, user=user)
    if role not in roles_of(user):
        raise LoginRefusedError(f"{name} lacks the role {role}, which this needs")
    return user
