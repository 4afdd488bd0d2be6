"""From signals to a proposal: formulate, solve, settle, explain.

Where whole shares push the tracking error past its cap, the cap is tightened by the excess and the
plan is solved again. What led to the proposal is kept beside it, for questions about it. Decision:
every search starts cold, so that the same signals and wishes give the same trades to the share,
whatever was asked before; a warm start of the first of dozens of solves saves nothing that can be
measured.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.signals import Signals
from di_advisor.errors import InfeasibleError, SettlementError, UndecidedError, UnfinishedError
from di_advisor.formulate import formulate
from di_advisor.formulate.localise import at_the_rates_of
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.propose.exact_settlement import settle_exactly
from di_advisor.propose.explain import explain
from di_advisor.propose.neighbours import Neighbours
from di_advisor.propose.proposal import Proposal, Stage
from di_advisor.propose.rounding_room import RoundingRoom
from di_advisor.propose.settle import Orders, settle
from di_advisor.propose.unrounded import SeesUnrounded, unrounded
from di_advisor.solve import Solution, solve_localised
from di_advisor.solve.dual_newton import Warm
from di_advisor.solve.quadratic import HotPath, QuadraticProgram

__all__ = ["Clock", "Planned", "Progress", "Settled", "explained", "never", "plan_for", "settled_for", "silent"]

Progress = Callable[[str], None]
"""Told the name of each stage as it begins."""

_ATTEMPTS = 6
_NONE_OWN = OwnWishes()
_EXACTLY = "The plan could not be rounded: the orders are those of a search over whole shares, and may differ from it."


def silent(_: str) -> None:
    """Progress that nobody watches."""
    return


def never() -> bool:
    """A call that is not cancelled."""
    return False


class Clock:
    """CPU seconds by stage.

    Parameters
    ----------
    progress : Progress
        Told the name of each stage as it begins.
    earlier : iterable of Stage
        Stages that are over already.
    """

    def __init__(self, progress: Progress, earlier: Iterable[Stage] = ()) -> None:
        self._progress = progress
        self._name = ""
        self._since = 0.0
        self.stages: list[Stage] = list(earlier)

    def start(self, name: str) -> None:
        """End the stage before and begin the one named; an empty name only ends."""
        now = time.process_time()
        if self._name:
            self.stages.append(Stage(self._name, now - self._since))
        self._name, self._since = name, now
        if name:
            self._progress(name)

    def solved(self, problem: Problem, solution: Solution) -> None:
        """Tell the figures of a plan before rounding to whoever watches for them."""
        watching: object = self._progress
        if watching is silent:  # nobody: told apart at once, for a fleet asks this of every account
            return
        if isinstance(watching, SeesUnrounded):
            watching.unrounded(unrounded(problem, solution))


@dataclass(frozen=True)
class Planned:
    """A proposal with what led to it.

    Attributes
    ----------
    signals, mandate : Signals, Mandate
        What it came from.
    problem : Problem
        With the cap that was solved for, where rounding asked for a tighter one.
    solution, orders : Solution, Orders
        Before and after rounding to shares.
    proposal : Proposal
        The answer.
    """

    signals: Signals
    mandate: Mandate
    problem: Problem
    solution: Solution
    orders: Orders
    proposal: Proposal

    @cached_property
    def warm(self) -> Warm | None:
        """Where the solver stands at the plan: the start of the solves of neighbouring problems; None in cvxpy."""
        if self.problem.is_opaque:
            return None
        block, solution = self.problem.block, self.solution
        hot = HotPath(block)
        QuadraticProgram(block, solution.choices, hot=hot).solve(solution.prices.risk)
        return hot.warm

    @cached_property
    def worth_usd(self) -> tuple[float, ...]:
        """Each term of the objective at the plan before rounding, in USD: what every question compares with."""
        return tuple(t.value_usd(self.solution.plan) for t in self.problem.terms)

    @cached_property
    def sold_lots(self) -> dict[str, int]:
        """Positions of the lots that are sold, by their ids."""
        return {self.signals.account.lots[lot].lot_id: lot for lot in self.orders.sells}

    @cached_property
    def neighbours(self) -> Neighbours:
        """The problems next to the plan, laid out once."""
        return Neighbours(self.problem, self.solution, self.warm)


@dataclass(frozen=True)
class Settled:
    """Orders in whole shares before they are explained: all that is decided, and none of the words.

    Attributes
    ----------
    signals, mandate : Signals, Mandate
        What they came from.
    asked, solved : Problem
        As asked for, and with the cap that was solved for, where rounding asked for a tighter one.
    solution, orders : Solution, Orders
        Before and after rounding to shares.
    notes : tuple of str
        What the rounding needed.
    """

    signals: Signals
    mandate: Mandate
    asked: Problem
    solved: Problem
    solution: Solution
    orders: Orders
    notes: tuple[str, ...] = ()


def plan_for(  # noqa: PLR0913 - what a plan follows from, and what is wanted of it
    signals: Signals,
    mandate: Mandate,
    tax: Taxpayer,
    clock: Clock,
    cancel: Callable[[], bool],
    own: OwnWishes = _NONE_OWN,
    *,
    named: bool = True,
    exact: bool = False,
) -> Planned:
    """From signals to a proposal: `settled_for`, explained.

    Parameters
    ----------
    signals, mandate, tax, clock, cancel, own, named, exact
        As for `settled_for`; the clock's stages go into the proposal.

    Raises
    ------
    SolveError, SettlementError, UnsupportedWishError
        When there is no certified plan, or none in whole shares. Nothing is proposed then.
    """
    return explained(settled_for(signals, mandate, tax, clock, cancel, own, named=named, exact=exact), clock)


def settled_for(  # noqa: PLR0913 - what a plan follows from, and what is wanted of it
    signals: Signals,
    mandate: Mandate,
    tax: Taxpayer,
    clock: Clock,
    cancel: Callable[[], bool],
    own: OwnWishes = _NONE_OWN,
    *,
    named: bool = True,
    exact: bool = False,
    begun: tuple[Problem, tuple[Problem, Solution] | None] | None = None,
) -> Settled:
    """From signals to orders, tightening the cap where rounding to shares needs it.

    Parameters
    ----------
    signals, mandate, tax
        As for `formulate`.
    clock : Clock
        Told each stage.
    cancel : callable
        Asked between solves.
    own : OwnWishes
        The user's own terms and rules.
    named : bool
        Whether the wishes that clash are wanted where there is no plan.
    exact : bool
        Whether discrete choices are branched on until proved.
    begun : tuple, optional
        What `formulate` gives, and what `solve_localised` of it or None, where that was done with other accounts.

    Raises
    ------
    SolveError, SettlementError, UnsupportedWishError
        When there is no certified plan, or none in whole shares. Nothing is proposed then.
    """
    clock.start("formulate")
    problem, known = begun or (formulate(signals, mandate, tax, own=own), None)
    room = RoundingRoom(mandate)
    failure: SettlementError | None = None
    bound: float | None = None
    shares_bound: float | None = None
    first: tuple[Problem, Problem, Solution] | None = None
    for _ in range(_ATTEMPTS):
        tightened = problem
        if room.given:
            capped = mandate.with_changes(tracking_error_max=room.cap)
            tightened, known = room.in_margins(formulate(signals, capped, tax, own=own)), None
        clock.start("solve")
        try:
            near = None if first is None else first[2]  # tightened since: its choices are as good as ever
            tightened, solution = known or solve_localised(
                tightened, cancel=cancel, named=named, exact=exact, near=near
            )
        except (InfeasibleError, UndecidedError):
            if failure is None:
                raise
            break
        bound = solution.bound if bound is None else bound  # of the cap that was asked for
        shares_bound = solution.shares_bound if shares_bound is None else shares_bound
        solution = replace(
            solution, bound=min(bound, solution.bound), shares_bound=min(shares_bound, solution.shares_bound)
        )
        clock.start("settle")
        try:
            asked = at_the_rates_of(problem, tightened)
            if first is None:
                first = (asked, tightened, solution)
                clock.solved(asked, solution)
            orders = settle(asked, solution, signals, mandate)
        except SettlementError as error:
            failure = failure or error
            if not room.more(problem, error, solution.plan):
                break
            continue
        return Settled(signals, mandate, asked, tightened, solution, orders, room.notes)
    if failure is None or first is None:
        raise SettlementError("Nothing was settled.", hint="Allow a little more room in the rules.")

    def ask() -> None:
        if cancel():
            raise UnfinishedError("The settlement was cancelled.", hint="Nothing was proposed; propose again.")

    if not named:
        raise failure
    clock.start("settle")
    orders = settle_exactly(first[0], first[2], signals, mandate, failure, ask)
    return Settled(signals, mandate, *first, orders, (_EXACTLY,))


def explained(settled: Settled, clock: Clock) -> Planned:
    """The proposal of some orders."""
    signals, mandate, solution, orders = settled.signals, settled.mandate, settled.solution, settled.orders
    clock.start("explain")
    proposal = explain(settled.asked, solution, orders, signals, mandate)
    clock.start("")
    proposal = replace(proposal, stages=tuple(clock.stages), notes=(*proposal.notes, *settled.notes))
    return Planned(signals, mandate, settled.solved, solution, orders, proposal)
