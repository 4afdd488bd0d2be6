"""Every name's own problem: the closed form against a search that knows nothing of it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from di_advisor.formulate import formulate
from di_advisor.solve.choices import Choice
from di_advisor.solve.dual_newton import prepare
from di_advisor.solve.dual_newton.pieces import Interleaved, Pieces
from di_advisor.testing.random_cases import random_case


def pieces_of(seed: int, *, exact_impact: bool = False, sides: bool = False) -> Pieces:
    case = random_case(seed, names=8, lots_a_name=3, styles=2)
    mandate = case.mandate.with_changes(tracking_error_max=None, turnover_max=0.2)
    block = formulate(case.signals, mandate, case.tax, exact_impact=exact_impact).block
    block = replace(block, segments=replace(block.segments, slope=np.abs(block.segments.slope))) if sides else block
    choices = np.full(8, int(Choice.EITHER))
    return prepare(block).restricted(choices).pieces


def value_of(pieces: Pieces, name: int, amounts: np.ndarray, prices: np.ndarray, risk: float) -> float:
    """Objective of one name for amounts of its pieces, priced, from first principles."""
    mine = pieces.owner == name
    sell = pieces.sell[mine]
    sold, bought = amounts[sell].sum(), amounts[~sell].sum()
    u = bought - sold
    z = pieces.active[name] + u
    total = risk * pieces.specific[name] * z * z + pieces.impact[name] * u * u + pieces.matrix[name] @ prices * u
    total += pieces.slope[mine] @ amounts
    if pieces.row_slopes is not None:
        total += prices[pieces.rows] @ pieces.row_slopes[:, mine] @ amounts
    if pieces.power is not None:
        total += pieces.power[name] @ np.maximum([sold, bought], 0.0) ** 1.5
    return float(total)


@pytest.mark.parametrize("exact_impact", [False, True])
@given(seed=st.integers(0, 30), scale=st.sampled_from([0.0, 0.01, 0.1]), draw=st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_no_search_over_the_pieces_of_a_name_finds_less(exact_impact: bool, seed: int, scale: float, draw: int) -> None:
    pieces = pieces_of(seed, exact_impact=exact_impact, sides=exact_impact)
    g = np.random.default_rng(draw)
    prices = scale * g.standard_normal(len(pieces.base))
    prices[pieces.rows] = np.abs(prices[pieces.rows])
    charges = pieces.charges(10.0, 1.0)
    try:
        response = pieces.respond(prices, charges)
    except Interleaved:
        return
    amounts = pieces.amounts(response.filled, response.stack)
    for name in range(len(pieces.traders)):
        mine = pieces.owner == name
        ours = value_of(pieces, name, amounts[mine], prices, 10.0)
        sign, width = pieces.sign[mine], pieces.width[mine]
        limits = [
            {"type": "ineq", "fun": lambda x, s=sign, i=name: s @ x - pieces.lower[i]},
            {"type": "ineq", "fun": lambda x, s=sign, i=name: pieces.upper[i] - s @ x},
        ]
        for start in (np.zeros(len(width)), 0.5 * width):
            found = minimize(
                lambda x, i=name: 1e3 * value_of(pieces, i, np.clip(x, 0, None), prices, 10.0),
                start,
                bounds=list(zip(np.zeros(len(width)), width, strict=True)),
                constraints=limits,
                method="SLSQP",
            )
            kept = (sign @ found.x >= pieces.lower[name] - 1e-9) and (sign @ found.x <= pieces.upper[name] + 1e-9)
            if kept:
                assert ours <= found.fun / 1e3 + 1e-9


@given(seed=st.integers(0, 50), draw=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_the_value_is_what_the_amounts_cost_and_the_activities_are_what_they_do(seed: int, draw: int) -> None:
    pieces = pieces_of(seed)
    prices = 0.05 * np.random.default_rng(draw).standard_normal(len(pieces.base))
    charges = pieces.charges(10.0, 1.0)
    response = pieces.respond(prices, charges)
    amounts = pieces.amounts(response.filled, response.stack)
    assert (amounts >= -1e-15).all()
    assert (amounts <= pieces.width + 1e-15).all()
    trade = np.bincount(pieces.owner, weights=pieces.sign * amounts, minlength=len(pieces.traders))
    assert np.allclose(trade, response.trade, atol=1e-14)
    activity = pieces.base + trade @ pieces.matrix
    assert pieces.row_slopes is not None
    activity[pieces.rows] += pieces.row_slopes @ amounts
    assert np.allclose(activity, response.activity, atol=1e-13)
    plain = sum(
        value_of(pieces, i, amounts[pieces.owner == i], np.zeros_like(prices), 10.0) for i in range(len(pieces.traders))
    )
    assert response.value == pytest.approx(plain + 10.0 * pieces.still + prices @ activity, abs=1e-12)


@given(seed=st.integers(0, 50), draw=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_the_dual_lies_below_its_tangents(seed: int, draw: int) -> None:
    pieces = pieces_of(seed)
    g = np.random.default_rng(draw)
    charges = pieces.charges(10.0, 1.0)
    here, there = (0.05 * g.standard_normal(len(pieces.base)) for _ in range(2))
    a, b = pieces.respond(here, charges), pieces.respond(there, charges)
    assert b.value <= a.value + a.activity @ (there - here) + 1e-12, "concave, with the activities as its gradient"
