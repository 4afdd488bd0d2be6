"""ESG averages, screens, tilts in dollars and a withdrawal over several dates: equal to cvxpy, and kept by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pytest

from di_advisor.domain.esg_table import Direction
from di_advisor.domain.esg_wishes import EsgWish, Pathway
from di_advisor.domain.exclusions import Exclusion, GlidePath
from di_advisor.domain.mandate import Mandate, Rounding
from di_advisor.domain.signals import Signals
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.domain.transition import TransitionWish
from di_advisor.errors import InfeasibleError, UnsupportedWishError
from di_advisor.formulate.staged import StagedProblem
from di_advisor.formulate.transition import formulate_transition
from di_advisor.propose.planned import Clock, never, silent
from di_advisor.propose.transition_plan import plan_transition
from di_advisor.solve.staged.judge import breaches
from di_advisor.solve.staged.search import StagedSolution, solve_staged
from di_advisor.testing.random_wishes import random_esg_wishes
from tests.solve.staged.random_transitions import RandomTransition, random_transition
from tests.solve.staged.transitions import StagedOutcome, agrees_over_stages
from tests.solve.staged.worlds import signals

TAX = TaxProfile(ConstantRates(0.40, 0.20))
OLD = date(2020, 1, 2)
LATER = (date(2026, 9, 30), date(2026, 12, 31))
LOTS = [(0, 600, 2000, OLD), (1, 250, 2000, OLD), (2, 100, 900, OLD), (3, 50, 400, OLD)]
MANDATE = Mandate(risk_aversion=8.0, cash_max=0.02)
SCORE, CARBON = np.array([2.0, 4.0, 8.0, 6.0]), np.array([400.0, 200.0, 20.0, 90.0])


def measured() -> Signals:
    """Four names, most of the money in the worst of them."""
    held = signals([0.0, 0.4, 0.3, 0.3], LOTS)
    return replace(held, market=replace(held.market, esg={"score": SCORE, "carbon": CARBON}))


def staged(mandate: Mandate, held: Signals | None = None, **wishes: Any) -> StagedProblem:
    return formulate_transition(measured() if held is None else held, mandate, TAX, TransitionWish(LATER, **wishes))


def averages(problem: StagedProblem, solution: StagedSolution, figures: np.ndarray) -> list[float]:
    """Average of a measure over what is held after each stage, cash aside."""
    found = []
    for active in problem.active_path(solution.plans):
        weight = problem.holdings.target + active
        found.append(float(weight @ figures / weight.sum()))
    return found


UPLIFT = EsgWish("score", uplift_min=0.15, direction=Direction.HIGHER_IS_BETTER)
CUT = EsgWish("carbon", cut_min=0.3, direction=Direction.LOWER_IS_BETTER)


def test_an_uplift_and_a_cut_hold_after_the_last_stage_and_never_get_worse_on_the_way() -> None:
    problem = staged(MANDATE.with_changes(esg=(UPLIFT, CUT)), gain_budget_usd="4500")
    solution = solve_staged(problem)
    index = {name: float(problem.holdings.target @ f) for name, f in (("score", SCORE), ("carbon", CARBON))}
    scores, carbon = averages(problem, solution, SCORE), averages(problem, solution, CARBON)
    held = problem.holdings.held / problem.holdings.held.sum()
    assert scores[-1] >= 1.15 * index["score"] - 1e-6
    assert carbon[-1] <= 0.7 * index["carbon"] + 1e-4
    assert min(scores) >= float(held @ SCORE) - 1e-6
    assert max(carbon) <= float(held @ CARBON) + 1e-4
    free = solve_staged(staged(MANDATE, gain_budget_usd="4500"))
    assert averages(problem, free, SCORE)[-1] < 1.15 * index["score"]  # the wish does something
    assert free.objective < solution.objective


def test_a_dated_pathway_has_the_ceiling_of_the_last_day() -> None:
    base = 160.0
    wish = EsgWish(
        "carbon",
        pathway=Pathway(base_value=base, base_date=date(2025, 12, 31), cut_per_year=0.5),
        direction=Direction.LOWER_IS_BETTER,
    )
    problem = staged(MANDATE.with_changes(esg=(wish,)))
    ceiling = wish.pathway.ceiling(LATER[-1]) if wish.pathway else 0.0
    assert ceiling < (wish.pathway.ceiling(date(2026, 6, 30)) if wish.pathway else 0.0)
    assert averages(problem, solve_staged(problem), CARBON)[-1] <= ceiling + 1e-4


def test_a_tilt_in_dollars_is_charged_by_the_year_that_a_weight_is_held() -> None:
    dear = EsgWish("score", usd_per_point=2000.0, direction=Direction.HIGHER_IS_BETTER)
    problem = staged(MANDATE.with_changes(esg=(dear,)))
    solution = solve_staged(problem)
    figure = [s.tilt for s in problem.spent(solution.plans)]
    excess = SCORE - float(problem.holdings.target @ SCORE)
    years = [leg.years for leg in problem.legs]
    path = [float(excess @ (z - problem.start)) for z in problem.active_path(solution.plans)]
    by_hand = [-y * 2000.0 / problem.holdings.value_usd * p for y, p in zip(years, path, strict=True)]
    assert figure == pytest.approx(by_hand, abs=1e-12)
    assert averages(problem, solution, SCORE)[-1] > averages(problem, solve_staged(staged(MANDATE)), SCORE)[-1]


def test_a_withdrawal_is_paid_at_the_first_stage_and_the_plan_refers_to_what_remains() -> None:
    mandate = MANDATE.with_changes(withdrawal_usd=Decimal(2000))
    problem = staged(mandate)
    assert problem.holdings.value_usd == pytest.approx(8000.0)
    assert problem.holdings.cash == pytest.approx(-0.25)
    solution = solve_staged(problem)
    raised = float(solution.plans[0].sells.sum() - solution.plans[0].buys.sum()) * 8000.0
    assert raised >= 2000.0
    assert max(breaches(problem, solution.plans).values()) <= 1e-6


def test_a_screened_name_is_gone_by_the_end_and_one_on_a_glide_path_keeps_to_it_on_every_date() -> None:
    out = Exclusion("no T0", security_ids=frozenset({"T0"}))
    problem = staged(MANDATE.with_changes(exclusions=(out,)), gain_budget_usd="4500")
    path = problem.active_path(solve_staged(problem).plans)
    assert path[-1][0] == pytest.approx(0.0, abs=1e-6)
    dear = MANDATE.with_changes(risk_aversion=0.0)  # nothing is sold but what the path asks for
    steps = ((date(2026, 6, 1), 0.9), (date(2026, 9, 1), 0.5), (date(2026, 12, 1), 0.2))
    gliding = replace(out, glide=GlidePath(steps, gain_min=0.1))
    problem = staged(dear.with_changes(exclusions=(gliding,)))
    path = problem.active_path(solve_staged(problem).plans)
    assert all(z[0] <= most + 1e-6 for z, most in zip(path, (0.54, 0.30, 0.12), strict=True))
    assert path[-1][0] == pytest.approx(0.12, abs=1e-6)
    losing = replace(gliding, glide=GlidePath(steps, gain_min=0.9))  # its gain is too small to glide: gone by the end
    problem = staged(dear.with_changes(exclusions=(losing,)))
    path = problem.active_path(solve_staged(problem).plans)
    assert path[-1][0] == pytest.approx(0.0, abs=1e-6)


def test_a_glide_path_is_kept_by_todays_shares() -> None:
    out = Exclusion("no T0", security_ids=frozenset({"T0"}), glide=GlidePath(((date(2026, 6, 1), 0.777),)))
    mandate = MANDATE.with_changes(exclusions=(out,), risk_aversion=0.0)
    plan = plan_transition(measured(), mandate, TAX, TransitionWish(LATER), Clock(silent), never)
    sold = [t for t in plan.today.trade_list if t.ticker == "T0"]
    assert sum(t.shares for t in sold) == 134  # 600 shares x 0.777 = 466.2 may be left


def test_stand_ins_are_bought_within_what_the_same_stage_sells() -> None:
    held = signals([0.0, 0.4, 0.6, 0.0], [(0, 500, 7000, OLD), (1, 300, 2000, OLD), (2, 200, 1500, OLD)])
    mandate = MANDATE.with_changes(replacements={"T0": ("T3",)}, risk_aversion=40.0, do_not_buy=frozenset({"T1"}))
    locked = replace(held, account=replace(held.account, can_buy=np.array([True, False, False, True])))
    problem = formulate_transition(locked, mandate, TAX, TransitionWish(LATER))
    solution = solve_staged(problem)
    assert sum(float(p.buys[3]) for p in solution.plans) > 0.01
    for plan in solution.plans:
        assert plan.buys[3] <= plan.sells[0] + 1e-7
    without = solve_staged(
        formulate_transition(locked, mandate.with_changes(replacements={}), TAX, TransitionWish(LATER))
    )
    assert without.objective > solution.objective
    assert sum(float(p.buys[3]) for p in without.plans) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("changes", "todo"),
    [
        ({"tax_budget_usd": "10"}, "Give tax_budget_usd to the TransitionWish"),
        ({"benefit_min_usd": "10"}, "Leave benefit_min_usd out"),
        ({"wash_policy": "ignore"}, "Use wash_policy='ban'"),
    ],
)
def test_what_a_transition_does_not_keep_is_refused_with_what_to_do_instead(changes: dict[str, Any], todo: str) -> None:
    with pytest.raises(UnsupportedWishError, match=next(iter(changes))) as caught:
        staged(MANDATE.with_changes(**changes))
    assert todo in caught.value.hint


@cache
def wished(seed: int) -> StagedOutcome:
    """A random transition with ESG wishes, tilts, screens, bands of one group, and sometimes a withdrawal."""
    drawn = random_transition(seed)
    g = np.random.default_rng([seed, 303])
    wishes = random_esg_wishes(g, drawn.signals)
    changes: dict[str, Any] = {**wishes.changes}
    if g.random() < 0.4:
        value = drawn.signals.account.value_usd
        changes["withdrawal_usd"] = Decimal(int(value * g.uniform(0.02, 0.2)))
    if g.random() < 0.4:
        changes["cash_drag_per_year"] = float(g.uniform(0, 0.03))
    drawn = RandomTransition(wishes.signals, drawn.mandate.with_changes(**changes), drawn.tax, drawn.wish)
    problem = formulate_transition(drawn.signals, drawn.mandate, drawn.tax, drawn.wish)
    try:
        return StagedOutcome(drawn, problem, solve_staged(problem))
    except InfeasibleError:
        return StagedOutcome(drawn, problem, None)


@pytest.mark.parametrize("first", [0, *(pytest.param(k, marks=pytest.mark.slow) for k in (10, 20, 30, 40, 50))])
def test_random_plans_with_such_wishes_equal_a_model_written_from_scratch(first: int) -> None:
    solved = [found for seed in range(first, first + 10) if (found := wished(seed)).solution is not None]
    assert len(solved) >= 2
    for found in solved:
        agrees_over_stages(found)


@pytest.mark.parametrize("rounding", [Rounding.WHOLE_SHARES, Rounding.FRACTIONAL])
def test_todays_orders_keep_an_uplift_in_shares_and_say_the_tilt(rounding: Rounding) -> None:
    tilt = EsgWish("carbon", usd_per_point=0.5, direction=Direction.LOWER_IS_BETTER)
    mandate = MANDATE.with_changes(esg=(UPLIFT, tilt), rounding=rounding, withdrawal_usd=Decimal(500))
    wish = TransitionWish(LATER, gain_budget_usd="4500")
    plan = plan_transition(measured(), mandate, TAX, wish, Clock(silent), never)
    assert any(c.rule == "ESG uplift: score" for c in plan.today.checks)
    raised = plan.stages[0].sold_usd - plan.stages[0].bought_usd
    assert raised >= 500
    assert "tilts" in plan.terms_usd
    by_trades = sum((t.benefit_usd for t in plan.today.trade_list), Decimal(0))
    assert by_trades == plan.today.benefit_usd
    never_trading = next(a for a in plan.alternatives if a.name == "never")
    assert never_trading.saves_usd is None  # the withdrawal would not be paid
