"""What goes out as a data frame comes back as it was, to the last digit."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.frames import lots_from_frame, lots_to_frame
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import CashItem, Fill, Portfolio, Side
from di_advisor.domain.target import Target
from di_advisor.domain.universe import Universe
from di_advisor.errors import InputError, InputWarning
from tests.domain.strategies import accounts, markets, portfolios, targets, universes


@given(portfolios())
def test_a_portfolio_survives_the_way_through_a_frame(portfolio):
    assert Portfolio.from_frame(portfolio.to_frame()) == portfolio


@settings(max_examples=20)
@given(portfolios(), st.randoms(use_true_random=False))
def test_the_columns_of_a_frame_may_stand_in_any_order(portfolio, random):
    frame = portfolio.to_frame()
    columns = list(frame.columns)
    random.shuffle(columns)
    assert Portfolio.from_frame(frame[columns]) == portfolio


@given(st.data(), st.decimals(min_value=-(10**9), max_value=10**9, places=2).filter(bool))
def test_an_account_with_cash_survives_when_the_cash_goes_beside_the_frame(data, cash):
    day = date(2031, 1, 2)
    portfolio = Portfolio("ann", (data.draw(accounts("a1", (CashItem(cash, day),))),))
    assert Portfolio.from_frame(portfolio.to_frame(), cash_usd=str(cash), as_of=day, taxpayer="ann") == portfolio


def test_a_portfolio_survives_as_csv_text_without_a_float_on_the_way():
    frame = pd.DataFrame(
        {
            "lot_id": ["L1", "L2", "L3"],
            "security_id": ["007", "NA", "null"],
            "shares": ["0.1234567891", "1/3", "1e3"],
            "basis_total_usd": ["0.10", None, "123456789012.34"],
            "acquired": ["2024-02-29", "2023-01-03", "VARIOUS"],
            "state": ["known", "basis_pending", "term_unknown"],
        }
    )
    portfolio = Portfolio.from_frame(frame)
    text = portfolio.to_frame().to_csv(index=False)
    again = Portfolio.from_frame(pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False))
    assert again == portfolio
    assert [lot.shares for lot in again.lots] == [Decimal("0.1234567891"), Fraction(1, 3), Decimal(1000)]
    assert [lot.security_id for lot in again.lots] == ["007", "NA", "null"]


def test_lots_alone_survive_too():
    frame = pd.DataFrame(
        {"security_id": ["X"], "shares": ["3"], "basis_total_usd": ["1000"], "acquired": [date(2024, 1, 2)]}
    )
    lots = lots_from_frame(frame)
    assert lots_from_frame(lots_to_frame(lots)) == lots


@given(universes())
def test_a_universe_survives_the_way_through_a_frame(universe):
    assert Universe.from_frame(universe.to_frame()) == universe


@given(targets())
def test_a_composite_target_with_a_path_survives_the_way_through_a_frame(target):
    assert Target.from_frame(target.to_frame()) == target


@given(markets())
def test_a_market_survives_the_way_through_a_frame(market):
    frame = market.to_frame()
    if market.priced.all():
        back = Market.from_frame(frame, as_of=market.as_of, known_at=market.known_at)
    else:
        with pytest.warns(InputWarning, match="no price for"):
            back = Market.from_frame(frame, as_of=market.as_of, known_at=market.known_at)
    assert (back.as_of, back.known_at, back.universe) == (market.as_of, market.known_at, market.universe)
    assert back.price_usd == market.price_usd
    for name in ("half_spread_bps", "adv_usd", "volatility_per_year"):
        np.testing.assert_array_equal(getattr(back, name), getattr(market, name))
    assert list(back.characteristics) == list(market.characteristics)
    for name, values in market.characteristics.items():
        np.testing.assert_array_equal(back.characteristics[name], values)
    if market.market_cap_usd is None:
        assert back.market_cap_usd is None
    else:
        np.testing.assert_array_equal(back.market_cap_usd, market.market_cap_usd)


def test_a_market_is_known_at_the_close_in_new_york_unless_said_otherwise():
    frame = pd.DataFrame(
        {
            "security_id": ["A"],
            "price_usd": ["1"],
            "half_spread_bps": [1.0],
            "adv_usd": [1e6],
            "volatility_per_year": [0.3],
        }
    )
    assert Market.from_frame(frame, as_of=date(2026, 1, 5)).known_at == datetime(2026, 1, 5, 21, tzinfo=UTC)
    assert Market.from_frame(frame, as_of=date(2026, 7, 6)).known_at == datetime(2026, 7, 6, 20, tzinfo=UTC)


def test_fills_and_cash_go_to_a_single_account_and_are_refused_for_several():
    lots = pd.DataFrame(
        {
            "security_id": ["X", "Y"],
            "account_id": ["a", "b"],
            "shares": ["1", "1"],
            "basis_total_usd": ["1", "1"],
            "acquired": ["2024-01-02"] * 2,
        }
    )
    fill = Fill("X", Side.SELL, Decimal(1), date(2024, 3, 1))
    one = Portfolio.from_frame(lots[:1], fills=(fill,), cash_usd="5")
    assert one.accounts[0].fills == (fill,)
    with pytest.raises(InputError, match=r"There are 2 accounts \(a, b\), and cash or fills that name none of them"):
        Portfolio.from_frame(lots, cash_usd="5")
    with pytest.raises(InputError, match="There are 2 accounts"):
        Portfolio.from_frame(lots, fills=(fill,))


def test_a_frame_without_rows_is_an_account_of_cash():
    empty = pd.DataFrame(columns=["security_id", "shares", "basis_total_usd", "acquired"])
    portfolio = Portfolio.from_frame(empty, cash_usd="1000.50", account_id="new")
    assert portfolio.account("new").cash_usd(date(2026, 1, 2)) == Decimal("1000.50")
    assert portfolio.lots == ()
