"""A chart shows what the counts say, whatever they are, and says it in figures, too."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from config.live import history_field, history_key, read_history
from review.gateway_chart import BAR, HIGH, HOURS, LOW, STEP, WIDTH, chart_of

NOW = 29_700_000


def test_a_day_without_sms_is_an_empty_chart() -> None:
    chart = chart_of({}, NOW, 480)
    assert (chart.received, chart.shares, chart.total, chart.most, chart.highest_share) == ([], [], 0, 0, 0)


def test_the_last_minute_is_in_the_last_bar() -> None:
    chart = chart_of({NOW: {"received": 5, "scored": 4, "hits": 1}}, NOW, 480)
    assert [bar.x for bar in chart.received] == [WIDTH - BAR]
    assert chart.received[0].height == HIGH
    assert (chart.total, chart.most, chart.highest_share) == (5, 5, 0.25)
    assert chart.busiest <= NOW < chart.busiest + STEP


def test_ticks_stand_on_full_hours_of_local_time() -> None:
    ticks = chart_of({}, NOW, 480).ticks
    assert len(ticks) == 4
    assert all((minute + 480) % 360 == 0 for minute, _ in ticks)


@given(
    st.dictionaries(
        st.integers(NOW - 3000, NOW),
        st.fixed_dictionaries({}, optional={name: st.integers(0, 10**7) for name in ("received", "scored", "hits")}),
        max_size=200,
    )
)
def test_bars_stay_inside_the_picture(minutes: dict[int, dict[str, int]]) -> None:
    chart = chart_of(minutes, NOW, 480)
    for bars, high in ((chart.received, HIGH), (chart.shares, LOW)):
        for bar in bars:
            assert 0 <= bar.x <= WIDTH - BAR
            assert bar.height >= 1
        if bars is chart.received:
            assert all(bar.height <= high for bar in bars)
    first = (NOW // STEP + 1) * STEP - HOURS * 60
    assert chart.total == sum(counts.get("received", 0) for minute, counts in minutes.items() if minute >= first)


def test_fields_of_an_hour_are_read_back_and_rubbish_is_left_out() -> None:
    minute = NOW + 7
    fields = {history_field(minute, "received"): "12", history_field(minute, "hits"): "1", "x:received": "3", "5": "y"}
    assert read_history(minute // 60, fields.items()) == {minute: {"received": 12, "hits": 1}}
    assert history_key("smsc", minute) == f"qingxin:gateway:smsc:hour:{minute // 60}"
