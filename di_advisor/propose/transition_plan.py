"""From a wish to a plan: solve all stages, round today's, and solve the rest again from what today leaves.

Where rounding to shares passes the cap or a budget of today, that limit is tightened by the excess and
the plan is solved again. Alternatives are solved as the plan is, with fewer nodes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np

from di_advisor.domain.amounts import to_decimal
from di_advisor.domain.mandate import Mandate, WashPolicy
from di_advisor.domain.signals import Signals
from di_advisor.domain.transition import TransitionWish
from di_advisor.domain.wording import counted
from di_advisor.errors import InfeasibleError, SettlementError
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.formulate.staged import StagedProblem, YearBudget
from di_advisor.formulate.transition import formulate_transition
from di_advisor.propose.explain import explain
from di_advisor.propose.planned import Clock
from di_advisor.propose.proposal import Certificate, Proposal
from di_advisor.propose.settle import Orders, settle
from di_advisor.propose.today import at_the_plan, first_solution, shared_out, today_problem, with_later
from di_advisor.propose.transition import Alternative, TransitionPlan
from di_advisor.propose.transition_rows import later_trades, stages_of, years_of
from di_advisor.propose.transition_words import notes, sentences
from di_advisor.solve.staged.judge import washes
from di_advisor.solve.staged.prices import LaterPrices, later_prices
from di_advisor.solve.staged.search import StagedSolution, solve_staged
from di_advisor.units import bps_from_fraction

__all__ = ["plan_transition"]

Cancel = Callable[[], bool]

_CENTS = 2
_NONE_OWN = OwnWishes()
_ATTEMPTS = 7
_TIGHTER = 1.5
_LEAST_TIGHTER = 1e-5
_FEW_NODES = 0
_TIGHTENED = ("tracking error cap", "gain budget", "tax budget")


@dataclass(frozen=True)
class _Rounded:
    """A solved plan with today's orders and the rest that follows from them.

    ``asked`` solves what was asked for; ``solution`` what was rounded, its limits of today perhaps tighter.
    """

    staged: StagedProblem
    asked: StagedSolution
    solution: StagedSolution
    problem: Problem
    orders: Orders
    rest: StagedSolution | None
    plans: tuple[Plan, ...]


def plan_transition(
    signals: Signals,
    mandate: Mandate,
    tax: Taxpayer,
    wish: TransitionWish,
    clock: Clock,
    cancel: Cancel,
    *,
    own: OwnWishes = _NONE_OWN,
) -> TransitionPlan:
    """The plan of a transition.

    Parameters
    ----------
    signals, mandate, tax
        As for a proposal.
    wish : TransitionWish
        Dates, budgets and caps.
    clock : Clock
        Told each step.
    cancel : callable
        Asked between solves.
    own : OwnWishes
        The user's own terms and rules.

    Raises
    ------
    SolveError, SettlementError, UnsupportedWishError, InputError
        When there is no certified plan, or none whose orders of today are whole shares. Nothing is
        proposed then.
    """
    start = time.process_time()
    clock.start("formulate")
    staged = formulate_transition(signals, mandate, tax, wish, own=own)
    clock.start("solve")
    done = _rounded(signals, mandate, tax, staged, cancel)
    clock.start("compare")
    waiting = _waiting(staged, done.solution, cancel)
    others = _alternatives(staged, done, waiting, cancel)
    clock.start("explain")
    today = _explained(signals, mandate, done, waiting)
    clock.start("")
    today = replace(today, stages=tuple(clock.stages))
    stages = stages_of(staged, done.plans, today)
    years, later = years_of(staged, done.plans, wish), later_trades(signals, staged, done.plans)
    return TransitionPlan(
        account_id=signals.account.account_id,
        as_of=signals.market.as_of,
        wish=wish,
        mandate=mandate,
        today=today,
        stages=stages,
        years=years,
        later=later,
        alternatives=others,
        terms_usd=_terms(staged, done),
        certificate=_certificate(staged, done),
        sentences=sentences(stages, years, later, others),
        notes=notes(
            wish,
            several=len(stages) > 1,
            by_return=staged.taxes is not None,
            washes_priced=mandate.wash_policy is WashPolicy.PRICE,
        ),
        cpu_seconds=time.process_time() - start,
    )


def _rounded(signals: Signals, mandate: Mandate, tax: Taxpayer, staged: StagedProblem, cancel: Cancel) -> _Rounded:
    """Solve, round today's trades, and solve the later stages again from what they leave."""
    failure: SettlementError | None = None
    asked: StagedSolution | None = None
    tight = staged
    problem = today_problem(signals, mandate, tax, staged)
    search: dict[str, Any] = {}
    for attempt in range(_ATTEMPTS):
        try:
            solution = solve_staged(tight, cancel=cancel, **search)
        except InfeasibleError:
            if failure is None:
                raise
            break
        asked = asked or solution
        search = {"nodes": _FEW_NODES, "hint": solution.choices}
        today = solution.plans[0]
        prices = later_prices(tight, solution.answer, 1, tight, today) if len(tight.legs) > 1 else None
        priced = with_later(at_the_plan(problem, today), prices)
        try:
            orders = settle(priced, first_solution(priced, tight, solution), signals, mandate)
            rest = _rest(staged, orders.plan, solution, cancel)
        except SettlementError as error:
            own = {r.name for r in staged.own.rules}
            if error.facts.get("rule") not in {*_TIGHTENED, *own}:
                raise
            failure = failure or error
            less = max(_TIGHTER * float(error.facts["excess"]), _LEAST_TIGHTER * 2.0**attempt)
            tight = _tightened(tight, str(error.facts["rule"]), less)
            continue
        plans = (orders.plan, *(rest.plans if rest is not None else ()))
        return _Rounded(staged, asked, solution, at_the_plan(problem, orders.plan), orders, rest, plans)
    raise failure or SettlementError("Nothing was settled.", hint="Allow fractional shares.")


