"""A chart shows what the counts say, whatever they are, and says it in figures, too."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from config.live import history_field, history_key, read_history
from review.gateway_chart import BAR, HIGH, HOURS, LOW, STEP, WIDTH, chart_of, share_top

NOW = 29_700_000


def test_a_day_without_sms_is_an_empty_chart() -> None:
    chart = chart_of({}, NOW, 480)
    assert (chart.received, chart.shares, chart.total, chart.most, chart.highest_share) == ([], [], 0, 0, 0)


def test_the_last_minute_is_in_the_last_bar() -> None:
    chart = chart_of({NOW: {"received": 5, "scored": 4, "hits": 1}}, NOW, 480)
    assert [bar.x for bar in chart.received] == [WIDTH - BAR]
    assert chart.received[0].height == HIGH, "5 is a round number"
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
            assert bar.height <= high
    first = (NOW // STEP + 1) * STEP - HOURS * 60
    assert chart.total == sum(counts.get("received", 0) for minute, counts in minutes.items() if minute >= first)


def test_the_scale_is_a_round_number_that_holds_the_busiest_quarter_hour() -> None:
    for received, top in ((1, 1), (981, 1000), (1001, 2000), (5, 5)):
        chart = chart_of({NOW: {"received": received}}, NOW, 480)
        assert chart.top == top
        assert chart.received[0].height == round(max(received / top * HIGH, 1), 1)


def test_gateways_share_the_scale_of_shares_and_one_quiet_quarter_does_not_set_it() -> None:
    # Given a gateway with 2 % hits in which one quarter hour had two hits among three SMS, and one with 15 %
    usual = {NOW - 15 * n: {"received": 100, "scored": 100, "hits": 2} for n in range(1, 50)}
    quiet = usual | {NOW: {"received": 3, "scored": 3, "hits": 2}}
    other = {NOW: {"received": 100, "scored": 100, "hits": 15}}
    # Then 20 % is the end of the scale of both
    top = share_top([quiet, other], NOW)
    assert top == 0.2
    chart = chart_of(quiet, NOW, 480, top)
    assert chart.highest_share == 0.02
    assert {bar.height for bar in chart.shares[:-1]} == {round(0.02 / 0.2 * LOW, 1)}
    # And the odd quarter hour goes beyond it, and says so
    assert (chart.shares[-1].height, chart.shares[-1].over) == (LOW, True)
    assert not any(bar.over for bar in chart.shares[:-1])


def test_a_gateway_with_a_handful_of_sms_does_not_set_the_scale_of_the_others() -> None:
    usual = {NOW: {"received": 100, "scored": 100, "hits": 2}}
    handful = {NOW: {"received": 5, "scored": 5, "hits": 5}}
    assert share_top([usual, handful], NOW) == 0.02
    assert share_top([handful], NOW) == 1.0, "alone it does"


def test_without_hits_there_is_a_scale_all_the_same() -> None:
    assert share_top([{}], NOW) == share_top([], NOW) == 0.01


def test_fields_of_an_hour_are_read_back_and_rubbish_is_left_out() -> None:
    minute = NOW + 7
    fields = {history_field(minute, "received"): "12", history_field(minute, "hits"): "1", "x:received": "3", "5": "y"}
    assert read_history(minute // 60, fields.items()) == {minute: {"received": 12, "hits": 1}}
    assert history_key("smsc", minute) == f"qingxin:gateway:smsc:hour:{minute // 60}"
