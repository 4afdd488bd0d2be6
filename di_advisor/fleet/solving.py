"""One account of a fleet, solved: bytes in, a record as bytes out; the work of every worker.

Problem: one function of bytes is all that a worker runs, and what it gives must not depend on where or beside whom it
runs. Decision: the same signals, solve and settlement as `Advisor.propose` (`settled_for`), and of the explanation
only what `recording` keeps. Budgets are counts of convex solves, so what runs out does so on every machine alike.
Limits: a withdrawal that is not possible is set aside without the search for the largest one; the drill-down makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from di_advisor.domain.signals import Signals
from di_advisor.errors import DiAdvisorError, InputError, UnfinishedError
from di_advisor.execution.jobs import FAULTS
from di_advisor.fleet.account import FleetAccount, account_from_bytes, digest_of
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.recording import recorded, written
from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Problem
from di_advisor.propose.planned import Clock, Settled, settled_for, silent
from di_advisor.signals import estimate_account, with_waiting
from di_advisor.solve import Solution
from di_advisor.solve.batch import fits, solve_together
from di_advisor.workspace import Workspace

__all__ = ["BegunAccount", "FleetWork", "recorded", "solved", "workspace_for"]


@dataclass(frozen=True)
class FleetWork:
    """What every account of a run needs.

    Attributes
    ----------
    facts : FleetFacts
        Market, targets.
    solves_max : int
        Budget of an account: how often a solve may begin; an account that needs more is set aside.
    """

    facts: FleetFacts
    solves_max: int = 5_000

    def __post_init__(self) -> None:
        if self.solves_max < 1:
            raise InputError(f"solves_max is {self.solves_max}.", hint="Give at least 1.")

    def begun(self, bodies: Sequence[bytes]) -> list[FleetWork | BegunAccount]:
        """What to hand to `solved` for each of several accounts: those whose wishes allow it are solved together.

        The records are those of one account at a time, whoever else is there. What cannot be begun is left to
        `solved`, which says why.
        """
        spaces = [_space_of(self, body) for body in bodies]
        places = [i for i, space in enumerate(spaces) if space is not None]
        begun = [b for b in spaces if b is not None]
        solutions = solve_together([b.problem for b in begun]) if begun else []
        found: list[FleetWork | BegunAccount] = [self] * len(bodies)
        for i, account, solution in zip(places, begun, solutions, strict=True):
            found[i] = replace(account, solution=solution)
        return found


@dataclass(frozen=True)
class BegunAccount:
    """An account whose problem is known, and its solution where it was solved with others."""

    work: FleetWork
    account: FleetAccount
    space: Workspace
    problem: Problem
    solution: Solution | None = None

    @property
    def known(self) -> tuple[Problem, tuple[Problem, Solution] | None]:
        """As `settled_for` takes it."""
        return self.problem, None if self.solution is None else (self.problem, self.solution)


def _space_of(work: FleetWork, body: bytes) -> BegunAccount | None:
    """An account as far as its problem, where that may be solved with others."""
    try:
        account = account_from_bytes(body)
        space = workspace_for(work.facts, account)
        problem = formulate(space.signals, space.mandate, space.tax, own=space.own)
    except (DiAdvisorError, *FAULTS):
        return None
    return BegunAccount(work, account, space, problem) if fits(problem) else None


class _Budget:
    """Counts how often a solve asks whether to stop."""

    def __init__(self, most: int) -> None:
        self.left = most

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


def workspace_for(facts: FleetFacts, account: FleetAccount) -> Workspace:
    """The account under its own wishes, ready for every question of a workspace.

    Raises
    ------
    DiAdvisorError
        As `Advisor.workspace`.
    """
    target = facts.target_of(account.target)
    found = estimate_account(
        account.portfolio, account.account_id, facts.market, target, account.mandate, locks=account.locks
    )
    if account.begins_at:
        found = replace(found, begins_at=account.begins_at)
    signals = Signals(facts.market, found)
    if facts.harvest is not None:
        signals = with_waiting(signals, facts.harvest)[0]
    own = account.own.loaded()
    return Workspace(account.portfolio, target, account.mandate, account.tax, signals, account.locks, own=own)


def solved(work: FleetWork | BegunAccount, body: bytes) -> bytes:
    """The record of an account, as JSON.

    Parameters
    ----------
    work : FleetWork or BegunAccount
        What is shared, or what `FleetWork.begun` made of it and of this account.
    body : bytes
        The account, from `account_to_bytes`.

    Raises
    ------
    DiAdvisorError
        Where there is no proposal, as `Advisor.propose`; `UnfinishedError` where the budget ran out.
    """
    if isinstance(work, BegunAccount):
        account, settled = work.account, _settled(work.work, work.space, work.known)
    else:
        account = account_from_bytes(body)
        settled = _settled(work, workspace_for(work.facts, account))
    return written(account.label, settled, digest_of(body))


def _settled(
    work: FleetWork, space: Workspace, begun: tuple[Problem, tuple[Problem, Solution] | None] | None = None
) -> Settled:
    budget = _Budget(work.solves_max - (begun is not None and begun[1] is not None))
    try:
        return settled_for(space.signals, space.mandate, space.tax, Clock(silent), budget, space.own, begun=begun)
    except UnfinishedError as error:
        if budget.left >= 0:
            raise
        raise UnfinishedError(
            f"The budget of {work.solves_max:,} solves ran out.",
            hint="Raise solves_max, into another folder, or drop what counts (max_names, max_trades, min_trade_usd).",
            solves_max=work.solves_max,
        ) from error
