"""A policy of the operator's own that is wrong, or was written for an older version, is told what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.policy import DEFAULT_POLICY, GONE, PolicyError, load_policy


def written(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("rule", GONE)
def test_a_rule_that_is_gone_is_told_what_took_its_place(tmp_path: Path, rule: str) -> None:
    own = written(tmp_path, f'{DEFAULT_POLICY.read_text("utf-8")}\n[{rule}]\nvalue = 1\ndescription = "ours"\n')
    with pytest.raises(PolicyError) as caught:
        load_policy(own)
    assert str(caught.value) == f"{own}: {rule} is gone from this version: {GONE[rule]}"


def test_a_rule_that_is_missing_is_told_where_to_copy_it_from(tmp_path: Path) -> None:
    shipped = DEFAULT_POLICY.read_text("utf-8")
    own = written(tmp_path, shipped.replace("[volume.per_hour]", "[volume.an_hour]"))
    with pytest.raises(PolicyError) as caught:
        load_policy(own)
    assert str(caught.value).splitlines() == [
        f"{own}: volume.per_hour is missing: copy it, with its description, from {DEFAULT_POLICY}",
        f"{own}: volume.an_hour is no rule of this version: take it out",
    ]


def test_a_section_that_is_missing_and_a_value_out_of_range_are_told_of_together(tmp_path: Path) -> None:
    shipped = DEFAULT_POLICY.read_text("utf-8").replace("[shadow.kept_per_day]", "[review.kept_per_day]")
    own = written(tmp_path, shipped.replace("[volume.per_hour]\nvalue = 200", "[volume.per_hour]\nvalue = -1"))
    with pytest.raises(PolicyError) as caught:
        load_policy(own)
    assert [line.partition(": ")[2].partition(" ")[0] for line in str(caught.value).splitlines()] == [
        "review.kept_per_day", "shadow", "volume.per_hour:",
    ]  # fmt: skip


def test_a_value_outside_of_any_section_is_bad_policy_and_no_crash(tmp_path: Path) -> None:
    own = written(tmp_path, f"threshold = 0.5\n{DEFAULT_POLICY.read_text('utf-8')}")
    with pytest.raises(PolicyError, match="threshold stands in no section"):
        load_policy(own)


def test_what_the_shipped_policy_holds_is_not_called_gone() -> None:
    assert load_policy(DEFAULT_POLICY)
    assert not [rule for rule in GONE if f"[{rule}]" in DEFAULT_POLICY.read_text("utf-8")]
