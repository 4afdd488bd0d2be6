"""Set-up split from solve: what depends on the account only is laid out once, and solves start warm.

`prepare` lays out the names of a problem. `Prepared.restricted` keeps the pieces that fixed choices
leave open, and `Restricted.solve` turns the dials: price of risk, scale of costs, limits of rows and
exposures. Every answer carries a `Warm` start for the next one, also across choices and across
problems of the same names (`Prepared.retuned`), whose rows are matched by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block, Problem
from di_advisor.solve.choices import Choices, Restriction, relaxed, restrict
from di_advisor.solve.dual_newton.complementarity import Limits, Sides
from di_advisor.solve.dual_newton.cutting import IntArray, cut_pieces, filling_order
from di_advisor.solve.dual_newton.line import Climb
from di_advisor.solve.dual_newton.newton import Outcome, Position
from di_advisor.solve.dual_newton.pieces import Interleaved, Pieces
from di_advisor.solve.dual_newton.proximal import climb_to_the_top
from di_advisor.solve.prices import Prices

__all__ = ["Certified", "NotCertified", "Prepared", "Restricted", "Warm", "prepare"]

_LEAST_RISK = 1e-12
_EMPTY = 1e-7
_DUST = 1e-14
_WARM_STEPS_MAX = 12


@dataclass(frozen=True)
class Warm:
    """Where to start: prices, exposures and binding limits of an earlier answer, with the rows they belong to."""

    rules: tuple[str, ...]
    position: Position


@dataclass(frozen=True)
class Certified:
    """An optimum with its certificate.

    Attributes
    ----------
    amounts : ndarray of shape (m,)
        Of the block's segments.
    active : ndarray of shape (n,)
        Active weights.
    prices : Prices
        Multipliers.
    objective, bound : float
        Of the convex problem that was solved, with the given price of risk.
    violation : float
        Largest violation of a row or an exposure's box.
    steps : int
        Newton steps.
    warm : Warm
        For the next solve.
    """

    amounts: FloatArray
    active: FloatArray
    prices: Prices
    objective: float
    bound: float
    violation: float
    steps: int
    warm: Warm


@dataclass(frozen=True)
class NotCertified:
    """No certified answer: the caller asks another solver.

    Attributes
    ----------
    reason : str
        What went wrong, in words.
    infeasible : bool
        Whether it is proved that the limits contradict each other.
    steps : int
        Newton steps made.
    """

    reason: str
    infeasible: bool = False
    steps: int = 0


def prepare(problem: Problem | Block) -> Prepared:
    """Lay out the names of a problem's block for any choices and dials."""
    block = problem.block if isinstance(problem, Problem) else problem
    return Prepared(block, _matrix(block), filling_order(block))


def _matrix(block: Block) -> FloatArray:
    """Exposures, and the coefficients of the rows on active weights, shape (n, k + r)."""
    n, k = block.risk.exposures.shape
    matrix = np.zeros((n, k + len(block.rows)))
    matrix[:, :k] = block.risk.exposures
    for j, row in enumerate(block.rows):
        if row.on_active is not None:
            matrix[:, k + j] = row.on_active
    return matrix


def _same_coefficients(one: Block, other: Block) -> bool:
    """Whether two blocks have the same exposures and the same rows on active weights."""
    if one.risk.exposures is not other.risk.exposures or len(one.rows) != len(other.rows):
        return False
    for a, b in zip(one.rows, other.rows, strict=True):
        if a.on_active is not b.on_active and (
            a.on_active is None or b.on_active is None or not bool((a.on_active == b.on_active).all())
        ):
            return False
    return True


def _same_segments(one: Block, other: Block) -> bool:
    a, b = one.segments, other.segments
    return a is b or (
        len(a) == len(b) and bool((a.name == b.name).all() and (a.sell == b.sell).all() and (a.slope == b.slope).all())
    )


