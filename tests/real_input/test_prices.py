"""Real prices: the levels rebuilt, checked against sources that were not adjusted; who is priced and who is not."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from di_data.history_folder import HistoryFolder
from tests.real_input.story import REBALANCES, open_folder


def test_raw_closes_are_what_an_unadjusted_vendor_printed(folder: HistoryFolder, shared: Path) -> None:
    sample = pd.read_parquet(shared / "data/prices/strand_tiingo_raw_2020-06_08.parquet")
    ids = [folder.renames.security_id(t, d) for t, d in zip(sample["ticker"], sample["date"], strict=True)]
    raw = folder.panel.raw_close_usd
    rows, columns = raw.index.get_indexer(pd.to_datetime(sample["date"])), raw.columns.get_indexer(ids)
    inside = (rows >= 0) & (columns >= 0)
    rebuilt = raw.to_numpy()[rows[inside], columns[inside]]
    apart = np.abs(rebuilt - sample["price_unadj"].to_numpy()[inside])
    known = np.isfinite(apart)
    assert known.sum() > 26_000
    # One print of CCI differs between the vendors.
    assert (apart[known] > 0.011).sum() <= 20


def test_share_counts_of_a_sheet_times_raw_closes_are_its_weights(folder: HistoryFolder, shared: Path) -> None:
    sheet = pd.read_csv(shared / "data/index/spy_holdings_snapshots_2021_2026.csv")
    sheet = sheet[sheet["asof"] == "2021-05-13"]
    day = date(2021, 5, 13)
    closes = folder.raw_close_usd(day)
    value = np.array([float(closes.get(folder.renames.security_id(t, day), "nan")) for t in sheet["ticker"]])
    ratio = value * sheet["shares_held"].to_numpy() / sheet["weight_pct"].to_numpy()
    error = np.abs(ratio / np.nanmedian(ratio) - 1)
    assert np.isfinite(error).sum() > 470
    assert np.nanmedian(error) < 1e-5
    assert np.nanmax(error) < 1e-3


@pytest.mark.parametrize(
    ("day", "ticker", "printed"),
    [
        (date(2022, 12, 30), "AAPL", "129.93"),
        (date(2022, 12, 30), "GE", "83.79"),
        (date(2022, 6, 30), "AMZN", "106.21"),
        (date(2022, 6, 30), "T", "20.96"),
    ],
)
def test_factors_of_later_years_are_undone(folder: HistoryFolder, day: date, ticker: str, printed: str) -> None:
    assert folder.raw_close_usd(day)[f"US:{ticker}"] == Decimal(printed)


def test_a_level_that_nothing_confirms_is_unknown_and_the_name_unpriced(folder: HistoryFolder) -> None:
    assert "US:MRNA" in folder.panel.level_unknown
    market = folder.market(REBALANCES[0])
    priced = dict(zip(market.universe.security_ids, market.priced.tolist(), strict=True))
    assert not priced["US:MRNA"]
    assert sum(priced.values()) > 480


def test_a_company_keeps_its_id_through_a_change_of_ticker(folder: HistoryFolder) -> None:
    for day, ticker in ((date(2022, 6, 8), "FB"), (date(2022, 6, 9), "META")):
        market = folder.market(day)
        security = market.universe.securities[market.universe.positions["US:META"]]
        assert security.ticker == ticker
    assert folder.renames.security_id("IR", date(2019, 1, 2)) != folder.renames.security_id("IR", date(2021, 1, 4))


def test_members_are_those_of_the_day(folder: HistoryFolder) -> None:
    assert "US:TWTR" in folder.membership.on(date(2022, 10, 31))
    assert "US:TWTR" not in folder.membership.on(date(2022, 11, 1))
    for day in REBALANCES:
        assert 497 <= len(folder.membership.on(day)) <= 505


def test_target_says_what_it_left_out_and_what_it_guessed(folder: HistoryFolder) -> None:
    for day in REBALANCES:
        target = folder.target(day)
        weights = target.target.weights_on(day)
        members = set(folder.membership.on(day))
        assert set(weights) | set(target.left_out) == members
        assert not set(weights) & set(target.left_out)
        assert 0 < target.weight_left_out < 0.05
        assert set(target.by_proxy) <= set(weights)
        assert "2021-05-13" in target.source


def test_a_day_looks_the_same_when_nothing_later_has_been_read(folder: HistoryFolder, shared: Path) -> None:
    day = REBALANCES[0]
    then = open_folder(shared, until=day)
    assert then.days[-1] == day
    early, late = then.market(day), folder.market(day)
    assert early.universe == late.universe
    assert early.price_usd == late.price_usd
    np.testing.assert_array_equal(early.adv_usd, late.adv_usd)
    np.testing.assert_array_equal(early.volatility_per_year, late.volatility_per_year)
    assert then.target(day) == folder.target(day)
    known_then, known_now = then.returns(day), folder.returns(day)
    column = {i: j for j, i in enumerate(known_now.security_ids)}
    same = [column[i] for i in known_then.security_ids]
    np.testing.assert_array_equal(known_then.total_return, known_now.total_return[:, same])
    assert not known_now.observed[:, sorted(set(column.values()) - set(same))].any()
