"""Random mandates that contradict themselves, and rules dropped or widened in the reference model."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cvxpy as cp
import numpy as np

from di_advisor.domain.mandate import Band
from di_advisor.formulate import formulate
from di_advisor.formulate.account_rules import CashRange, MinimumTrade, TrackingErrorCap, Turnover
from di_advisor.formulate.plan import SymbolicPlan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import ActiveGroup, Locked, NameLimits, Rule
from di_advisor.testing.random_cases import random_case

ROUND_OFF = 1e-6
"""Weight, or tracking error per year, by which a rule may be broken and count as kept."""

SCALE = 1e3


def contradiction(seed: int) -> Problem:
    """Locks, thin bands, little turnover, much cash and a low cap, drawn so that most cannot all hold."""
    g = np.random.default_rng(900 + seed)
    case = random_case(seed, names=int(g.integers(12, 30)), lots_a_name=2, styles=2)
    account = case.signals.account
    account = replace(
        account,
        lot_sellable=account.lot_sellable & (g.random(len(account.lots)) > g.choice([0.0, 0.5, 0.9])),
        can_buy=g.random(len(account.can_buy)) > g.choice([0.0, 0.5, 0.9]),
    )
    cash = float(g.choice([0.0, 0.02, 0.2]))
    mandate = case.mandate.with_changes(
        cash_min=cash,
        cash_max=cash + 0.005,
        turnover_max=float(g.choice([0.02, 0.1, 1.0])),
        sector_band=Band.within(float(g.choice([0.005, 0.03, 1.0]))),
        tracking_error_max=float(g.choice([0.002, 0.005, 0.01, 0.9])),
    )
    return formulate(replace(case.signals, account=account), mandate, case.tax)


@dataclass(frozen=True)
class Unlocked(Locked):
    """Locks of which a total may be traded all the same."""

    total: float = 0.0

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """What is locked, in sum."""
        traded = symbols.sells @ ~self.sellable + symbols.buys @ ~self.buyable
        every = [symbols.sells >= 0, symbols.sells <= self.holdings.lot_weight, symbols.buys >= 0, symbols.buys <= 1]
        return [*every, traded <= self.total]


def widened(rule: Rule, amount: float) -> Rule:
    """A rule that gives by an amount."""
    if isinstance(rule, Unlocked):
        return rule
    if isinstance(rule, Locked):
        return Unlocked(rule.holdings, rule.sell_max, rule.buy_max, rule.sellable, rule.buyable, total=amount)
    if isinstance(rule, (TrackingErrorCap, Turnover)):
        return replace(rule, upper=rule.upper + amount)
    assert isinstance(rule, (CashRange, ActiveGroup, NameLimits))
    return replace(rule, lower=rule.lower - amount, upper=rule.upper + amount)


def _symbols(problem: Problem) -> tuple[SymbolicPlan, list[Any]]:
    holdings, risk = problem.block.holdings, problem.block.risk
    n, lots = len(holdings.held), len(holdings.lot_name)
    sells, buys, active, exposures = (cp.Variable(size) for size in (lots, n, n, len(risk.factors)))
    gather = np.zeros((n, lots))
    gather[holdings.lot_name, np.arange(lots)] = 1.0
    sold = gather @ sells
    physical = [sells >= 0, sells <= holdings.lot_weight, buys >= 0, buys <= 1]
    ties = [active == holdings.active + buys - sold, exposures == risk.exposures.T @ active]
    return SymbolicPlan(sells, buys, active, exposures, sold), [*physical, *ties]


def _smallest(objective: Any, constraints: list[Any]) -> float:
    model = cp.Problem(cp.Minimize(SCALE * objective), constraints)
    with warnings.catch_warnings():  # at the edge Clarabel may stop short; the status is judged below
        warnings.filterwarnings("ignore", message="Solution may be inaccurate")
        model.solve(solver=cp.CLARABEL)
    assert model.status in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE), model.status
    return float(model.value) / SCALE


def can_hold(problem: Problem, rules: Sequence[Rule]) -> bool:
    """Whether a plan keeps these rules and no others, by cvxpy and Clarabel; both questions asked have an answer."""
    symbols, always = _symbols(problem)
    cap = [c for r in rules if isinstance(r, TrackingErrorCap) for c in r.constraints(symbols)]
    linear = []
    for written in rules:
        rule = widened(written, 0.0) if isinstance(written, Locked) else written
        if not isinstance(rule, (TrackingErrorCap, MinimumTrade)):
            linear += [c.expr for c in rule.constraints(symbols)]
    excess = cp.Variable()
    if linear and _smallest(excess, [*always, *(e <= excess for e in linear), excess >= -1]) > ROUND_OFF:
        return False
    if not cap:
        return True
    return _smallest(cap[0].expr, [*always, *(e <= 2 * ROUND_OFF for e in linear)]) <= ROUND_OFF
