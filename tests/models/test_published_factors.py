"""Exposures to published factors: the regression, its errors, the shrinkage, and what was known when."""

import csv
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.factor_returns import FactorReturnTable, Frequency
from di_advisor.domain.market import ReturnHistory
from di_advisor.domain.observations import Provenance
from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.units import TRADING_DAYS_PER_YEAR
from di_models.risk import FactorRiskModel, exposure_history, factor_exposures
from tests.models.worlds import simulated

PROVENANCE = Provenance("Nobody", "invented", "none", datetime(2026, 1, 1, tzinfo=UTC), "0" * 64)


def days(count: int, first: str = "2020-01-01") -> np.ndarray:
    return np.arange(np.datetime64(first, "D"), np.datetime64(first, "D") + count)


def table(values: np.ndarray, factors: tuple[str, ...], dates: np.ndarray | None = None) -> FactorReturnTable:
    dates = days(len(values)) if dates is None else dates
    return FactorReturnTable("invented", Frequency.DAILY, dates, factors, values, PROVENANCE)


def history(values: np.ndarray, observed: np.ndarray | None = None, dates: np.ndarray | None = None) -> ReturnHistory:
    dates = days(len(values)) if dates is None else dates
    names = tuple(f"N{j}" for j in range(values.shape[1]))
    return ReturnHistory(dates, names, values, np.ones(values.shape, bool) if observed is None else observed)


def world(seed: int = 7, t: int = 600, n: int = 40, noise: float = 0.01):
    rng = np.random.default_rng(seed)
    x = rng.normal(0, (0.01, 0.005, 0.005), (t, 3))
    risk_free = np.full(t, 0.0001)
    beta = rng.normal((1.0, 0.0, 0.2), (0.3, 0.5, 0.4), (n, 3))
    returns = risk_free[:, None] + x @ beta.T + rng.normal(0, noise, (t, n))
    return history(returns), table(np.column_stack([x, risk_free]), ("Mkt-RF", "SMB", "HML", "RF")), beta


LAST = date(2030, 1, 1)


def test_four_days_by_hand():
    # x = 1, 2, 3, 4 percent; y = 1, 3, 2, 4 percent over cash of 1: slope 0.8, intercept 0.5,
    # residuals -0.3, 0.9, -0.9, 0.3, so s2 = 1.8 / 2 and the slope's error is sqrt(0.9 / 5).
    factors = table(np.array([[1, 1], [2, 1], [3, 1], [4, 1]]) / 100, ("Mkt-RF", "RF"))
    made = factor_exposures(history(np.array([[2.0], [4], [3], [5]]) / 100), factors, as_of=LAST, min_days=3)
    assert made.least_squares[0, 0] == pytest.approx(0.8)
    assert made.alpha_per_day[0] == pytest.approx(0.005)
    assert made.standard_error[0, 0] == pytest.approx(0.18**0.5)
    assert made.residual_volatility_per_year[0] == pytest.approx(0.01 * (0.9 * TRADING_DAYS_PER_YEAR) ** 0.5)
    assert made.r_squared[0] == pytest.approx(1 - 1.8 / 5)
    assert (made.beta[0, 0], made.own_weight[0, 0], made.days[0]) == (made.least_squares[0, 0], 1.0, 4)


def test_without_noise_the_betas_are_found_exactly_and_nothing_is_shrunk():
    returns, factors, beta = world(noise=0.0)
    made = factor_exposures(returns, factors, as_of=LAST)
    assert made.beta == pytest.approx(beta, abs=1e-9)
    assert made.own_weight == pytest.approx(1.0)
    assert made.factors == ("Mkt-RF", "SMB", "HML")


def test_shrunk_betas_are_nearer_to_the_truth_than_those_of_least_squares():
    returns, factors, beta = world(t=200, n=60, noise=0.03)
    made = factor_exposures(returns, factors, as_of=LAST)
    before = np.sqrt(np.mean((made.least_squares - beta) ** 2, axis=0))
    after = np.sqrt(np.mean((made.beta - beta) ** 2, axis=0))
    assert (after < before).all()
    assert ((made.own_weight > 0) & (made.own_weight < 1)).all()


