"""Own terms and rules at every stage: equal to a model written from scratch, kept by hand, explained to the cent."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import cvxpy as cp
import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.portfolio import Account, Portfolio
from di_advisor.domain.target import Target
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.domain.transition import TransitionWish
from di_advisor.errors import OwnWishError
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.staged import StagedProblem
from di_advisor.formulate.transition import formulate_transition
from di_advisor.propose.planned import Clock, never, silent
from di_advisor.propose.transition_plan import plan_transition
from di_advisor.solve.staged.judge import breaches
from di_advisor.solve.staged.search import StagedSolution, solve_staged
from di_advisor.testing.random_cases import random_case
from di_advisor.workspace import Workspace
from tests.solve.staged.reference import from_scratch
from tests.solve.staged.worlds import signals

TAX = TaxProfile(ConstantRates(0.40, 0.20))
OLD = date(2020, 1, 2)
LATER = (date(2026, 9, 30), date(2026, 12, 31))
LOTS = [(0, 600, 2000, OLD), (1, 250, 2000, OLD), (2, 100, 900, OLD), (3, 50, 400, OLD)]
MANDATE = Mandate(risk_aversion=8.0, cash_max=0.02)
HELD = signals([0.0, 0.4, 0.3, 0.3], LOTS)


class Crowding:
    """Of weights, and curved: by the year."""

    name = "crowding"
    sentence = "A nickel a year for each dollar over 20 % in one name."

    def expression(self, symbols: Any) -> Any:
        return 0.05 * symbols.value_usd * cp.sum(cp.pos(symbols.weights - 0.2))


class Ticket:
    """Of trades, and affine: where they are made."""

    name = "tickets"
    sentence = "Half a cent for each dollar bought."

    def expression(self, symbols: Any) -> Any:
        return 0.005 * cp.sum(symbols.buys_usd)


class Steady:
    """Of trades, and curved."""

    name = "steady"
    sentence = "Large orders are dear."

    def expression(self, symbols: Any) -> Any:
        return 0.5 * symbols.value_usd * cp.sum_squares(symbols.trades)


class NoMoreThan:
    """Of weights, and affine."""

    name = "no more than"
    sentence = "No more than 35 % of T1."

    def constraints(self, symbols: Any) -> list[Any]:
        return [symbols.weight("T1") <= 0.30, symbols.weight("T0") <= 0.25]


class Spread:
    """Of trades, and curved."""

    name = "spread"
    sentence = "The purchases of a stage have a norm of 15 % at most."

    def constraints(self, symbols: Any) -> list[Any]:
        return [cp.norm(symbols.buys) <= 0.15]


class LeftCash:
    """Of cash, and affine."""

    name = "left cash"
    sentence = "Half a percent of cash is left by every stage."

    def constraints(self, symbols: Any) -> list[Any]:
        return [symbols.cash >= 0.005]


class Mixed:
    """Neither by trade nor by the year."""

    name = "mixed"
    sentence = "Both."

    def expression(self, symbols: Any) -> Any:
        return cp.sum(symbols.weights) + cp.sum(symbols.buys)


def staged(own: OwnWishes, **wishes: Any) -> StagedProblem:
    return formulate_transition(HELD, MANDATE, TAX, TransitionWish(LATER, **wishes), own=own)


@pytest.mark.parametrize(
    "own",
    [
        OwnWishes((Ticket(),), (NoMoreThan(), LeftCash())),
        OwnWishes((Crowding(), Ticket())),
        OwnWishes((Steady(),), (Spread(), NoMoreThan())),
        OwnWishes((Crowding(), Steady(), Ticket()), (Spread(), LeftCash())),
    ],
)
@pytest.mark.parametrize("wishes", [{"gain_budget_usd": "4500"}, {"tracking_error_max": (None, 0.09, 0.05)}])
def test_plans_with_own_wishes_equal_a_model_written_from_scratch(own: OwnWishes, wishes: dict[str, Any]) -> None:
    problem = staged(own, **wishes)
    solution = solve_staged(problem)
    least = from_scratch(problem)
    size = abs(problem.objective(problem.nothing()) - least)
    assert solution.objective == pytest.approx(least, abs=2e-6 * size + 1e-9)
    assert solution.bound <= least + 1e-6 * size
    assert solution.objective - solution.bound <= 2e-6 * size + 1e-9
    assert max(breaches(problem, solution.plans).values()) <= 1e-6
    without = solve_staged(replace(problem, own=type(problem.own)()))
    assert without.objective < solution.objective  # the wishes do something


def weights(problem: StagedProblem, solution: StagedSolution) -> list[np.ndarray]:
    return [z + problem.holdings.target for z in problem.active_path(solution.plans)]


def test_a_rule_of_weights_holds_at_the_end_and_gets_no_worse_on_the_way() -> None:
    problem = staged(OwnWishes((), (NoMoreThan(),)), stage_gain_budget_usd="2000")
    path = weights(problem, solve_staged(problem))
    assert path[0][0] > 0.25 + 1e-3  # not yet: the budgets do not allow it
    assert path[-1][0] <= 0.25 + 1e-6
    assert all(w[1] <= 0.30 + 1e-6 for w in path)  # T1 keeps it today, and goes on to


def test_a_term_of_weights_is_charged_by_the_year_and_one_of_trades_where_they_are_made() -> None:
    problem = staged(OwnWishes((Crowding(), Ticket())), gain_budget_usd="4500")
    plans = solve_staged(problem).plans
    value, path = problem.holdings.value_usd, problem.active_path(plans)
    crowding = sum(
        leg.years * 0.05 * np.maximum(z + problem.holdings.target - 0.2, 0.0).sum()
        for leg, z in zip(problem.legs, path, strict=True)
    )
    found = problem.own_spent(plans)
    assert found["crowding"] == pytest.approx(crowding, rel=1e-9)
    assert found["tickets"] == pytest.approx(0.005 * sum(p.buys.sum() for p in plans), rel=1e-9)
    assert sum(s.own for s in problem.spent(plans)) * value == pytest.approx(sum(found.values()) * value)


def test_no_split_on_a_grid_is_better_with_an_own_term() -> None:
    held = signals([0.0, 1.0], [(0, 1000, 3000, OLD)])
    mandate = MANDATE.with_changes(risk_aversion=2.0)
    own = OwnWishes((Steady(), Crowding()))
    problem = formulate_transition(held, mandate, TAX, TransitionWish(LATER), own=own)
    solution = solve_staged(problem)
    found = []
    steps = 14
    for first in range(steps + 1):
        for second in range(steps + 1 - first):
            for third in range(steps + 1 - first - second):
                sold = np.array([first, second, third]) / steps
                plans = tuple(
                    type(p)(np.array([x]), np.array([0.0, max(x * (1 - 2 * 0.0005) - 1e-6, 0.0)]))
                    for x, p in zip(sold, solution.plans, strict=True)
                )
                found.append(problem.objective(plans))
    assert min(found) >= solution.bound - 1e-9
    benefit = problem.objective(problem.nothing()) - solution.objective
    assert 0 <= min(found) - solution.objective + 1e-6 <= 0.05 * benefit


def test_a_term_that_mixes_trades_and_weights_is_refused_by_name() -> None:
    with pytest.raises(OwnWishError, match="'mixed' mixes what is traded with what is held") as caught:
        staged(OwnWishes((Mixed(),)))
    assert "two terms" in caught.value.hint


@pytest.mark.parametrize("own", [OwnWishes((Ticket(),), (NoMoreThan(),)), OwnWishes((Crowding(),), (Spread(),))])
def test_todays_orders_keep_own_rules_and_say_own_dollars(own: OwnWishes) -> None:
    wish = TransitionWish(LATER, gain_budget_usd="4500")
    plan = plan_transition(HELD, MANDATE, TAX, wish, Clock(silent), never, own=own)
    names = {t.name for t in own.terms}
    assert names <= set(plan.terms_usd)
    assert names <= set(plan.today.terms_usd)
    assert {r.name for r in own.rules} <= {c.rule for c in plan.today.checks}
    by_trades = sum((t.benefit_usd for t in plan.today.trade_list), Decimal(0))
    assert abs(by_trades - plan.today.benefit_usd) <= Decimal("0.50")  # what kinks leave over is shown by itself
    waiting = next(a.saves_usd for a in plan.alternatives if a.name == "wait")
    assert waiting is not None
    assert abs(plan.today.benefit_usd - waiting) <= Decimal("0.05")


def test_a_workspace_plans_with_its_own_wishes() -> None:
    case = random_case(2, names=20, lots_a_name=2)
    market = case.signals.market
    target = dict(zip(market.universe.security_ids, case.signals.account.target_weight.tolist(), strict=True))
    portfolio = Portfolio("random", (Account("random", case.signals.account.lots),))
    index = Target.single("index", target, market.as_of)
    workspace = Workspace(portfolio, index, Mandate(), case.tax, case.signals, own=OwnWishes((Ticket(),)))
    plan = workspace.transition(TransitionWish.quarterly(market.as_of, 2))
    assert plan.terms_usd["tickets"] > 0
