"""Problems with own terms or rules that only a cone solver understands, discrete choices and certificate included.

Problem: sides and minimum trades make the problem discrete, and the certificate of the hot path knows
separable terms only. Decision: first the relaxation (every name free) in cvxpy and Clarabel, whose
bound is reckoned here; then the tangent problem at its plan (`tangent`), which is separable and lies
below, so that the usual search finds choices and a bound with the discrete choices inside; then the
true problem with these choices fixed. Tangents at better plans follow while they help. Every rule is
measured on the plan by itself, without any solver, and a plan that breaks one is refused.

Limits: choices come from tangents and from rounding, so the best plan may be missed; the certificate
says by how much at most. Where wash sales are priced, a name that washes more than its width is charged the
whole width once a plan shows it (`_beyond`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from di_advisor.errors import InfeasibleError, SolveError, UncertifiedError, UnfinishedError
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block, Problem
from di_advisor.solve.choices import Choice, Choices, beyond_widths, is_any, relaxed
from di_advisor.solve.counts import SolverCounts
from di_advisor.solve.discrete import Cancel, Search
from di_advisor.solve.feasible import feasible_choices, shared_groups
from di_advisor.solve.own_judged import objective_on, residual_on
from di_advisor.solve.own_model import ConvexPlan, solve_convex
from di_advisor.solve.prices import Prices
from di_advisor.solve.solution import FEASIBLE, Solution
from di_advisor.solve.tangent import tangent

__all__ = [
    "OwnSearch",
    "SearchFor",
    "objective_on",
    "residual_on",
    "solve_opaque",
]

SearchFor = Callable[[Block, Cancel, int], Search]
"""Makes the search that fits a separable block."""

_ENOUGH = 5e-5
_TANGENTS = 6
_CONTRADICTS = 1e-4
_PASSES = 6
_PULLS = (1.0, 10.0)
_DUST = 1e-7


class OwnSearch:
    """One search; `best` is the best plan so far, `bound` the best bound.

    Tangents are taken of ``below``, which with ``beside`` added lies below the problem everywhere.
    """

    def __init__(self, problem: Problem, search_for: SearchFor, cancel: Cancel, rounds: int) -> None:
        self.problem, self.search_for, self.cancel, self.rounds = problem, search_for, cancel, rounds
        self.block = problem.block
        self.below, self.beside = problem, 0.0
        self.bound = -np.inf
        self.counts = SolverCounts()
        self.best: Solution | None = None
        self.prices: Prices | None = None
        self.failure: SolveError | None = None
        self.seen: list[Plan] = []
        self.nothing = objective_on(problem, self.block.holdings.nothing())

    def convex(self, choices: Choices, *, bounding: bool = False, problem: Problem | None = None) -> ConvexPlan:
        """The convex problem under choices, counted."""
        self.ask()
        return solve_convex(problem or self.problem, choices, bounding=bounding)

    def ask(self) -> None:
        """Count a solve by cones, and stop where the caller wants that.

        Raises
        ------
        UnfinishedError
            If the search was cancelled.
        """
        if self.cancel():
            raise UnfinishedError("The solve was cancelled.", hint="Nothing was proposed; propose again to start over.")
        self.counts = self.counts.plus("Clarabel")

    def run(self) -> Solution:
        """The best plan found, with its certificate."""
        self.search(self.convex(relaxed(self.block), bounding=True))
        self.idle()
        return self.certified()

    def search(self, first: ConvexPlan) -> None:
        """Look for plans and bounds from the relaxation on."""
        self.bound = max(self.bound, first.bound)
        point, seen = first.plan, set[bytes]()
        for turn in range(_TANGENTS):
            found = self._tangent_choices(point)
            for choices in [found] if turn else [found, self._followed(first.plan), *self._near_choices(first.plan)]:
                if choices is not None and choices.tobytes() not in seen:
                    seen.add(choices.tobytes())
                    self.try_choices(choices)
            if self.best is None:
                self._rounded(first.plan)
                break
            if self._near() or (self.best.plan is point and not self.problem.opaque_rules):
                break
            point = self.best.plan
        if self.best is not None:
            self._fewer()
            self._other_sides(first.plan)
            self._beyond()

    def certified(self) -> Solution:
        """The best plan with its bound, checked."""
        if self.best is None:
            raise self.failure or InfeasibleError(
                "No plan was found that keeps all rules with minimum trades and wash-sale sides.",
                hint="Lower the minimum trade, or widen a rule.",
            )
        scale = max(abs(self.nothing - self.best.objective), 1e-6)
        over = self.bound - self.best.objective
        if over > _CONTRADICTS * scale + FEASIBLE:
            raise UncertifiedError(
                f"The bound lies {over:.2e} of the account's value above the plan: an own term or rule is not as "
                "convex as it says.",
                hint="No trades are proposed. Check functions of your own, and figures of extreme sizes.",
                over=over,
            )
        final = replace(self.best, bound=min(self.bound, self.best.objective), counts=self.counts)
        final.check(scale=scale)
        return final

    def _near(self) -> bool:
        best = self.best
        return best is not None and best.objective - self.bound <= _ENOUGH * max(self.nothing - best.objective, 1e-9)

    def _tangent_choices(self, plan: Plan) -> Choices | None:
        """Choices and a bound from the tangent problem; None where it is not solved."""
        below = tangent(self.below, plan, self.seen)
        if below is None:
            return None
        block, constant = below
        search = self.search_for(block, self.cancel, self.rounds)
        try:
            found = search.run()
        except SolveError:  # what it cannot do is done without it; a call that was cancelled says so again
            return None
        finally:
            self.counts = self.counts.and_more(search.hot.counts)
        self.proved(found.bound + constant)
        self.prices = found.prices
        if self.problem.opaque_rules:
            self.seen += [plan, found.plan]
        return found.choices

    def proved(self, bound: float) -> None:
        """Take in a bound of what tangents are taken of, over all choices."""
        self.bound = max(self.bound, bound + self.beside)

    def _near_choices(self, plan: Plan) -> Iterator[Choices]:
        """Choices of tangent problems that are also charged for moving away from a plan: no bound, but near it.

        A tangent knows nothing of the curvature of what it stands for, and its plans may slide far.
        """
        below = tangent(self.below, plan, self.seen)
        if below is None:
            return
        block = below[0]
        net = plan.net(block.holdings.lot_name)
        for times in _PULLS:
            pull = times * block.aversion * float(np.median(block.risk.specific_variance_per_year))
            slope = -2.0 * pull * net
            near = replace(
                block,
                impact=block.impact + pull,
                segments=block.segments.tilted(slope),
                tilt=slope if block.tilt is None else block.tilt + slope,
            )
            search = self.search_for(near, self.cancel, self.rounds)
            try:
                yield search.run().choices
            except SolveError:
                continue
            finally:
                self.counts = self.counts.and_more(search.hot.counts)

    def _followed(self, plan: Plan) -> Choices | None:
        """Choices rounded from a plan; None where numbers of names or trades are limited."""
        if self.block.names_max is not None or self.block.trades_max is not None:
            return None
        net = plan.net(self.block.holdings.lot_name)
        return feasible_choices(self.block, net, shared_groups(self.block.groups))

    def try_choices(self, choices: Choices) -> Solution | None:
        """The best plan under choices, kept and given back where it is the best so far."""
        try:
            found = self.convex(choices)
        except InfeasibleError:
            return None
        except UncertifiedError as error:
            self.failure = error
            return None
        return self.keep(choices, found)

    def keep(self, choices: Choices, found: ConvexPlan) -> Solution | None:
        """Take in a plan, given back where it keeps every rule and is the best so far."""
        solution = Solution(
            plan=found.plan,
            choices=choices,
            prices=self.prices or self._no_prices(),
            objective=objective_on(self.problem, found.plan),
            convex_bound=found.bound,
            bound=-np.inf,
            residual=residual_on(self.problem, found.plan),
            nothing=self.nothing,
            solver=_why(self.problem),
            counts=self.counts,
        )
        if solution.residual > FEASIBLE:
            self.failure = UncertifiedError(
                f"Clarabel's plan breaks a rule by {solution.residual:.2e} of the account's value.",
                hint="No trades are proposed. Check the figures of the own terms and rules for extreme sizes.",
                residual=solution.residual,
            )
            return None
        if self.best is None or solution.objective < self.best.objective:
            self.best = solution
            return solution
        return None

    def idle(self) -> None:
        """Doing nothing, where that keeps every rule: no search may end with less."""
        nothing = self.block.holdings.nothing()
        if residual_on(self.problem, nothing) <= FEASIBLE:
            choices = np.zeros(len(self.block.active_lower), dtype=np.int64)
            self.keep(choices, ConvexPlan(nothing, self.nothing))

    def _rounded(self, plan: Plan) -> None:
        """Minimum trades settled in passes: half of the small trades dropped or raised, the rest left loose."""
        block, least = self.block, self.block.min_trade
        sides = self._followed(plan)
        if sides is None or not least.any():
            return
        net = plan.net(block.holdings.lot_name)
        sides = np.where((net < 0) & (sides == Choice.NOTHING), int(Choice.SELL), sides)
        sides = np.where((net >= 0) & (sides == Choice.NOTHING), int(Choice.BUY), sides)
        choices, settled = sides.copy(), np.zeros(len(sides), dtype=np.bool_)
        for turn in range(_PASSES):
            loose = replace(self.problem, blocks=(replace(block, min_trade=np.where(settled, least, 0.0)),))
            try:
                net = self.convex(choices, problem=loose).plan.net(block.holdings.lot_name)
            except (InfeasibleError, UncertifiedError):
                return
            enough = block.least_of(net)
            large = np.abs(net) >= enough * (1.0 - 1e-9)
            small = np.flatnonzero(~settled & ~large)
            clear = np.argsort(-np.abs(np.abs(net[small]) / enough[small] - 0.5))
            part = small if turn == _PASSES - 2 else small[clear]
            take = part[: max(1, len(small) // 2)] if turn < _PASSES - 2 else part
            choices[take] = np.where(np.abs(net[take]) < 0.5 * enough[take], int(Choice.NOTHING), choices[take])
            settled |= large
            settled[take] = True
            if settled.all():
                self.try_choices(choices)
                return

    def _fewer(self) -> None:
        """Trades that stand at their minimum given up, all or half of them, where that is better."""
        share = 1.0
        for _ in range(_PASSES):
            best = self.best
            if best is None or self._near() or not self.block.min_trade.any():
                return
            net = best.plan.net(self.block.holdings.lot_name)
            at_least = (net != 0) & (np.abs(net) <= self.block.least_of(net) * (1.0 + 1e-6))
            at_least &= ~is_any(best.choices, Choice.EXIT)
            names = np.flatnonzero(at_least)[: int(np.ceil(share * at_least.sum()))]
            if not len(names):
                return
            trial = best.choices.copy()
            trial[names] = int(Choice.NOTHING)
            if self.try_choices(trial) is None:
                share *= 0.5

    def _other_sides(self, plan: Plan) -> None:
        """Names that the relaxation would both sell and buy, turned to the other side where that is better."""
        of_lot = self.block.holdings.lot_name
        both = np.minimum(plan.sold(of_lot), plan.buys)
        torn = [i for i in np.argsort(-both, kind="stable").tolist() if both[i] > _DUST]
        for name in torn[: self.rounds]:
            if self.best is None or self._near():
                return
            trial = self.best.choices.copy()
            trial[name] = int(Choice.SELL if trial[name] == Choice.BUY else Choice.BUY)
            if self.block.names_max is None and self.block.trades_max is None and self._one_sided(trial):
                self.try_choices(trial)

    def _one_sided(self, choices: Choices) -> bool:
        """Whether no identical group may sell a loss and buy."""
        losses = self.block.segments.names_with_losses(len(choices))
        groups = self.block.groups
        selling = set(groups[losses & is_any(choices, Choice.SELL, Choice.EXIT, Choice.SELL_BEYOND)].tolist())
        return not selling & set(groups[is_any(choices, Choice.BUY, Choice.BUY_BEYOND)].tolist())

    def _beyond(self) -> None:
        """Names that wash more than their width charged for the width, where wash sales are priced."""
        for _ in range(_PASSES):
            best, before = self.best, self.best and self.best.objective
            trial = None if best is None else beyond_widths(self.problem.block, best.plan, best.choices)
            if trial is None or best is None or (trial == best.choices).all():
                return
            self.try_choices(trial)
            if self.best is None or self.best.objective == before:
                return

    def _no_prices(self) -> Prices:
        k = len(self.block.risk.factors)
        return Prices(self.block.aversion, np.zeros(k), np.zeros(len(self.block.rows)), np.zeros(k))


def _why(problem: Problem) -> str:
    return f"cvxpy and Clarabel, for what is not affine of your own: {', '.join(problem.opaque_names)}"


def solve_opaque(problem: Problem, search_for: SearchFor, *, cancel: Cancel, rounds: int) -> Solution:
    """The best plan found for a problem with own terms or rules for a cone solver, with its certificate.

    Parameters
    ----------
    problem : Problem
        From `formulate`.
    search_for : callable
        The search that fits a separable block.
    cancel : callable
        Asked between solves.
    rounds : int
        Budget of each search over choices.

    Raises
    ------
    InfeasibleError, UnboundedError, UncertifiedError, UnfinishedError
        When there is no certified plan.
    """
    return OwnSearch(problem, search_for, cancel, rounds).run()
