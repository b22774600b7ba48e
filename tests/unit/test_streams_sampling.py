"""The recall check: which of the SMS that were let pass are drawn."""

from __future__ import annotations

from config.records import Sms
from models.classifier import Verdict
from models.labels import LABELS
from streams.sampling import Drawing, find_samples
from tests.builders import NOW, an_sms


def numbered(count: int) -> list[Sms]:
    return [an_sms(id=f"sms-{number}") for number in range(count)]


def a_verdict(spam: float) -> Verdict:
    probabilities = (1 - spam, spam, *[0.0] * (len(LABELS) - 2))
    return Verdict(label="ham", spam=spam, probabilities=probabilities, why=(), normalised="晚上吃什么?")


def test_about_one_in_so_many_is_drawn_and_always_the_same_ones() -> None:
    messages = numbered(20_000)
    verdicts = [a_verdict(0.1)] * len(messages)
    first = find_samples(messages, verdicts, 0.5, "model-1", NOW, Drawing(100, "secret"))
    assert 140 < len(first) < 260
    backwards = find_samples(messages[::-1], verdicts, 0.5, "model-1", NOW, Drawing(100, "secret"))
    assert backwards[::-1] == first
    assert {sample.one_in for sample in first} == {100}


def test_another_secret_draws_others() -> None:
    ids = [str(number) for number in range(5000)]
    drawn = [{name for name in ids if Drawing(50, secret).draws("smsc", name)} for secret in ("a", "b")]
    assert len(drawn[0] & drawn[1]) < 20


def test_the_same_id_of_another_gateway_is_another_message() -> None:
    ids = [str(number) for number in range(5000)]
    drawing = Drawing(2, "secret")
    assert any(drawing.draws("smsc", name) != drawing.draws("ismg", name) for name in ids)


def test_only_what_was_let_pass_is_drawn() -> None:
    verdicts = [a_verdict(0.5), a_verdict(0.499)]
    samples = find_samples(numbered(2), verdicts, 0.5, "model-1", NOW, Drawing(1, "secret"))
    assert [(sample.id, sample.spam) for sample in samples] == [("sms-1", 0.499)]


def test_none_are_drawn_when_the_policy_says_so() -> None:
    assert find_samples(numbered(100), [a_verdict(0.1)] * 100, 0.5, "model-1", NOW, Drawing(0, "secret")) == []


def test_a_nasty_id_can_be_drawn() -> None:
    assert Drawing(1, "").draws("smsc", "\ud800\x00")
