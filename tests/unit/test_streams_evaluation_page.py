"""The evaluation report: every section is there, it stands alone, and hostile texts do no harm."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from models.artifact import default_artifact
from models.assessment import Assessment, Wishes, assess
from models.classifier import Classifier
from models.corpus import Fault, Row
from models.obfuscation import OBFUSCATORS
from streams.evaluation_names import DISGUISE_NAMES
from streams.evaluation_page import About, page

HOSTILE = "<script>alert(1)</script><img src=http://evil.example/x.png> 贷款 \x1b & \"'"
ROWS = [
    Row("ham", "妈我到家了晚点给你打电话", "made", "chat"),
    Row("ham", "【微光】验证码482913，5分钟内有效，请勿泄露给他人。", "made", "code"),
    Row("ham", "无抵押贷款当天放款，黑户可贷，电话13700003333", "made", "chat"),
    Row("ham", HOSTILE, "<b>made", "<i>kind"),
    Row("loan", "无抵押无担保贷款，凭身份证最高可贷50万，当天放款，黑户可贷", "made", "private"),
    Row("gambling", "澳门真人百家乐，首存送彩金，六合彩内部特码", "made", "casino"),
    Row("fraud", "晚上一起吃饭吗", "made", "friend"),
    Row("spam", "明天见", "made"),
]
SECTIONS = ("workload", "finding", "calibration", "kinds", "robustness", "mistakes", "faults")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load(default_artifact())


@pytest.fixture(scope="module")
def made(classifier: Classifier) -> Assessment:
    return assess(classifier, ROWS, Wishes(0.0))


def drawn(made: Assessment, language: str = "en", faults: Sequence[Fault] = ()) -> str:
    when = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    about = About("model 1", ("made.tsv",), when, tuple(faults), duplicates=2, generated=5)
    return page(made, about, language)


@pytest.fixture(scope="module")
def pages(made: Assessment) -> dict[str, str]:
    """The page in both languages, with a hostile fault and sixty others."""
    faults = [Fault(Path("<u>y.tsv"), 1, "unknown label '<s>'")]
    faults += [Fault(Path("x.tsv"), line, "no text") for line in range(1, 61)]
    return {language: drawn(made, language, faults) for language in ("zh", "en")}


def parsed(html: str) -> ET.Element:
    """The page as a tree; raises if it is not well-formed."""
    return ET.fromstring(html.removeprefix("<!DOCTYPE html>"))  # noqa: S314 - made here


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_section_and_picture_is_there_and_well_formed(pages: dict[str, str], language: str) -> None:
    tree = parsed(pages[language])

    assert [section.get("id") for section in tree.iter("section")] == list(SECTIONS)
    figures = list(tree.iter("figure"))
    assert len(figures) == 9
    for figure in figures:
        picture = figure.find(f"{SVG}svg")
        assert picture is not None
        assert len(picture.get("aria-label", "")) > 20
        assert (figure.findtext("figcaption") or "").strip()


def test_the_page_fetches_nothing(pages: dict[str, str]) -> None:
    html = pages["en"]
    tree = parsed(html)

    links = [
        value
        for element in tree.iter()
        for name, value in element.attrib.items()
        if name.rpartition("}")[2] in {"src", "href", "srcset", "data", "action", "poster"}
    ]
    assert links
    assert [link for link in links if not link.startswith("#")] == []
    assert not {"script", "link", "iframe", "object", "img", "embed"} & {element.tag for element in tree.iter()}
    assert set(re.findall(r"url\((.)", html)) <= {"#"}
    assert "@import" not in html
    assert "default-src 'none'" in html


def test_pictures_hold_words_not_fonts_and_share_no_id(pages: dict[str, str]) -> None:
    tree = parsed(pages["zh"])

    words = {text.text for text in tree.iter(f"{SVG}text")}
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert {"阈值", "所需审核人数"} & words
    assert not [name for name in ids if name and "glyph" in name.lower()]
    assert len(ids) == len(set(ids))


def test_a_hostile_text_is_shown_and_does_nothing(pages: dict[str, str]) -> None:
    html = pages["en"]

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    for tag in ("<script", "<img", "<b>made", "<i>", "<u>", "<s>"):
        assert tag not in html
    assert "贷款 ␛" in html


def test_long_numbers_are_starred_in_the_page(pages: dict[str, str]) -> None:
    assert "13700003333" not in pages["en"]
    assert "电话***********" in pages["en"]


@pytest.mark.parametrize(
    ("rows", "words", "missing"),
    [
        (ROWS[:2], "No row is spam", {"workload", "calibration", "robustness", "faults"}),
        (ROWS[4:6], "All rows are spam", {"workload", "calibration", "faults"}),
    ],
    ids=["only ham", "only spam"],
)
def test_one_side_alone_is_said_clearly(classifier: Classifier, rows: list[Row], words: str, missing: set[str]) -> None:
    html = drawn(assess(classifier, rows, Wishes(0.5)))

    assert words in html
    assert [section.get("id") for section in parsed(html).iter("section")] == [
        name for name in SECTIONS if name not in missing
    ]


def test_few_false_alarms_repeated_rows_and_own_wording_are_pointed_out(pages: dict[str, str]) -> None:
    html = pages["en"]

    assert "4 ordinary messages were wrongly flagged" in html
    assert "2 rows repeat another one" in html
    assert "5 rows come from the program&#x27;s own wording" in html


def test_the_same_assessment_gives_the_same_pictures(made: Assessment, pages: dict[str, str]) -> None:
    once, again = (re.findall(r"<svg.*?</svg>", html, re.DOTALL) for html in (pages["en"], drawn(made)))

    assert len(once) == 9
    assert once == again


def test_many_bad_rows_are_counted_not_all_listed(pages: dict[str, str]) -> None:
    assert "x.tsv:49: no text" in pages["en"]
    assert "x.tsv:50: no text" not in pages["en"]
    assert "and 11 more" in pages["en"]


def test_every_disguise_has_a_name() -> None:
    assert set(DISGUISE_NAMES) == set(OBFUSCATORS)
