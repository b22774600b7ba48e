"""Candidate, shadow, promotion, roll-back: a named person's deeds, in the chain before they take effect."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.urls import reverse

from config.roles import Role
from ledger.models import AuditEntry
from models.appointments import RELEASED, name_of
from models.artifact import default_artifact, load
from models.in_service import in_service
from models.store import SERVING, Store
from review.comparison import Compared, Opinion, Place
from review.model_report import report_on
from review.models import ShadowDifference, ShadowTally
from review.promotion import PROMOTED, Deed, DeedRefusedError, promote, roll_back
from review.shadowing import take_compared
from tests.builders import NOW, SENDER, an_sms
from tests.model_builders import a_model, a_store
from tests.review_builders import POLICY, a_person, a_reviewer, logged_in

pytestmark = pytest.mark.django_db
PASSWORD = "four words to log in"
SERVES = name_of(load(default_artifact()).manifest)


@pytest.fixture
def store(tmp_path: Path, settings: Any) -> Store:
    """A store with the versions 2 and 3, and Chen who may promote them."""
    found, _ = a_store(tmp_path, "2", "3")
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"models_dir": found.folder})
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one takes its time
    chen = a_person("chen", Role.ADMIN)
    chen.set_password(PASSWORD)
    chen.save()
    return found


class Typing:
    """Somebody at a keyboard whose standard input is a pipe."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch

    def __call__(self, *words: str, password: str = PASSWORD, by: str = "chen") -> None:
        self.monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        sure = ["--reason", "finds more", "--yes"] if words[0] in ("promote", "rollback") else []
        call_command("model", *words, "--by", by, "--password-stdin", *sure)


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> Typing:
    return Typing(monkeypatch)


def serves(store: Store) -> str:
    serving = store.serving()
    return serving.now.model if serving else RELEASED


def deeds() -> list[tuple[str, str, str]]:
    return list(
        AuditEntry.objects.filter(subject_type="model").order_by("seq").values_list("actor", "action", "subject_id")
    )


def some_compared(candidate: str, *pairs: tuple[str, str], text: str = "您好", start: int = 0) -> int:
    """Tally SMS with these labels of the serving model and the candidate."""
    found = [
        Compared(an_sms(text=text), NOW, Opinion(mine, 0.2), Opinion(other, 0.9), "sms.smsc", 0, Place(start + n, 1))
        for n, (mine, other) in enumerate(pairs)
    ]
    return take_compared(found, candidate, SERVES, NOW.replace(hour=23), POLICY)


# Who may


def test_a_promotion_is_in_the_chain_and_takes_effect(store: Store, types: Typing) -> None:
    first, _ = store.names()
    types("promote", first, "--without-shadow")
    assert deeds() == [("chen", "model_promoted", first)]
    entry = AuditEntry.objects.get(action="model_promoted")
    assert entry.details["without_shadow"] is True
    assert entry.details["reason"] == "finds more"
    serving = store.serving()
    assert serving is not None
    assert (serving.now.model, serving.now.by) == (first, "chen")
    assert (serving.now.entry, serving.now.entry_digest) == (entry.seq, entry.digest)
    assert in_service(None, store.folder).path == store.path(first)
    call_command("audit", "verify")


@pytest.mark.parametrize("deed", ["promote", "rollback", "shadow"])
def test_a_wrong_password_changes_nothing(store: Store, types: Typing, deed: str) -> None:
    first, second = store.names()
    types("promote", first, "--without-shadow")
    name = [] if deed == "rollback" else [second]
    with pytest.raises(CommandError, match="do not fit"):
        types(deed, *name, password="wrong")
    assert (serves(store), store.shadow(), len(deeds())) == (first, None, 1)


def test_the_role_is_needed(store: Store, types: Typing) -> None:
    lin = a_reviewer("lin")
    lin.set_password(PASSWORD)
    lin.save()
    with pytest.raises(CommandError, match="lacks the role admin"):
        types("promote", store.names()[0], "--without-shadow", by="lin")
    assert (serves(store), deeds()) == (RELEASED, [])


def test_an_inactive_person_and_an_unknown_one_are_refused(store: Store, types: Typing) -> None:
    User.objects.filter(username="chen").update(is_active=False)
    for by in ("chen", "nobody"):
        with pytest.raises(CommandError, match="do not fit"):
            types("promote", store.names()[0], "--without-shadow", by=by)
    assert deeds() == []


