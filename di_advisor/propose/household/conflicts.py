"""Where a household has no plans: the account whose wishes clash, and which they are.

Decision: what one account cannot keep by itself is taken apart as for an account by itself (`di_advisor.solve`),
with a budget of its return where no other account shares it; what only all accounts together cannot keep is said by
the household's own proof. Limits: wishes of several accounts that clash through their return are not listed.
"""

from __future__ import annotations

from di_advisor.errors import DiAdvisorError, InfeasibleError, UncertifiedError, UndecidedError
from di_advisor.formulate.household import AccountGains, account_problem
from di_advisor.propose.household.settled import Settling
from di_advisor.solve import solve_localised

__all__ = ["refuse_conflict"]


def refuse_conflict(settling: Settling, failure: DiAdvisorError | None) -> None:
    """Name the wishes of the account that cannot be kept, where a household's plans failed for that.

    Raises
    ------
    InfeasibleError
        If there is such an account; with the facts of its conflict, and its ``account_id``.
    """
    if not isinstance(failure, InfeasibleError):
        return
    for account_id, facts in settling.coordination.accounts.items():
        mine = settling.coordination.taxed(facts.filer)
        mandate = facts.mandate
        if mine == (account_id,) and not facts.leaves_tax_out:
            mandate = settling.budgeted(mandate, facts.filer, AccountGains())
        taxpayer = settling.coordination.filers[facts.filer].taxpayer
        try:
            solve_localised(account_problem(facts.signals, mandate, taxpayer, own=facts.own), cancel=settling.cancel)
        except (UncertifiedError, UndecidedError):
            continue
        except InfeasibleError as error:
            raise InfeasibleError(
                f"Account {account_id}: {error.what}", hint=error.hint, **{**error.facts, "account_id": account_id}
            ) from failure
