"""One account of a household at any price of gains: its best plan, and what that price proves.

Decision: once the gains of a return have a price, its accounts have nothing in common (wash sales aside, which
are locks here), so that each is solved by the search for one account, with all of its own rules and choices;
answers are kept by price. Figures are fractions of the return's accounts together, so that they add up. Where the
search finds no plan, a complete one decides (`di_advisor.solve.complete`): here `InfeasibleError` is always proved,
and what is not proved is `UndecidedError`, so that no bound leaves out plans that were merely not found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UncertifiedError, UndecidedError, UnfinishedError, UnsupportedWishError
from di_advisor.formulate.localise import AtAnyRates, schedule_d_of
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.separable import Row
from di_advisor.formulate.tax_rules import GainBudget
from di_advisor.solve import search_for
from di_advisor.solve.choices import Choices, relaxed
from di_advisor.solve.complete import Places, complete, nodes_for
from di_advisor.solve.discrete import Cancel, Search
from di_advisor.solve.exact import prove
from di_advisor.solve.quadratic import HotPath
from di_advisor.solve.solution import Solution
from di_advisor.solve.tax_plans import FixedChoices, GainPlan, Proved, beside_of

__all__ = ["FixedAccount", "Offer", "TaxedAccount", "searched"]

_SAME = 9
_WIDE = 1e-4
"""Of the account's value: a gap that nodes are spent on."""

_WORK, _FEWEST_NODES, _NODES_MAX = 4_000, 10, 96
"""Nodes times names; fewer than the fewest nodes are not begun."""

_LOOKED_AT = 400
"""Segments and names up to which an integer program branches; beyond, only its relaxation is asked."""


def searched(block: Block, cancel: Cancel, rounds: int, hot: HotPath | None = None) -> Solution:
    """The best plan of a block over all discrete choices, or the proof that it has none.

    Parameters
    ----------
    block : Block
        One account at given prices of gains.
    cancel : callable
        Asked between solves.
    rounds : int
        Budget of rounds.
    hot : HotPath, optional
        Layout and warm start of the same names.

    Raises
    ------
    InfeasibleError
        If it is proved that no plan keeps the rules.
    UndecidedError
        If none was found, and that is not proved.
    UncertifiedError, UnfinishedError
        When a solve was not certified, or cancelled.
    """
    try:
        search = search_for(block, cancel, rounds, hot)
        plan = search.run()
        return plan if plan.gap <= _WIDE else _narrowed(search, plan)
    except InfeasibleError as error:
        nodes = nodes_for(block) if len(block.segments) + len(block.active_lower) <= _LOOKED_AT else 0
        found = complete(block, Places(), lambda: _ask(cancel), nodes_max=nodes, in_pieces=True)
        if found.proved:
            raise
        if found.choices is not None:
            return search_for(block, cancel, rounds, hot).completed(found.choices)
        raise UndecidedError(
            f"Account {block.account_id}: no plan was found, and it is not proved that there is none: {error.what}",
            hint="Lower the minimum trade, or widen the account's rules.",
            account_id=block.account_id,
        ) from error


