"""Discrete decisions: numbers of names, all rules at once, and how far each plan can be from the best.

Accounts are `di_advisor.testing.random_cases` of 500 names with 6 lots a name and 20 factors, of two
kinds: as drawn (some 475 names held), and of 90 names with their lots scaled up. Names held: half of the
accounts are of each kind, drawn until 100 can keep the limit; that the others cannot is proved. Gaps are shares of
the benefit over the baseline (doing nothing, or where the numbers forbid that the plan that trades
least), each certified by its own bound. Mandates under which the numbers cannot be kept are counted.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count

import numpy as np

from benchmarks.bars import Bar
from benchmarks.keepable import can_be_kept
from di_advisor.domain.mandate import NameBand, Rounding
from di_advisor.errors import InfeasibleError, SettlementError
from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Problem
from di_advisor.propose.settle import settle
from di_advisor.solve import Solution, search_for
from di_advisor.solve.exact import prove
from di_advisor.testing.random_cases import RandomCase, random_case

__all__ = ["AREA", "bars"]

AREA = "optimizer"

_NAMES = 500
_LOTS_A_NAME = 6
_STYLES = 13
_HELD = 90
_MAX_NAMES = 100
_ACCOUNTS = 100
_MAX_TRADES = 60
_MINIMUM = 5e-4
_CASH = 0.01
_OPEN_BAND = NameBand(active_max=0.05)


@dataclass(frozen=True)
class _Outcome:
    """One account: CPU seconds and gap, and the gap of the orders in whole shares where they were made."""

    seconds: float
    gap: float
    rounded: float = 0.0


def _sampled(case: RandomCase, seed: int) -> RandomCase:
    """The same account with 90 of its names, large ones likelier, scaled up to the same value."""
    account = case.signals.account
    g = np.random.default_rng(seed)
    weight = np.bincount(account.lot_name, weights=account.lot_value_usd, minlength=_NAMES)
    chosen = np.argsort(-weight * np.exp(g.normal(0.0, 0.5, _NAMES)))[:_HELD]
    kept = np.isin(account.lot_name, chosen)
    scale = Decimal(repr(round(account.value_usd * (1 - _CASH) / float(account.lot_value_usd[kept].sum()), 6)))
    cent, fraction = Decimal("0.01"), Decimal("0.0001")
    lots = tuple(
        replace(
            lot,
            shares=(Decimal(str(lot.shares)) * scale).quantize(fraction),
            basis_total_usd=(Decimal(str(lot.basis_total_usd)) * scale).quantize(cent),
        )
        for lot, keep in zip(account.lots, kept.tolist(), strict=True)
        if keep
    )
    value = account.lot_value_usd[kept] * float(scale)
    smaller = replace(
        account,
        lots=lots,
        lot_name=account.lot_name[kept],
        lot_value_usd=value,
        lot_gain_usd=account.lot_gain_usd[kept] * float(scale),
        lot_long_term=account.lot_long_term[kept],
        lot_known=account.lot_known[kept],
        lot_sellable=account.lot_sellable[kept],
        continuation_usd=account.continuation_usd[kept] * float(scale),
        value_usd=float(value.sum()) + float(account.cash_usd),
    )
    return RandomCase(replace(case.signals, account=smaller), case.mandate, case.tax)


def _cases(seeds: Iterable[int], *, whole: bool) -> Iterator[RandomCase]:
    for seed in seeds:
        case = random_case(seed, names=_NAMES, lots_a_name=_LOTS_A_NAME, styles=_STYLES)
        case = case if whole else _sampled(case, seed)
        yield replace(case, mandate=case.mandate.with_changes(tracking_error_max=None))


def _solved(problem: Problem) -> tuple[Solution, float]:
    start = time.process_time()
    solution = search_for(problem.block, lambda: False, 12).run()
    return solution, time.process_time() - start


@dataclass(frozen=True)
class _Drawn:
    """So many accounts that can keep the rule, and the mandates passed over on the way.

    Of those refused, ``stuck`` hold too many names that cannot be sold out, ``proved`` have no plan by a proof
    of HiGHS; ``missed`` have a plan, or none is proved, and count against the search.
    """

    outcomes: list[_Outcome]
    stuck: int
    proved: int
    missed: int


def _counted(first: int, wanted: int, *, whole: bool) -> _Drawn:
    """At most 100 names held: accounts are drawn until enough can keep that; every refusal is typed and proved."""
    found: list[_Outcome] = []
    stuck = proved = missed = 0
    for case in _cases(count(first), whole=whole):
        if len(found) + missed == wanted:
            break
        problem = formulate(case.signals, case.mandate.with_changes(max_names=_MAX_NAMES), case.tax)
        try:
            solution, seconds = _solved(problem)
        except InfeasibleError as error:
            if can_be_kept(problem.block) is not False:
                missed += 1
            elif "stuck" in error.facts:
                stuck += 1
            else:
                proved += 1
            continue
        found.append(_Outcome(seconds, solution.gap / solution.benefit))
    return _Drawn(found, stuck, proved, missed)


def _everything(seeds: Iterable[int]) -> tuple[list[_Outcome], int]:
    """Names, trades, minimum trades, sides and whole shares, with the orders that come of it."""
    found, refused = [], 0
    for case in _cases(seeds, whole=False):
        mandate = case.mandate.with_changes(
            max_names=_MAX_NAMES,
            max_trades=_MAX_TRADES,
            min_trade_weight=_MINIMUM,
            rounding=Rounding.WHOLE_SHARES,
        )
        problem = formulate(case.signals, mandate, case.tax)
        try:
            solution, seconds = _solved(problem)
            orders = settle(problem, solution, case.signals, mandate)
        except (InfeasibleError, SettlementError):
            refused += 1
            continue
        after = sum(t.value_usd(orders.plan) for t in problem.terms) / problem.block.holdings.value_usd
        rounded = (after - solution.bound_after_rounding) / solution.benefit
        found.append(_Outcome(seconds, solution.gap / solution.benefit, rounded))
    return found, refused


def _bars(label: str, outcomes: list[_Outcome], where: str, seconds: float, gaps: tuple[float, float]) -> list[Bar]:
    cpu, gap = [o.seconds for o in outcomes], [o.gap for o in outcomes]
    of = "benefit over the baseline"
    return [
        Bar.at_most(f"{label}_cpu", statistics.median(cpu), seconds, unit="CPU s", compared_to=f"target; {where}"),
        Bar.at_most(f"{label}_cpu_worst", max(cpu), 2 * seconds, unit="CPU s", compared_to="twice the target"),
        Bar.at_most(f"{label}_gap_median", statistics.median(gap), gaps[0], unit="share", compared_to=of),
        Bar.at_most(f"{label}_gap_worst", max(gap), gaps[1], unit="share", compared_to=of),
    ]


def _proofs(seeds: Iterable[int]) -> list[Bar]:
    """Branch and bound: nodes until proved, on 100 names of which 60 may be held."""
    nodes, proved = [], []
    for seed in seeds:
        case = random_case(seed, names=100, lots_a_name=4, styles=6)
        account = replace(case.signals.account, lot_sellable=np.ones(len(case.signals.account.lots), dtype=np.bool_))
        mandate = case.mandate.with_changes(
            tracking_error_max=None, sector_band=None, turnover_max=None, max_names=60, name_band=_OPEN_BAND
        )
        block = formulate(replace(case.signals, account=account), mandate, case.tax).block
        try:
            proof = prove(search_for(block, lambda: False, 12), nodes_max=200)
        except InfeasibleError:
            continue
        nodes.append(proof.nodes)
        proved.append(float(proof.proved))
    where = f"{len(nodes)} accounts of 100 names, at most 60 held, 200 nodes"
    return [
        Bar.at_least("optimizer.exact_proved", statistics.mean(proved), 0.5, unit="share", compared_to=where),
        Bar.at_most("optimizer.exact_nodes", statistics.median(nodes), 200, unit="nodes", compared_to="median"),
    ]


def bars() -> list[Bar]:
    """Numbers of names, all rules at once, and proofs."""
    whole = _counted(500, _ACCOUNTS // 2, whole=True)
    part = _counted(500, _ACCOUNTS // 2, whole=False)
    counted = [*whole.outcomes, *part.outcomes]
    stuck, proved, missed = (getattr(whole, k) + getattr(part, k) for k in ("stuck", "proved", "missed"))
    where = (
        f"at most {_MAX_NAMES} of {_NAMES} names held, {len(counted)} accounts that can keep it; refused on the way: "
    )
    where += f"{stuck} with more names that cannot be sold out, {proved} with no plan by HiGHS"
    found = _bars("optimizer.counts", counted, where, 0.300, (5e-3, 3e-2))
    of = "accounts with a plan, or without a proof that there is none, for which none was found"
    found.append(Bar.at_most("optimizer.counts_missed", missed, 0, unit="accounts", compared_to=of))
    everything, refused = _everything(range(600, 640))
    where = f"names, trades, minimum trade, sides, whole shares; {len(everything)} accounts, {refused} more cannot"
    found += _bars("optimizer.all_rules", everything, where, 0.300, (1e-2, 5e-2))
    rounded = [o.rounded for o in everything]
    of = "benefit over the baseline; orders in whole shares against the bound in whole shares"
    found.append(
        Bar.at_most("optimizer.all_rules_rounded_gap", statistics.median(rounded), 2e-2, unit="share", compared_to=of)
    )
    return [*found, *_proofs(range(700, 712))]
