"""`qingxin user` and `qingxin audit`, as an administrator types them."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from config.roles import Role, roles_of
from ledger.models import AuditEntry
from tests.review_builders import a_reviewer, an_order

pytestmark = pytest.mark.django_db


GOOD_PASSWORD = "four words to log in"


def add(monkeypatch: pytest.MonkeyPatch, *arguments: str, password: str = GOOD_PASSWORD) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    call_command("user", "add", *arguments, "--password-stdin")


def test_a_person_with_two_roles_can_log_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add(monkeypatch, "wang", "--role", "reviewer", "--role", "auditor")
    user = User.objects.get(username="wang")
    assert roles_of(user) == {Role.REVIEWER, Role.AUDITOR}
    assert user.check_password("four words to log in")
    assert "wang can log in as auditor, reviewer" in capsys.readouterr().out
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject_id, entry.details) == ("user_added", "wang", {"roles": ["auditor", "reviewer"]})


@pytest.mark.parametrize("password", ["short", "12345678901", "password123", ""])
def test_a_weak_password_makes_nobody(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    with pytest.raises(CommandError):
        add(monkeypatch, "wang", "--role", "reviewer", password=password)
    assert not User.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("name", ["", "a b", "x" * 151])
def test_a_bad_name_makes_nobody(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(CommandError):
        add(monkeypatch, name, "--role", "reviewer")
    assert not User.objects.exists()


def test_a_name_is_given_once(monkeypatch: pytest.MonkeyPatch) -> None:
    a_reviewer("wang")
    with pytest.raises(CommandError, match="exists already"):
        add(monkeypatch, "wang", "--role", "admin")
    assert roles_of(User.objects.get()) == {Role.REVIEWER}


def test_a_role_is_one_of_the_five(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        add(monkeypatch, "wang", "--role", "king")


def test_everybody_is_listed_with_their_roles(capsys: pytest.CaptureFixture[str]) -> None:
    a_reviewer("wang")
    call_command("user", "list")
    assert capsys.readouterr().out == "wang\treviewer\n"


def test_the_auditor_reports_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    an_order()
    call_command("audit", "verify")
    out = capsys.readouterr().out
    assert "audit entries: 3, breaks in the chain: 0" in out
    assert "enforcement orders: 1, without two people: 0" in out
    assert "all holds" in out