def _narrowed(search: Search, found: Solution) -> Solution:
    """A search that ended far from its bound, branched on: numbers of names and trades leave such gaps."""
    nodes = min(_WORK // max(len(search.block.active_lower), 1), _NODES_MAX)
    if nodes < _FEWEST_NODES:
        return found
    tolerance = _WIDE / max(abs(found.benefit), _WIDE)
    try:
        return prove(search, nodes_max=nodes, tolerance=tolerance, start=found).solution
    except (InfeasibleError, UncertifiedError):  # what was found is as good as it was
        return found


def _ask(cancel: Cancel) -> None:
    if cancel():
        raise UnfinishedError("The solve was cancelled.", hint="Nothing was proposed; propose again to start over.")


@dataclass(frozen=True)
class _WithOwnBudget(AtAnyRates):
    """An account at any rates, with the gain budget of its own mandate as a row."""

    def block(
        self,
        rates: FloatArray,
        *,
        order: FloatArray | None = None,
        first: FloatArray | None = None,
        rows: tuple[Row, ...] = (),
    ) -> Block:
        bare = super().block(rates, order=order, first=first, rows=rows)
        own = (r for r in self.problem.rules if isinstance(r, GainBudget))
        kept = (_without_reserve(row) for row in bare.rows)
        return replace(bare, rows=(*kept, *(row for rule in own for row in rule.rows(bare.segments))))


def _without_reserve(row: Row) -> Row:
    """A row without the room kept for rounding where an account that does nothing would not have it."""
    return replace(row, reserve=0.0) if 0.0 <= row.upper < row.reserve else row


@dataclass(frozen=True, eq=False)
class Offer:
    """A plan of one account, as the return sees it.

    Attributes
    ----------
    plan : GainPlan
        In fractions of the account.
    gains : ndarray of shape (2,)
        Short-term and long-term, fractions of the return's accounts.
    beside : float
        Objective without the tax, the same.
    """

    plan: GainPlan
    gains: FloatArray
    beside: float


class TaxedAccount:
    """An account that shares a return.

    Parameters
    ----------
    problem : Problem
        With its tax as a curve.
    share : float
        Its value over that of the return's accounts together.
    cancel : callable
        Asked between solves.
    rounds : int
        Budget of rounds of each search.

    Raises
    ------
    UnsupportedWishError
        If the problem leaves tax out: no price of gains moves it.
    """

    def __init__(self, problem: Problem, share: float, cancel: Cancel, rounds: int) -> None:
        tax = schedule_d_of(problem)
        if tax is None:
            raise UnsupportedWishError(
                f"Account {problem.block.account_id} leaves tax out (mode tax_unaware), and has no price of gains.",
                hint="Propose for the household: there its gains are those of the year, and others trade beside it.",
                fields=["mode"],
            )
        bare = AtAnyRates.of(problem, tax)
        self.family = _WithOwnBudget(problem, tax, bare.beside, bare.traded, bare.loss)
        self.problem, self.share, self.cancel, self.rounds = problem, share, cancel, rounds
        self.hot = HotPath(problem.block)
        self._found: dict[tuple[float, float], Solution] = {}
        self._none: InfeasibleError | None = None

    def search(self, rates: FloatArray) -> Solution:
        """The best plan over all discrete choices at a price of gains, with its bound; fractions of the account.

        Raises
        ------
        InfeasibleError, UndecidedError, UncertifiedError, UnfinishedError
            As `searched`.
        """
        if self._none is not None:  # at no price, then
            raise self._none
        key = (round(float(rates[0]), _SAME), round(float(rates[1]), _SAME))
        if key not in self._found:
            try:
                self._found[key] = self.best(np.array(key))
            except InfeasibleError as error:
                self._none = error
                raise
        return self._found[key]

    def best(self, rates: FloatArray) -> Solution:
        """The search itself, at a price that was not asked for before."""
        return searched(self.family.block(rates), self.cancel, self.rounds, self.hot)

    def kept_back(self, proofs: Iterable[Proved]) -> float:
        """What the room that rows keep for rounding adds to bounds at most: no bound over plans may count on it."""
        reserve = np.array([row.reserve for row in self.family.block(np.zeros(2)).rows])
        return max((float(np.maximum(p.prices.rows, 0.0) @ reserve) for p in proofs), default=0.0)

    def under(self, choices: Choices | None = None) -> FixedAccount:
        """The account under fixed choices; under none at all where left out (the convex relaxation)."""
        return FixedAccount(self, relaxed(self.problem.block) if choices is None else choices)

    def ask(self) -> None:
        """Stop where the call was cancelled.

        Raises
        ------
        UnfinishedError
            Then.
        """
        _ask(self.cancel)


class _BesideTax(FixedChoices):
    """Solves whose plans are judged without the tax, which is of the return."""

    def judged(self, plan: Plan) -> GainPlan:
        gains = np.array(self.family.tax.gains.realised(plan))
        return GainPlan(plan, gains, beside_of(self.family, plan, self.choices), 0.0, self.choices)


class FixedAccount:
    """An account under fixed choices, at any price of gains.

    Parameters
    ----------
    account : TaxedAccount
        Whose.
    choices : ndarray of int, shape (n,)
        One `Choice` a name.
    """

    def __init__(self, account: TaxedAccount, choices: Choices) -> None:
        self.account, self.choices = account, choices
        self.solves = _BesideTax(account.family, choices, account.hot, account.ask)

    def at(self, rates: FloatArray) -> tuple[list[Offer], Proved]:
        """The best plan at a price of gains with what ties there leave open, and the proof.

        Raises
        ------
        InfeasibleError, UncertifiedError, UnfinishedError
            When there is none.
        """
        plan, proof = self.solves.at(rates)
        return [self.offer(p) for p in (plan, *self.solves.tied(plan, rates))], proof

    def offer(self, plan: GainPlan) -> Offer:
        """A plan as the return sees it."""
        share = self.account.share
        return Offer(plan, share * plan.gains, share * plan.beside)

    def judged(self, plan: Plan) -> Offer:
        """A plan with its own figures."""
        return self.offer(self.solves.judged(plan))
