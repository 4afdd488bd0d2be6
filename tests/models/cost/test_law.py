"""The law: convex totals, constants found again, and an honest share of the prior."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.errors import InputError
from di_models.cost.law import CostLaw, LawPrior, fit_law, schedule_variance

LAWS = st.builds(
    CostLaw,
    spread_capture=st.floats(0.0, 2.0),
    impact=st.floats(0.02, 5.0),
    exponent=st.floats(0.2, 1.2),
    crossover=st.sampled_from([0.0, 1e-5, 1e-4, 1e-3]),
)


def orders(count, *, law, noise, seed=0):
    """Orders whose cost follows a law, with normal noise of a known variance."""
    g = np.random.default_rng(seed)
    size = np.exp(g.normal(np.log(2e-3), 1.6, count))
    spread, sigma = np.exp(g.normal(np.log(2.5), 0.7, count)), np.exp(g.normal(np.log(170), 0.35, count))
    variance = schedule_variance(size, spread, sigma, np.full(count, np.nan))
    cost = law.cost_bps(size, spread, sigma) + noise * np.sqrt(variance) * g.standard_normal(count)
    return cost, size, spread, sigma, variance * noise**2


@given(LAWS, st.floats(0.5, 20.0), st.floats(50.0, 400.0))
def test_the_total_is_convex_and_increasing_in_size(law, spread, sigma):
    size = np.linspace(1e-6, 0.3, 400)
    total = size * law.cost_bps(size, np.full(400, spread), np.full(400, sigma))
    slopes = np.diff(total)
    assert (slopes > 0).all()
    assert (np.diff(slopes) >= -1e-9 * total[-1]).all()


@given(LAWS, st.floats(1e-6, 0.2))
def test_it_rises_with_spread_volatility_and_size(law, size):
    def cost(x, h, s):
        return law.cost_bps(np.array([x]), np.array([h]), np.array([s]))[0]

    assert cost(size, 3.0, 150.0) >= cost(size, 2.0, 150.0)
    assert cost(size, 3.0, 200.0) >= cost(size, 3.0, 150.0)
    assert cost(1.5 * size, 3.0, 150.0) >= cost(size, 3.0, 150.0)


def test_a_crossover_makes_small_orders_linear_and_leaves_large_ones():
    plain, crossed = CostLaw(0.0, 0.5, 0.5), CostLaw(0.0, 0.5, 0.5, crossover=1e-4)
    h, s = np.zeros(2), np.full(2, 150.0)
    tiny = crossed.cost_bps(np.array([1e-9, 2e-9]), h, s)
    assert tiny[1] / tiny[0] == pytest.approx(2.0, rel=1e-3)
    assert crossed.cost_bps(np.array([0.1]), h[:1], s[:1]) == pytest.approx(
        plain.cost_bps(np.array([0.1]), h[:1], s[:1]), rel=1e-3
    )


def test_the_constants_of_the_truth_are_found_again():
    truth = CostLaw(0.6, 0.7, 0.45)
    found = fit_law(*orders(4000, law=truth, noise=0.05), LawPrior(CostLaw(), 5.0, 5.0, 5.0))
    assert found.law.spread_capture == pytest.approx(0.6, abs=0.02)
    assert found.law.impact == pytest.approx(0.7, rel=0.05)
    assert found.law.exponent == pytest.approx(0.45, abs=0.02)
    assert found.orders == 4000


def test_a_firm_prior_holds_its_constants_and_a_loose_one_lets_go():
    data = orders(300, law=CostLaw(1.2, 1.1, 0.5), noise=1.0)
    firm = fit_law(*data, LawPrior(CostLaw(0.5, 0.8), 1e-4, 1e-4, 1e-4))
    loose = fit_law(*data, LawPrior(CostLaw(0.5, 0.8), 5.0, 5.0, 0.05))
    assert firm.law.spread_capture == pytest.approx(0.5, abs=1e-3)
    assert min(firm.prior_share) > 0.99
    assert max(loose.prior_share[:2]) < 0.6
    assert loose.law.impact == pytest.approx(1.1, rel=0.2)


def test_the_share_of_the_prior_falls_with_orders_and_errors_do_too():
    found = [fit_law(*orders(count, law=CostLaw(0.5, 0.6), noise=1.0)) for count in (0, 20, 200, 2000)]
    shares = [np.mean(f.prior_share) for f in found]
    errors = [f.standard_errors[1] for f in found]
    assert shares[0] == 1.0
    assert all(a > b for a, b in itertools.pairwise(shares))
    assert all(a > b for a, b in itertools.pairwise(errors))


def test_standard_errors_cover_the_truth():
    truth = CostLaw(0.8, 0.55, 0.5)
    inside = 0
    for seed in range(40):
        found = fit_law(*orders(400, law=truth, noise=1.0, seed=seed))
        inside += abs(np.log(found.law.impact / 0.55)) < 1.645 * found.standard_errors[1]
    assert inside >= 32  # of 40, at 90 %, held to the right prior


def test_without_orders_it_is_the_prior():
    empty = np.zeros(0)
    prior = LawPrior(CostLaw(0.4, 0.9, 0.6))
    assert fit_law(empty, empty, empty, empty, empty, prior).law == prior.law


def test_one_wild_order_does_not_move_it():
    data = orders(500, law=CostLaw(0.8, 0.55), noise=1.0)
    before = fit_law(*data)
    data[0][0] = 8000.0
    after = fit_law(*data)
    assert abs(after.law.impact - before.law.impact) < before.standard_errors[1] * before.law.impact


def test_the_variance_is_that_of_a_linear_schedule_and_unknown_spans_take_the_usual_participation():
    one = np.array([1.0])
    assert schedule_variance(0.01 * one, 2.0 * one, 150.0 * one, 0.3 * one) == pytest.approx(150**2 * 0.1 + 4)
    assert schedule_variance(0.006 * one, 2.0 * one, 150.0 * one, np.nan * one) == pytest.approx(150**2 * 0.1 / 3 + 4)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_a_prior_without_a_spread_is_refused(value):
    with pytest.raises(InputError, match="standard deviation"):
        LawPrior(log_impact_sd=value)
