"""Rules: hard limits, each with a name, a sentence, a measured quantity and its cvxpy form.

A rule measures itself on a plan, so that it can be re-checked after rounding without any solver.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.wording import signless
from di_advisor.formulate.plan import Holdings, Plan, SymbolicPlan
from di_advisor.formulate.segments import Segments
from di_advisor.formulate.separable import Row
from di_advisor.units import percent_from_fraction

__all__ = ["LOCKS", "NO_ROOM", "ActiveGroup", "Locked", "NameLimits", "Rule", "slack_in_rows", "slacks_in_rows"]


LOCKS = "Locked lots are not sold and locked names are not bought."

NO_ROOM = 1e-5
"""Room that counts as none, in the unit of a rule (a weight, or tracking error per year)."""


class Rule(Protocol):
    """A hard limit."""

    @property
    def name(self) -> str:
        """Short name, such as "tracking error cap"."""
        ...

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        ...

    def measure(self, plan: Plan) -> float:
        """The limited quantity (for many names: the largest excess, 0 or less when kept)."""
        ...

    def slack(self, plan: Plan) -> float:
        """Room left, negative when broken, in the unit of `measure`."""
        ...

    def binds(self, plan: Plan) -> bool:
        """Whether the rule holds the plan back: it has no room left."""
        ...

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """Coupling rows; none where the rule is a box of the block."""
        ...

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """The rule as cvxpy constraints."""
        ...


@dataclass(frozen=True)
class NameLimits:
    """Every name's active weight stays in its limits (or where it already is).

    ``leaving``, shape (n,), says which names must go (a screen, or the client's list), where any must.
    """

    holdings: Holdings
    lower: FloatArray
    upper: FloatArray
    text: str
    name: str = "name limits"
    leaving: NDArray[np.bool_] | None = None

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        return self.text

    def measure(self, plan: Plan) -> float:
        """Largest excess as a weight, over the names that trade or are outside; 0 when there are none."""
        net = plan.net(self.holdings.lot_name)
        z = self.holdings.active + net
        excess = np.maximum(self.lower - z, z - self.upper)
        return float(excess[(net != 0) | (excess > 0)].max(initial=-1.0))

    def slack(self, plan: Plan) -> float:
        """Minus the largest excess."""
        return -self.measure(plan)

    def binds(self, plan: Plan) -> bool:
        """A name that trades stands at its limit; sold out is no limit, unless the limit makes it leave."""
        net = plan.net(self.holdings.lot_name)
        z = self.holdings.active + net
        floor = self.lower + self.holdings.target
        at_floor = (net < -NO_ROOM) & (z - self.lower < NO_ROOM) & (floor > NO_ROOM)
        at_ceiling = (net > NO_ROOM) & (self.upper - z < NO_ROOM)
        must_shrink = (self.holdings.active - self.upper > NO_ROOM) & (self.upper - z < NO_ROOM)
        must_grow = (self.lower - self.holdings.active > NO_ROOM) & (z - self.lower < NO_ROOM)
        return bool((at_floor | at_ceiling | must_shrink | must_grow).any())

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """None: a box of the block."""
        del segments
        return ()

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """Box on the active weights."""
        return [symbols.active >= self.lower, symbols.active <= self.upper]


@dataclass(frozen=True)
class Locked:
    """Lots that may not be sold and names that may not be bought (locks, wash-sale windows, sizes).

    ``sell_max`` and ``buy_max`` are the largest weights allowed, 0 where locked; ``sellable`` (lots) and
    ``buyable`` (names) say what is locked and what other limits leave no room for.
    """

    holdings: Holdings
    sell_max: FloatArray
    buy_max: FloatArray
    sellable: NDArray[np.bool_]
    buyable: NDArray[np.bool_]
    name: str = "locks"
    text: str = LOCKS

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        return self.text

    def measure(self, plan: Plan) -> float:
        """Largest amount beyond what is allowed, as a weight."""
        over = [(plan.sells - self.sell_max).max(initial=-np.inf), (plan.buys - self.buy_max).max(initial=-np.inf)]
        return float(max(over))

    def slack(self, plan: Plan) -> float:
        """Minus the largest excess."""
        return -self.measure(plan)

    def binds(self, plan: Plan) -> bool:
        """Never said here: what is locked is listed lot by lot and name by name."""
        del plan
        return False

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """None: a box of the block."""
        del segments
        return ()

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """Boxes on sells and buys."""
        return [symbols.sells >= 0, symbols.sells <= self.sell_max, symbols.buys >= 0, symbols.buys <= self.buy_max]


def _points(percent: float) -> str:
    return signless(percent, "+.2f")


@dataclass(frozen=True)
class ActiveGroup:
    """The active weight of a group (sector, country) or exposure to a factor stays in a band."""

    holdings: Holdings
    coefficients: FloatArray
    lower: float
    upper: float
    name: str
    factor: str = ""
    """Factor of the risk model that is limited; empty for a group of names."""
    unit: str = ""
    """Unit of what is measured, where it is not a weight or an exposure."""
    scale: float = 1.0
    """Units of the measure in one unit of the row and its limits."""
    note: str = ""
    """What the reader must know of how the limit came about."""

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        low, high = percent_from_fraction(self.lower), percent_from_fraction(self.upper)
        what = self.name.partition(": ")[2] or self.name
        if np.isinf(low):
            return f"{what} stays at {_points(high)} points of its target at most."
        if np.isinf(high):
            return f"{what} stays at {_points(low)} points of its target at least."
        return f"{what} stays between {_points(low)} and {_points(high)} points of its target."

    def measure(self, plan: Plan) -> float:
        """Active weight or exposure."""
        return float(self.coefficients @ (self.holdings.active + plan.net(self.holdings.lot_name)))

    def slack(self, plan: Plan) -> float:
        """Distance to the nearer limit."""
        return self.room(self.measure(plan))

    def room(self, value: float) -> float:
        """Distance of an active weight or exposure to the nearer limit."""
        return min(value - self.lower, self.upper - value)

    def binds(self, plan: Plan) -> bool:
        """No room left."""
        return self.slack(plan) < NO_ROOM

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """One row on active weights; none for a factor of the risk model, which has a box."""
        del segments
        return () if self.factor else (Row(self.name, self.lower, self.upper, on_active=self.coefficients),)

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """Two linear inequalities."""
        value = self.coefficients @ symbols.active
        return [value >= self.lower, value <= self.upper]


def slack_in_rows(rule: Rule, plan: Plan) -> float:
    """Room left as the solver counts it: a carbon intensity of hundreds and a weight of thousandths alike."""
    return rule.slack(plan) / (rule.scale if isinstance(rule, ActiveGroup) else 1.0)


def slacks_in_rows(rules: Iterable[Rule], plan: Plan) -> list[float]:
    """`slack_in_rows` of each rule, to the same figure; plain bands share the active weights after the plan."""
    known: Holdings | None = None
    active: FloatArray | None = None
    found = []
    for rule in rules:
        if type(rule) is not ActiveGroup:  # what subclasses measure need not be a sum over weights
            found.append(slack_in_rows(rule, plan))
            continue
        if active is None or rule.holdings is not known:
            known = rule.holdings
            active = known.active + plan.net(known.lot_name)
        found.append(rule.room(float(rule.coefficients @ active)) / rule.scale)
    return found
