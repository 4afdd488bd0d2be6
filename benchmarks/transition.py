"""A transition over eight quarters: from signals to today's orders and the plan of the later stages.

The convex plan is timed by itself (matrices, solve and its bound), and so is the whole answer: the search among
wash-sale sides, rounding, the stages solved again from what today leaves, the alternatives and the explanation.
Accounts come from the committed generator; most of their tax lots stand at a gain, as in an account that moves in.
In the middling ones up to three in five stand at a loss: there the relaxation sells a name at a loss and buys it back,
and the gap shows what bounding and searching the choices leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from benchmarks.bars import Bar
from benchmarks.clock import median_cpu_seconds
from di_advisor.domain.mandate import Mandate, Rounding
from di_advisor.domain.transition import TransitionWish
from di_advisor.formulate.staged import StagedProblem
from di_advisor.formulate.transition import formulate_transition
from di_advisor.propose.planned import Clock, never, silent
from di_advisor.propose.transition_plan import plan_transition
from di_advisor.solve.staged.assemble import build
from di_advisor.solve.staged.convex import solve_layout
from di_advisor.solve.staged.layout import Open
from di_advisor.solve.staged.search import StagedSolution, solve_staged
from di_advisor.testing.random_cases import RandomCase, random_case

__all__ = ["AREA", "bars", "middling"]

AREA = "optimizer"

_QUARTERS = 8
_SEED = 7
_LOSSES = 0.05
_MIDDLING = 18  # accounts: every size with every share of losses, with and without a least trade
_SIZES = (20, 40, 60)
_SHARES = (0.05, 0.3, 0.6)


@dataclass(frozen=True)
class _Measured:
    convex_cpu: float
    plan_cpu: float
    gap: float


def _with_losses(case: RandomCase, share: float, seed: int) -> RandomCase:
    """The case with this share of its lots at a loss, all others at a gain, and nothing to wait for."""
    account = case.signals.account
    few = np.random.default_rng(seed).random(len(account.lots)) < share
    gain = np.where(few, -np.abs(account.lot_gain_usd), np.abs(account.lot_gain_usd))
    still = np.zeros(len(account.lots))
    return replace(
        case, signals=replace(case.signals, account=replace(account, lot_gain_usd=gain, continuation_usd=still))
    )


def _moved_in(names: int) -> RandomCase:
    """An account of which all but a few lots stand at a gain, with a mandate that lets the plan decide."""
    case = random_case(_SEED, names=names, lots_a_name=3, styles=13)
    case = replace(case, mandate=Mandate(rounding=Rounding.FRACTIONAL))
    return _with_losses(case, _LOSSES, _SEED)


def middling(seed: int) -> StagedProblem:
    """A plan over four quarters under a gain budget of 1 % of the account a year."""
    names, share = _SIZES[seed % 3], _SHARES[(seed // 3) % 3]
    case = _with_losses(random_case(seed, names=names, lots_a_name=2, styles=4), share, seed)
    signals = case.signals
    mandate = Mandate(
        rounding=Rounding.FRACTIONAL,
        min_trade_weight=0.002 if seed % 2 else 0.0,
        max_trades=names // 2 if seed % 5 == 0 else None,
    )
    budget_usd = int(0.01 * signals.account.value_usd)
    wish = TransitionWish.quarterly(signals.market.as_of, 4, gain_budget_usd=budget_usd)
    return formulate_transition(signals, mandate, case.tax, wish)


def _middling_bars() -> list[Bar]:
    """Certified gaps and CPU seconds of accounts of 20 to 60 names with many losses."""
    gaps, seconds = [], []
    for seed in range(_MIDDLING):
        problem = middling(seed)
        solutions = list[StagedSolution]()
        run = partial(_into, solutions, problem)
        seconds.append(median_cpu_seconds(run, repeats=1, warm_ups=0))
        benefit = problem.objective(problem.nothing()) - solutions[-1].objective
        gaps.append(solutions[-1].gap / benefit)
    what = f"{_MIDDLING} accounts of 20 to 60 names over 4 quarters, 5 to 60 % of lots at a loss"
    limits = (
        ("gap_median", float(np.median(gaps)), 0.01, "of benefit", "certified distance from the best plan"),
        ("gap_worst", max(gaps), 0.05, "of benefit", "certified distance from the best plan"),
        ("cpu_worst", max(seconds), 8.0, "CPU s", "our own limit"),
    )
    return [
        Bar.at_most(f"optimizer.transition_middling_{name}", value, limit, unit=unit, compared_to=f"{to}; {what}")
        for name, value, limit, unit, to in limits
    ]


def _into(solutions: list[StagedSolution], problem: StagedProblem) -> None:
    solutions.append(solve_staged(problem))


def _measured(names: int) -> _Measured:
    case = _moved_in(names)
    wish = TransitionWish.quarterly(case.signals.market.as_of, _QUARTERS, gain_budget_usd="10000")
    problem = formulate_transition(case.signals, case.mandate, case.tax, wish)
    choices = Open.everything(problem)
    convex = median_cpu_seconds(lambda: solve_layout(problem, build(problem, choices)), repeats=1, warm_ups=1)
    plans = []

    def whole() -> None:
        plans.append(plan_transition(case.signals, case.mandate, case.tax, wish, Clock(silent), never))

    cpu = median_cpu_seconds(whole, repeats=1, warm_ups=0)
    plan = plans[-1]
    return _Measured(convex, cpu, plan.certificate.rounded_gap_usd / float(plan.benefit_usd))


def bars() -> list[Bar]:
    """CPU seconds and certified gap for 50 and 500 names over eight quarters, and gaps of 20 to 60 names."""
    found = []
    for names, convex_at_most, plan_at_most in ((50, 0.5, 5.0), (500, 4.0, 60.0)):
        measured = _measured(names)
        what = f"{names} names, {3 * names} lots, 20 factors, {_QUARTERS} quarters under gain budgets"
        found += [
            Bar.at_most(
                f"optimizer.transition_{names}_convex_cpu",
                measured.convex_cpu,
                convex_at_most,
                unit="CPU s",
                compared_to=f"our own limit; {what}, matrices, solve and bound",
            ),
            Bar.at_most(
                f"optimizer.transition_{names}_cpu",
                measured.plan_cpu,
                plan_at_most,
                unit="CPU s",
                compared_to=f"our own limit; {what}, orders, reasons and alternatives included",
            ),
            Bar.at_most(
                f"optimizer.transition_{names}_gap",
                measured.gap,
                0.05,
                unit="of benefit",
                compared_to="certified distance from the best plan over the stages, after rounding",
            ),
        ]
    return [*found, *_middling_bars()]
