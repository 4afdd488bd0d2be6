"""The complementarity problem of a step: whatever comes back as settled has the right signs."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.solve.dual_newton.complementarity import Limits, Responses, Sides, fit

K, R = 6, 3


def draw(seed: int) -> tuple[Responses, Limits]:
    g = np.random.default_rng(seed)
    root = g.standard_normal((K, K))
    movers = g.standard_normal((int(g.integers(0, 20)), K + R))
    lower = -g.random(K + R) * np.where(g.random(K + R) < 0.3, np.inf, 0.1)
    upper = g.random(K + R) * np.where(g.random(K + R) < 0.3, np.inf, 0.1)
    if g.random() < 0.4:
        lower[K] = upper[K] = 0.01
    limits = Limits(root @ root.T + 0.01 * np.eye(K), lower, upper)
    hessian = movers.T @ movers + 1e-6 * np.eye(K + R)
    return Responses(g.standard_normal(K + R), g.standard_normal(K + R), hessian, None), limits


@given(seed=st.integers(0, 100_000))
@settings(max_examples=150, deadline=None)
def test_exposures_stay_in_their_boxes_and_prices_push_only_against_limits(seed: int) -> None:
    responses, limits = draw(seed)
    point = fit(responses, limits, Sides(np.zeros(K + R, dtype=np.int64)))
    assert point.settled
    reached = responses.activity - responses.hessian @ (point.prices - responses.prices)
    size = 1.0 + np.abs(point.prices).max()
    assert np.allclose(reached[:K], point.exposures, atol=1e-7 * size)
    pull = point.prices.copy()
    pull[:K] -= limits.curvature @ point.exposures
    assert (reached <= limits.upper + 1e-7 * size).all()
    assert (reached >= limits.lower - 1e-7 * size).all()
    inside = (reached < limits.upper - 1e-6 * size) & (reached > limits.lower + 1e-6 * size)
    assert np.allclose(pull[inside], 0, atol=1e-7 * size)
    free = limits.lower < limits.upper
    assert (pull[free & (reached > limits.lower + 1e-6 * size)] >= -1e-7 * size).all()
    assert (pull[free & (reached < limits.upper - 1e-6 * size)] <= 1e-7 * size).all()


@given(seed=st.integers(0, 100_000), other=st.integers(0, 100_000))
@settings(max_examples=60, deadline=None)
def test_the_first_guess_does_not_change_the_answer(seed: int, other: int) -> None:
    responses, limits = draw(seed)
    guess = Sides(np.random.default_rng(other).integers(-1, 2, K + R))
    cold = fit(responses, limits, Sides(np.zeros(K + R, dtype=np.int64)))
    warm = fit(responses, limits, guess)
    assert warm.settled
    assert np.allclose(cold.exposures, warm.exposures, atol=1e-7)
    assert np.allclose(cold.prices, warm.prices, atol=1e-6 * (1 + np.abs(cold.prices).max()))
