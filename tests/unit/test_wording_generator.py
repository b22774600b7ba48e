"""The generator: templates are read strictly, filled at random, and the same seed gives the same rows."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.corpus import read_corpus
from models.errors import TemplateInvalid
from models.text import read
from models.wording.generator import SOURCE, Template, generate, read_templates, templates
from models.wording.grammar import Slot, parse, realise, slots_of
from models.wording.shipped import WRITTEN, shipped_rows
from models.wording.slots import digits, fills

SLOTS = {"who": lambda _rng: "王", "day": lambda rng: rng.choice(["周一", "周二"])}
FEW = templates()[::200]


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - variety, not secrecy


def texts_of(template: str, tries: int = 60) -> set[str]:
    rng = chance(5)
    return {realise(parse(template), SLOTS, rng) for _ in range(tries)}


@pytest.mark.parametrize(
    ("template", "texts"),
    [
        ("你好", {"你好"}),
        ("{who}你好", {"王你好"}),
        ("{早|晚}安", {"早安", "晚安"}),
        ("好{的|}", {"好的", "好"}),
        ("{|}", {""}),
        ("{who|{day}见|}", {"who", "周一见", "周二见", ""}),
        ("{a{b|c}|d{e|{who}}}", {"ab", "ac", "de", "d王"}),
        ("{{who}|{day}}", {"王", "周一", "周二"}),
        ("甲|乙", {"甲|乙"}),
        ("", {""}),
    ],
)
def test_a_template_gives_all_its_texts_and_no_other(template: str, texts: set[str]) -> None:
    assert texts_of(template) == texts


@pytest.mark.parametrize("template", ["{", "}", "{who", "who}", "{a|b", "{a|{b}", "a}b{c", "{{who}"])
def test_braces_that_do_not_match_are_refused_and_shown(template: str) -> None:
    with pytest.raises(TemplateInvalid, match=re.escape(template)):
        parse(template)


@given(st.text("{}|ab", max_size=30))
def test_any_line_is_a_template_or_refused(template: str) -> None:
    try:
        sequence = parse(template)
    except TemplateInvalid:
        assert template.count("{") != template.count("}") or "}" in template
    else:
        assert template.count("{") == template.count("}")
        assert isinstance(sequence, tuple)


@given(
    st.recursive(
        st.sampled_from(["甲", "{who}", "乙丙"]),
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map("".join),
            st.lists(inner, min_size=2, max_size=3).map(lambda options: "{" + "|".join(options) + "}"),
        ),
        max_leaves=12,
    )
)
def test_nested_templates_come_out_without_braces_and_name_their_slots(template: str) -> None:
    sequence = parse(template)

    assert slots_of(sequence) == ({"who"} if "{who}" in template else set())
    assert set(realise(sequence, SLOTS, chance(0))) <= set("甲乙丙王")


def test_slots_are_found_in_every_alternative() -> None:
    assert slots_of(parse("{a}{b|{c}|d{e|{f}}}")) == {"a", "c", "f"}
    assert parse("{a}") == (Slot("a"),)


@pytest.mark.parametrize("name", sorted(fills()))
def test_each_slot_gives_a_text_of_one_line_that_the_seed_decides(name: str) -> None:
    fill = fills()[name]

    values = [fill(chance(seed)) for seed in range(50)]

    assert values == [fill(chance(seed)) for seed in range(50)]
    assert len(set(values)) > 1
    assert all(value.strip() == value != "" and not set(value) & set("\t\n{}") for value in values)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("phone", r"1\d{2}([ -]?)\d{4}\1\d{4}"),
        ("code4", r"\d{4}"),
        ("code6", r"\d{6}"),
        ("card4", r"\d{4}"),
        ("amount", r"(\d{1,3}(,\d{3})*|\d+)\.\d\d"),
        ("percent", r"\d{1,3}%"),
        ("discount", r"[1-9](\.[1-9])?折"),
        ("month", r"\d{1,2}月"),
        ("year", r"20\d\d"),
        ("qq", r"[1-9]\d{6,9}"),
        ("train", r"[GDCKZT][1-9]\d{1,3}"),
        ("flight", r"[0-9A-Z]{2}[1-9]\d{3}"),
        ("landline", r"0\d{2,3}-?[1-9]\d{7}"),
        ("shorturl", r"(https?://)?[\w.]+/\w+"),
    ],
)
def test_made_values_have_the_form_of_the_real_ones(name: str, form: str) -> None:
    rng = chance(2)

    assert [value for value in (fills()[name](rng) for _ in range(200)) if not re.fullmatch(form, value)] == []


@given(st.integers(1, 20), st.integers())
def test_a_run_of_digits_is_as_long_as_asked_and_begins_with_none(count: int, seed: int) -> None:
    run = digits(chance(seed), count)

    assert len(run) == count
    assert run.isdigit()
    assert run[0] != "0"


def test_the_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    one, again, other = (list(generate(3, seed, FEW)) for seed in (7, 7, 8))

    assert one == again
    shared = {row.text for row in one} & {row.text for row in other}
    assert len(shared) < len(one) / 2


def test_rows_are_named_generated_and_bear_label_and_kind_of_their_template() -> None:
    rows = list(generate(2, 1, FEW))

    assert {row.source for row in rows} == {SOURCE}
    assert {(row.label, row.subtype) for row in rows} == {(template.label, template.subtype) for template in FEW}


def test_a_template_gives_equal_texts_once_and_no_more_than_asked() -> None:
    fixed, varied = Template("ham", "chat", parse("好")), Template("ham", "code", parse("验证码{code6}"))

    assert [row.text for row in generate(200, 1, [fixed])][:1] == ["好"]
    assert len({row.text for row in generate(200, 1, [fixed])}) == len(list(generate(200, 1, [fixed])))
    assert 190 < len(list(generate(200, 1, [varied]))) <= 200


def test_ham_is_never_disguised_and_two_in_five_of_the_illegal_are() -> None:
    wording = parse("无抵押贷款，加微信{wechat}，当天放款，电话{phone}")

    share = {
        label: sum(read(row.text).disguises > 0 for row in rows) / len(rows)
        for label in ("ham", "ad", "loan")
        if (rows := list(generate(400, 3, [Template(label, "", wording)])))
    }

    assert share["ham"] < 0.02
    assert share["ad"] < 0.05
    assert 0.2 < share["loan"] < 0.5


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("ham\tchat", "expected `label, subtype, template`"),
        ("ham\tchat\t", "expected `label, subtype, template`"),
        ("ham\tchat\ta\tb", "expected `label, subtype, template`"),
        ("spam\tchat\t好", "expected `label, subtype, template`"),
        ("ham\tchat\t{好", "a brace is not closed"),
        ("ham\tchat\t好}", "a brace too many"),
        ("ham\tchat\t{nobody}{day}{none}", "unknown slot nobody, none"),
        ("ham\tchat\t{}", "unknown slot"),
    ],
)
def test_a_bad_line_is_named_with_file_and_line(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "bad.tsv"
    path.write_text(f"# comment\n\nham\tchat\t好\n{line}\n", encoding="utf-8")

    with pytest.raises(TemplateInvalid, match=rf"bad\.tsv:4: .*{re.escape(reason)}") as caught:
        list(read_templates(path))

    assert "\n" not in str(caught.value)


def test_shipped_rows_are_the_written_ones_and_variants_of_every_template() -> None:
    rows = shipped_rows(1, seed=7)

    written = read_corpus([WRITTEN]).rows
    assert tuple(rows[: len(written)]) == written
    assert len(rows) == len(written) + len(templates())
    assert rows == shipped_rows(1, seed=7)