@dataclass(frozen=True)
class Prepared:
    """A block, laid out.

    Attributes
    ----------
    block : Block
        The account.
    matrix : ndarray of shape (n, k + r)
        Exposures and row coefficients on active weights.
    order : ndarray of int, shape (m,)
        Segments in filling order.
    """

    block: Block
    matrix: FloatArray
    order: IntArray

    @cached_property
    def boxes(self) -> tuple[FloatArray, FloatArray]:
        """Limits of exposures and rows, their reserves kept, each of shape (k + r,)."""
        block = self.block
        lower = np.concatenate([block.exposure_lower, [r.lower for r in block.rows]])
        return lower, np.concatenate([block.exposure_upper, [r.upper - r.reserve for r in block.rows]])

    def limits(self, risk: float) -> Limits:
        """The boxes, and the curvature of the price of factor risk."""
        return Limits(2.0 * risk * self.block.risk.factor_covariance_per_year, *self.boxes)

    def retuned(self, block: Block) -> Prepared:
        """The same for another block of these names: a dial was moved; what did not change is kept."""
        if block is self.block:
            return self
        matrix = self.matrix if _same_coefficients(self.block, block) else _matrix(block)
        return Prepared(block, matrix, self.order if _same_segments(self.block, block) else filling_order(block))

    def restricted(
        self, choices: Choices | None = None, minimum: FloatArray | None = None, *, limits: Restriction | None = None
    ) -> Restricted:
        """The convex problem that fixed choices leave; the relaxation where none are given.

        Parameters
        ----------
        choices : ndarray of int, shape (n,), optional
            One `Choice` a name.
        minimum : ndarray of shape (n,), optional
            Overrides the block's minimum trades.
        limits : Restriction, optional
            What the choices leave, where it is known already.
        """
        if limits is None:
            limits = restrict(self.block, relaxed(self.block) if choices is None else choices, minimum)
        return Restricted(self, limits, cut_pieces(self.block, self.matrix, self.order, limits))

    def solve(
        self,
        *,
        choices: Choices | None = None,
        risk: float | None = None,
        trading: float = 1.0,
        warm: Warm | None = None,
    ) -> Certified | NotCertified:
        """Solve under given choices; see `Restricted.solve`."""
        return self.restricted(choices).solve(risk=risk, trading=trading, warm=warm)


@dataclass(frozen=True)
class Restricted:
    """A prepared block under fixed choices."""

    prepared: Prepared
    limits: Restriction
    pieces: Pieces

    @cached_property
    def _by_side(self) -> Pieces:
        """The pieces with no name sold and bought at once: the order for a problem without costs."""
        block = self.prepared.block
        return cut_pieces(block, self.prepared.matrix, filling_order(block, interleaved=False), self.limits)

    def solve(
        self, *, risk: float | None = None, trading: float = 1.0, warm: Warm | None = None
    ) -> Certified | NotCertified:
        """Solve the convex problem.

        Parameters
        ----------
        risk : float, optional
            Price of variance; the block's aversion when left out.
        trading : float
            Scale of everything but risk; 0 minimises risk alone.
        warm : Warm, optional
            From an earlier answer.

        Returns
        -------
        Certified or NotCertified
            Never an answer whose own residuals and duality gap are more than round-off.
        """
        block, pieces = self.prepared.block, self.pieces if trading else self._by_side
        risk = block.aversion if risk is None else risk
        limits = self.prepared.limits(risk)
        reason = _hopeless(pieces, limits)
        if reason:
            return NotCertified(reason, infeasible=True)
        if risk < _LEAST_RISK:
            return NotCertified("There is no price of risk, so that the dual has kinks everywhere.")
        ceiling = _Ceiling(pieces, block, risk, trading)
        try:
            start = _start(block, limits, warm)
            if warm is not None:
                outcome = climb_to_the_top(
                    pieces, limits, start, risk, trading, steps_max=_WARM_STEPS_MAX, ceiling=ceiling
                )
            if warm is None or not (outcome.certified or _beyond(outcome, ceiling)):  # an old answer can lead astray
                outcome = climb_to_the_top(pieces, limits, _start(block, limits, None), risk, trading, ceiling=ceiling)
        except Interleaved:
            return NotCertified("Under a 3/2-power cost a name would be bought and sold at once.")
        if not outcome.certified:
            if _beyond(outcome, ceiling):
                return NotCertified("The limits contradict each other.", infeasible=True, steps=outcome.steps)
            return NotCertified("The dual was not climbed to the top.", steps=outcome.steps)
        return _certified(block, pieces, outcome, risk)

    def dual(self, prices: Prices) -> float:
        """Value of the dual at any prices: no plan under these choices has a lower objective.

        The objective here has the price of risk that the prices say.
        """
        limits = self.prepared.limits(prices.risk)
        given = Position(np.concatenate([prices.exposures, prices.rows]), prices.point, Sides(np.zeros(0, np.int64)))
        fit_for = _sanitised(given, limits)
        return (
            Climb(self.pieces, limits, self.pieces.charges(prices.risk, 1.0)).at(fit_for.prices, fit_for.exposures).dual
        )


