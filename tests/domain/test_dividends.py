"""What a market knows of dividends: fractions with gaps, out to a frame and back, and to the signals."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.market import Market
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import InputError, RowsError
from di_advisor.signals.market import estimate_market

DAY = date(2026, 6, 30)
YIELDS, QUALIFIED = np.array([0.02, np.nan, 0.0]), np.array([1.0, 0.4, np.nan])


def market() -> Market:
    three = np.ones(3)
    return Market(
        DAY,
        datetime(2026, 6, 30, 20, tzinfo=UTC),
        Universe(tuple(Security(s) for s in "ABC")),
        (Decimal(10), Decimal(20), None),
        three,
        1e6 * three,
        0.2 * three,
        dividend_yield_per_year=YIELDS,
        qualified_share=QUALIFIED,
    )


def test_dividends_survive_the_way_through_a_frame() -> None:
    frame = market().to_frame()
    with pytest.warns(UserWarning, match="no price"):
        again = Market.from_frame(frame, as_of=DAY)
    assert again.dividend_yield_per_year == pytest.approx(YIELDS, nan_ok=True)
    assert again.qualified_share == pytest.approx(QUALIFIED, nan_ok=True)
    with pytest.warns(UserWarning, match="no price"):
        plain = Market.from_frame(frame.drop(columns=["dividend_yield_per_year", "qualified_share"]), as_of=DAY)
    assert plain.dividend_yield_per_year is None


@pytest.mark.parametrize("wrong", [np.array([0.1, 0.2]), np.array([1.5, 0.1, 0.1]), np.array([-0.1, 0.1, 0.1])])
def test_a_yield_that_is_no_fraction_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(InputError, match="dividend_yield_per_year must hold 3 fractions between 0 and 1"):
        replace(market(), dividend_yield_per_year=wrong)


def test_a_percent_in_a_cell_is_named() -> None:
    frame = market().to_frame()
    frame["dividend_yield_per_year"] = pd.Series([2.0, None, 0.0])
    with pytest.raises(RowsError, match=r"dividend_yield_per_year.*a fraction lies between 0 and 1"):
        Market.from_frame(frame, as_of=DAY)


def test_signals_carry_the_dividends_of_the_priced_names() -> None:
    known, three = market(), np.zeros(3)
    risk = FactorRisk(known.universe, ("market",), np.ones((3, 1)), np.eye(1), np.ones(3))
    signals = estimate_market(known, risk, CostCurves(known.universe, three, three, three))
    assert signals.dividend_yield_per_year == pytest.approx(YIELDS[:2], nan_ok=True)
    assert signals.qualified_share == pytest.approx(QUALIFIED[:2], nan_ok=True)
    with pytest.raises(InputError, match="not aligned"):
        replace(signals, qualified_share=np.ones(3))