def _tightened(staged: StagedProblem, rule: str, less: float) -> StagedProblem:
    """The first stage's cap, its budgets, or an own rule, tighter."""
    if any(r.name == rule for r in staged.own.rules):
        return replace(staged, own=staged.own.with_margin(rule, less))
    first = staged.legs[0]

    def lower(limit: float | None) -> float | None:
        return None if limit is None else limit - less

    if rule == "tracking error cap":
        return replace(
            staged, legs=(replace(first, tracking_error_max=lower(first.tracking_error_max)), *staged.legs[1:])
        )
    gains = rule == "gain budget"

    def tighter(budget: YearBudget) -> YearBudget:
        if budget.year != first.on.year:
            return budget
        if gains:
            return replace(budget, gain_max=lower(budget.gain_max))
        return replace(budget, tax_max=lower(budget.tax_max))

    budgets = tuple(tighter(b) for b in staged.budgets)
    own = lower(first.gain_max) if gains else first.gain_max
    return replace(staged, budgets=budgets, legs=(replace(first, gain_max=own), *staged.legs[1:]))


def _rest(staged: StagedProblem, first: Plan, solution: StagedSolution, cancel: Cancel) -> StagedSolution | None:
    if len(staged.legs) == 1:
        return None
    try:
        return solve_staged(
            staged.after_first(first), cancel=cancel, nodes=_FEW_NODES, hint=solution.choices.stages(slice(1, None))
        )
    except InfeasibleError as error:
        raise SettlementError(
            f"Rounding today's trades to shares leaves no plan for the later stages ({error.what})",
            hint="Allow fractional shares, or a little more room in the budgets and caps.",
        ) from error


@dataclass(frozen=True)
class _Waiting:
    """The plan that does nothing today."""

    problem: StagedProblem
    rest: StagedSolution
    objective: float


def _waiting(staged: StagedProblem, solution: StagedSolution, cancel: Cancel) -> _Waiting | None:
    """None where there is no later stage, or waiting breaks a rule."""
    if len(staged.legs) == 1:
        return None
    nothing = staged.holdings.nothing()
    left = staged.after_first(nothing)
    cap = staged.legs[0].tracking_error_max
    over_cash = staged.holdings.cash > staged.cash_upper or staged.holdings.cash < staged.cash_lower
    if over_cash or (cap is not None and staged.risk.tracking_error(staged.start) > cap):
        return None
    try:
        rest = solve_staged(left, cancel=cancel, nodes=_FEW_NODES, hint=solution.choices.stages(slice(1, None)))
    except InfeasibleError:
        return None
    return _Waiting(left, rest, staged.objective((nothing, *rest.plans)))


