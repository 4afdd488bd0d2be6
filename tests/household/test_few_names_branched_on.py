"""A household's account with a limit on its names ends near its bound: its search alone leaves percents open."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.formulate.problem import Block
from di_advisor.propose.household import facts_of
from di_advisor.propose.planned import never
from di_advisor.solve import search_for
from di_advisor.solve.household.accounts import TaxedAccount, searched
from di_advisor.testing.random_households import random_household

FOUR_NAMES = 4
NEAR = 1e-4
"""Of the account."""


def block_of(seed: int, account_id: str) -> Block:
    """One account that may hold four of eight names; of a taxed one at 30 and 15 cents for a dollar of gain."""
    drawn = random_household(seed, names=8, accounts_max=2)
    few = [
        replace(a, mandate=a.mandate.with_changes(max_names=a.mandate.max_names or FOUR_NAMES))
        for a in drawn.household.accounts
    ]
    found = facts_of(replace(drawn.household, accounts=tuple(few)), drawn.market, drawn.taxes, never)
    problem = found.problem(account_id, {})[2]
    if not found.accounts[account_id].is_taxed:
        return problem.block
    return TaxedAccount(problem, 1.0, never, 12).family.block(np.array([0.30, 0.15]))


@pytest.mark.parametrize(
    ("seed", "account_id", "open_without"),
    [(41, "A1", 0.06), (0, "A1", 0.009), (25, "A1", 0.003), (51, "A1", 0.002)],
    ids=["taxed, far off", "taxed, a better plan", "ira", "taxed, proved in part"],
)
def test_an_account_of_few_names_is_branched_on_until_it_is_near_its_bound(
    seed: int, account_id: str, open_without: float
) -> None:
    block = block_of(seed, account_id)
    alone, branched = search_for(block, never, 12).run(), searched(block, never, 12)
    assert alone.gap > open_without
    assert branched.gap <= NEAR
    assert branched.objective <= alone.objective + 1e-12
    assert branched.bound > alone.bound


def test_branching_finds_plans_that_the_search_alone_does_not() -> None:
    block = block_of(0, "A1")
    alone, branched = search_for(block, never, 12).run(), searched(block, never, 12)
    # Sixty basis points of the account better, and below what the search alone had.
    assert branched.objective < alone.objective - 0.006
    assert (np.abs(block.holdings.held + branched.plan.net(block.holdings.lot_name)) > 1e-6).sum() <= FOUR_NAMES


def test_an_account_near_its_bound_is_not_branched_on() -> None:
    block = block_of(1, "A1")
    alone, branched = search_for(block, never, 12).run(), searched(block, never, 12)
    assert alone.gap <= NEAR
    assert branched.objective == alone.objective
    assert branched.bound == alone.bound
