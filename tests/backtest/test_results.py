"""Figures of replays that are written down row by row."""

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.backtest.attribution import PARTS, attribution_of
from di_advisor.backtest.bootstrap import mean_difference
from di_advisor.backtest.composites import composite_of
from di_advisor.backtest.record import Replayed
from di_advisor.backtest.results import results_frame, results_of
from di_advisor.backtest.settings import ReplaySettings
from di_advisor.backtest.twin import etf_twin
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError
from di_advisor.policy.measures import ValueHistory
from tests.backtest.rows import day_row, replayed_of

TAX = TaxProfile(rates=ConstantRates(short_term=0.4, long_term=0.2))


def test_an_account_that_is_the_index_has_no_tracking_and_the_twins_expenses_as_its_advantage() -> None:
    index = [0.0, 0.01, -0.02, 0.03]
    values = np.cumprod([100.0 * (1 + r) if k == 0 else 1 + r for k, r in enumerate(index)])
    found = results_of(replayed_of(values.tolist(), index), TAX, expense_ratio=0.0)
    assert found.measures.tracking_error == pytest.approx(0.0, abs=1e-12)
    assert found.correlation == pytest.approx(1.0)
    assert found.beta == pytest.approx(1.0)
    assert found.measures.tax_alpha_step_up == pytest.approx(0.0, abs=1e-9)
    # The fund's unrealised gain is taxed when all is sold, short-term; the account's rows say it has none.
    assert found.advantage_usd == pytest.approx(0.4 * (values[-1] - 100.0))


def test_every_part_of_an_advantage_by_hand() -> None:
    # 1,000 begins; 2 are paid for the purchase, 98 stay in cash; the index then gains 10 %, the account 8.
    replayed = replayed_of(
        [998.0, 1077.0, 1076.0],
        [0.0, 0.10, 0.0],
        costs=[2.0, 0.8, 0.0],
        cash=[98.0, 0.0, 0.0],
        taxes=[0.0, 0.0, -5.0],
        liquidation_tax_end_usd=7.0,
    )
    found = attribution_of(replayed, TAX, ReplaySettings(accrues_last_year=False), expense_ratio=0.0)
    parts = found.parts_usd
    assert parts["holdings"] == pytest.approx((79.0 + 0.8 - 99.8 + 9.8) - 1.0)  # the second day loses 1
    assert parts["cash"] == pytest.approx(-9.8)
    assert parts["trading cost"] == pytest.approx(-2.8)
    assert parts["fund expenses"] == pytest.approx(0.0)
    assert parts["base"] == pytest.approx(-0.2)
    assert parts["taxes due"] == pytest.approx(5.0)
    assert parts["taxes deferred"] == pytest.approx(0.4 * 100.0 - 7.0)
    assert parts["start"] == pytest.approx(0.0)
    assert found.advantage_usd == pytest.approx((1076.0 + 5.0 - 7.0) - (1100.0 - 40.0))
    assert list(parts) == list(PARTS)


amounts = st.floats(-30.0, 30.0)


@given(
    st.lists(st.tuples(st.floats(-0.05, 0.05), st.floats(-0.02, 0.02), amounts, st.floats(0, 3), amounts), min_size=2),
    st.floats(-100, 100),
    st.floats(0, 0.01),
)
def test_the_parts_add_up_whatever_happened(
    steps: list[tuple[float, float, float, float, float]], liquidation: float, expense_ratio: float
) -> None:
    values, index, flows, costs, taxes = [1000.0], [0.0], [0.0], [1.0], [0.0]
    for r, active, flow, cost, tax in steps:
        values.append(values[-1] * (1 + r + active) - cost + flow)
        index.append(r)
        flows.append(flow)
        costs.append(cost)
        taxes.append(tax)
    if min(values) < 100.0:
        return
    replayed = replayed_of(
        values, index, flows=flows, costs=costs, taxes=taxes, cash=[10.0] * len(values),
        liquidation_tax_end_usd=liquidation,
    )  # fmt: skip
    found = attribution_of(replayed, TAX, expense_ratio=expense_ratio)
    assert math.fsum(found.parts_usd.values()) == pytest.approx(found.advantage_usd, abs=1e-6)
    whole = results_of(replayed, TAX, expense_ratio=expense_ratio) if len(values) > 2 else None
    if whole is not None:
        assert whole.advantage_usd == pytest.approx(found.advantage_usd)


