"""The whole Schedule D: how many convex solves the regions of the tax take, over random taxpayers, all certified.

Accounts come from the committed generator, without a tracking-error cap and with sides fixed by today's active
weights, so that what is counted is the convex problem; filers are random returns of any status, income, gains and
carryovers. The whole search with its choices, and with budgets that bind, is timed beside it.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import numpy as np

from benchmarks.bars import Bar
from benchmarks.clock import median_cpu_seconds
from di_advisor.domain.mandate import Mandate
from di_advisor.errors import InfeasibleError
from di_advisor.formulate import formulate
from di_advisor.formulate.localise import AtAnyRates, schedule_d_of
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.schedule_d import FilerTax
from di_advisor.formulate.tax_cells import regions_of
from di_advisor.solve import search_for, solve, solve_localised
from di_advisor.solve.choices import Choice, Choices
from di_advisor.solve.quadratic import HotPath
from di_advisor.solve.tax_plans import FixedChoices
from di_advisor.solve.tax_regions import RegionSearch
from di_advisor.testing.random_cases import RandomCase, random_case
from di_advisor.testing.random_filers import random_carryover_value, random_return

__all__ = ["AREA", "bars"]

AREA = "optimizer"

_TAXPAYERS = 1000
_SMALLEST, _LARGEST = 2e5, 2e7
_TIGHTER_USD = 2000
_ROUNDS = 12


@dataclass(frozen=True)
class _Filed:
    """An account, its mandate, and who files for it."""

    case: RandomCase
    mandate: Mandate
    filer: FilerTax


def _filed(seed: int, names: int) -> _Filed:
    g = np.random.default_rng(seed)
    value_usd = float(np.exp(g.uniform(np.log(_SMALLEST), np.log(_LARGEST))))
    case = random_case(seed, names=names, value_usd=value_usd)
    filer = FilerTax(random_return(g), carryover_value=random_carryover_value(g))
    return _Filed(case, case.mandate.with_changes(tracking_error_max=None), filer)


def _sides(block: Block) -> Choices:
    losses = block.segments.names_with_losses(len(block.active_lower))
    return np.where(losses & (block.holdings.active > 0), int(Choice.SELL), int(Choice.BUY))


@dataclass(frozen=True)
class _Count:
    solves: int
    fallbacks: int
    gap: float


def _counted(filed: _Filed) -> _Count | None:
    """The regions under fixed sides: convex solves, and the certified gap in shares of the objective's size."""
    problem = formulate(filed.case.signals, filed.mandate, filed.filer)
    tax = schedule_d_of(problem)
    assert tax is not None
    family = AtAnyRates.of(problem, tax)
    least, most = tax.gains.reach(family.locked.sell_max)
    hot = HotPath(problem.block)
    search = RegionSearch(
        FixedChoices(family, _sides(problem.block), hot, lambda: None), regions_of(tax.cells, least, most)
    )
    try:
        best = search.run(np.array(tax.rates)).objective
    except InfeasibleError:
        return None
    nothing = search.solves.judged(problem.block.holdings.nothing()).objective
    size = max(abs(best), abs(nothing - best), 1e-9)
    return _Count(hot.counts.solves, hot.counts.fallbacks, (best - float(search.bounds().min())) / size)


def _regions() -> list[Bar]:
    counts = [c for c in (_counted(_filed(seed, 60)) for seed in range(_TAXPAYERS)) if c is not None]
    solves = [c.solves for c in counts]
    where = f"{len(counts)} random taxpayers, 60 names, sides fixed"
    return [
        Bar.at_most(
            "optimizer.schedule_d_solves", statistics.mean(solves), 3.0, unit="solves", compared_to=f"target; {where}"
        ),
        Bar.at_most("optimizer.schedule_d_solves_most", max(solves), 25, unit="solves", compared_to=where),
        Bar.at_most(
            "optimizer.schedule_d_gap", max(c.gap for c in counts), 1e-7, unit="share", compared_to="certified bound"
        ),
        Bar.at_least(
            "optimizer.schedule_d_hot_share",
            1.0 - sum(c.fallbacks for c in counts) / sum(solves),
            0.95,
            unit="share",
            compared_to="convex solves that the hot path answered",
        ),
    ]


def _searched(filed: _Filed) -> Problem:
    return formulate(filed.case.signals, filed.mandate, filed.filer)


def _never() -> bool:
    return False


def _searched_once(problem: Problem) -> None:
    search_for(problem.block, _never, _ROUNDS).run()


def _whole(seeds: range) -> list[Bar]:
    """The whole search at 500 names: seconds, and what the regions of the return add to one search for choices.

    That one search is at the rates where the plan stands: next to no tax, often, where gains are sold and bought
    back. The account at ordinary constant rates is no measure: where sides are all there is to choose it has a way
    of its own (`di_advisor.solve.batch`), and what made that quicker would count against the return.
    """
    whole, one, gaps = [], [], []
    for seed in seeds:
        problem = _searched(_filed(seed, 500))
        try:
            local, solution = solve_localised(problem)
        except InfeasibleError:
            continue
        whole.append(median_cpu_seconds(partial(solve, problem), repeats=3, warm_ups=0))
        one.append(median_cpu_seconds(partial(_searched_once, local), repeats=3, warm_ups=0))
        gaps.append(solution.gap / max(solution.nothing - solution.objective, 1e-9))
    where = f"{len(gaps)} random taxpayers, 500 names, sides chosen"
    return [
        Bar.at_most("optimizer.schedule_d_whole", statistics.median(whole), 0.2, unit="CPU s", compared_to=where),
        Bar.at_most("optimizer.schedule_d_whole_most", max(whole), 0.6, unit="CPU s", compared_to=where),
        Bar.at_most(
            "optimizer.schedule_d_ratio",
            statistics.median(whole) / statistics.median(one),
            6.0,
            unit="ratio",
            compared_to=f"one search for choices at the rates of the plan; {where}",
        ),
        Bar.at_most(
            "optimizer.schedule_d_search_gap", statistics.median(gaps), 1e-3, unit="share", compared_to="median benefit"
        ),
    ]


def _budgets(seeds: range) -> list[Bar]:
    """Gain budgets that bind, under constant rates: the row changes which lot comes first."""
    gaps, kept = [], []
    for seed in seeds:
        filed = _filed(seed, 100)
        wide = filed.mandate.with_changes(gain_budget_usd=Decimal(10**10))
        try:
            local, free = solve_localised(formulate(filed.case.signals, wide, filed.case.tax))
            tax = schedule_d_of(local)
            assert tax is not None
            realised = sum(tax.gains.realised(free.plan)) * local.block.holdings.value_usd
            tight = wide.with_changes(gain_budget_usd=Decimal(round(realised)) - _TIGHTER_USD)
            bound, solution = solve_localised(formulate(filed.case.signals, tight, filed.case.tax))
        except InfeasibleError:
            continue
        rule = next(r for r in bound.rules if r.name == "gain budget")
        kept.append(-rule.slack(solution.plan))
        gaps.append(solution.gap / max(solution.nothing - solution.objective, 1e-9))
    return [
        Bar.at_most("optimizer.gain_budget_over", max(kept), 1e-8, unit="share", compared_to="of the account"),
        Bar.at_most(
            "optimizer.gain_budget_gap",
            statistics.median(gaps),
            1e-3,
            unit="share",
            compared_to=f"median benefit; {len(gaps)} budgets that bind",
        ),
    ]


def bars() -> list[Bar]:
    """Convex solves per taxpayer, certified gaps, and seconds of the whole search."""
    return [*_regions(), *_whole(range(8)), *_budgets(range(20))]
