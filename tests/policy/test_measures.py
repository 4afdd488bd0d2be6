"""The five measures against figures worked by hand."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError
from di_advisor.policy.measures import ValueHistory, factor_alignment, measures_now, measures_of_history
from di_advisor.policy.policies import POLICIES, policy_named
from di_advisor.policy.thresholds import dials_of, with_thresholds
from tests.policy.world import AS_OF, RISK, Day

TAX = TaxProfile(ConstantRates(short_term=0.4, long_term=0.2))
YEARS = 365.25


def history(values: list[float], **more: object) -> ValueHistory:
    """A history of one step a year (to a quarter of a day), four years at most."""
    start = date(2020, 1, 1)
    dates = tuple(start + timedelta(days=round(k * YEARS)) for k in range(len(values)))
    zero = np.zeros(len(values))
    given_ = {"flow_usd": zero, "tax_usd": zero, "cost_usd": zero, **more}
    return ValueHistory(dates, np.array(values), **given_)  # type: ignore[arg-type]


def test_today_needs_no_history() -> None:
    book = "A1 500 A @ 90 on 2020-01-02\nB1 300 B @ 120 on 2026-06-01\nC1 180 C @ ? on 2020-01-02"
    now = measures_now(Day(book=book).facts().signals, TAX)
    assert now.value_usd == pytest.approx(100_000)
    assert now.unrealised_usd == pytest.approx(5_000 - 6_000)
    assert now.liquidation_tax_usd == pytest.approx(0.2 * 5_000 - 0.4 * 6_000)
    assert now.after_tax_usd == pytest.approx(100_000 + 1_400)
    assert now.without_basis_usd == pytest.approx(18_000)
    assert now.tracking_error == pytest.approx((0.01 * 0.22**2 + 0.04 * (0.1**2 + 0.12**2)) ** 0.5)
    assert now.as_of == AS_OF


def test_alignment_splits_active_variance_and_predicts_the_correlation() -> None:
    held, target = np.array([0.5, 0.5, 0.0]), np.array([0.5, 0.0, 0.5])
    found = factor_alignment(RISK, held, target)
    # Active (0, 0.5, -0.5): exposure 0.5, factor variance 0.0025, specific 0.04 * 0.5 = 0.02.
    assert found.largest == ("size", pytest.approx(0.5))
    assert found.factor_share == pytest.approx(0.0025 / 0.0225)
    # Variances 0.01 * 0.25 + 0.02 = 0.0225 and 0 + 0.02; what they share is 0.04 * 0.25 = 0.01.
    assert found.correlation == pytest.approx(0.01 / (0.0225 * 0.02) ** 0.5)


weights = st.lists(st.floats(0.01, 1.0), min_size=3, max_size=3).map(lambda w: np.array(w) / sum(w))


@given(weights, weights)
def test_alignment_stays_in_its_bounds_and_is_whole_for_the_target_itself(held: np.ndarray, target: np.ndarray) -> None:
    found = factor_alignment(RISK, held, target)
    assert 0 <= found.factor_share <= 1
    assert -1 <= found.correlation <= 1
    same = factor_alignment(RISK, target, target)
    assert same.correlation == 1.0
    assert same.factor_share == 0.0


def test_flows_are_no_return_and_taxes_are() -> None:
    # 100 grows to 110, 10 come in, 120 grows to 132; a tax of 6 falls due at the end.
    two = history([100, 120, 132], flow_usd=np.array([0.0, 10.0, 0.0]), tax_usd=np.array([0.0, 0.0, 6.0]))
    assert two.daily(taxed=False).tolist() == pytest.approx([0.10, 0.10])
    assert two.daily(taxed=True).tolist() == pytest.approx([0.10, 0.05])


def test_liquidation_takes_the_tax_on_what_is_unrealised_and_step_up_does_not() -> None:
    four = history([100, 110, 120, 130, 140], liquidation_tax_end_usd=14.0)
    found = measures_of_history(four)
    assert found.pre_tax == pytest.approx(1.4**0.25 - 1)
    assert found.after_tax_step_up == pytest.approx(found.pre_tax)
    assert found.after_tax_liquidation == pytest.approx((1.4 * 0.9) ** 0.25 - 1)
    started = history([100, 110, 120, 130, 140], liquidation_tax_end_usd=14.0, liquidation_tax_start_usd=10.0)
    assert measures_of_history(started).after_tax_liquidation == pytest.approx(found.pre_tax)


def test_tax_alpha_is_what_taxes_add_to_the_excess_over_the_twin() -> None:
    # Over four years: 8 of tax saved each year on 100 that does not grow, against a twin that pays 1 a year.
    flat, zero = [100.0] * 5, [0.0]
    ours = history(flat, tax_usd=np.array([*zero, -8.0, -8.0, -8.0, -8.0]), liquidation_tax_end_usd=20.0)
    twin = history(flat, tax_usd=np.array([*zero, 1.0, 1.0, 1.0, 1.0]))
    found = measures_of_history(ours, twin=twin)
    assert found.tax_alpha_step_up == pytest.approx(0.08 + 0.01)
    assert found.tax_alpha_liquidation == pytest.approx((1.08**4 * 0.8) ** 0.25 - 0.99)


@given(st.lists(st.floats(50.0, 200.0), min_size=5, max_size=5))
def test_an_account_has_no_tax_alpha_over_itself(values: list[float]) -> None:
    itself = history(values, tax_usd=np.array([0.0, 1.0, -2.0, 3.0, 0.0]), liquidation_tax_end_usd=5.0)
    found = measures_of_history(itself, twin=itself)
    assert found.tax_alpha_step_up == pytest.approx(0.0, abs=1e-12)
    assert found.tax_alpha_liquidation == pytest.approx(0.0, abs=1e-12)


def test_realised_tracking_error_is_the_deviation_of_daily_differences() -> None:
    three = history([100.0, 101.0, 101.0])
    found = measures_of_history(three, index_return=np.array([0.0, 0.01]))
    # Differences +0.01 and -0.01: sample deviation 0.01 * sqrt(2).
    assert found.tracking_error == pytest.approx(0.01 * 2**0.5 * 252**0.5)
    assert measures_of_history(three).tracking_error is None


def test_cost_is_a_year_over_the_average_value() -> None:
    found = measures_of_history(history([100.0] * 5, cost_usd=np.array([9.0, 1.0, 1.0, 1.0, 1.0])))
    assert found.cost_per_year == pytest.approx(0.01)


def test_histories_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="two dates"):
        history([100.0])
    with pytest.raises(InputError, match="not positive"):
        history([100.0, 0.0])
    with pytest.raises(InputError, match="cost_usd must hold 2"):
        history([100.0, 101.0], cost_usd=np.zeros(3))
    with pytest.raises(InputError, match="twin's dates"):
        measures_of_history(history([100.0, 101.0]), twin=history([100.0, 101.0, 102.0]))
    with pytest.raises(InputError, match="returns of the index"):
        measures_of_history(history([100.0, 101.0]), index_return=np.zeros(1))


def test_every_threshold_of_the_policies_that_ship_can_be_set() -> None:
    for name in POLICIES:
        policy = policy_named(name)
        for dial in dials_of(policy):
            changed = with_thresholds(policy, {dial.trigger: dial.value * 2})
            assert {d.trigger: d.value for d in dials_of(changed)}[dial.trigger] == dial.value * 2
        assert with_thresholds(policy, {}) == policy
    with pytest.raises(InputError, match="no threshold 'calendar'"):
        with_thresholds(policy_named("monthly"), {"calendar": 1.0})
    with pytest.raises(InputError, match="threshold of cash is -1"):
        with_thresholds(policy_named("threshold"), {"cash": -1.0})