def test_shrinkage_is_that_of_vasicek_by_hand():
    returns, factors, _ = world(t=300, n=8, noise=0.02)
    made = factor_exposures(returns, factors, as_of=LAST)
    raw, error = made.least_squares[:, 1], made.standard_error[:, 1]
    prior = max(raw.var(ddof=1) - np.mean(error**2), 0.0)
    expected = (raw / error**2 + raw.mean() / prior) / (1 / error**2 + 1 / prior)
    assert made.beta[:, 1] == pytest.approx(expected)


def test_errors_are_as_large_as_the_estimates_scatter():
    returns, factors, beta = world(t=400, n=300)
    made = factor_exposures(returns, factors, as_of=LAST, window_days=400)
    score = (made.least_squares - beta) / made.standard_error
    assert score.std() == pytest.approx(1.0, abs=0.1)


def test_names_with_gaps_are_fitted_on_their_own_days_and_short_ones_are_not_known():
    returns, factors, _ = world()
    observed = returns.observed.copy()
    observed[::3, 1] = False
    observed[:-100, 2] = False
    gaps = ReturnHistory(returns.dates, returns.security_ids, returns.total_return, observed)
    made = factor_exposures(gaps, factors, as_of=LAST, window_days=600)
    alone = ReturnHistory(
        returns.dates[observed[:, 1]], ("N1",), returns.total_return[observed[:, 1], 1:2], np.ones((400, 1), bool)
    )
    one = factor_exposures(alone, factors, as_of=LAST, window_days=600)
    assert made.least_squares[1] == pytest.approx(one.least_squares[0])
    assert np.isnan(made.beta[2]).all()
    assert list(made.days[:3]) == [600, 400, 100]
    universe = Universe((Security("N1"), Security("N2"), Security("OTHER")))
    styles = made.characteristics(universe)
    assert set(styles) == {"beta Mkt-RF", "beta SMB", "beta HML"}
    assert styles["beta HML"] == pytest.approx([made.beta[1, 2], np.nan, np.nan], nan_ok=True)


def test_nothing_later_than_the_day_is_looked_at():
    returns, factors, _ = world()
    spoiled = ReturnHistory(
        returns.dates,
        returns.security_ids,
        np.where(np.arange(600)[:, None] < 400, returns.total_return, 9.0),
        returns.observed,
    )
    day = returns.dates[399].astype(date)
    one, other = (factor_exposures(r, factors, as_of=day) for r in (returns, spoiled))
    assert one.beta == pytest.approx(other.beta)
    assert one.as_of == day


def test_a_history_of_exposures_is_that_of_each_day():
    returns, factors, _ = world()
    asked = [returns.dates[k].astype(date) for k in (300, 450, 599)]
    made = exposure_history(returns, factors, asked)
    assert made.values.shape == (3, 40, 3)
    assert made.names == ("beta Mkt-RF", "beta SMB", "beta HML")
    assert made.values[1] == pytest.approx(factor_exposures(returns, factors, as_of=asked[1]).beta)
    with pytest.raises(InputError, match="ascend"):
        exposure_history(returns, factors, asked[::-1])


@settings(max_examples=20)
@given(st.floats(0.1, 5.0), st.floats(-0.01, 0.01))
def test_scaling_a_factor_scales_its_exposure_and_a_constant_return_moves_none(scale, constant):
    returns, factors, _ = world(n=6, t=150)
    one = factor_exposures(returns, factors, as_of=LAST)
    other = factor_exposures(
        history(returns.total_return + constant), table(factors.values * [1, scale, 1, 1], factors.factors), as_of=LAST
    )
    assert other.least_squares == pytest.approx(one.least_squares / [1, scale, 1], rel=1e-6, abs=1e-9)


def test_days_without_a_published_factor_are_left_out():
    returns, factors, _ = world()
    holes = factors.values.copy()
    holes[5, 1] = np.nan
    made = factor_exposures(returns, table(holes, factors.factors), as_of=LAST, window_days=600)
    assert set(made.days) == {599}


