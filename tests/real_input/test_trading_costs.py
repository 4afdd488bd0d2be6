"""Public quotes, trades and Rule 605 reports against what the cost law assumes of spreads and of size.

Checked: effective against quoted half-spreads of three name-days (2 of TAQ, 1 of LOBSTER) and the part k of the
half-spread that the prior says is paid; effective spreads of market orders by year from Rule 605; and that the
signed volume of a minute moves prices more nearly with its square root than in proportion. Not checked: own-order
impact. No parent orders are public, and the coefficient of everybody's flow is not that of one order.
"""

import numpy as np
import pandas as pd
import pytest

from di_models.cost.law import LawPrior


def sides(trades: pd.DataFrame) -> pd.Series:
    """+1 where a buyer was the aggressor: by the side of the middle, by the tick at the middle."""
    side = np.sign(trades["price"] - trades["mid"])
    tick = np.sign(trades["price"].diff()).replace(0, np.nan).ffill()
    return side.where(side != 0, tick)


@pytest.fixture(scope="module")
def taq(shared):
    """Cleaned trades of one name on two days, each with the quote strictly before it."""
    folder = shared / "data" / "tca"
    quotes = pd.read_parquet(folder / "highfrequency_sampleQData.parquet").sort_values("DT")
    trades = pd.read_parquet(folder / "highfrequency_sampleTData.parquet").sort_values("DT")
    quotes = quotes.assign(mid=(quotes["BID"] + quotes["OFR"]) / 2, quoted=(quotes["OFR"] - quotes["BID"]) / 2)
    quotes["quoted"] = quotes["quoted"] / quotes["mid"] * 1e4
    found = pd.merge_asof(trades, quotes[["DT", "mid"]], on="DT", allow_exact_matches=False).dropna()
    found = found.rename(columns={"PRICE": "price", "SIZE": "size", "DT": "at"})
    found = found.assign(side=sides(found))
    found = found.assign(half=found["side"] * (found["price"] / found["mid"] - 1) * 1e4)
    return found, quotes.groupby(quotes["DT"].dt.date)["quoted"].mean()


@pytest.fixture(scope="module")
def lobster(shared):
    """Visible executions of one day, each with the middle of the row before: its own row has moved already."""
    rows = pd.read_parquet(shared / "data" / "tca" / "lobster_AMZN_2012-06-21_L1.parquet")
    middle = (rows["ask_price"] + rows["bid_price"]) / 2
    quoted = (rows["ask_price"] - rows["bid_price"]) / 2 / middle * 1e4
    rows = rows.assign(mid=middle.shift(), same_row=middle)
    found = rows[rows["type"] == 4].dropna()
    at = pd.Timestamp("2012-06-21") + pd.to_timedelta(found["time"], unit="s")
    found = found.assign(
        at=at, side=-found["direction"], half=-found["direction"] * (found["price"] / found["mid"] - 1) * 1e4
    )
    return found, float(np.average(quoted[:-1], weights=np.diff(rows["time"])))


def test_effective_half_spreads_of_two_days_of_taq(taq):
    trades, quoted = taq
    by_day = trades.groupby(trades["at"].dt.date)
    assert by_day.size().tolist() == [3691, 3477]
    np.testing.assert_allclose(2 * quoted, [3.25, 2.74], atol=0.01)
    np.testing.assert_allclose(by_day["half"].mean(), [1.15, 0.98], atol=0.01)
    weighted = [np.average(day["half"], weights=day["size"]) for _, day in by_day]
    np.testing.assert_allclose(weighted, [1.32, 1.13], atol=0.01)


def test_effective_spreads_of_a_day_of_lobster_and_the_trap_of_the_same_row(lobster):
    found, quoted = lobster
    assert len(found) == 8974
    assert 2 * quoted == pytest.approx(5.76, abs=0.01)
    assert 2 * found["half"].mean() == pytest.approx(4.67, abs=0.01)
    assert 2 * np.average(found["half"], weights=found["size"]) == pytest.approx(4.22, abs=0.01)
    same = -found["direction"] * (found["price"] / found["same_row"] - 1) * 1e4
    assert same.mean() < 0.95 * found["half"].mean()


def test_the_part_of_the_half_spread_that_is_paid_lies_within_the_prior(taq, lobster):
    trades, quoted = taq
    paid = [
        *(trades.groupby(trades["at"].dt.date)["half"].mean() / quoted),
        lobster[0]["half"].mean() / lobster[1],
    ]
    prior = LawPrior()
    for each in paid:
        assert abs(each - prior.law.spread_capture) < prior.spread_capture_sd
    assert 0.6 < min(paid) < max(paid) < 0.9


def test_rule_605_effective_spreads_of_market_orders_fell_to_a_third_in_ten_years(shared):
    rows = pd.read_parquet(shared / "data" / "tca" / "sec_605_by_market_center_monthly.parquet")
    rows = rows[rows["OrderCode"] == 11].assign(year=lambda each: each["idate"] // 100)
    dollars = (rows["AvgEffecSpread"] * rows["ExecShares"]).groupby(rows["year"]).sum()
    by_year = dollars / rows.groupby("year")["ExecShares"].sum()
    published = [0.0278, 0.0181, 0.0180, 0.0197, 0.0170, 0.0183, 0.0190, 0.0140, 0.0106, 0.0102]
    np.testing.assert_allclose(by_year.loc[2008:2017], published, atol=6e-5)


def explained(trades: pd.DataFrame, every: str, power: float) -> float:
    """Share of squared moves of the middle explained by signed volume to a power, one coefficient, by interval."""
    signed = trades["side"] * trades["size"]
    interval = trades.assign(signed=signed).groupby(pd.Grouper(key="at", freq=every))
    table = interval.agg(signed=("signed", "sum"), first=("mid", "first"), last=("mid", "last")).dropna()
    move = table["last"] / table["first"] - 1
    regressor = np.sign(table["signed"]) * table["signed"].abs() ** power
    slope = (regressor * move).sum() / (regressor**2).sum()
    return 1 - ((move - slope * regressor) ** 2).sum() / (move**2).sum()


def test_signed_volume_of_a_minute_moves_prices_with_its_square_root_rather_than_in_proportion(taq, lobster):
    """773 and 384 minutes. Over five minutes 155 intervals agree, and LOBSTER's 78 do not (.44 and .54)."""
    for trades in (taq[0], lobster[0]):
        assert explained(trades, "1min", 0.5) > explained(trades, "1min", 1.0) + 0.01


def test_a_move_that_hardly_depends_on_size_explains_less_than_the_square_root(taq, lobster):
    for trades in (taq[0], lobster[0]):
        for every in ("1min", "5min"):
            assert explained(trades, every, 0.5) > explained(trades, every, 0.1)
