"""What is dropped or noted on the way in: each flaw planted once, counted once, and the counts add up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.history_quality import Finding, Flaw, HistoryQuality, QualityTally, Treatment
from di_advisor.domain.trade_history import ArrivalPrice
from di_advisor.domain.trading_conditions import TradingConditions
from di_advisor.errors import InputError
from di_data.trade_history import OrderFiles, daily_conditions
from tests.data_adapters.trade_history.order_files import DAILY, FILLS, ORDERS, QUOTES, conditions, frame, write


def read(tmp_path, orders=ORDERS, fills=FILLS, market=None):
    return OrderFiles().trade_history(
        write(tmp_path, orders), fills=write(tmp_path, fills, "fills.csv"), conditions=market or conditions()
    )


@pytest.mark.parametrize(
    ("old", "new", "flaw"),
    [
        ("10:01:00", "09:59:00", Flaw.FILL_OUTSIDE),
        ("200,50.06", "201,50.06", Flaw.OVERFILLED),
        ("200,50.06", "200,51.06", Flaw.FAR_FROM_MID),
        ("200,50.06", "0,50.06", Flaw.BAD_FIGURE),
        (
            "O1,2024-03-05T10:05:00-05:00,200,50.06,E2",
            "O1,2024-03-05T10:05:00-05:00,200,50.06,E1",
            Flaw.CONTRADICTORY_EXECUTION,
        ),
        ("150,19.98", "150,10.01", Flaw.SPLIT_SUSPECTED),
        ("150,19.98", "150,14.50", Flaw.FAR_FROM_MARKET),
        ("O2,2024", "O9,2024", Flaw.NOTHING_FILLED),
    ],
)
def test_a_flaw_of_the_fills_drops_its_order_and_no_other(tmp_path, old, new, flaw):
    assert old in FILLS
    found = read(tmp_path, fills=FILLS.replace(old, new))
    assert found.quality.count(flaw) == 1
    assert found.quality.orders_read == 2
    assert len(found.history) == found.quality.orders_kept == 1
    frame_of = found.quality.to_frame().set_index("flaw")
    assert frame_of.loc[str(flaw), "treatment"] == "order dropped"
    assert frame_of.loc[str(flaw), "examples"].startswith("O")
    assert f"1 order dropped ({flaw})" in found.quality.sentence


@pytest.mark.parametrize(
    ("daily", "quotes", "flaw"),
    [
        (DAILY.replace("BOLT", "COIL"), QUOTES.replace("BOLT", "COIL"), Flaw.UNKNOWN_SECURITY),
        (DAILY.replace("220,8000000", ",8000000"), QUOTES, Flaw.NO_VOLATILITY),
        (DAILY.replace("220,8000000", "220,"), QUOTES, Flaw.NO_VOLUME),
        (DAILY.replace("20.10,20.20,5.0", "20.10,20.20,"), QUOTES, Flaw.NO_HALF_SPREAD),
        (
            DAILY.replace("BOLT,2024-03-04,20.10", "BOLT,2024-03-04,").replace("19.80,20.05", "19.80,"),
            None,
            Flaw.NO_ARRIVAL_PRICE,
        ),
    ],
)
def test_what_the_market_tables_do_not_know_drops_an_order_under_its_name(tmp_path, daily, quotes, flaw):
    found = read(tmp_path, market=conditions(daily, quotes))
    assert found.quality.count(flaw) == 1
    assert found.history.order_id.tolist() == ["O1"]


def test_without_any_table_the_missing_figure_is_named(tmp_path):
    found = read(tmp_path, market=TradingConditions())
    assert found.quality.count(Flaw.UNKNOWN_SECURITY) == 2
    none = OrderFiles().trade_history(write(tmp_path, ORDERS), fills=write(tmp_path, FILLS, "fills.csv"))
    assert none.quality.count(Flaw.NO_ARRIVAL_PRICE) == 2


def test_an_order_without_arrival_is_dropped_and_counted(tmp_path):
    found = read(tmp_path, ORDERS.replace("2024-03-05T11:00:00-05:00", ""))
    assert found.quality.count(Flaw.NO_ARRIVAL_TIME) == 1


def test_an_execution_that_is_repeated_counts_once(tmp_path):
    line = FILLS.splitlines()[3]
    found = read(tmp_path, fills=FILLS + line + "\n")
    assert found.history.filled_shares[1] == 150
    assert found.quality.count(Flaw.DUPLICATE_EXECUTION) == 1
    assert (found.quality.fills_read, found.quality.fills_used) == (4, 3)


def test_a_fill_after_the_stated_end_drops_its_order(tmp_path):
    ends = ORDERS.replace("order_shares", "order_shares,end_time").replace(",300", ",300,2024-03-05T10:04:00-05:00")
    found = read(tmp_path, ends.replace(",200", ",200,2024-03-05T11:02:00-05:00"))
    assert found.quality.count(Flaw.FILL_OUTSIDE) == 1
    assert found.history.order_id.tolist() == ["O2"]


def test_one_execution_in_two_orders_drops_both_and_ids_counted_anew_in_each_order_none(tmp_path):
    both = read(tmp_path, fills=FILLS + FILLS.splitlines()[1].replace("O1", "O2") + "\n")
    assert both.quality.count(Flaw.CONTRADICTORY_EXECUTION) == both.quality.orders_dropped == 2
    anew = read(tmp_path, fills=FILLS.replace("E3", "E1"))
    assert len(anew.history) == 2
    assert anew.quality.count(Flaw.DUPLICATE_EXECUTION) == 1


def test_a_fill_of_no_order_is_counted(tmp_path):
    found = read(tmp_path, fills=FILLS + FILLS.splitlines()[3].replace("O2", "O7").replace("E3", "E7") + "\n")
    assert found.quality.count(Flaw.FILL_WITHOUT_ORDER) == 1
    assert len(found.history) == 2


@pytest.mark.parametrize(
    ("bid", "ask", "flaw"),
    [("50.01", "49.99", Flaw.CROSSED_QUOTE), ("49.99", "", Flaw.ONE_SIDED_QUOTE), ("0", "50.01", Flaw.ONE_SIDED_QUOTE)],
)
def test_a_quote_that_cannot_be_used_sends_the_order_down_the_ladder(tmp_path, bid, ask, flaw):
    found = read(tmp_path, market=conditions(quotes=QUOTES.replace("49.99,50.01", f"{bid},{ask}")))
    assert found.quality.count(flaw) == 1
    assert found.history.arrival_price_source[0] == ArrivalPrice.MID_AT_FIRST_FILL
    assert found.history.half_spread_bps[0] == 2.0  # of the day before


def test_a_locked_quote_is_right_and_has_no_spread(tmp_path):
    found = read(tmp_path, market=conditions(quotes=QUOTES.replace("49.99,50.01", "50.00,50.00")))
    assert found.history.half_spread_bps[0] == 0.0
    assert found.history.arrival_price_usd[0] == 50.0


def test_the_ladder_takes_the_best_rung_there_is(tmp_path):
    minutes = "security_id,end_utc,average_usd\nACME,2024-03-05T15:00:00Z,49.96\nACME,2024-03-05T15:01:00Z,70\n"
    rungs = [
        (conditions(), ArrivalPrice.MID_AT_ARRIVAL, 50.00),
        (conditions(quotes="\n".join(QUOTES.splitlines()[i] for i in (0, 4))), ArrivalPrice.MID_AT_FIRST_FILL, 50.03),
        (conditions(quotes=None, minutes=minutes), ArrivalPrice.MINUTE_VWAP, 49.96),
        (conditions(quotes=None), ArrivalPrice.OPEN, 49.95),
        (conditions(DAILY.replace(",49.95", ","), None), ArrivalPrice.PREVIOUS_CLOSE, 49.90),
    ]
    for market, source, price in rungs:
        h = read(tmp_path, market=market).history
        assert (h.arrival_price_source[0], h.arrival_price_usd[0]) == (source, pytest.approx(price))


def test_the_own_quote_of_an_order_comes_before_the_table(tmp_path):
    orders = ORDERS.replace("order_shares", "order_shares,arrival_bid_usd,arrival_ask_usd")
    orders = orders.replace(",300", ",300,49.9,50.1").replace(",200", ",200,,")
    h = read(tmp_path, orders).history
    assert h.arrival_price_usd[0] == pytest.approx(50.0)
    assert h.half_spread_bps[0] == pytest.approx(20.0)


@settings(max_examples=25)
@given(factor=st.floats(0.9, 1.1), spread=st.floats(0.0, 400.0), seed=st.integers(0, 9))
def test_nothing_that_came_later_changes_what_was_known_before(factor, spread, seed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("later")
    before = read(folder).history
    daily, quotes = frame(DAILY), frame(QUOTES)
    daily = daily.astype({"volatility_daily_bps": float, "adv_usd": float})
    later = daily["date"] >= "2024-03-05"
    g = np.random.default_rng(seed)
    daily.loc[later, ["half_spread_bps", "volatility_daily_bps", "adv_usd"]] = g.uniform(1, 1e6, size=(2, 3))
    daily.loc[later, "half_spread_bps"] = spread
    daily.loc[later, "close_usd"] *= factor
    after = quotes["time_utc"] > "2024-03-05T16:00:00Z"
    quotes.loc[after, ["bid_usd", "ask_usd"]] *= 1 + (factor - 1) / 20
    known = read(folder, market=TradingConditions(daily, quotes)).history
    for name in ("half_spread_bps", "volatility_daily_bps", "adv_usd", "time_of_day"):
        assert getattr(known, name).tolist() == getattr(before, name).tolist()
    assert known.arrival_price_usd[0] == before.arrival_price_usd[0]


def test_a_daily_figure_that_is_too_old_is_not_used(tmp_path):
    old = DAILY.replace("BOLT,2024-03-04", "BOLT,2024-02-20")
    found = read(tmp_path, market=conditions(old))
    assert found.quality.orders_dropped == 1


def test_after_the_close_the_day_itself_is_known(tmp_path):
    orders = ORDERS.replace("2024-03-05T11:00:00-05:00", "2024-03-05T16:30:00-05:00")
    fills = FILLS.replace("2024-03-05T11:02:00-05:00", "2024-03-06T09:40:00-05:00")
    h = read(tmp_path, orders, fills, conditions(quotes=None)).history
    assert h.volatility_daily_bps[1] == 999
    assert (h.arrival_price_source[1], h.arrival_price_usd[1]) == (ArrivalPrice.PREVIOUS_CLOSE, 19.80)


def test_a_report_whose_counts_do_not_add_up_cannot_be_made():
    with pytest.raises(InputError, match="3 orders were read, 1 kept and 1 dropped"):
        HistoryQuality("f", 3, 1, 0, 0, (Finding(Flaw.NOT_USD, Treatment.ORDER_DROPPED, 1, ("x",)),))


def test_an_order_with_two_flaws_counts_once_and_examples_are_few():
    tally = QualityTally("f")
    for k in range(9):
        tally.drop(f"O{k}", Flaw.NOT_USD)
        tally.drop(f"O{k}", Flaw.OVERFILLED)
    report = tally.report(kept=1)
    assert (report.orders_read, report.orders_dropped, report.count(Flaw.OVERFILLED)) == (10, 9, 0)
    assert len(report.findings[0].examples) == 5


def test_daily_conditions_are_those_of_the_days_up_to_each():
    days = [f"2024-01-{d:02d}" for d in range(2, 8)]
    bars = frame(
        "security_id,date,close_usd,volume_shares\n" + "".join(f"X,{d},{10 + i},100\n" for i, d in enumerate(days))
    )
    found = daily_conditions(bars, days=3)
    assert np.isnan(found["adv_usd"][:2]).all()
    assert found["adv_usd"][2] == pytest.approx(100 * (10 + 11 + 12) / 3)
    returns = [1 / 10, 1 / 11, 1 / 12]
    assert found["volatility_daily_bps"][3] == pytest.approx(np.std(returns, ddof=1) * 1e4)
    with pytest.raises(InputError, match="The bars lack volume_shares"):
        daily_conditions(bars.drop(columns="volume_shares"))


@pytest.mark.parametrize(
    ("table", "text", "words"),
    [
        ("daily", DAILY + DAILY.splitlines()[1] + "\n", "ACME stands there twice on 2024-03-04"),
        ("daily", DAILY.replace("2024-03-04", "yesterday"), "'yesterday' is not a time (2 such rows)"),
        ("daily", DAILY.replace("150", "much"), "volatility_daily_bps: 'much' is not a number"),
        ("daily", DAILY.replace("security_id", "symbol"), "the column security_id is missing"),
        ("quotes", QUOTES.replace("Z,", ","), "has no time zone (5 such rows)"),
    ],
)
def test_a_wrong_market_table_says_so(table, text, words):
    with pytest.raises(InputError) as caught:
        TradingConditions(**{table: frame(text)})
    assert words in str(caught.value)
    assert caught.value.hint
