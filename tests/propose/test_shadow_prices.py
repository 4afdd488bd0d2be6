"""Shadow prices predict what a re-solved plan gains or loses when a limit moves a little, either way."""

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.domain.mandate import Band, Mandate, NameBand, Rounding
from di_advisor.errors import InfeasibleError
from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.rules import ActiveGroup
from di_advisor.propose.limit_units import unit_of
from di_advisor.propose.neighbours import Neighbours
from di_advisor.propose.proposal import ShadowPrice
from di_advisor.propose.shadow_prices import shadow_prices
from di_advisor.solve import Solution, solve
from di_advisor.testing.random_cases import RandomCase, random_case

SMALL = 1e-3
"""Share of a unit by which limits are moved."""


def tight(seed: int) -> Mandate:
    """Wishes of which several bind at once."""
    return Mandate(
        risk_aversion=(2.0, 30.0)[seed % 2],
        turnover_max=0.10 if seed % 3 == 0 else None,
        sector_band=Band.within(0.012),
        factor_bands={"style0": Band.within(0.01), "style1": Band.within(0.01)},
        name_band=NameBand(active_max=0.02) if seed % 3 == 2 else NameBand(),
        tracking_error_max=(0.02, None)[seed % 2],
        cash_min=0.002,
        cash_max=0.004,
        min_trade_weight=(0.0, 1e-3)[seed // 2 % 2],
    )


def planned(seed: int) -> tuple[RandomCase, Problem, Solution]:
    case = random_case(seed, names=30, lots_a_name=3)
    problem = formulate(case.signals, tight(seed), case.tax)
    return case, problem, solve(problem, rounds=3)


def moved(problem: Problem, price: ShadowPrice, by: float) -> Block:
    """The block with one limit moved outward by so much of the rule's own measure (inward where negative)."""
    block = problem.block
    rule = next(r for r in problem.rules if r.name == price.rule)
    if price.rule == "tracking error cap":
        return replace(block, tracking_error_max=float(block.tracking_error_max or 0) + by)
    if price.rule == "minimum trade":
        return replace(block, min_trade=block.min_trade - by)
    if price.rule == "name limits":
        at = block.risk.universe.positions[price.security_id]
        lower, upper, width = block.active_lower.copy(), block.active_upper.copy(), block.segments.width.copy()
        if price.side == "upper":
            upper[at] += by
            width[np.flatnonzero((block.segments.name == at) & ~block.segments.sell)[-1:]] += by
        else:
            lower[at] -= by
        return replace(block, active_lower=lower, active_upper=upper, segments=replace(block.segments, width=width))
    upper_row = (price.side == "upper") is not unit_of(rule, problem).mirrored
    if isinstance(rule, ActiveGroup) and rule.factor:
        at = block.risk.factors.index(rule.factor)
        lower, upper = block.exposure_lower.copy(), block.exposure_upper.copy()
        (upper if upper_row else lower)[at] += by if upper_row else -by
        return replace(block, exposure_lower=lower, exposure_upper=upper)
    rows = tuple(
        r if r.rule != price.rule else (replace(r, upper=r.upper + by) if upper_row else replace(r, lower=r.lower - by))
        for r in block.rows
    )
    return replace(block, rows=rows)


def test_a_name_that_must_leave_is_told_as_an_exclusion_and_its_price_is_what_a_little_of_it_kept_would_free() -> None:
    seen = 0
    for seed in range(4):
        case, _, _ = planned(seed)
        ids = case.signals.market.universe.security_ids
        held = [ids[i] for i in np.argsort(-case.signals.account.held_usd())[:3].tolist()]
        wishes = Mandate(risk_aversion=20.0, cash_max=0.2, rounding=Rounding.FRACTIONAL, do_not_hold=frozenset(held))
        problem = formulate(case.signals, wishes, case.tax)
        solution = solve(problem)
        found = shadow_prices(problem, solution, [s.ticker for s in case.signals.market.universe.securities])
        neighbours = Neighbours(problem, solution, None)
        here = neighbours.solve(solution.choices).objective * problem.block.holdings.value_usd
        for price in (p for p in found if p.security_id in held and p.side == "upper"):
            assert price.sentence.startswith("An exclusion that left 0.1 points more of "), price
            rule = next(r for r in problem.rules if r.name == price.rule)
            step = SMALL * unit_of(rule, problem).size
            out = here - neighbours.solve(solution.choices, block=moved(problem, price, step)).objective * (
                problem.block.holdings.value_usd
            )
            assert 0 < out <= price.price_usd * SMALL + 2e-3 * price.price_usd * SMALL + 2e-4
            seen += 1
        assert not [p for p in found if p.security_id not in held and "exclusion" in p.sentence]
    assert seen


SEEDS = range(16)


def test_shadow_prices_predict_resolved_differences_in_both_directions() -> None:
    seen: dict[str, int] = {}
    at_once = 0
    for seed in SEEDS:
        try:
            case, problem, solution = planned(seed)
        except InfeasibleError:
            continue
        value = problem.block.holdings.value_usd
        neighbours = Neighbours(problem, solution, None)
        here = neighbours.solve(solution.choices).objective * value
        tickers = [s.ticker for s in case.signals.market.universe.securities]
        found = shadow_prices(problem, solution, tickers)
        at_once = max(at_once, len({p.rule for p in found}))
        for price in found:
            rule = next(r for r in problem.rules if r.name == price.rule)
            size, promised = unit_of(rule, problem).size, price.price_usd * SMALL
            if price.unit == "dollar":
                size, promised = size * 1e3, promised * 1e3
            out = here - neighbours.solve(solution.choices, block=moved(problem, price, SMALL * size)).objective * value
            try:
                into = neighbours.solve(solution.choices, block=moved(problem, price, -SMALL * size)).objective * value
            except InfeasibleError:
                into = np.inf
            lost = into - here
            slip = 2e-3 * promised + 2e-4
            assert out <= promised + slip, (seed, price, out, promised)
            assert lost >= promised - slip, (seed, price, lost, promised)
            kinked = lost - out > 0.05 * promised + slip
            if not kinked:
                assert out == pytest.approx(promised, abs=0.05 * promised + slip), (seed, price)
                assert lost == pytest.approx(promised, abs=0.05 * promised + slip), (seed, price)
                seen[price.rule.partition(":")[0]] = seen.get(price.rule.partition(":")[0], 0) + 1
    assert at_once >= 4
    assert {
        "cash",
        "turnover",
        "sector band",
        "factor band",
        "name limits",
        "tracking error cap",
        "minimum trade",
    } <= set(seen), seen
