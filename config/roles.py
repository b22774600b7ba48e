"""Who may do what: five roles, kept as Django groups, and the lock that views put on themselves."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.http import HttpRequest, HttpResponseBase

P = ParamSpec("P")


class Role(StrEnum):
    """A role; its value is the name of the Django group."""

    REVIEWER = "reviewer"
    APPROVER = "approver"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    ADMIN = "admin"


def roles_of(user: AbstractBaseUser | AnonymousUser) -> frozenset[Role]:
    """Give the roles of a user; an inactive or anonymous one has none."""
    if not (user.is_authenticated and user.is_active):
        return frozenset()
    names = set(user.groups.values_list("name", flat=True))  # type: ignore[attr-defined]
    return frozenset(role for role in Role if role.value in names)


def role_required(
    *allowed: Role,
) -> Callable[
    [Callable[Concatenate[HttpRequest, P], HttpResponseBase]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]
]:
    """Let only users with one of these roles into a view; log-in itself is demanded by the middleware.

    Raises:
        PermissionDenied: none of the roles.
    """

    def lock(
        view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def locked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if roles_of(request.user).isdisjoint(allowed):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        locked.allowed_roles = allowed  # type: ignore[attr-defined]
        return locked

    return lock


def roles_of_request(request: HttpRequest) -> dict[str, Any]:
    """Give templates `roles`: the names of the user's roles."""
    user = getattr(request, "user", None)
    return {"roles": {role.value for role in roles_of(user)} if user else set()}