def _hopeless(pieces: Pieces, limits: Limits) -> str:
    """Why no plan can keep the limits, as far as that can be told at sight; empty where it cannot."""
    if (pieces.lower > pieces.upper + _EMPTY).any():
        return "A name has no trade within its limits."
    if (limits.lower > limits.upper).any():
        return "A row or an exposure has no room at all."
    return ""


def _start(block: Block, limits: Limits, warm: Warm | None) -> Position:
    """Prices of an earlier answer, made fit for these limits; zeros where there is none."""
    k, d = limits.factors, len(limits.lower)
    rules = tuple(r.rule for r in block.rows)
    if warm is None or len(warm.position.exposures) != k:
        return Position(np.zeros(d), np.zeros(k), Sides(np.zeros(d, dtype=np.int64)))
    position = warm.position
    if warm.rules != rules:
        prices, at = _matched(position.prices, position.sides.at, warm.rules, rules, k)
        position = Position(prices, position.exposures, Sides(at))
    return _sanitised(position, limits)


def _sanitised(position: Position, limits: Limits) -> Position:
    """Prices that push against no open side."""
    pull = position.prices.copy()
    pull[: limits.factors] -= limits.curvature @ position.exposures
    open_side = np.isinf(np.where(pull > 0, limits.upper, limits.lower))
    return Position(np.where(open_side, position.prices - pull, position.prices), position.exposures, position.sides)


@dataclass(frozen=True)
class _Ceiling:
    """More than any objective within the names' limits: a dual value above it proves a contradiction."""

    pieces: Pieces
    block: Block
    risk: float
    trading: float

    def __call__(self, prices: FloatArray) -> float:
        """With room for the round-off of a dual at these prices."""
        return self._most + 1e-9 * (1.0 + float(np.abs(prices).sum()))

    @cached_property
    def _most(self) -> float:
        return 2.0 * _largest(self.pieces, self.block, self.risk, self.trading)


def _beyond(outcome: Outcome, ceiling: _Ceiling) -> bool:
    return outcome.bound > ceiling(outcome.position.prices)


def _largest(pieces: Pieces, block: Block, risk: float, trading: float) -> float:
    """At least the largest objective within the names' limits."""
    reach = np.maximum(np.abs(pieces.active + pieces.lower), np.abs(pieces.active + pieces.upper))
    moved = np.maximum(np.abs(pieces.lower), np.abs(pieces.upper))
    most = float(risk * pieces.specific @ reach**2 + trading * pieces.impact @ moved**2) + risk * pieces.still
    most += trading * float(np.maximum(pieces.slope, 0.0) @ pieces.width)
    if pieces.power is not None:
        most += trading * float(pieces.power.max(axis=1) @ moved**1.5)
    k = len(block.exposure_lower)
    exposures = np.abs(pieces.base[:k]) + moved @ np.abs(pieces.matrix[:, :k])
    most += risk * float(exposures @ np.abs(block.risk.factor_covariance_per_year) @ exposures)
    return most


def _certified(block: Block, pieces: Pieces, outcome: Outcome, risk: float) -> Certified:
    """The outcome in terms of the block."""
    k = len(block.exposure_lower)
    amounts, active = np.zeros(len(block.segments)), block.holdings.active.copy()
    made = np.where(outcome.amounts < _DUST, 0.0, outcome.amounts)
    made = np.where(made > pieces.width - _DUST, pieces.width, made)
    amounts[pieces.segment] = made
    active[pieces.traders] += np.bincount(pieces.owner, weights=pieces.sign * made, minlength=len(pieces.traders))
    position = outcome.position
    return Certified(
        amounts=amounts,
        active=active,
        prices=Prices(risk, position.prices[:k], position.prices[k:], position.exposures),
        objective=outcome.objective,
        bound=outcome.bound,
        violation=outcome.violation,
        steps=outcome.steps,
        warm=Warm(tuple(r.rule for r in block.rows), position),
    )


def _matched(
    prices: FloatArray, at: IntArray, old: tuple[str, ...], new: tuple[str, ...], k: int
) -> tuple[FloatArray, IntArray]:
    """Prices and sides of rows carried over by the name of their rule, in order where a rule has several."""
    places: dict[str, list[int]] = {}
    for j, rule in enumerate(old):
        places.setdefault(rule, []).append(k + j)
    carried, sides = np.zeros(k + len(new)), np.zeros(k + len(new), dtype=np.int64)
    carried[:k], sides[:k] = prices[:k], at[:k]
    for j, rule in enumerate(new):
        if places.get(rule):
            source = places[rule].pop(0)
            carried[k + j], sides[k + j] = prices[source], at[source]
    return carried, sides
