"""Own terms and rules that only a cone solver understands, evaluated and differentiated on plans.

Their value comes from the user's own expression; their dollars are shared among the trades by
integrating its slopes along the straight line from nothing to the plan (Aumann and Shapley 1974) by
Gauss and Legendre's quadrature, finer and finer until the shares add up to the change. What kinks
leave over after the finest is the remainder, and is shown as such.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import OwnWishError
from di_advisor.formulate.modelling import cvxpy
from di_advisor.formulate.own_shape import Coefficients, Leaves
from di_advisor.formulate.own_symbols import OwnSymbols, Scope
from di_advisor.formulate.plan import Plan, SymbolicPlan
from di_advisor.formulate.rules import NO_ROOM
from di_advisor.formulate.segments import Segments
from di_advisor.formulate.separable import Row

__all__ = ["Cut", "OpaqueRule", "OpaqueTerm", "amount_of", "figures_of", "is_equality"]

_NODES = 4
_PANELS = (1, 4, 16, 64)
_EXACT_USD = 2e-4
_STEP = 1e-6


def amount_of(expression: Any, name: str) -> float:  # noqa: ANN401 - a cvxpy expression
    """What an own term is at the plan that its symbols hold.

    Raises
    ------
    OwnWishError
        If it is no number there.
    """
    with np.errstate(all="ignore"):  # told by the value
        value = expression.value
    if value is None or not np.isfinite(value):
        raise OwnWishError(
            f"The own term {name!r} is {value} for a plan that may be compared with.",
            hint="Write it so that it is a finite number of dollars for doing nothing and for every plan.",
            name=name,
        )
    return float(value)


@dataclass(frozen=True, eq=False)
class OpaqueTerm:
    """A user's convex term.

    Attributes
    ----------
    own : object
        The user's, with ``expression(symbols)`` in USD.
    scope : Scope
        The account.
    name, sentence : str
        As the user gave them.
    """

    own: Any
    scope: Scope
    name: str
    sentence: str
    _leaves: Leaves = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_leaves", Leaves(self.scope))

    @cached_property
    def _expression(self) -> Any:  # noqa: ANN401 - a cvxpy expression
        return cvxpy().sum(self.own.expression(self._leaves.own))

    def value_usd(self, plan: Plan) -> float:
        """Its amount for a plan, in USD.

        Raises
        ------
        OwnWishError
            If it is no number there.
        """
        self._leaves.put(plan)
        return amount_of(self._expression, self.name)

    def slopes(self, plan: Plan) -> Coefficients | None:
        """A subgradient on a plan, in USD per unit of weight; None where cvxpy has none."""
        self._leaves.put(plan)
        with np.errstate(all="ignore"):
            return self._leaves.slopes(self._expression)

    def attribute_usd(self, plan: Plan) -> Plan:
        """Slopes integrated along the straight line; what the shares leave over of the change is the remainder."""
        change = self.value_usd(plan) - self.value_usd(self.scope.holdings.nothing())
        shares = plan
        for panels in _PANELS:
            shares = self._shared(plan, panels)
            if abs(float(shares.sells.sum() + shares.buys.sum()) - change) <= _EXACT_USD:
                break
        return shares

    def _shared(self, plan: Plan, panels: int) -> Plan:
        nodes, weights = np.polynomial.legendre.leggauss(_NODES)
        sells, buys = np.zeros_like(plan.sells), np.zeros_like(plan.buys)
        for panel in range(panels):
            for node, weight in zip(nodes, weights, strict=True):
                along = (panel + 0.5 * (1.0 + node)) / panels
                point = Plan(along * plan.sells, along * plan.buys)
                slope = self._by_trade(point, plan)
                sells += 0.5 * weight / panels * slope.sells * plan.sells
                buys += 0.5 * weight / panels * slope.buys * plan.buys
        return Plan(sells, buys)

    def _by_trade(self, point: Plan, plan: Plan) -> Plan:
        found = self.slopes(point)
        if found is not None:
            return found.by_trade(self.scope.holdings.lot_name)
        sells, buys = np.zeros_like(plan.sells), np.zeros_like(plan.buys)
        for at in np.flatnonzero(plan.sells > 0):
            step = np.zeros_like(plan.sells)
            step[at] = _STEP * plan.sells[at]
            up, down = (self.value_usd(Plan(point.sells + s * step, point.buys)) for s in (1, -1))
            sells[at] = (up - down) / (2.0 * step[at])
        for at in np.flatnonzero(plan.buys > 0):
            step = np.zeros_like(plan.buys)
            step[at] = _STEP * plan.buys[at]
            up, down = (self.value_usd(Plan(point.sells, point.buys + s * step)) for s in (1, -1))
            buys[at] = (up - down) / (2.0 * step[at])
        return Plan(sells, buys)

    def separable(self) -> None:
        """None: only a cone solver understands it."""
        return

    def expression(self, symbols: SymbolicPlan) -> Any:  # noqa: ANN401 - a cvxpy expression
        """The user's expression as a fraction of the account's value."""
        own = cvxpy().sum(self.own.expression(OwnSymbols(symbols, self.scope)))
        return own / self.scope.holdings.value_usd


def is_equality(constraint: Any) -> bool:  # noqa: ANN401 - a cvxpy constraint
    """Whether a constraint holds a figure exactly."""
    cp = cvxpy()
    return isinstance(constraint, (cp.constraints.Zero, cp.constraints.Equality))


def figures_of(constraint: Any) -> Any | None:  # noqa: ANN401 - a cvxpy constraint, an expression
    """The expression that must be at most 0 (or exactly 0); None where a constraint is a cone."""
    cp = cvxpy()
    kinds = (cp.constraints.Inequality, cp.constraints.NonPos, cp.constraints.Zero, cp.constraints.Equality)
    if isinstance(constraint, kinds):
        return constraint.expr
    if isinstance(constraint, cp.constraints.NonNeg):
        return -constraint.args[0]
    return None


@dataclass(frozen=True, eq=False)
class Cut:
    """What a rule demands at least, as one affine inequality ``figure <= 0`` (outer approximation)."""

    slopes: Coefficients
    at: int
    constant: float


@dataclass(frozen=True, eq=False)
class OpaqueRule:
    """A user's convex constraints.

    Attributes
    ----------
    own : object
        The user's, with ``constraints(symbols)``.
    scope : Scope
        The account.
    name, sentence : str
        As the user gave them.
    margin : float
        Kept to every limit while solving, in the unit of a weight, for rounding to shares.
    """

    own: Any
    scope: Scope
    name: str
    sentence: str
    margin: float = 0.0
    _leaves: Leaves = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_leaves", Leaves(self.scope))

    @cached_property
    def _built(self) -> list[Any]:
        return _listed(self.own.constraints(self._leaves.own))

    @cached_property
    def _sizes(self) -> list[float]:
        """What each constraint moves by per unit of weight, so that its excess reads as a weight; 1 for a cone."""
        holdings = self.scope.holdings
        some = Plan(0.1 * holdings.lot_weight, 0.1 * holdings.target)
        sizes = []
        for constraint in self._built:
            figures, size = figures_of(constraint), 0.0
            for plan in (some, holdings.nothing()) if figures is not None else ():
                self._leaves.put(plan)
                with np.errstate(all="ignore"):
                    found = self._leaves.slopes(figures)
                for slope in () if found is None else (found.on_sells, found.on_buys, found.on_active):
                    size = max(size, float(np.abs(slope).max(initial=0.0)))
            sizes.append(size if size > 0 else 1.0)
        return sizes

    @property
    def is_equality(self) -> bool:
        """Whether some figure is held exactly: no margin can be kept to it."""
        return any(is_equality(c) for c in self._built)

    def measure(self, plan: Plan) -> float:
        """Largest excess in the unit of a weight, 0 or less when kept; of a cone, its violation."""
        built, sizes = self._built, self._sizes  # before the plan is put: sizes are taken on other plans
        self._leaves.put(plan)
        worst = -np.inf
        for constraint, size in zip(built, sizes, strict=True):
            figures = figures_of(constraint)
            with np.errstate(all="ignore"):  # told by the value
                value = np.asarray(constraint.violation() if figures is None else figures.value, dtype=np.float64)
            if not np.isfinite(value).all():
                return float(np.inf)
            value = np.abs(value) if is_equality(constraint) else value
            worst = max(worst, float(value.max()) / size)
        return worst

    def slack(self, plan: Plan) -> float:
        """Minus the largest excess."""
        return -self.measure(plan)

    def binds(self, plan: Plan) -> bool:
        """No room left."""
        return self.slack(plan) < NO_ROOM + self.margin

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """None: only a cone solver understands it."""
        del segments
        return ()

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """The user's constraints, the margin kept."""
        built = _listed(self.own.constraints(OwnSymbols(symbols, self.scope)))
        if self.margin <= 0:
            return built
        kept = []
        for constraint, size in zip(built, self._sizes, strict=True):
            figures = None if is_equality(constraint) else figures_of(constraint)
            kept.append(constraint if figures is None else figures <= -self.margin * size)
        return kept

    def given_room(self, symbols: SymbolicPlan, room: Any) -> list[Any] | None:  # noqa: ANN401 - a cvxpy variable
        """The constraints, every inequality with some room in the unit of a weight; None where one cannot give."""
        built, loose = _listed(self.own.constraints(OwnSymbols(symbols, self.scope))), []
        for constraint, size in zip(built, self._sizes, strict=True):
            figures = figures_of(constraint)
            if figures is None:
                return None
            loose.append(figures <= size * room)
            if is_equality(constraint):
                loose.append(-figures <= size * room)
        return loose

    def cuts(self, plan: Plan) -> list[Cut]:
        """Affine inequalities that every plan that keeps the rule keeps too, tight at a plan."""
        found: list[Cut] = []
        for constraint in self._built:
            figures = figures_of(constraint)
            if figures is None:
                continue
            self._leaves.put(plan)
            with np.errstate(all="ignore"):
                slopes = self._leaves.slopes(figures)
            if slopes is None:
                continue
            holdings = self.scope.holdings
            active = holdings.active + plan.net(holdings.lot_name)
            moved = slopes.on_sells @ plan.sells + slopes.on_buys @ plan.buys + slopes.on_active @ active
            rest: FloatArray = slopes.constant - moved
            found += [Cut(slopes, j, float(rest[j])) for j in range(len(rest))]
        return found


def _listed(given: Any) -> list[Any]:  # noqa: ANN401 - what a user returned
    return list(given) if isinstance(given, (list, tuple)) else [given]