def test_losses_are_counted_by_the_age_of_the_account_and_over_what_was_put_in() -> None:
    days = (date(2020, 1, 2), date(2020, 7, 1), date(2021, 3, 1), date(2022, 1, 3))
    rows = tuple(
        day_row(day, 100.0 + k, harvested_usd=lost, index_return=0.01 * k, flow_usd=flow, traded=True)
        for k, (day, lost, flow) in enumerate(zip(days, (0, 10, 5, 2), (0, 100, 0, -20), strict=True))
    )
    found = results_of(Replayed("", "", "", rows, (), ()), TAX)
    assert found.harvested == pytest.approx((0.05, 0.025, 0.01))
    frame = results_frame([found])
    assert frame.loc[0, "harvested"] == pytest.approx(0.085)
    assert frame.loc[0, "first"] == days[0]


def test_an_account_that_never_invested_has_no_figures() -> None:
    rows = tuple(day_row(date(2020, 1, 1 + k), 100.0, cash_usd=100.0) for k in range(3))
    with pytest.raises(InputError, match="in cash throughout"):
        results_of(Replayed("x", "", "", rows, (), ()), TAX)


def test_a_plain_bootstrap_of_two_vintages_holds_their_four_means() -> None:
    found = mean_difference([1.0, 3.0], [0.0, 0.0], seed=1, level=0.98)
    assert (found.mean, found.low, found.high) == (2.0, 1.0, 3.0)
    assert found.clear


def test_a_block_as_long_as_the_series_leaves_only_its_own_mean() -> None:
    found = mean_difference(list(range(8)), [0.0] * 8, seed=3, mean_block=1e12)
    assert found.low == found.high == pytest.approx(3.5)
    assert not found.clear


def test_a_bootstrap_interval_of_independent_figures_is_that_of_the_normal_law() -> None:
    g = np.random.default_rng(0)
    values = g.normal(size=400)
    found = mean_difference(values.tolist(), [0.0] * 400, seed=5, level=0.9)
    half = 1.645 * values.std() / 20
    assert found.high - found.mean == pytest.approx(half, rel=0.08)
    assert found.mean - found.low == pytest.approx(half, rel=0.08)
    wider = mean_difference(np.repeat(values[:100], 4).tolist(), [0.0] * 400, seed=5, mean_block=8.0)
    assert wider.high - wider.low > 1.5 * (found.high - found.low)


@pytest.mark.parametrize(
    ("ours", "theirs", "block"), [([1.0], [1.0], 1.0), ([1.0, 2.0], [1.0], 1.0), ([1.0, math.nan], [0.0, 0.0], 1.0)]
)
def test_a_bootstrap_of_other_vintages_is_refused(ours: list[float], theirs: list[float], block: float) -> None:
    with pytest.raises(InputError):
        mean_difference(ours, theirs, seed=1, mean_block=block)


def history(days: list[date], values: list[float], taxes: list[float], end_tax: float = 0.0) -> ValueHistory:
    n = len(days)
    return ValueHistory(
        tuple(days), np.array(values), np.zeros(n), np.array(taxes), np.zeros(n), liquidation_tax_end_usd=end_tax
    )


