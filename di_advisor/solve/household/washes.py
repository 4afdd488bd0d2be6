"""Who may buy and who may sell at a loss: the binary part of a household, branched on with bounds.

Problem: of a group of identical names, one account's loss and another's purchase on the same day exclude each
other. Each account keeps that for itself already. Decision: without looking at other accounts the household
falls apart into returns and retirement accounts, which bounds everything; where its plans clash, a group gets
one of two sides (nobody buys; nobody sells at a loss), which together hold every plan allowed. Sides for all
clashing groups at once give a first plan; then the node of the lowest bound is split, within a budget of
nodes. Answers are kept by what is locked in an account, so that a side costs only the accounts it touches.

Limits: where the budget runs out the lowest bound of what is open is the bound.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.signals import Signals
from di_advisor.errors import InfeasibleError, UncertifiedError, UndecidedError
from di_advisor.formulate.household import AccountGains, SharedReturn, account_problem
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.signals.household_locks import WashSide, loss_lots, with_sides
from di_advisor.solve import solve_localised
from di_advisor.solve.discrete import Cancel
from di_advisor.solve.household.accounts import TaxedAccount
from di_advisor.solve.household.returns import ReturnAnswer, solve_return

__all__ = ["AccountFacts", "Coordinated", "Coordination", "FilerFacts", "clashes", "coordinate"]

_TRADED = 1e-7
_CLOSE = 1e-6

Sides = Mapping[int, WashSide]


@dataclass(frozen=True)
class AccountFacts:
    """What is asked of one account.

    Attributes
    ----------
    signals : Signals
        Of the account; wash windows of all accounts are in its locks.
    mandate : Mandate
        Its wishes.
    filer : str
        Whose return it is on; of a retirement account, whose owner's.
    """

    signals: Signals
    mandate: Mandate
    filer: str

    @property
    def is_taxed(self) -> bool:
        """Whether its gains go to a return."""
        return self.signals.account.kind not in RETIREMENT_KINDS


@dataclass(frozen=True)
class FilerFacts:
    """A return.

    Attributes
    ----------
    taxpayer : TaxProfile, ReturnInputs or FilerTax
        The year without these trades.
    gain_budget_usd, tax_budget_usd : float or None
        Of all its accounts together.
    """

    taxpayer: Taxpayer
    gain_budget_usd: float | None = None
    tax_budget_usd: float | None = None


@dataclass(frozen=True, eq=False)
class Coordinated:
    """Plans for all accounts, with what is proved.

    Attributes
    ----------
    plans : Mapping of str to Plan
        By account, fractions of it.
    gains : Mapping of str to AccountGains
        What each taxable account realises.
    sides : Mapping of int to WashSide
        By group: what nobody does.
    objective_usd, bound_usd : float
        Of the household; no plans allowed have less than the bound.
    rates : Mapping of str to ndarray of shape (2,)
        By filer: what a dollar of short-term and of long-term gain costs where the plans stand.
    other_side_usd : Mapping of int to float
        By group that clashed: how much more the other side costs at least; infinite where it leaves no plan.
    nodes : int
        How many sets of sides were solved.
    """

    plans: Mapping[str, Plan]
    gains: Mapping[str, AccountGains]
    sides: Sides
    objective_usd: float
    bound_usd: float
    rates: Mapping[str, np.ndarray[tuple[int], np.dtype[np.float64]]]
    other_side_usd: Mapping[int, float]
    nodes: int


@dataclass(frozen=True)
class _Node:
    """All accounts under some sides."""

    sides: Sides
    plans: Mapping[str, Plan]
    gains: Mapping[str, AccountGains]
    objective_usd: float
    bound_usd: float
    rates: Mapping[str, np.ndarray[tuple[int], np.dtype[np.float64]]]
    clashing: tuple[int, ...]


@dataclass
class Coordination:
    """Accounts and returns, with everything solved so far.

    Attributes
    ----------
    accounts : Mapping of str to AccountFacts
        By id.
    filers : Mapping of str to FilerFacts
        By name.
    cancel : callable
        Asked between solves.
    rounds : int
        Budget of rounds of each search.
    """

    accounts: Mapping[str, AccountFacts]
    filers: Mapping[str, FilerFacts]
    cancel: Cancel
    rounds: int = 12
    _problems: dict[tuple[str, bytes], tuple[Signals, Problem]] = field(default_factory=dict)
    _taxed: dict[tuple[str, bytes], TaxedAccount] = field(default_factory=dict)
    _returns: dict[tuple[str, tuple[bytes, ...]], ReturnAnswer] = field(default_factory=dict)
    _alone: dict[tuple[str, bytes], tuple[Plan, float, float]] = field(default_factory=dict)

    def problem(self, account_id: str, sides: Sides) -> tuple[bytes, Signals, Problem]:
        """An account under sides: what is locked in it as a key, its signals and its problem."""
        facts = self.accounts[account_id]
        signals = with_sides(facts.signals, sides)
        key = signals.account.can_buy.tobytes() + signals.account.lot_sellable.tobytes()
        if (account_id, key) not in self._problems:
            taxpayer = self.filers[facts.filer].taxpayer
            self._problems[account_id, key] = signals, account_problem(signals, facts.mandate, taxpayer)
        return (key, *self._problems[account_id, key])

    def node(self, sides: Sides) -> _Node:
        """All accounts under some sides, without looking at other accounts' washes beside them.

        Raises
        ------
        InfeasibleError
            If some account, or some return, has no plan.
        """
        plans: dict[str, Plan] = {}
        gains: dict[str, AccountGains] = {}
        rates = {}
        objective = bound = 0.0
        for filer in self.filers:
            mine = [i for i, a in self.accounts.items() if a.filer == filer and a.is_taxed]
            if not mine:
                continue
            answer = self._return(filer, mine, sides)
            plans |= dict(zip(mine, answer.plans, strict=True))
            gains |= dict(zip(mine, answer.gains, strict=True))
            rates[filer] = answer.rates
            objective, bound = objective + answer.objective_usd, bound + answer.bound_usd
        for account_id, facts in self.accounts.items():
            if not facts.is_taxed:
                plans[account_id], value, least = self._untaxed(account_id, sides)
                objective, bound = objective + value, bound + least
        ordered = {i: plans[i] for i in self.accounts}
        found = clashes({i: a.signals for i, a in self.accounts.items()}, ordered)
        return _Node(dict(sides), ordered, gains, objective, bound, rates, found)

    def _return(self, filer: str, mine: Sequence[str], sides: Sides) -> ReturnAnswer:
        found = [self.problem(i, sides) for i in mine]
        key = (filer, tuple(k for k, _, _ in found))
        if key in self._returns:
            return self._returns[key]
        facts = self.filers[filer]
        problems = [problem for _, _, problem in found]
        shared = SharedReturn.of(
            facts.taxpayer,
            found[0][1].market.as_of,
            problems,
            gain_budget_usd=facts.gain_budget_usd,
            tax_budget_usd=facts.tax_budget_usd,
        )
        accounts = []
        for account_id, (locked, _, problem) in zip(mine, found, strict=True):
            share = problem.block.holdings.value_usd / shared.value_usd
            if (account_id, locked) not in self._taxed:
                self._taxed[account_id, locked] = TaxedAccount(problem, share, self.cancel, self.rounds)
            accounts.append(self._taxed[account_id, locked])
        self._returns[key] = solve_return(accounts, shared)
        return self._returns[key]

    def _untaxed(self, account_id: str, sides: Sides) -> tuple[Plan, float, float]:
        key, _, problem = self.problem(account_id, sides)
        if (account_id, key) not in self._alone:
            _, solution = solve_localised(problem, cancel=self.cancel, rounds=self.rounds, named=False)
            value = problem.block.holdings.value_usd
            self._alone[account_id, key] = solution.plan, solution.objective * value, solution.bound * value
        return self._alone[account_id, key]


def clashes(signals: Mapping[str, Signals], plans: Mapping[str, Plan]) -> tuple[int, ...]:
    """Groups that one account sells at a loss and another buys, the most dollars first.

    Parameters
    ----------
    signals : Mapping of str to Signals
        By account.
    plans : Mapping of str to Plan
        By account, fractions of it.
    """
    sold: dict[int, dict[str, float]] = {}
    bought: dict[int, dict[str, float]] = {}
    for account_id, plan in plans.items():
        account, group = signals[account_id].account, signals[account_id].market.universe.group_of
        value = account.value_usd
        for i in np.flatnonzero(loss_lots(account) & (plan.sells > _TRADED)).tolist():
            of = sold.setdefault(int(group[account.lot_name[i]]), {})
            of[account_id] = of.get(account_id, 0.0) + float(plan.sells[i]) * value
        for i in np.flatnonzero(plan.buys > _TRADED).tolist():
            of = bought.setdefault(int(group[i]), {})
            of[account_id] = of.get(account_id, 0.0) + float(plan.buys[i]) * value
    found = {
        g: min(sum(sold[g].values()), sum(bought[g].values()))
        for g in sold.keys() & bought.keys()
        if len(sold[g].keys() | bought[g].keys()) > 1
    }
    return tuple(sorted(found, key=lambda g: (-found[g], g)))


def coordinate(coordination: Coordination, *, nodes_max: int = 24) -> Coordinated:
    """The best plans for all accounts that wash no loss in another, with a bound.

    Parameters
    ----------
    coordination : Coordination
        Accounts and returns.
    nodes_max : int
        Sets of sides that are solved at most, beside those of the first plan.

    Raises
    ------
    InfeasibleError
        When some account has no plan at all, or none without wash sales.
    UndecidedError
        When the budget ran out before any plan without wash sales was found.
    UncertifiedError, UnfinishedError
        When a solve was not certified, or cancelled.
    """
    numbers = count()
    root = coordination.node({})
    solved = 1
    best: _Node | None = None
    closed = np.inf
    seen: dict[int, dict[WashSide, float]] = {}

    def note(node: _Node) -> None:
        nonlocal best
        if not node.clashing and (best is None or node.objective_usd < best.objective_usd):
            best = node

    note(root)
    for side in WashSide if root.clashing else ():
        note(_dive(coordination, root, side) or root)
    open_ = [(root.bound_usd, next(numbers), root)]
    while open_ and solved < nodes_max:
        bound, _, node = heapq.heappop(open_)
        if best is not None and bound >= best.objective_usd - _CLOSE * max(abs(best.objective_usd), 1.0):
            heapq.heappush(open_, (bound, next(numbers), node))
            break
        if not node.clashing:
            closed = min(closed, bound)  # what its own gap leaves open is not closed by sides
            continue
        group = node.clashing[0]
        for side in WashSide:
            child = _tried(coordination, {**node.sides, group: side})
            solved += 1
            seen.setdefault(group, {})[side] = np.inf if child is None else child.bound_usd
            if child is None:
                continue
            note(child)
            heapq.heappush(open_, (max(bound, child.bound_usd), next(numbers), child))
    if best is None:
        raise (UndecidedError if open_ else InfeasibleError)(
            "No plans for the accounts were found in which none washes another's loss.",
            hint="Widen the wishes of the accounts that clash, or price wash sales.",
        )
    lowest = min([closed, best.objective_usd, *(bound for bound, _, _ in open_)])
    return Coordinated(
        plans=best.plans,
        gains=best.gains,
        sides=best.sides,
        objective_usd=best.objective_usd,
        bound_usd=lowest,
        rates=best.rates,
        other_side_usd=_dearer(best, seen),
        nodes=solved,
    )


def _tried(coordination: Coordination, sides: Sides) -> _Node | None:
    try:
        return coordination.node(sides)
    except (InfeasibleError, UncertifiedError):
        return None


def _dive(coordination: Coordination, node: _Node, side: WashSide) -> _Node | None:
    """Sides for all groups that clash, the same one for each, until none does."""
    while node.clashing:
        below = _tried(coordination, {**node.sides, **dict.fromkeys(node.clashing, side)})
        if below is None:
            return None
        node = below
    return node


def _dearer(best: _Node, seen: Mapping[int, Mapping[WashSide, float]]) -> dict[int, float]:
    """How much more the side that was not taken costs at least, by group."""
    found = {}
    for group, side in best.sides.items():
        other = next(s for s in WashSide if s is not side)
        if other in seen.get(group, {}):
            found[group] = max(seen[group][other] - best.objective_usd, 0.0)
    return found
