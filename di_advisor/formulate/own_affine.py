"""Own terms and rules that are affine: they join the separable problem and stay on the hot path.

An affine term is a slope for every lot and every name; an affine rule is a coupling row. Both then
have certificates, shadow prices and whole-share rounding like the built-in ones. Limits: a rule whose
coefficients differ between lots of one name would disturb the order in which lots are sold, and goes
the opaque way; so does one with very many rows, unless these limit single names: such limits become the
boxes of the names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.own_shape import Coefficients
from di_advisor.formulate.plan import Holdings, Plan, SymbolicPlan
from di_advisor.formulate.rules import NO_ROOM
from di_advisor.formulate.segments import Segments
from di_advisor.formulate.separable import Row, Separable

__all__ = ["ROWS_MAX", "AffineRule", "AffineTerm", "affine_rule", "affine_term", "charged_anyway"]

ROWS_MAX = 40
"""Rows that one own rule may add to the hot path."""

_SAME = 1e-12


@dataclass(frozen=True, eq=False)
class AffineTerm:
    """A user's affine term.

    Attributes
    ----------
    holdings : Holdings
        Before trading.
    lot_slope : ndarray of shape (L,)
        Objective, a fraction of the account, per unit of weight sold of each lot, beside ``name_slope``.
    name_slope : ndarray of shape (n,)
        Per unit of net trade of each name.
    start : float
        Of doing nothing.
    name, sentence : str
        As the user gave them.
    """

    holdings: Holdings
    lot_slope: FloatArray
    name_slope: FloatArray
    start: float
    name: str
    sentence: str

    def value_usd(self, plan: Plan) -> float:
        """Its amount for a plan, in USD."""
        change = self.lot_slope @ plan.sells + self.name_slope @ plan.net(self.holdings.lot_name)
        return float(self.start + change) * self.holdings.value_usd

    def attribute_usd(self, plan: Plan) -> Plan:
        """Each trade its own: the charge is linear."""
        value = self.holdings.value_usd
        sells = (self.lot_slope - self.name_slope[self.holdings.lot_name]) * plan.sells * value
        return Plan(np.asarray(sells, dtype=np.float64), np.asarray(self.name_slope * plan.buys * value))

    def separable(self) -> Separable:
        """A slope for each lot and name."""
        return Separable(
            lot_slope=self.lot_slope if self.lot_slope.any() else None,
            name_slope=self.name_slope if self.name_slope.any() else None,
        )

    def expression(self, symbols: SymbolicPlan) -> Any:  # noqa: ANN401 - a cvxpy expression
        """Linear in lots and net trades."""
        return self.start + self.lot_slope @ symbols.sells + self.name_slope @ (symbols.active - self.holdings.active)


def affine_term(found: Coefficients, holdings: Holdings, name: str, sentence: str) -> AffineTerm:
    """The term of the coefficients of a figure in USD."""
    value = holdings.value_usd
    on_buys = found.on_buys[0] / value
    return AffineTerm(
        holdings,
        found.on_sells[0] / value + on_buys[holdings.lot_name],
        found.on_active[0] / value + on_buys,
        float(found.at(holdings.nothing(), holdings.active)[0]) / value,
        name,
        sentence,
    )


def charged_anyway(terms: Iterable[object]) -> float:
    """What affine terms charge for doing nothing, a fraction of the account: slopes leave it out.

    The block, and so its objective and its bounds, are without it; the terms' own figures are with it.
    """
    return sum(t.start for t in terms if isinstance(t, AffineTerm))


@dataclass(frozen=True, eq=False)
class AffineRule:
    """A user's affine inequalities and equalities: ``lower <= figures <= upper``, in the unit of a weight.

    Attributes
    ----------
    holdings : Holdings
        Before trading.
    on_active, on_sold, on_bought : ndarray of shape (m, n)
        Per unit of active weight after trading, of weight sold and of weight bought.
    lower, upper : ndarray of shape (m,)
        Limits; infinite where open.
    name, sentence : str
        As the user gave them.
    margin : float
        Kept to every limit while solving, for rounding to shares.
    """

    holdings: Holdings
    on_active: FloatArray
    on_sold: FloatArray
    on_bought: FloatArray
    lower: FloatArray
    upper: FloatArray
    name: str
    sentence: str
    margin: float = 0.0

    @property
    def is_equality(self) -> bool:
        """Whether some figure is held exactly: no margin can be kept to it."""
        return bool((self.upper - self.lower <= _SAME).any())

    def _figures(self, plan: Plan) -> FloatArray:
        lot_name = self.holdings.lot_name
        active = self.holdings.active + plan.net(lot_name)
        figures = self.on_active @ active + self.on_sold @ plan.sold(lot_name) + self.on_bought @ plan.buys
        return np.asarray(figures, dtype=np.float64)

    def measure(self, plan: Plan) -> float:
        """Largest excess in the unit of a weight, 0 or less when kept."""
        return -self.slack(plan)

    def slack(self, plan: Plan) -> float:
        """Distance to the nearest limit, in the unit of a weight."""
        figures = self._figures(plan)
        return float(min((figures - self.lower).min(), (self.upper - figures).min()))

    def binds(self, plan: Plan) -> bool:
        """No room left."""
        return self.slack(plan) < NO_ROOM + self.margin

    def _limits(self) -> tuple[FloatArray, FloatArray]:
        middle = np.where(np.isfinite(self.lower) & np.isfinite(self.upper), 0.5 * (self.lower + self.upper), np.nan)
        low, high = self.lower + self.margin, self.upper - self.margin
        low = np.where(np.isnan(middle), low, np.minimum(low, np.maximum(middle, self.lower)))
        return low, np.where(np.isnan(middle), high, np.maximum(high, np.minimum(middle, self.upper)))

    def on_weights(self, direction: FloatArray) -> list[tuple[FloatArray, float, float]]:
        """Coefficients on active weights with their limits, once each name's direction is fixed, shape (n,).

        What is bought and what is sold of a name are linear in its weight then.
        """
        sides = np.where(direction > 0, self.on_bought, 0.0) - np.where(direction < 0, self.on_sold, 0.0)
        start = sides @ self.holdings.active
        on, lower, upper = self.on_active + sides, self.lower + start, self.upper + start
        return [(on[j], float(lower[j]), float(upper[j])) for j in np.flatnonzero(~self._in_boxes).tolist()]

    @cached_property
    def _in_boxes(self) -> NDArray[np.bool_]:
        """Which figures are kept by boxes of names: where there are many, those of the weight of one name."""
        if len(self.lower) <= ROWS_MAX:
            return np.zeros(len(self.lower), dtype=np.bool_)
        return _single(self.on_active, self.on_sold, self.on_bought)

    def boxes(self) -> tuple[FloatArray, FloatArray]:
        """Limits of active weights, shapes (n,), infinite where open."""
        n = self.on_active.shape[1]
        lower, upper = np.full(n, -np.inf), np.full(n, np.inf)
        low, high = self._limits()
        for j in np.flatnonzero(self._in_boxes).tolist():
            name = int(np.abs(self.on_active[j]).argmax())
            ends = np.array([low[j], high[j]]) / self.on_active[j, name]
            lower[name], upper[name] = max(lower[name], ends.min()), min(upper[name], ends.max())
        return lower, upper

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """One row a figure that is not in a box."""
        return self._rows(segments, np.flatnonzero(~self._in_boxes).tolist())

    def all_rows(self, segments: Segments) -> tuple[Row, ...]:
        """One row a figure."""
        return self._rows(segments, range(len(self.lower)))

    def _rows(self, segments: Segments, which: Iterable[int]) -> tuple[Row, ...]:
        rows = []
        lowest, highest = self._limits()
        for j in which:
            low, high = lowest[j], highest[j]
            sided = self.on_sold[j].any() or self.on_bought[j].any()
            on = np.where(segments.sell, self.on_sold[j][segments.name], self.on_bought[j][segments.name])
            rows.append(Row(self.name, float(low), float(high), self.on_active[j], on if sided else None))
        return tuple(rows)

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """The same inequalities."""
        figures = self.on_active @ symbols.active + self.on_sold @ symbols.sold + self.on_bought @ symbols.buys
        low, high = self._limits()
        up, down = np.flatnonzero(np.isfinite(high)), np.flatnonzero(np.isfinite(low))
        return [*([figures[up] <= high[up]] if len(up) else []), *([figures[down] >= low[down]] if len(down) else [])]


def _single(on_active: FloatArray, on_sold: FloatArray, on_bought: FloatArray) -> NDArray[np.bool_]:
    """Which figures are the weight of one name."""
    sided = on_sold.any(axis=1) | on_bought.any(axis=1)
    return np.asarray(((on_active != 0).sum(axis=1) == 1) & ~sided, dtype=np.bool_)


def affine_rule(
    parts: list[tuple[Coefficients, bool]], holdings: Holdings, name: str, sentence: str
) -> AffineRule | None:
    """The rule of affine figures that must be at most 0 (or, where marked, exactly 0).

    None where the hot path cannot take it: coefficients that differ between lots of a name, or too many rows.
    """
    lot_name, n = holdings.lot_name, len(holdings.held)
    on_active = np.concatenate([c.on_active for c, _ in parts])
    on_buys = np.concatenate([c.on_buys for c, _ in parts])
    on_sells = np.concatenate([c.on_sells for c, _ in parts])
    constant = np.concatenate([c.constant for c, _ in parts])
    equal = np.concatenate([np.full(len(c.constant), e) for c, e in parts])
    on_sold = np.zeros((len(constant), n))
    on_sold[:, lot_name] = on_sells
    size = np.abs(np.concatenate([on_active, on_buys, on_sells], axis=1)).max(axis=1)
    if (np.abs(on_sells - on_sold[:, lot_name]) > _SAME * size[:, None]).any():
        return None
    if len(constant) > ROWS_MAX and (~_single(on_active, on_sold, on_buys)).sum() > ROWS_MAX:
        return None
    size = np.where(size > 0, size, 1.0)
    upper = -constant / size
    lower = np.where(equal, upper, -np.inf)
    column = size[:, None]
    on = on_active / column, on_sold / column, on_buys / column
    return AffineRule(holdings, on[0], on[1], on[2], lower, upper, name, sentence)
