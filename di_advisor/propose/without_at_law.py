"""A trade left out under the whole Schedule D: the tax as the law has it, not at the plan's own rates.

Without a large sale the year's gains can stand in another bracket, or a loss net another kind of gain.
The block of the plan has the rates where the plan stands; so the plan without the trade is searched
over the regions of the tax as the plan itself was, with the choices of all names fixed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from di_advisor.errors import SolveError
from di_advisor.formulate.localise import AtAnyRates, schedule_d_of
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.tax_cells import regions_of
from di_advisor.formulate.tax_rules import GainBudget, TaxBudget
from di_advisor.solve.choices import Choices
from di_advisor.solve.quadratic import HotPath
from di_advisor.solve.tax_plans import FixedChoices
from di_advisor.solve.tax_regions import RegionSearch

__all__ = ["plan_at_law"]


def plan_at_law(problem: Problem, choices: Choices, *, name: int, lot: int) -> Plan | None:
    """The best plan under given choices that does not buy a name, or sell a lot (-1 for a buy).

    None where the tax has constant rates, and where no plan was found that keeps the rules.
    """
    tax = schedule_d_of(problem)
    if tax is None:
        return None
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    sell_max, buy_max = locked.sell_max.copy(), locked.buy_max.copy()
    if lot >= 0:
        sell_max[lot] = 0.0
    else:
        buy_max[name] = 0.0
    shut = replace(locked, sell_max=sell_max, buy_max=buy_max)
    bare = replace(problem, rules=tuple(shut if r is locked else r for r in problem.rules))
    budgets = {type(r): r.upper for r in problem.rules if isinstance(r, (GainBudget, TaxBudget))}
    least, most = tax.gains.reach(sell_max)
    gain_budget, tax_budget = budgets.get(GainBudget), budgets.get(TaxBudget)
    try:
        family = AtAnyRates.of(bare, tax)
        regions = regions_of(tax.cells, least, most, gain_budget=gain_budget, tax_budget=tax_budget)
        fixed = FixedChoices(family, choices, HotPath(bare.block), lambda: None)
        return RegionSearch(fixed, regions).run(np.array(tax.rates)).plan
    except SolveError:
        return None
