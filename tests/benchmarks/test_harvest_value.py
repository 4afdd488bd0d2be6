"""The harvest benchmark: a case by hand, the interval, and a small run on simulated prices."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.harvest_rollout import WeeklyPrices, block_interval, model_policy, read_weekly, roll, threshold_policies
from benchmarks.harvest_value import main, measure_regret
from di_advisor.domain.harvest import ClientProfile

CLIENT = ClientProfile(0.4, 0.2, 0.4, 0.2, horizon_years=1.0, discount_per_year=0.05)


def weekly(price: list[float]) -> WeeklyPrices:
    weeks = np.datetime64("2020-01-03") + 7 * np.arange(len(price))
    column = np.array(price)[:, None]
    return WeeklyPrices(weeks, ("A",), column, np.full_like(column, 0.3))


def simulated(folder: Path, *, names: int = 12, days: int = 700) -> Path:
    rng = np.random.default_rng(7)
    price = 50 * np.exp(np.cumsum(rng.normal(0.0002, 0.02, (days, names)), axis=0))
    dates = pd.bdate_range("2015-01-02", periods=days)
    frame = pd.DataFrame(price, index=dates, columns=[f"N{i}" for i in range(names)])
    table = frame.rename_axis("date").reset_index().melt("date", var_name="ticker", value_name="close")
    table.to_parquet(folder / "prices.parquet")
    return folder / "prices.parquet"


def test_one_harvest_by_hand() -> None:
    path = [1.0] * 10 + [0.8] * 43  # falls by a fifth in week 10 and stays
    found = roll(weekly(path), CLIENT, threshold_policies(CLIENT, 0.001), cost=0.001, starts=[0])
    at, end = math.exp(-0.05 * 10 / 52), math.exp(-0.05)
    saved = at * (0.4 * 0.2 - 0.001 * 0.8)
    wanted = saved - end * 0.2 * 0.2  # the loss that never harvests is used at the end, at the long rate
    assert found["-5 %"].liquidated[0] == pytest.approx(1e4 * wanted)
    assert found["-5 %"].stepped_up[0] == pytest.approx(1e4 * saved)
    assert found["-5 %"].harvests_per_lot_year == pytest.approx(1.0)
    assert found["-20 %"].harvests_per_lot_year == 0.0
    assert found["-20 %"].liquidated[0] == 0.0


def test_a_new_lot_is_locked_for_five_weeks_and_a_name_that_ends_is_sold_then() -> None:
    path = [1.0, 0.9] + [0.8] * 3 + [0.7] * 3 + [math.nan] * 45
    found = roll(weekly(path), CLIENT, threshold_policies(CLIENT, 0.001), cost=0.001, starts=[0])["any loss"]
    count = found.harvests_per_lot_year * 7 / 52
    assert count == pytest.approx(1.0)  # in week 5, and the next would be in week 10, after the end in week 7
    saved = math.exp(-0.05 * 5 / 52) * (0.4 * 0.3 - 0.001 * 0.7)
    at_end = math.exp(-0.05 * 7 / 52) * 0.4 * 0.3
    assert found.liquidated[0] == pytest.approx(1e4 * (saved - at_end))


def test_the_models_policy_waits_for_more_than_the_cost_and_a_margin_makes_it_wait_longer() -> None:
    basis, age = 1 / (1 - np.linspace(0.001, 0.3, 300)), np.full(300, 20)
    volatility = np.full(300, 0.3)
    client = ClientProfile(0.2, 0.2, 0.2, 0.2, horizon_years=1.0)
    free, held = (model_policy(client, 0.001, margin=m)(basis, age, volatility, 1.0) for m in (0.0, 0.0005))
    assert free.any()
    assert not free[0]
    assert held.sum() < free.sum()


def test_the_interval_of_equal_values_is_a_point_and_that_of_noise_holds_its_mean() -> None:
    assert block_interval(np.full(12, 3.0), block=3, seed=0) == pytest.approx((3.0, 3.0))
    noise = np.random.default_rng(3).normal(1.0, 1.0, 60)
    low, high = block_interval(noise, block=5, seed=0)
    assert low < noise.mean() < high
    assert (low, high) == block_interval(noise, block=5, seed=0)


def test_weekly_prices_are_the_last_of_each_week_with_a_volatility_once_there_are_days_enough(tmp_path: Path) -> None:
    prices = read_weekly([simulated(tmp_path)])
    assert prices.price.shape == (141, 12)
    assert np.isnan(prices.volatility_per_year[0]).all()
    assert np.median(prices.volatility_per_year[20:]) == pytest.approx(0.02 * math.sqrt(252), rel=0.15)


def test_the_command_prints_every_policy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--years", "1", "--every", "20", "--clients", "0", "--seed", "3"]
    assert main(["--prices", str(simulated(tmp_path)), *options]) == 0
    shown = capsys.readouterr().out
    for word in (
        "short-term gains",
        "long-term gains only",
        "never",
        "any loss",
        "-5 %",
        "-20 %",
        "volatility",
        "model",
    ):
        assert word in shown


def test_files_that_hold_no_such_prices_are_refused_with_what_is_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, other, none = (tmp_path / name for name in ("a.csv", "other.parquet", "none.parquet"))
    text.write_text("date,ticker,close\n")
    pd.DataFrame({"day": ["2020-01-02"], "close": [1.0]}).to_parquet(other)
    pd.DataFrame({"date": ["2020-01-02"], "ticker": ["A"], "close": [0.0]}).to_parquet(none)
    for file, words in (
        (text, "cannot be read as Parquet"),
        (tmp_path / "absent.parquet", "cannot be read as Parquet"),
        (other, "lacks date, ticker"),
        (none, "no price above zero"),
    ):
        with pytest.raises(SystemExit):
            main(["--prices", str(file), "--clients", "0"])
        shown = capsys.readouterr().err
        assert words in shown
        assert "date, ticker and close or adj_close" in shown
    with pytest.raises(SystemExit):
        main(["--prices", str(simulated(tmp_path)), "--years", "9", "--clients", "0"])
    assert "too few for --years 9" in capsys.readouterr().err


def test_regret_is_never_negative_even_for_a_small_model() -> None:
    regret = measure_regret(seed=4, trained_on=25, tested_on=1, rounds=30)
    for values in (regret.gated, regret.ungated, *regret.rules.values()):
        assert (regret.program - values >= -1e-9).all()