def test_a_composite_of_two_accounts_by_hand() -> None:
    ends = [date(2020, 12, 31), date(2021, 1, 29), date(2021, 2, 26)]
    large = history(ends, [300.0, 330.0, 330.0], [0.0, 0.0, 3.3], end_tax=33.0)
    small = history([date(2021, 1, 15), *ends[1:]], [90.0, 110.0, 99.0], [0.0, 0.0, 0.0])
    found = composite_of({"large": large, "small": small}, rates="40 % / 20 %", losses="credited when realised")
    (year,) = found.years
    assert (year.months, year.accounts, year.assets_usd) == (2, 2, 429.0)
    # January: the large one alone, as the small one began inside the month; February: weights 330 and 110.
    february = (330 * 0.0 + 110 * -0.1) / 440, (330 * -0.01 + 110 * -0.1) / 440
    assert year.pre_tax == pytest.approx(1.1 * (1 + february[0]) - 1)
    assert year.after_tax == pytest.approx(1.1 * (1 + february[1]) - 1)
    assert year.dispersion is None
    assert found.after_tax == pytest.approx(year.after_tax)  # two months are not raised to a year
    assert found.after_tax_liquidation == pytest.approx((1 + year.after_tax) * (1 - 33 / 429) - 1)
    assert any("40 % / 20 %" in line for line in found.disclosures)


def test_dispersion_is_the_asset_weighted_deviation_of_accounts_that_were_in_all_year() -> None:
    ends = [date(2020, 12, 31), date(2021, 1, 29)]
    a, b = history(ends, [300.0, 330.0], [0.0, 0.0]), history(ends, [100.0, 90.0], [0.0, 0.0])
    (year,) = composite_of({"a": a, "b": b}, rates="", losses="").years
    mean = 0.75 * 0.1 - 0.25 * 0.1
    assert year.dispersion == pytest.approx(math.sqrt(0.75 * (0.1 - mean) ** 2 + 0.25 * (-0.1 - mean) ** 2))
    assert year.after_tax == pytest.approx(mean)


def test_a_composite_of_less_than_a_year_is_not_annualised() -> None:
    ends = [date(2020, 12, 31), date(2021, 1, 29), date(2021, 2, 26)]
    short = composite_of({"a": history(ends, [100.0, 110.0, 121.0], [0.0, 0.0, 0.0])}, rates="", losses="")
    assert short.pre_tax == pytest.approx(0.21)
    assert "not annualised" in short.disclosures[0]
    ends = [date(2019, 12, 31), *(date(2020 + m // 12, m % 12 + 1, 28) + timedelta(days=3) for m in range(24))]
    ends = [d - timedelta(days=d.day) if d.day <= 3 else d for d in ends]
    long = composite_of({"a": history(ends, [1.01**k for k in range(25)], [0.0] * 25)}, rates="", losses="")
    assert long.pre_tax == pytest.approx(1.01**12 - 1)
    assert "Annualised" in long.disclosures[0]


def test_a_composite_without_a_full_month_is_refused() -> None:
    with pytest.raises(InputError, match="no account"):
        composite_of({}, rates="", losses="")
    with pytest.raises(InputError, match="full month"):
        composite_of({"a": history([date(2021, 1, 4), date(2021, 1, 29)], [1.0, 1.0], [0.0, 0.0])}, rates="", losses="")


def test_a_last_month_that_is_not_over_is_no_month_of_a_composite() -> None:
    ends = [date(2020, 12, 31), date(2021, 1, 29), date(2021, 2, 1)]
    found = composite_of({"a": history(ends, [100.0, 101.0, 90.0], [0.0] * 3)}, rates="", losses="")
    assert [(y.year, y.months) for y in found.years] == [(2021, 1)]
    assert found.pre_tax == pytest.approx(0.01)


@pytest.mark.parametrize("withdrawn", [1e-300, 5e-324, 0.1, 1 / 3, 999.9999999999999])
def test_a_twin_sells_any_amount_and_comes_to_an_end(withdrawn: float) -> None:
    replayed = replayed_of([1000.0, 1000.0 - withdrawn, 1000.0 - withdrawn], [0.0, 0.0, 0.0], flows=[0.0, -withdrawn])
    twin = etf_twin(replayed, TAX, expense_ratio=0.0)
    assert twin.value_usd[-1] == pytest.approx(1000.0 - withdrawn)
