"""What reviewers read: texts with their weighing words, gateways with their counts, summaries of cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from ledger.numbers import mask_numbers
from models.explanation import DISGUISE_TERMS
from review.gateways import count_of
from review.grouping import Summary, by_sender, first_of_each, storable
from review.reading import Stretch, read, read_places, visible
from review.templatetags.review import percent, reading_of, term_name
from tests.builders import NOW, a_hit


def test_words_that_weighed_are_marked_where_they_occur() -> None:
    assert read("开发票，低税点", ["发票", "税点"]).stretches == (
        Stretch("开", marked=False),
        Stretch("发票", marked=True),
        Stretch("，低", marked=False),
        Stretch("税点", marked=True),
    )


def test_words_are_marked_in_either_case_of_letters_and_the_longest_wins() -> None:
    assert [one.text for one in read("加VX888", ["vx", "VX888"]).stretches if one.marked] == ["VX888"]


def test_words_that_do_not_occur_mark_nothing() -> None:
    assert read("晚上吃饭", ["发票", " ", ""]).stretches == (Stretch("晚上吃饭", marked=False),)


def test_a_word_is_no_pattern() -> None:
    assert not any(one.marked for one in read("abc", [".", "a|b", "(", "[a-c]"]).stretches)


def test_a_long_text_is_cut_and_says_how_long_it_is() -> None:
    reading = read("红包" * 50_000, ["红包"])
    assert sum(len(one.text) for one in reading.stretches) == 400
    assert reading.characters == 100_000
    assert len(reading.rest) == 99_600


def test_signs_that_hide_or_turn_text_become_visible() -> None:
    assert visible("a\u202eb\u200bc\x07d") == "a⟨U+202E⟩b⟨U+200B⟩c⟨U+0007⟩d"
    assert visible("行一\n行二\t三") == "行一\n行二\t三"


@given(st.text(max_size=300), st.lists(st.text(max_size=5), max_size=5))
def test_marking_never_changes_what_is_said(text: str, terms: list[str]) -> None:
    assert "".join(one.text for one in read(text, terms).stretches) == visible(text)


@given(st.text())
def test_every_text_can_be_stored(text: str) -> None:
    stored = storable(text + "\x00\ud800")
    assert "\x00" not in stored
    assert stored.encode().decode() == stored


def test_a_probability_never_claims_certainty() -> None:
    assert (percent(1.0), percent(0.0), percent(0.5)) == ("99.9%", "0.1%", "50.0%")


def test_a_gateway_without_counts_was_never_fed() -> None:
    count = count_of("smsc", {})
    assert (count.received, count.last_at) == (0, None)


def test_a_gateway_says_when_it_was_last_heard() -> None:
    count = count_of("smsc", {"received": "12", "hits": "junk", "last_at": "1700000000000"})
    assert (count.received, count.hits) == (12, 0)
    assert count.last_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_a_hit_delivered_twice_counts_once() -> None:
    hit = a_hit(id="a")
    assert first_of_each([hit, hit]) == [hit]
    assert first_of_each([hit], known={("smsc", "a")}) == []


def test_the_same_id_of_two_gateways_is_two_messages() -> None:
    assert len(first_of_each([a_hit(id="a", gateway="smsc"), a_hit(id="a", gateway="ismg")])) == 2


def test_senders_come_in_a_fixed_order() -> None:
    assert list(by_sender([a_hit(sender="2"), a_hit(sender="1"), a_hit(sender="2")])) == ["1", "2"]


def test_the_label_of_a_case_is_that_of_its_highest_score() -> None:
    before = Summary("ad", 0.9, NOW, NOW, 3)
    later = NOW + timedelta(hours=1)
    after = before.extended_by([a_hit(label="fraud", spam=0.95, sent_at=later), a_hit(label="loan", spam=0.6)])
    assert after == Summary("fraud", 0.95, NOW, later, 5)
    assert before.extended_by([a_hit(label="loan", spam=0.9)]).label == "ad"


def test_the_text_as_sent_is_marked_at_the_places_of_the_words_and_not_elsewhere() -> None:
    # Given a text in which the word was split, and stands plainly further on
    stretches = read_places("开讠正件，证件", [(1, 4)]).stretches

    # Then only the place that weighed is marked
    assert [(one.text, one.marked) for one in stretches] == [("开", False), ("讠正件", True), ("，证件", False)]


def test_places_that_overlap_or_lie_outside_mark_what_there_is() -> None:
    stretches = read_places("abcd", [(2, 9), (1, 3), (7, 8), (-3, 0)]).stretches
    assert [(one.text, one.marked) for one in stretches] == [("a", False), ("bc", True), ("d", True)]


def test_a_masked_text_is_marked_at_the_same_places() -> None:
    why = [{"term": "13811112222", "weight": 1.0}]
    stretches = reading_of("致电13811112222吧", why, revealed=False).stretches
    assert [(one.text, one.marked) for one in stretches] == [("致电", False), ("138****2222", True), ("吧", False)]


def test_a_number_across_the_cut_of_a_long_text_is_masked() -> None:
    reading = read("很" * 395 + "13811112222", [], hide=mask_numbers)
    assert "".join(one.text for one in reading.stretches)[395:] + reading.rest == "138****2222"


@given(st.text(min_size=6, max_size=12), st.lists(st.tuples(st.integers(-2, 14), st.integers(-2, 14)), max_size=6))
def test_marking_places_never_changes_what_is_said(text: str, places: list[tuple[int, int]]) -> None:
    reading = read_places(text, places)
    assert "".join(one.text for one in reading.stretches) + reading.rest == visible(text)


def test_evidence_marks_places_where_it_has_them_and_words_where_it_is_old() -> None:
    old, new = [{"term": "证件", "weight": 1.0}], [{"term": "证件", "weight": 1.0, "places": [[0, 3]]}]

    assert [
        one.text for one in reading_of("讠正件 证件", old, revealed=True, as_sent=True).stretches if one.marked
    ] == ["证件"]
    assert [
        one.text for one in reading_of("讠正件 证件", new, revealed=True, as_sent=True).stretches if one.marked
    ] == ["讠正件"]


def test_every_kind_of_trick_is_named_in_chinese() -> None:
    with override("zh-hans"):
        names = [term_name(term) for term in DISGUISE_TERMS]
        assert all(name.startswith("伪装：") for name in names), names
        assert term_name("发票") == "发票"
    with override("en"):
        assert term_name("[disguise: homophone]") == "disguise: words by sound"
