"""`qingxin user` and `qingxin audit`, as an administrator types them."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from config.roles import Role, roles_of
from ledger.models import AuditEntry
from review.integrity import orders_without_two_people
from review.models import EnforcementOrder
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


def without_keys(settings: Any, *names: str) -> None:
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=dict.fromkeys(names))


@pytest.mark.parametrize("missing", ["order_public_key", "order_signing_key"])
def test_the_auditor_checks_signatures_with_either_key(
    missing: str, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    without_keys(settings, missing)
    order = an_order() if missing == "order_public_key" else None
    call_command("audit", "verify", "--json")
    assert json.loads(capsys.readouterr().out)["signatures_checked"] is True
    EnforcementOrder.objects.update(signature="x")
    assert orders_without_two_people() == (2 if order else 0)


@pytest.mark.parametrize("json_wanted", [True, False])
def test_without_a_key_the_auditor_says_that_it_checked_no_signature(
    json_wanted: bool,  # noqa: FBT001
    settings: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    an_order()
    without_keys(settings, "order_public_key", "order_signing_key")
    with pytest.raises(SystemExit, match="1"):
        call_command("audit", "verify", *(["--json"] if json_wanted else []))
    said = capsys.readouterr()
    assert "the signatures of the orders were NOT checked: neither QINGXIN_ORDER_PUBLIC_KEY nor" in said.err
    if json_wanted:
        found = json.loads(said.out)
        assert (found["ok"], found["signatures_checked"], found["orders_without_two_people"]) == (False, False, 0)
    else:
        assert "all holds" not in said.out
    assert orders_without_two_people() == 0


def test_without_a_key_and_without_orders_all_holds(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    without_keys(settings, "order_public_key", "order_signing_key")
    call_command("audit", "verify")
    assert "all holds" in capsys.readouterr().out


def test_the_auditor_says_in_words_which_order_and_which_record_is_at_fault(
    capsys: pytest.CaptureFixture[str],
) -> None:
    order = an_order()
    EnforcementOrder.objects.update(signature="x")
    with pytest.raises(SystemExit, match="1"):
        call_command("audit", "verify")
    out = capsys.readouterr().out
    assert f"order {order.pk}: the signature is wrong" in out
    assert "outbox records of orders, refused or forged: 1" in out
    assert "differs from the order that was issued" in out
    assert "FAULTS FOUND" in out