def _alternatives(
    staged: StagedProblem, done: _Rounded, waiting: _Waiting | None, cancel: Cancel
) -> tuple[Alternative, ...]:
    """What the plan is better by than other ways; those that are not solved are reckoned from their trades."""
    value, ours = staged.holdings.value_usd, staged.objective(done.plans)

    def against(name: str, sentence: str, objective: float | None) -> Alternative:
        saves = None if objective is None else to_decimal((objective - ours) * value, _CENTS)
        return Alternative(name, sentence, saves)

    short = staged.holdings.cash < staged.cash_lower  # a withdrawal has to be paid
    found = [against("never", "Never trading", None if short else staged.objective(staged.nothing()))]
    if len(staged.legs) == 1:
        return tuple(found)
    once = staged.first_only()
    everything = Plan(
        np.sum([p.sells for p in done.plans], axis=0),
        np.sum([p.buys for p in done.plans], axis=0),
    )
    at_once = None if washes(once, (everything,)) else once.objective((everything,))
    try:
        only: float | None = solve_staged(
            once, cancel=cancel, nodes=_FEW_NODES, hint=done.solution.choices.stages(slice(0, 1))
        ).objective
    except InfeasibleError:
        only = None
    found += [
        against("all today", "Trading today all that the plan trades over time, budgets and caps left aside,", at_once),
        against("today only", "Trading today only, as well as that can be done within today's rules,", only),
        against(
            "wait",
            "Doing nothing today and the best from the next stage on",
            None if waiting is None else waiting.objective,
        ),
    ]
    return tuple(found)


def _explained(signals: Signals, mandate: Mandate, done: _Rounded, waiting: _Waiting | None) -> Proposal:
    """Today's orders with their reasons; together they are worth what waiting would cost."""
    prices: LaterPrices | None = None
    staged, plan = done.staged, done.orders.plan
    extra: tuple[str, ...] = ()
    if done.rest is not None:
        left = staged.after_first(plan)
        now = later_prices(left, done.rest.answer, 0, staged, plan)
        if waiting is None:
            prices = now
            extra = (
                "Doing nothing today breaks a rule; the later stages are charged at their prices after today's trades.",
            )
        else:
            before = later_prices(waiting.problem, waiting.rest.answer, 0, staged)
            total = done.rest.objective - waiting.rest.objective
            prices = shared_out(now, before, plan, done.problem, total)
            extra = (
                "The benefit of today's trades is against doing nothing today and the best from the next stage on.",
            )
    problem = with_later(done.problem, prices)
    solution = first_solution(problem, staged, done.solution)
    proposal = explain(problem, solution, done.orders, signals, mandate)
    return replace(proposal, certificate=_certificate(staged, done), notes=(*proposal.notes, *extra))


def _certificate(staged: StagedProblem, done: _Rounded) -> Certificate:
    value, solution = staged.holdings.value_usd, done.asked
    rounded = staged.objective(done.plans)
    apart = max(rounded - solution.bound, 0.0)
    return Certificate(
        solver=f"plan of {counted(len(staged.legs), 'stage')} ({solution.counts})",
        objective_usd=solution.objective * value,
        bound_usd=solution.bound * value,
        gap_usd=solution.gap * value,
        gap_bps=bps_from_fraction(solution.gap),
        rounding_usd=(rounded - solution.objective) * value,
        rounded_gap_usd=apart * value,
        rounded_gap_bps=bps_from_fraction(apart),
    )


def _terms(staged: StagedProblem, done: _Rounded) -> dict[str, Decimal]:
    spent, value = staged.spent(done.plans), staged.holdings.value_usd
    sums = {
        "tax": sum(s.tax for s in spent),
        "trading cost": sum(s.cost for s in spent),
        "active risk": sum(s.risk for s in spent),
    }
    if staged.tilt.any():
        sums["tilts"] = sum(s.tilt for s in spent)
    if staged.wash is not None:
        sums[staged.wash.name] = sum(s.wash for s in spent)
    sums.update(staged.own_spent(done.plans))
    if staged.legs[-1].worth.any():
        sums["value of waiting"] = -sum(s.worth for s in spent)
    return {name: to_decimal(amount * value, _CENTS) for name, amount in sums.items()}
