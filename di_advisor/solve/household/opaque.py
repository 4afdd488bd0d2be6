"""Accounts of a household with own terms or rules that only a cone solver understands.

Problem: the hot path knows separable terms only, and a return asks each of its accounts at many prices of gains.
Decision: at a price of gains the tax is linear, and the account's problem an ordinary one with own terms: it is
searched as for an account by itself (`di_advisor.solve.opaque`), and under fixed choices solved in cvxpy by
Clarabel, whose bounds are reckoned here from its prices (`di_advisor.solve.conic_bound`). Plans and bounds are then
those of any other account, so that the certificate of the household holds for it too. What is affine of a user's
own never comes here: it is slopes and rows of the account's block.

Limits: tenths of a second a price where an account holds hundreds of names. Where no choices are found, nothing is
proved of them, and that is said so (`UndecidedError`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UndecidedError
from di_advisor.formulate.own_affine import charged_anyway
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.terms import LotTax
from di_advisor.solve import search_for
from di_advisor.solve.choices import Choices, relaxed
from di_advisor.solve.discrete import Cancel
from di_advisor.solve.household.accounts import FixedAccount, Offer, TaxedAccount, searched
from di_advisor.solve.opaque import OwnSearch
from di_advisor.solve.own_model import solve_convex
from di_advisor.solve.prices import Prices
from di_advisor.solve.solution import Solution
from di_advisor.solve.tax_plans import Proved

__all__ = ["OpaqueAccount", "alone", "searched_with_cones", "taxed_account"]


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


def searched_with_cones(problem: Problem, cancel: Cancel, rounds: int) -> Solution:
    """The best plan of a problem with terms for a cone solver, figures without what own terms charge anyway.

    Raises
    ------
    InfeasibleError
        If the rules leave no plan even without discrete choices.
    UndecidedError
        If no choices were found that leave one: of these nothing is proved.
    UncertifiedError, UnboundedError, UnfinishedError
        When a solve was not certified, or cancelled.
    """
    search = OwnSearch(problem, search_for, cancel, rounds)
    search.search(search.convex(relaxed(problem.block), bounding=True))
    search.idle()
    try:
        found = search.certified()
    except InfeasibleError as error:
        raise UndecidedError(
            f"No plan was found, and it is not proved that there is none: {error.what}",
            hint="Lower the minimum trade, or widen the account's rules.",
        ) from error
    start = charged_anyway(problem.terms)  # a block's figures are without it
    return replace(
        found,
        objective=found.objective - start,
        bound=found.bound - start,
        convex_bound=found.convex_bound - start,
        nothing=found.nothing - start,
    )


class OpaqueAccount(TaxedAccount):
    """An account that shares a return, with own terms or rules for a cone solver."""

    def best(self, rates: FloatArray) -> Solution:
        """The search with the tax at these rates."""
        return searched_with_cones(self.at_rates(rates), self.cancel, self.rounds)

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
        problem = account.at_rates(rates)
        # Without the room that plans keep for costs: the bound has to hold for every plan.
        found = solve_convex(problem, self.choices, bounding=True)
        block = problem.block
        k = len(block.risk.factors)
        none = Prices(block.aversion, np.zeros(k), np.zeros(len(block.rows)), np.zeros(k))
        least = found.bound - charged_anyway(problem.terms)
        return [self.judged(found.plan)], Proved(np.array(rates), least, none)