def test_what_cannot_be_regressed_is_refused():
    returns, factors, _ = world(t=150)
    monthly = FactorReturnTable("m", Frequency.MONTHLY, factors.dates, factors.factors, factors.values, PROVENANCE)
    with pytest.raises(InputError, match="monthly"):
        factor_exposures(returns, monthly, as_of=LAST)
    with pytest.raises(InputError, match="no factor RF"):
        factor_exposures(returns, table(factors.values[:, :3], factors.factors[:3]), as_of=LAST)
    with pytest.raises(InputError, match="not independent"):
        factor_exposures(returns, table(factors.values[:, [0, 0, 2, 3]], factors.factors), as_of=LAST)
    with pytest.raises(IncompleteDataError, match="share 0 days"):
        factor_exposures(returns, factors, as_of=date(2019, 1, 1))
    nobody = history(returns.total_return, np.zeros_like(returns.observed))
    with pytest.raises(IncompleteDataError, match="No name was observed"):
        factor_exposures(nobody, factors, as_of=LAST)


def real_table(shared) -> FactorReturnTable:
    """The five factors and momentum, as the adapter would give them."""
    parts = []
    for name in ("ff5_daily_1963_2025-10", "ff_momentum_daily_1926_2026-01"):
        with (shared / f"data/factors/{name}.csv").open(encoding="utf-8") as file:
            header, *rows = list(csv.reader(file))
        dates = np.array([r[0] for r in rows], dtype="datetime64[D]")
        parts.append(table(np.array([r[1:] for r in rows], dtype=float) / 100, tuple(header[1:]), dates))
    return parts[0].joined(parts[1])


def real_returns(shared, tickers: list[str]) -> ReturnHistory:
    frame = pd.read_parquet(
        shared / "data/prices/sp500_yahoo_2016_2022.parquet",
        columns=["ticker", "date", "adj_close"],
        filters=[("ticker", "in", tickers)],
    )
    wide = frame.assign(ticker=frame["ticker"].astype(str)).pivot_table(
        index="date", columns="ticker", values="adj_close"
    )
    moves = wide[tickers].astype(float).pct_change().iloc[1:]
    dates = pd.to_datetime(moves.index).to_numpy().astype("datetime64[D]")
    return ReturnHistory(dates, tuple(tickers), moves.fillna(0.0).to_numpy(), moves.notna().to_numpy())


def test_real_names_have_the_exposures_that_they_are_known_for(shared):
    names = ["SPY", "MSFT", "JPM", "BAC", "XOM", "KO", "PG", "JNJ", "AMZN", "NVDA", "CVX", "MTB", "RSP", "DUK", "T"]
    made = factor_exposures(real_returns(shared, names), real_table(shared), as_of=date(2019, 12, 31))
    raw = pd.DataFrame(made.least_squares, index=names, columns=list(made.factors))
    market = raw["Mkt-RF"]
    assert market["SPY"] == pytest.approx(1.0, abs=0.03)
    assert made.r_squared[0] > 0.98
    assert raw.loc["SPY", "SMB"] < 0
    assert raw.loc["RSP", "SMB"] > raw.loc["SPY", "SMB"]
    assert (raw.loc[["JPM", "BAC", "MTB"], "HML"] > 0.5).all()
    assert (raw.loc[["MSFT", "AMZN", "NVDA"], "HML"] < 0).all()
    assert (market[["DUK", "KO", "PG"]] < 0.9).all()
    assert market[["MSFT", "JPM", "BAC", "AMZN"]].mean() == pytest.approx(1.1, abs=0.2)
    assert set(made.days) == {2 * TRADING_DAYS_PER_YEAR}


def test_exposures_become_styles_of_the_risk_model_under_their_names():
    world_of = simulated(names=100, sectors=2, days=500)
    rng = np.random.default_rng(3)
    drawn = rng.normal(0, 0.005, (500, 2))
    pull = rng.normal(0, 1, 100)
    moved = world_of.returns.total_return + np.outer(drawn[:, 0], pull)
    returns = ReturnHistory(world_of.returns.dates, world_of.returns.security_ids, moved, world_of.returns.observed)
    factors = table(np.column_stack([drawn, np.zeros(500)]), ("HML", "SMB", "RF"), world_of.returns.dates)
    asked = [returns.dates[k].astype(date) for k in range(150, 500, 50)]
    known = exposure_history(returns, factors, asked)
    risk = FactorRiskModel(window_days=400).estimate(world_of.market, returns, known)
    assert {"style beta HML", "style beta SMB"} <= set(risk.factors)
    style = risk.exposures[:, risk.factors.index("style beta HML")]
    assert np.corrcoef(style, pull)[0, 1] > 0.9
