"""Accounts of a household with own terms or rules that only a cone solver understands.

Problem: the hot path knows separable terms only, and a return asks each of its accounts at many prices of gains.
Decision: at a price of gains the tax is linear, and the account's problem an ordinary one with own terms: it is
searched as for an account by itself (`di_advisor.solve.opaque`), and under fixed choices solved in cvxpy by
Clarabel, whose bounds are reckoned here from its prices (`di_advisor.solve.conic_bound`). Plans and bounds are then
those of any other account, so that the certificate of the household holds for it too. A price moves nothing but the
slopes of the lots, and laying a problem out in cvxpy takes twenty times what solving it takes: what is laid out for
some choices is kept and solved again at each price. What is affine of a user's own never comes here: it is slopes and
rows of the account's block.

Limits: tenths of a second a price where an account holds hundreds of names. Where no choices are found, nothing is
proved of them, and that is said so (`UndecidedError`).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UndecidedError
from di_advisor.formulate.own_affine import charged_anyway
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.schedule_d import ScheduleDTax
from di_advisor.formulate.terms import LotTax
from di_advisor.solve import search_for
from di_advisor.solve.choices import Choices, relaxed
from di_advisor.solve.discrete import Cancel
from di_advisor.solve.household.accounts import FixedAccount, Offer, TaxedAccount, searched
from di_advisor.solve.opaque import OwnSearch
from di_advisor.solve.own_model import ConvexModel, ConvexPlan
from di_advisor.solve.prices import Prices
from di_advisor.solve.solution import Solution
from di_advisor.solve.tax_plans import Proved

__all__ = ["LaidOut", "OpaqueAccount", "alone", "searched_with_cones", "taxed_account"]

_KEPT = 64
"""Convex problems of one account that are kept laid out."""


def taxed_account(problem: Problem, share: float, cancel: Cancel, rounds: int) -> TaxedAccount:
    """An account that shares a return, whatever its terms; arguments as of `TaxedAccount`.

    Raises
    ------
    UnsupportedWishError
        If it leaves tax out.
    """
    kind = OpaqueAccount if problem.is_opaque else TaxedAccount
    return kind(problem, share, cancel, rounds)


def alone(problem: Problem, cancel: Cancel, rounds: int) -> Solution:
    """The best plan of an account that shares no return, with its bound; errors as of `searched`."""
    if problem.is_opaque:
        return searched_with_cones(problem, cancel, rounds)
    return searched(problem.block, cancel, rounds)


def searched_with_cones(
    problem: Problem, cancel: Cancel, rounds: int, laid: LaidOut | None = None, rates: FloatArray | None = None
) -> Solution:
    """The best plan of a problem with terms for a cone solver, figures without what own terms charge anyway.

    Parameters
    ----------
    problem : Problem
        At given prices of gains.
    cancel, rounds
        As of `OwnSearch`.
    laid, rates : LaidOut and ndarray of shape (2,), optional
        The account's problem at any price, and the price.

    Raises
    ------
    InfeasibleError
        If the rules leave no plan even without discrete choices.
    UndecidedError
        If no choices were found that leave one: of these nothing is proved.
    UncertifiedError, UnboundedError, UnfinishedError
        When a solve was not certified, or cancelled.
    """
    if laid is None or rates is None:
        search = OwnSearch(problem, search_for, cancel, rounds)
    else:
        search = _SearchAtRates(problem, cancel, rounds, laid, rates)
    search.search(search.convex(relaxed(problem.block), bounding=True))
    search.idle()
    try:
        found = search.certified()
    except InfeasibleError as error:
        raise UndecidedError(
            f"Account {problem.block.account_id}: no plan was found, and it is not proved that there is none: "
            f"{error.what}",
            hint="Lower the minimum trade, or widen the account's rules.",
            account_id=problem.block.account_id,
        ) from error
    start = charged_anyway(problem.terms)  # a block's figures are without it
    return replace(
        found,
        objective=found.objective - start,
        bound=found.bound - start,
        convex_bound=found.convex_bound - start,
        nothing=found.nothing - start,
    )


@dataclass
class LaidOut:
    """One account's convex problems without the tax, by their choices: at any price of gains only slopes are added.

    Attributes
    ----------
    problem : Problem
        Without a price of gains.
    tax : ScheduleDTax
        Whose gains are priced.
    """

    problem: Problem
    tax: ScheduleDTax
    _models: OrderedDict[tuple[bytes, bool], ConvexModel] = field(default_factory=OrderedDict)

    def solve(self, choices: Choices, rates: FloatArray, *, bounding: bool = False) -> ConvexPlan:
        """The convex problem under choices at a price; errors as of `solve_convex`."""
        key = choices.tobytes(), bounding
        if key not in self._models:
            self._models[key] = ConvexModel(self.problem, choices, bounding=bounding)
            if len(self._models) > _KEPT:
                self._models.popitem(last=False)
        self._models.move_to_end(key)
        return self._models[key].solve(self.tax.gains.taxed((float(rates[0]), float(rates[1]))))


class _SearchAtRates(OwnSearch):
    """The search for one account at a price of gains, its convex problems laid out before."""

    def __init__(self, problem: Problem, cancel: Cancel, rounds: int, laid: LaidOut, rates: FloatArray) -> None:
        super().__init__(problem, search_for, cancel, rounds)
        self._laid, self._rates = laid, rates

    def convex(self, choices: Choices, *, bounding: bool = False, problem: Problem | None = None) -> ConvexPlan:
        """The convex problem under choices; one that was changed is laid out by itself."""
        if problem is not None:
            return super().convex(choices, bounding=bounding, problem=problem)
        self.ask()
        return self._laid.solve(choices, self._rates, bounding=bounding)


class OpaqueAccount(TaxedAccount):
    """An account that shares a return, with own terms or rules for a cone solver."""

    def __init__(self, problem: Problem, share: float, cancel: Cancel, rounds: int) -> None:
        super().__init__(problem, share, cancel, rounds)
        self.laid = LaidOut(self.at_rates(np.zeros(2)), self.family.tax)

    def best(self, rates: FloatArray) -> Solution:
        """The search with the tax at these rates."""
        return searched_with_cones(self.at_rates(rates), self.cancel, self.rounds, self.laid, rates)

    def under(self, choices: Choices | None = None) -> FixedAccount:
        """The account under fixed choices; under none at all where left out."""
        return _FixedOpaque(self, relaxed(self.problem.block) if choices is None else choices)

    def at_rates(self, rates: FloatArray) -> Problem:
        """The account's problem with the tax as a slope of each lot, lots in the order that is cheapest there."""
        tax = self.family.tax
        flat = LotTax(tax.holdings, tax.gains.taxed((float(rates[0]), float(rates[1]))))
        terms = tuple(flat if t is tax else t for t in self.problem.terms)
        return replace(self.problem, blocks=(self.family.block(rates),), terms=terms)


class _FixedOpaque(FixedAccount):
    """Under fixed choices, in cvxpy at any price of gains."""

    def at(self, rates: FloatArray) -> tuple[list[Offer], Proved]:
        account = self.account
        assert isinstance(account, OpaqueAccount)  # noqa: S101 - made by one
        account.ask()
        problem = account.laid.problem
        # Without the room that plans keep for costs: the bound has to hold for every plan.
        found = account.laid.solve(self.choices, rates, bounding=True)
        block = problem.block
        k = len(block.risk.factors)
        none = Prices(block.aversion, np.zeros(k), np.zeros(len(block.rows)), np.zeros(k))
        least = found.bound - charged_anyway(problem.terms)
        return [self.judged(found.plan)], Proved(np.array(rates), least, none)
