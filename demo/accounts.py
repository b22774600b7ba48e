"""One account for each role, named after it; made again and again with the same result."""

from __future__ import annotations

from collections.abc import Mapping

from config.roles import Role


def ensure_accounts(passwords: Mapping[str, str]) -> None:
    """Make the accounts that are missing, and give each its role and password."""
    from django.contrib.auth.models import Group, User

    for role in Role:
        user, _ = User.objects.get_or_create(username=role.value)
        if not user.check_password(passwords[role.value]):
            user.set_password(passwords[role.value])
            user.save(update_fields=["password"])
        user.groups.add(Group.objects.get_or_create(name=role.value)[0])