def test_five_wrong_passwords_lock_the_name_even_against_the_right_one(store: Store, types: Typing) -> None:
    first, _ = store.names()
    for _ in range(5):
        with pytest.raises(CommandError, match=r"do not fit|locked"):
            types("promote", first, "--without-shadow", password="wrong")
    with pytest.raises(CommandError, match="chen is locked"):
        types("promote", first, "--without-shadow")
    assert (serves(store), deeds()) == (RELEASED, [])


def test_without_a_terminal_nothing_is_promoted_unasked(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = store.names()
    words = ("model", "promote", first, "--without-shadow", "--by", "chen", "--reason", "x")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    with pytest.raises(CommandError, match="use --password-stdin"):
        call_command(*words)
    with pytest.raises(CommandError, match="add --yes"):
        call_command(*words, "--password-stdin")
    assert (serves(store), deeds()) == (RELEASED, [])


# Shadow first


def test_a_candidate_that_was_never_compared_is_not_promoted(store: Store, types: Typing) -> None:
    first, _ = store.names()
    with pytest.raises(CommandError, match="never compared"):
        types("promote", first)
    assert (serves(store), deeds()) == (RELEASED, [])


def test_a_compared_candidate_is_promoted_with_its_figures_and_leaves_the_shadow(store: Store, types: Typing) -> None:
    first, _ = store.names()
    types("shadow", first)
    some_compared(first, ("ham", "ham"), ("ham", "fraud"), ("ad", "ham"))
    types("promote", first)
    assert (serves(store), store.shadow()) == (first, None)
    details = AuditEntry.objects.get(action="model_promoted").details
    assert (details["compared"], details["only_candidate"], details["only_serving"]) == (3, 1, 1)
    assert details["without_shadow"] is False


def test_a_shadow_begins_and_ends_by_a_named_person(store: Store, types: Typing) -> None:
    first, _ = store.names()
    types("shadow", first)
    shadow = store.shadow()
    assert shadow is not None
    assert (shadow.model, shadow.by) == (first, "chen")
    with pytest.raises(CommandError, match="already"):
        types("shadow", first)
    types("shadow", "--off")
    assert store.shadow() is None
    assert [action for _, action, _ in deeds()] == ["model_shadowed", "model_shadowed"]
    assert serves(store) == RELEASED


# Back


def test_a_roll_back_restores_what_served_before_step_by_step(store: Store, types: Typing) -> None:
    first, second = store.names()
    types("promote", first, "--without-shadow")
    types("promote", second, "--without-shadow")
    types("rollback")
    assert serves(store) == first
    types("rollback")
    assert serves(store) == RELEASED
    assert in_service(None, store.folder).path == default_artifact()
    with pytest.raises(CommandError, match="nothing to go back to"):
        types("rollback")
    assert [action for _, action, _ in deeds()] == ["model_promoted"] * 2 + ["model_rolled_back"] * 2
    call_command("audit", "verify")


def test_a_model_that_was_changed_meanwhile_is_not_gone_back_to(store: Store, types: Typing) -> None:
    first, second = store.names()
    types("promote", first, "--without-shadow")
    types("promote", second, "--without-shadow")
    (store.path(first) / "report.json").write_text("other")
    with pytest.raises(CommandError, match="differs from what was appointed"):
        types("rollback")
    assert (serves(store), len(deeds())) == (second, 2)


# Dying in the middle


def until_the_note_cannot_be_written(store: Store) -> Path:
    """Put something in the way of the note, so that a deed ends between chain and note."""
    obstacle = store.folder / f".new-{SERVING}"
    obstacle.mkdir()
    return obstacle


def test_a_promotion_that_died_before_its_effect_is_finished_without_a_second_entry(
    store: Store, types: Typing, capsys: pytest.CaptureFixture[str]
) -> None:
    first, _ = store.names()
    obstacle = until_the_note_cannot_be_written(store)
    with pytest.raises(CommandError, match="cannot be used"):
        types("promote", first, "--without-shadow")
    assert (serves(store), len(deeds())) == (RELEASED, 1)
    call_command("model", "list")
    assert "has not taken effect" in capsys.readouterr().err
    obstacle.rmdir()
    types("promote", first, "--without-shadow")
    assert (serves(store), len(deeds())) == (first, 1)
    call_command("model", "list")
    assert capsys.readouterr().err.count("taken effect") == 0
    call_command("audit", "verify")


def test_a_roll_back_that_died_before_its_effect_is_finished_without_a_second_entry(
    store: Store, types: Typing
) -> None:
    first, second = store.names()
    types("promote", first, "--without-shadow")
    types("promote", second, "--without-shadow")
    obstacle = until_the_note_cannot_be_written(store)
    with pytest.raises(CommandError, match="cannot be used"):
        types("rollback")
    assert (serves(store), len(deeds())) == (second, 3)
    obstacle.rmdir()
    types("rollback")
    assert (serves(store), len(deeds())) == (first, 3)


def test_a_deed_that_another_person_left_unfinished_gets_an_entry_of_ones_own(store: Store, types: Typing) -> None:
    first, _ = store.names()
    li = a_person("li", Role.ADMIN)
    li.set_password(PASSWORD)
    li.save()
    obstacle = until_the_note_cannot_be_written(store)
    with pytest.raises(CommandError, match="cannot be used"):
        types("promote", first, "--without-shadow")
    obstacle.rmdir()
    types("promote", first, "--without-shadow", by="li")
    assert [(actor, action) for actor, action, _ in deeds()] == [("chen", PROMOTED), ("li", PROMOTED)]
    now = store.serving()
    assert now is not None
    assert now.now.by == "li"


def test_two_roll_backs_at_once_go_back_once(store: Store, types: Typing) -> None:
    first, second = store.names()
    types("promote", first, "--without-shadow")
    types("promote", second, "--without-shadow")
    seen, chen = store.serving(), User.objects.get(username="chen")
    roll_back(store, Deed(chen, "flags bank notices", NOW), seen)
    with pytest.raises(DeedRefusedError, match=f"meanwhile another deed took effect, and {first} serves"):
        roll_back(store, Deed(chen, "flags bank notices", NOW), seen)
    assert (serves(store), len(deeds())) == (first, 3)


def test_a_promotion_replaces_no_other_model_than_the_one_that_was_shown(store: Store, types: Typing) -> None:
    first, second = store.names()
    seen, chen = store.serving(), User.objects.get(username="chen")
    types("promote", first, "--without-shadow")
    with pytest.raises(DeedRefusedError, match=f"meanwhile another deed took effect, and {first} serves"):
        promote(store, second, Deed(chen, "finds more", NOW), {}, seen)
    assert (serves(store), len(deeds())) == (first, 1)


def test_nobody_rolls_back_from_a_promotion_that_never_took_effect(store: Store, types: Typing) -> None:
    first, second = store.names()
    types("promote", first, "--without-shadow")
    obstacle = until_the_note_cannot_be_written(store)
    with pytest.raises(CommandError):
        types("promote", second, "--without-shadow")
    obstacle.rmdir()
    with pytest.raises(CommandError, match="did not take effect"):
        types("rollback")
    # The serving model promoted anew drops the unfinished one
    types("promote", first, "--without-shadow")
    assert serves(store) == first
    types("rollback")
    assert serves(store) == RELEASED


def test_a_note_edited_by_hand_is_noticed(
    store: Store, types: Typing, capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    first, second = store.names()
    types("promote", first, "--without-shadow")
    note = store.folder / SERVING
    note.write_text(note.read_text().replace(first, second))
    call_command("model", "list")
    assert "no audit entry bears out" in capsys.readouterr().err
    assert settings.ENVIRONMENT.models_dir
    page = logged_in(a_person("audit", Role.AUDITOR)).get(reverse("models"), headers={"Accept-Language": "en"})
    assert page.context["at_work"].faults


def test_a_pinned_model_refuses_promotions_and_says_why(store: Store, types: Typing, settings: Any) -> None:
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"model_path": Path("/mine")})
    for deed in (("promote", store.names()[0], "--without-shadow"), ("rollback",)):
        with pytest.raises(CommandError, match="QINGXIN_MODEL_PATH pins /mine"):
            types(*deed)
    assert deeds() == []


