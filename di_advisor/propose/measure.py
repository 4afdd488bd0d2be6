"""Measures of an account before and after a plan."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

import numpy as np

from di_advisor.domain.amounts import to_decimal
from di_advisor.domain.signals import Signals
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import ActiveGroup, slack_in_rows
from di_advisor.propose.proposal import Measures, RuleCheck
from di_advisor.propose.settle import TOLERANCE
from di_advisor.solve.solution import Solution

__all__ = ["measure", "rule_checks"]

_CENTS = 2
_HELD = 1e-12
_NONE = Decimal("0.00")


def measure(
    problem: Problem,
    signals: Signals,
    plan: Plan,
    objective_usd: dict[str, Decimal],
    cash_usd: Decimal,
    cost_usd: Decimal,
    set_aside_usd: Decimal = _NONE,
) -> Measures:
    """The account after a plan, against its target.

    Parameters
    ----------
    problem : Problem
        Holdings and risk.
    signals : Signals
        Universe.
    plan : Plan
        Trades as weights.
    objective_usd : dict
        Objective by term, in cents.
    cash_usd, cost_usd : Decimal
        Cash after trades, and the trading cost that the account's value loses.
    set_aside_usd : Decimal
        Cash that the account's value loses to the withdrawal.
    """
    block, universe, risk = problem.block, signals.market.universe, signals.market.risk
    holdings = block.holdings
    net = plan.net(holdings.lot_name)
    active = holdings.active + net
    sector = np.bincount(universe.sector_of + 1, weights=active, minlength=len(universe.sectors) + 1)
    return Measures(
        tracking_error=risk.tracking_error(active),
        value_usd=to_decimal(signals.account.value_usd, _CENTS) - cost_usd - set_aside_usd,
        cash_usd=cash_usd,
        names=int(((holdings.held + net) > _HELD).sum()),
        sector_active=dict(zip(universe.sectors, sector[1:].tolist(), strict=True)),
        factor_active=dict(zip(risk.factors, (risk.exposures.T @ active).tolist(), strict=True)),
        objective_usd=objective_usd,
        set_aside_usd=set_aside_usd,
    )


def rule_checks(
    problem: Problem, solution: Solution, plan: Plan, priced: Collection[str] = ()
) -> tuple[RuleCheck, ...]:
    """Every rule on the rounded plan; binding where the solution (before rounding) had no room left.

    So are those that are ``priced``: what was solved may have kept room for rounding that a rule does not know of.
    """
    nothing = problem.block.holdings.nothing()
    return tuple(
        RuleCheck(
            rule=rule.name,
            sentence=rule.sentence,
            before=rule.measure(nothing),
            after=rule.measure(plan),
            slack=rule.slack(plan) if slack_in_rows(rule, plan) < -TOLERANCE else max(rule.slack(plan), 0.0),
            binding=rule.name in priced or rule.binds(solution.plan),
            unit=rule.unit if isinstance(rule, ActiveGroup) else "",
        )
        for rule in problem.rules
    )
