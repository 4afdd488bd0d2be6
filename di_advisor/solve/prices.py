"""Names at given prices: every name a scalar problem, and so a bound on everything at once.

Given prices of the exposures (k), of the coupling rows and of risk, each name minimises a quadratic
plus a piecewise-linear cost on its own. Summed up this is the Lagrangian dual: a lower bound on any
plan that keeps the rules, **with the discrete choices inside**, whatever the prices are. It needs no
solver, so it certifies whatever a solver returned (Geoffrion 1974). Limits on numbers of names and
of trades are priced per name (`di_advisor.solve.counting`), and where shares are whole the same sum
over counts of shares bounds every rounded plan.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block
from di_advisor.solve.both_sides import Ends, both_at_once
from di_advisor.solve.choices import COLUMNS, Choice, Choices, Restriction, is_any
from di_advisor.solve.counting import Counting
from di_advisor.solve.gains_sold import GainsSold
from di_advisor.solve.groups import least_of_all, shared_groups
from di_advisor.solve.scalar import Best, Curve, Side, minimised
from di_advisor.solve.wash_branches import WashBranches, on_segments, sides_of

if TYPE_CHECKING:
    from di_advisor.solve.dual_newton.pieces import Pieces

__all__ = ["NameValues", "PricedNames", "Prices"]

_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Prices:
    """Lagrange multipliers, in objective per unit.

    Attributes
    ----------
    risk : float
        Price of variance: aversion plus the multiplier of the tracking-error cap.
    exposures : ndarray of shape (k,)
        Of ``X'z - e = 0``.
    rows : ndarray of shape (r,)
        Of the coupling rows; positive pushes down, from the upper limit.
    point : ndarray of shape (k,)
        Exposures of the plan the prices come from, where the box problem is linearised.
    held, traded : float
        Of each name held after, and of each name traded, where their numbers are limited; at least 0.
    """

    risk: float
    exposures: FloatArray
    rows: FloatArray
    point: FloatArray
    held: float = 0.0
    traded: float = 0.0


@dataclass(frozen=True)
class NameValues:
    """Best value of each name under each choice; infinite where not open.

    Attributes
    ----------
    plain : ndarray of shape (n, c)
        Relative to doing nothing, without the prices of counts; c is 4 or `COLUMNS`.
    value : ndarray of shape (n, c)
        With them.
    base : ndarray of shape (n,)
        Value of doing nothing, without them.
    best : dict of Choice to Best
        The amounts behind them, where a choice has one side only.
    further : ndarray of shape (n,), optional
        Like the column of selling beyond the washed width in ``value``, at what else may be washed: for bounds.
    gains_sold : dict of Choice to GainsSold
        Names of which gains are sold too under a choice of buying, whose amounts in ``best`` are not what they trade.
    """

    plain: FloatArray
    value: FloatArray
    base: FloatArray
    best: dict[Choice, Best]
    further: FloatArray | None = None
    gains_sold: dict[Choice, GainsSold | None] = field(default_factory=dict)


class PricedNames:
    """The scalar problems of a block, ready for any prices.

    Parameters
    ----------
    block : Block
        The account.
    allowed : ndarray of bool, shape (n, `COLUMNS`), optional
        Choices that each name may take; all when left out.
    inner : Block, optional
        The block with every loss washed in its slopes, cut in the order of these; when left out its pieces are
        those of ``block``, whose trading costs then belong to another order where the prices change it.
    """

    def __init__(self, block: Block, allowed: NDArray[np.bool_] | None = None, *, inner: Block | None = None) -> None:
        self.block = block
        segments = block.segments
        self.counting = Counting(block)
        self._losses = segments.names_with_losses(len(block.active_lower))
        self.washes = WashBranches(block, inner)
        self._sides = sides_of(segments)
        self._shared = shared_groups(block.groups)
        self._all_choices = self.counting.limited or block.wash is not None
        self._last: tuple[Prices, NameValues] | None = None
        self._allowed = allowed

    def only(self, allowed: NDArray[np.bool_]) -> PricedNames:
        """The same with some choices only, shape (n, `COLUMNS`): bounds then are over these."""
        return PricedNames(self.block, allowed, inner=self.washes.given)

    @cached_property
    def row_active(self) -> FloatArray:
        """Coefficients of the rows on active weights, shape (r, n)."""
        n = len(self.block.active_lower)
        rows = [np.zeros(n) if r.on_active is None else r.on_active for r in self.block.rows]
        return np.array(rows).reshape(len(rows), n)

    @cached_property
    def row_segments(self) -> FloatArray:
        """Coefficients of the rows on amounts, shape (r, m)."""
        return on_segments(self.block)

    def values(self, prices: Prices) -> NameValues:
        """Each name's best value under each choice, at given prices."""
        last = self._last
        if last is not None and _same_but_counts(last[0], prices):
            return self._charged(last[1], prices)
        found = self._values(prices, None)
        if self._allowed is not None:
            plain = np.where(self._allowed[:, : found.plain.shape[1]], found.plain, np.inf)
            open_ = self._allowed[:, Choice.SELL_BEYOND]
            further = None if found.further is None else np.where(open_, found.further, np.inf)
            found = replace(found, plain=plain, value=plain, further=further)
        self._last = (prices, found)
        return self._charged(found, prices)

    def _charged(self, found: NameValues, prices: Prices) -> NameValues:
        if not (prices.held or prices.traded):
            return found
        charge = self.counting.charge(prices.held, prices.traded)
        further = None if found.further is None else found.further + charge[:, Choice.SELL_BEYOND]
        return replace(found, value=found.plain + charge, further=further)

    def _values(self, prices: Prices, step: FloatArray | None) -> NameValues:
        """The values without the prices of counts; in whole steps of shares where they are given."""
        block = self.block
        z0, s = block.holdings.active, block.risk.specific_variance_per_year
        own = prices.risk * s
        g = block.risk.exposures @ prices.exposures + prices.rows @ self.row_active
        extra = prices.rows @ self.row_segments
        slope = block.segments.slope + extra
        q = np.maximum(2.0 * (own + block.impact), 1e-14)
        lean = 2.0 * own * z0 + g
        down, up = z0 - block.active_lower, block.active_upper - z0
        forced_down, forced_up = np.maximum(-up, 0.0), np.maximum(-down, 0.0)
        powers = (None, None) if block.power is None else (block.power[:, 0], block.power[:, 1])
        selling, buying = Curve(q, -lean, powers[0]), Curve(q, lean, powers[1])
        least = (np.maximum(block.least_sale, forced_down), np.maximum(block.min_trade, forced_up))

        def sold(at: FloatArray, of: Block = block) -> Best:
            cut = self._sides_in(of)[0]
            side = cut.sorted_by(of.segments, at)
            best = minimised(side, at, selling, least[0], down, step=step)
            if side is cut or self.washes.given is None:
                return best
            return self.washes.in_any_order(best, cut, of.segments, at, 1.0 + float(np.abs(prices.rows).sum()))

        def bought(at: FloatArray, of: Block = block) -> Best:
            side = self._sides_in(of)[1].sorted_by(of.segments, at)
            return minimised(side, at, buying, least[1], up, step=step)

        nothing = np.where((forced_down <= _TOLERANCE) & (forced_up <= _TOLERANCE), 0.0, np.inf)
        base = own * z0 * z0 + g * z0
        if not self._all_choices:
            sell, buy = sold(slope), bought(slope)
            both, sold_too = self._with_gains_sold(prices, slope, buying, buy.value, self._both_sides)
            plain = np.stack([nothing, sell.value, both, np.where(self._losses, np.inf, sell.value)], axis=1)
            return NameValues(
                plain, plain, base, {Choice.SELL: sell, Choice.BUY: buy}, gains_sold={Choice.BUY: sold_too}
            )
        plain = np.full((len(z0), COLUMNS), np.inf)
        washes, further = self.washes, None
        inner = washes.inner.segments.slope + prices.rows @ washes.inner_rows
        sell, buy = sold(inner, washes.inner), bought(inner, washes.inner)
        best = {Choice.SELL: sell, Choice.BUY: buy}
        plain[:, Choice.NOTHING] = nothing
        plain[:, Choice.SELL] = sell.value
        swaps: dict[Choice, GainsSold | None] = {}
        plain[:, Choice.BUY], swaps[Choice.BUY] = self._with_gains_sold(
            prices, inner, buying, buy.value, self._both_sides_washed, washes.inner
        )
        plain[:, Choice.SELL_GAINS] = np.where(self._losses, np.inf, sell.value)
        if block.wash is not None:
            on, whole = washes.beyond(prices.rows)
            best[Choice.SELL_BEYOND], best[Choice.BUY_BEYOND] = sold(slope + on), bought(slope)
            paid, may = block.wash.sell_price * block.wash.sell_width, self._losses & (block.wash.sell_width > 0)
            plain[:, Choice.SELL_BEYOND] = np.where(may, best[Choice.SELL_BEYOND].value + paid + whole, np.inf)
            for on, whole in washes.others(prices.rows):
                other = np.where(may, sold(slope + on).value + paid + whole, np.inf)
                further = other if further is None else np.minimum(further, other)
            far, swaps[Choice.BUY_BEYOND] = self._with_gains_sold(
                prices, slope, buying, best[Choice.BUY_BEYOND].value, self._both_sides
            )
            far = far + washes.bought_whole(prices.rows)
            plain[:, Choice.BUY_BEYOND] = np.where(block.wash.buy_width > 0, far, np.inf)
        if block.names_max is not None:
            plain[:, Choice.EXIT] = self._sold_out(selling, prices.rows)
        return NameValues(plain, plain, base, best, further, swaps)

    def _sold_out(self, curve: Curve, rows: FloatArray) -> FloatArray:
        """Value of selling everything of a name, shape (n,); infinite where that is not possible."""
        segments, counting = self.block.segments, self.counting
        n = len(curve.q)
        slope = self.washes.out.segments.slope + rows @ self.washes.out_rows
        paid = np.bincount(segments.name, weights=np.where(segments.sell, slope * segments.width, 0.0), minlength=n)
        return np.where(counting.can_leave, curve.at(np.arange(n), counting.sellable) + paid, np.inf)

    def _sides_in(self, block: Block) -> tuple[Side, Side]:
        """Sales and buys of the pieces of a block: this one, or that with every loss washed."""
        return self._sides if block is self.block else self.washes.inner_sides

    @cached_property
    def _both_sides(self) -> Pieces | None:
        return self._pieces_of(self.block)

    @cached_property
    def _both_sides_washed(self) -> Pieces | None:
        return self._both_sides if self.block.wash is None else self._pieces_of(self.washes.inner)

    def _pieces_of(self, block: Block) -> Pieces | None:
        """The names that may be sold and bought at once, because they hold no loss and have no minimum trade."""
        # here, because that package builds on this module's prices
        from di_advisor.solve.dual_newton.cutting import cut_pieces, filling_order

        free = ~self._losses & (block.min_trade <= 0)
        limits = Restriction(free[block.segments.name], block.active_lower, block.active_upper)
        matrix = np.concatenate([block.risk.exposures, self.row_active.T], axis=1)
        pieces = cut_pieces(block, matrix, filling_order(block), limits)
        return pieces if len(pieces.first) else None

    def _with_gains_sold(
        self,
        prices: Prices,
        slope: FloatArray,
        net: Curve,
        value: FloatArray,
        pieces: Pieces | None,
        of: Block | None = None,
    ) -> tuple[FloatArray, GainsSold | None]:
        """Buying where gains may be sold too: a lot that is better sold now may be, and bought back; and who does.

        ``slope`` is that of the pieces of a block, this one when left out; ``net`` of what is bought less sold.
        """
        block = self.block if of is None else of
        segments = block.segments
        n = len(value)
        least, buys = np.full(n, np.inf), self._sides_in(block)[1]
        if len(buys.segment):
            least[buys.owner] = np.minimum.reduceat(slope[buys.segment], buys.first)
        pays = segments.sell & (slope + least[segments.name] < 0) & ~self._losses[segments.name]
        pays &= block.min_trade[segments.name] <= 0
        if not pays.any() or pieces is None:
            return value, None
        concerned = np.zeros(n, dtype=np.bool_)
        concerned[segments.name[pays]] = True
        if block.power is not None:
            z0, usable = block.holdings.active, concerned[segments.name]
            ends = Ends.of(segments, usable, block.active_lower - z0, block.active_upper - z0)
            both = both_at_once(segments, ends, slope, net, block.power)
            return np.where(concerned, np.minimum(value, both), value), None
        both, _ = pieces.values(np.concatenate([prices.exposures, prices.rows]), pieces.charges(prices.risk, 1.0))
        at = np.flatnonzero(concerned[pieces.traders])
        value = value.copy()
        value[pieces.traders[at]] = both[at]
        return value, GainsSold(pieces, at, prices, len(segments))

    def coupling(self, prices: Prices, *, reserved: bool) -> float:
        """The part of the dual that belongs to exposures, rows and the cap; with or without the rows' reserves."""
        block = self.block
        factor = block.risk.factor_covariance_per_year
        slope = 2.0 * prices.risk * (factor @ prices.point)
        t = prices.exposures
        lean = slope - t
        reach = np.where(lean > 0, block.exposure_lower, block.exposure_upper) - prices.point
        with np.errstate(invalid="ignore"):
            box = np.where(lean == 0, 0.0, lean * reach)
        total = 0.5 * float(slope @ prices.point) - float(t @ prices.point) + float(box.sum())
        for price, row in zip(prices.rows, block.rows, strict=True):
            if price:
                upper = row.upper - row.reserve if reserved else row.upper
                total -= price * (upper if price > 0 else row.lower)
        if block.names_max is not None:
            total -= prices.held * block.names_max
        if block.trades_max is not None:
            total -= prices.traded * block.trades_max
        if block.tracking_error_max is not None:
            total -= (prices.risk - block.aversion) * block.tracking_error_max**2
        return total

    def bound(self, prices: Prices, choices: Choices | None = None) -> float:
        """Lower bound of the objective.

        Over all choices it bounds any plan that keeps the rules; with given choices it is the dual value
        of the convex problem that was solved, reserves included.
        """
        names = self.values(prices)
        return self._over_all(prices, names) if choices is None else self._with(prices, names, choices)

    def bound_in_shares(self, prices: Prices) -> float:
        """Lower bound over all plans whose trades are whole steps of shares, or all there is of a name.

        `bound` where any amount may be traded.
        """
        step = self.block.share_step
        if step is None:
            return self.bound(prices)
        any_amount = self._charged(self.values(prices), prices)
        whole = self._charged(self._values(prices, step), prices)
        # a name that no count of shares suits is rounded by other rules than these
        suits = np.isfinite(whole.value.min(axis=1))[:, None]
        return self._over_all(prices, replace(whole, value=np.where(suits, whole.value, any_amount.value)))

    def bounds(self, prices: Prices, choices: Choices) -> tuple[float, float]:
        """Both bounds at once: with the given choices, and over all."""
        names = self.values(prices)
        return self._with(prices, names, choices), self._over_all(prices, names)

    def _over_all(self, prices: Prices, names: NameValues) -> float:
        value = names.value
        if names.further is not None:
            value = value.copy()
            value[:, Choice.SELL_BEYOND] = np.minimum(value[:, Choice.SELL_BEYOND], names.further)
        least = least_of_all(value, self._shared, self._losses)
        return float(names.base.sum()) + least + self.coupling(prices, reserved=False)

    def _with(self, prices: Prices, names: NameValues, choices: Choices) -> float:
        value = names.plain
        best = value[np.arange(len(choices)), choices]
        # without a minimum a buyer may also sell gains or stand still, a seller stand still
        other = np.where(is_any(choices, Choice.SELL, Choice.SELL_GAINS, Choice.BUY), value[:, 0], np.inf)
        other = np.where(choices == Choice.BUY, np.minimum(other, value[:, Choice.SELL_GAINS]), other)
        if self.block.wash is not None:
            far = value[:, Choice.SELL_GAINS] + self.washes.bought_whole(prices.rows)
            other = np.where(choices == Choice.BUY_BEYOND, far, other)
        best = np.where(self.block.min_trade <= 0, np.minimum(best, other), best)
        plain = replace(prices, held=0.0, traded=0.0) if prices.held or prices.traded else prices
        return float(names.base.sum() + best.sum()) + self.coupling(plain, reserved=True)

    def sanitised(self, prices: Prices) -> Prices:
        """Prices that keep the bound finite: rows open on one side, exposures without a box."""
        block = self.block
        rows = prices.rows.copy()
        for j, row in enumerate(block.rows):
            if rows[j] > 0 and not np.isfinite(row.upper):
                rows[j] = 0.0
            if rows[j] < 0 and not np.isfinite(row.lower):
                rows[j] = 0.0
        # without a cap risk costs its aversion: what a solver charged beyond it would be no bound
        risk = prices.risk if block.tracking_error_max is not None else min(prices.risk, block.aversion)
        slope = 2.0 * risk * (block.risk.factor_covariance_per_year @ prices.point)
        lean = slope - prices.exposures
        limit = np.where(lean > 0, block.exposure_lower, block.exposure_upper)
        exposures = np.where(np.isfinite(limit), prices.exposures, slope)
        return self.with_counts(Prices(risk, exposures, rows, prices.point))

    def with_counts(self, prices: Prices) -> Prices:
        """The same with the best prices of names held and of names traded."""
        if not self.counting.limited:
            return prices
        held, traded = self.counting.prices(self.values(prices).plain)
        return replace(prices, held=held, traded=traded)


def _same_but_counts(one: Prices, other: Prices) -> bool:
    """Whether two prices differ in those of counts at most."""
    return one.exposures is other.exposures and one.rows is other.rows and one.risk == other.risk
