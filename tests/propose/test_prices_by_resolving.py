"""What is said of rules against re-solving: of averages, of exclusions, and beside wash sales that are priced."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.domain.esg_wishes import EsgWish, Uncovered
from di_advisor.domain.mandate import Mandate, Rounding
from di_advisor.formulate import formulate
from di_advisor.formulate.esg_average import AverageLimit
from di_advisor.propose.measure import rule_checks
from di_advisor.propose.neighbours import Neighbours
from di_advisor.propose.planned import Clock, never, plan_for, silent
from di_advisor.propose.shadow_prices import shadow_prices
from di_advisor.propose.wish_costs import wishes_of
from di_advisor.solve import search_for, solve
from di_advisor.solve.choices import beyond_widths
from di_advisor.testing.random_cases import random_case
from di_advisor.testing.random_wishes import random_esg_wishes
from tests.solve.agreement import problem_of
from tests.solve.whole_worlds import whole_world

LITTLE = 1e-4


def test_a_limit_on_an_average_is_priced_by_what_is_held_of_what_has_a_figure() -> None:
    apart = []
    for seed in range(6):
        case = random_case(seed, names=30, lots_a_name=2)
        signals = random_esg_wishes(np.random.default_rng(seed), case.signals).signals

        def wishes(uplift: float) -> Mandate:
            wish = EsgWish("score", uplift_min=uplift, uncovered=Uncovered.LEAVE_OUT)
            return Mandate(risk_aversion=15.0, cash_max=0.02, rounding=Rounding.FRACTIONAL, esg=(wish,))

        uplift = 0.06
        problem = formulate(signals, wishes(uplift), case.tax)
        solution, value = solve(problem), problem.block.holdings.value_usd
        rule = next(r for r in problem.rules if isinstance(r, AverageLimit))
        price = next(
            (s for s in shadow_prices(problem, solution, ["" for _ in range(30)]) if s.rule == rule.name), None
        )
        if price is None or price.unit != "point":
            continue
        found = []
        for by in (-LITTLE, LITTLE):
            moved = formulate(signals, wishes(uplift + by), case.tax)
            found.append(Neighbours(moved, solution, None).solve(solution.choices).objective * value)
        points = 2 * LITTLE * abs(rule.index_value)
        assert (found[1] - found[0]) / points == pytest.approx(price.price_usd, rel=2e-3)
        apart.append(abs(rule.share(solution.plan) / float(rule.counted @ rule.holdings.target) - 1.0))
    assert len(apart) >= 3
    assert max(apart) > 5e-3, "what is held must differ from the target for this to tell anything"


@pytest.mark.parametrize("seed", [1001, 1007, 1008])
def test_every_rule_with_a_shadow_price_is_said_to_bind(seed: int) -> None:
    world = whole_world(seed)
    plan = plan_for(world.signals, world.mandate, world.tax, Clock(silent), never, world.own)
    binding = {check.rule for check in plan.proposal.checks if check.binding}
    priced = {price.rule for price in plan.proposal.shadow_prices}
    assert priced
    assert priced <= binding


def test_a_name_that_must_leave_makes_its_limit_bind_and_adds_no_wish_that_is_not_set() -> None:
    case = random_case(2, names=20)
    gone = case.signals.market.universe.security_ids[int(np.argmax(case.signals.account.held_usd()))]
    wishes = Mandate(risk_aversion=15.0, cash_max=0.2, rounding=Rounding.FRACTIONAL, do_not_hold=frozenset({gone}))
    plan = plan_for(case.signals, wishes, case.tax, Clock(silent), never)
    limits = next(c for c in rule_checks(plan.problem, plan.solution, plan.orders.plan) if c.rule == "name limits")
    assert limits.binding
    assert "name limits" not in wishes_of(plan)
    assert "do_not_hold" in wishes_of(plan)


def test_a_purchase_past_its_washed_width_is_priced_as_it_is_charged() -> None:
    problem = problem_of(whole_world(1015))
    block = problem.block
    assert block.wash is not None
    found = search_for(block, lambda: False, 12).run()
    assert (beyond_widths(block, found.plan, found.choices) == found.choices).all()
    at = next(i for i, row in enumerate(block.rows) if row.rule == "cash" and found.prices.rows[i])
    ends = []
    for by in (1e-5, -1e-5):
        rows = tuple(replace(row, upper=row.upper + by) if i == at else row for i, row in enumerate(block.rows))
        moved = replace(block, rows=rows)
        ends.append(Neighbours(problem, found, None).solve(found.choices, block=moved).objective)
    assert (ends[1] - ends[0]) / 2e-5 == pytest.approx(found.prices.rows[at], rel=1e-2)