def test_a_model_is_added_by_command(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("model", "add", str(a_model(tmp_path, "4")))
    assert len(store.names()) == 3
    assert "is in the store now" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no readable model"):
        call_command("model", "add", str(tmp_path / "nothing"))


# The comparison


def test_what_is_delivered_again_is_tallied_and_kept_once(store: Store) -> None:
    first, _ = store.names()
    assert some_compared(first, ("ham", "fraud"), ("ham", "ham")) == 2
    assert some_compared(first, ("ham", "fraud"), ("ham", "ham"), ("ad", "ham")) == 1
    report = report_on(first, SERVES)
    assert report is not None
    assert report.figures.compared == sum(ShadowTally.objects.values_list("count", flat=True)) == 3
    assert ShadowDifference.objects.count() == 2


def test_no_more_messages_are_kept_a_day_than_the_policy_says(store: Store) -> None:
    first, _ = store.names()
    limit = POLICY.shadow.kept_per_day
    some_compared(first, *[("ham", "fraud")] * (limit + 5))
    some_compared(first, *[("ham", "fraud")] * 5, start=limit + 5)
    assert ShadowDifference.objects.count() == limit
    report = report_on(first, SERVES)
    assert report is not None
    assert report.figures.only_candidate == limit + 10


def test_the_report_counts_what_people_found_right(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    first, _ = store.names()
    some_compared(first, ("ham", "fraud"), ("ad", "ham"), ("ham", "ham"))
    browser = logged_in(a_reviewer())
    for item, verdict in zip(ShadowDifference.objects.order_by("pk"), ["loan", "ad"], strict=True):
        assert browser.post(reverse("judge_difference", args=[item.pk]), {"verdict": verdict}).status_code == 302
    capsys.readouterr()
    call_command("model", "report", first, "--json")
    report = json.loads(capsys.readouterr().out)
    assert (report["serving_hits"], report["candidate_hits"], report["compared"]) == (1, 1, 3)
    assert report["judged"] == {
        "total": 2, "serving_label": 1, "candidate_label": 0, "serving_spam": 1, "candidate_spam": 1,
    }  # fmt: skip
    assert AuditEntry.objects.filter(action="difference_judged", actor="lin").count() == 2


def test_the_change_a_day_is_told_from_whole_hours_alone(store: Store) -> None:
    first, _ = store.names()
    some_compared(first, ("ham", "fraud"))
    report = report_on(first, SERVES)
    assert report is not None
    assert report.change_a_day is None
    hours = {-1: 5, 1: 2, 2: 4, 3: 5}  # the first and the last were seen in part
    for hour, count in hours.items():
        ShadowTally.objects.create(
            candidate=first, serving=SERVES, hour=NOW.replace(minute=0) + timedelta(hours=hour),
            serving_label="fraud", candidate_label="ham", count=count,
        )  # fmt: skip
    report = report_on(first, SERVES)
    assert report is not None
    assert report.change_a_day == (1 - 2 - 4) * 24 / 3


def test_the_same_verdict_twice_is_one_entry_and_another_is_a_second(store: Store) -> None:
    some_compared(store.names()[0], ("ham", "fraud"))
    item, browser = ShadowDifference.objects.get(), logged_in(a_reviewer())
    for verdict in ("ham", "ham", "fraud", "king"):
        browser.post(reverse("judge_difference", args=[item.pk]), {"verdict": verdict})
    item.refresh_from_db()
    assert item.verdict == "fraud"
    assert AuditEntry.objects.filter(action="difference_judged").count() == 2


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_shows_the_comparison_with_numbers_masked(store: Store, types: Typing, language: str) -> None:
    first, second = store.names()
    types("promote", first, "--without-shadow")
    types("shadow", second)
    found = [
        Compared(an_sms(text="<b>转账</b>\u202e致电138-1111-2222"),
                 NOW + timedelta(hours=n), Opinion("ham", 0.2), Opinion("fraud", 0.9),
                 "sms.smsc", 0, Place(n, 1))
        for n in range(3)
    ]  # fmt: skip
    take_compared(found, second, first, NOW.replace(hour=23), POLICY)
    browser = logged_in(a_reviewer())
    browser.cookies["django_language"] = language
    html = browser.get(reverse("models")).content.decode()
    assert SENDER not in html
    assert "138****0001" in html
    assert "&lt;b&gt;转账&lt;/b&gt;⟨U+202E⟩致电138-****-2222" in html
    for expected in (
        "chen",
        "finds more",
        first,
        second,
        *(("影子运行的候选模型", "诈骗") if language == "zh-hans" else ("Candidate in shadow", "fraud")),
    ):
        assert expected in html
    only_reads = logged_in(a_person("audit", Role.AUDITOR)).get(reverse("models")).content.decode()
    assert 'name="verdict"' in html
    assert 'name="verdict"' not in only_reads


def test_without_a_store_the_page_shows_the_released_model_and_the_command_says_what_is_missing(settings: Any) -> None:
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"models_dir": None, "model_path": None})
    page = logged_in(a_reviewer()).get(reverse("models"))
    assert page.context["at_work"].serving.name == RELEASED
    assert page.context["at_work"].faults == []
    from config.environment import SettingsError

    with pytest.raises(SettingsError, match="QINGXIN_MODELS_DIR is not set"):
        call_command("model", "list")
