"""Units of limits: what one more unit of a rule's room is called, and how large it is.

A shadow price per unit of a solver's row says little; per basis point of tracking error, per
percentage point of turnover or per dollar of cash it can be weighed. Each kind of rule has its unit
here, and the step that a sentence speaks of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.formulate.account_rules import CashRange, MinimumTrade, TrackingErrorCap, Turnover
from di_advisor.formulate.esg_average import AverageLimit, Side
from di_advisor.formulate.own_affine import AffineRule
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import ActiveGroup, NameLimits, Rule
from di_advisor.units import fraction_from_bps, fraction_from_percent

__all__ = ["LimitUnit", "unit_of"]

_STEP_BPS = 5.0
_STEP_CASH_USD = 1000.0
_STEP_MINIMUM_USD = 50.0
_STEP_BUDGET_USD = 1000.0
_STEP_POINTS = 0.1
_BUDGET = " budget"
"""How the names of rules end that limit dollars of the year."""


@dataclass(frozen=True)
class LimitUnit:
    """How the room of a rule is counted.

    Attributes
    ----------
    unit : str
        What one unit is called: "bp", "percentage point", "dollar".
    size : float
        One unit in the rule's own measure.
    step : float
        Units that a sentence speaks of.
    higher, lower : str
        A step of room above, or below, in words: the subject of "... would free up to about $40".
    mirrored : bool
        Whether the rule's rows count the negative of its measure (cash, which rows count as spent).
    """

    unit: str
    size: float
    step: float
    higher: str
    lower: str
    mirrored: bool = False


def unit_of(rule: Rule, problem: Problem, plan: Plan | None = None) -> LimitUnit:
    """The unit of a rule's limit; a rule of an unknown kind is counted in hundredths of its own measure.

    What a limit on an average is worth depends on how much of what counts is held: after ``plan``, or in the target.
    """
    dollar, point = 1.0 / problem.block.holdings.value_usd, fraction_from_percent(1.0)
    if isinstance(rule, TrackingErrorCap):
        return _same(f"{_STEP_BPS:g} bps more tracking error", "bp", fraction_from_bps(1.0), _STEP_BPS)
    if isinstance(rule, Turnover):
        return _same("1 percentage point more turnover", "percentage point", point, 1.0)
    if isinstance(rule, MinimumTrade):
        return _same(f"a minimum trade ${_STEP_MINIMUM_USD:,.0f} smaller", "dollar", dollar, _STEP_MINIMUM_USD)
    if rule.name.endswith(_BUDGET):
        return _same(f"${_STEP_BUDGET_USD:,.0f} more {rule.name}", "dollar", dollar, _STEP_BUDGET_USD)
    if isinstance(rule, AverageLimit):
        return _of_average(rule, point, plan)
    return _two_sided(rule, dollar, point)


def _of_average(rule: AverageLimit, point: float, plan: Plan | None) -> LimitUnit:
    """Of a weighted average: its own unit, and a step of about a hundredth of the index's average.

    The limit is in the coefficients of its row; by the envelope theorem one unit of it is worth what
    counts of the holdings after the plan times the row's price.
    """
    own = point if rule.unit == "%" else 1.0
    share = float(rule.counted @ rule.holdings.target) if plan is None else rule.share(plan)
    about = max(abs(rule.index_value), rule.scale * point) / own * point
    step = float(f"{about:.0e}")
    floor = rule.side is Side.AT_LEAST
    unit = "percentage point" if rule.unit == "%" else rule.unit or "point"
    subject = f"a limit on the {rule.measured} that is {step:g} {'%' if rule.unit == '%' else rule.unit}".rstrip()
    subject += " lower" if floor else " higher"
    return LimitUnit(unit, own * share / rule.scale, step, subject, subject, mirrored=floor)


def _counted(rule: AffineRule) -> str:
    """How room is counted where a rule weighs names differently."""
    weights = np.abs(np.concatenate([rule.on_active, rule.on_sold, rule.on_bought], axis=1))
    alike = np.isclose(weights, 0.0) | np.isclose(weights, 1.0)
    return "" if alike.all() else ", counted in the trades that it weighs most,"


def _same(subject: str, unit: str, size: float, step: float) -> LimitUnit:
    """Of a rule with one side."""
    return LimitUnit(unit, size, step, subject, subject)


def _two_sided(rule: Rule, dollar: float, point: float) -> LimitUnit:
    """Of a band or a range."""
    if isinstance(rule, AffineRule):  # its figures are in the unit of a weight, and so its room is money
        return _same(
            f"${_STEP_CASH_USD:,.0f} more room in '{rule.name}'{_counted(rule)}", "dollar", dollar, _STEP_CASH_USD
        )
    if isinstance(rule, CashRange):
        more, less = (f"${_STEP_CASH_USD:,.0f} {which} in cash" for which in ("more allowed", "less required"))
        return LimitUnit("dollar", dollar, _STEP_CASH_USD, more, less, mirrored=True)
    if isinstance(rule, NameLimits) or (isinstance(rule, ActiveGroup) and not rule.factor):
        what = rule.name.partition(": ")[2] or rule.name
        more, less = (f"{_STEP_POINTS:g} points {which} {what}" for which in ("more of", "less of"))
        return LimitUnit("percentage point", point, _STEP_POINTS, more, less)
    more, less = (f"a limit of '{rule.name}' that is {point:g} {which}" for which in ("higher", "lower"))
    return LimitUnit("hundredth", point, 1.0, more, less)
