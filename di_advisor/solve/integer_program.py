"""A block's plans as a mixed integer linear program: every discrete choice a binary, what is curved by cuts.

Problem: prices and rounds find good choices fast, and may find none where minimum trades, numbers and
budgets leave only a handful. Decision: choices are binaries of a linear program that HiGHS branches on
until there is a point or a proof that there is none; tracking error and the objective's curves enter as
tangents, which never cut off a plan (outer approximation: Duran and Grossmann 1986, Fletcher and Leyffer
1994). Where lots may be sold in another order than that of the pieces, what trading costs in cash is
filled by columns of its own, so that no order is dearer than it is.

Limits: weights are kept to the solver's tolerance, so a point is a proposal of choices and no plan; a
name that holds losses sells them or nothing, as everywhere in this package.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.gains import RealisedGains
from di_advisor.formulate.problem import Block
from di_advisor.formulate.tax_cells import Region
from di_advisor.solve.choices import Choice, Choices
from di_advisor.solve.counting import Counting
from di_advisor.solve.integer_point import Point
from di_advisor.solve.mixed_integer import Answer, Program, Relaxation, simplified, solve_program

__all__ = ["IntegerProgram", "Point"]

_SCALE = 1e3
"""Weights are counted in thousandths, so that the solver's tolerance is a millionth of a thousandth."""

_HALF = 0.5
_STILL = 1e-7
_WIDEST = 1e6
_RELATIVE_GAP = 1e-5
_ANY, _OVER = 0.2, 1e-7

_Row = tuple[NDArray[np.int64], NDArray[np.int64], FloatArray, FloatArray, FloatArray]


class IntegerProgram:
    """The program of a block.

    Parameters
    ----------
    block : Block
        The account; its tracking-error cap enters by `cut` only.
    regions : tuple of Region
        Where the gains may lie, one of them; empty where tax limits nothing.
    gains : RealisedGains, optional
        Of the lots, where regions are given.
    """

    def __init__(self, block: Block, regions: tuple[Region, ...] = (), gains: RealisedGains | None = None) -> None:
        self.block, self.regions, self.counting = block, regions, Counting(block)
        segments = block.segments
        self.n, self.m = len(block.active_lower), len(segments)
        self.losses = segments.names_with_losses(self.n)
        self._size = 0
        self._low: list[FloatArray] = []
        self._high: list[FloatArray] = []
        self._whole: list[NDArray[np.int64]] = []
        self._rows: list[_Row] = []
        self._relaxation: Relaxation | None = None
        self._laid = 0
        self.amounts = self.columns(np.zeros(self.m), segments.width)
        n = np.ones(self.n)
        self.sells, self.buys = self.columns(0 * n, n, whole=True), self.columns(0 * n, n, whole=True)
        self.curve = self.columns(np.zeros(1), np.array([_WIDEST]))
        cap = _WIDEST if block.tracking_error_max is None else block.tracking_error_max * (1.0 + _OVER)
        self.error = self.columns(np.zeros(1), np.array([cap]))
        self.measure = self.error
        self.aim: NDArray[np.int64] | None = None  # columns whose sum is least at a point, where there are such
        self.places = np.zeros(0, dtype=np.int64)
        self._links()
        self._sides()
        self._counts()
        self._limits()
        if regions and gains is not None:
            self._places(gains)

    def columns(self, low: FloatArray, high: FloatArray, *, whole: bool = False) -> NDArray[np.int64]:
        """New columns within limits, integers where they are whole."""
        at = np.arange(self._size, self._size + len(low))
        self._low.append(np.asarray(low, dtype=np.float64))
        self._high.append(np.asarray(high, dtype=np.float64))
        self._whole.append(np.full(len(low), int(whole)))
        self._size += len(low)
        return at

    def add(self, row: Any, column: Any, value: Any, low: Any, high: Any) -> None:  # noqa: ANN401 - array-likes
        """Rows ``low <= A v <= high``, by the row, column and value of each entry."""
        low, high = np.atleast_1d(np.asarray(low, float)), np.atleast_1d(np.asarray(high, float))
        value = np.broadcast_to(np.asarray(value, dtype=np.float64), np.shape(column))
        self._rows.append((np.asarray(row), np.asarray(column), value, low, high))

    def weigh(self, row: Any, column: Any, value: Any, equal: Any, *, at_most: bool = False) -> None:  # noqa: ANN401
        """Rows of weights that equal something, or are at most that, by the row, column and value of each entry."""
        high = _SCALE * np.asarray(equal, dtype=np.float64)
        low = np.full_like(high, -np.inf) if at_most else high
        self.add(row, column, _SCALE * np.asarray(value, dtype=np.float64), low, high)

    def close(self, columns: NDArray[np.int64]) -> None:
        """Binaries that stay at zero."""
        self.add(np.zeros(len(columns), np.int64), columns, 1.0, 0.0, 0.0)

    def one_side(self) -> None:
        """No name is both sold and bought, whether or not it holds losses."""
        self._pairs(self.sells, self.buys, -np.inf, 1.0)

    def _line(self, on: FloatArray, low: float, high: float, more: tuple[tuple[int, float], ...] = ()) -> None:
        """One row on amounts, and on a few further columns."""
        at = np.flatnonzero(on)
        column = np.r_[self.amounts[at], [c for c, _ in more]].astype(np.int64)
        value = _SCALE * np.r_[on[at], [v for _, v in more]]
        self.add(np.zeros(len(column), np.int64), column, value, _SCALE * low, _SCALE * high)

    def _pairs(self, a: Any, b: Any, low: float, high: float, second: Any = 1.0) -> None:  # noqa: ANN401
        """Rows ``low <= v[a] + second v[b] <= high``, one a pair."""
        k = np.arange(len(a))
        value = np.r_[np.ones(len(a)), np.broadcast_to(np.asarray(second, float), len(a))]
        self.add(np.r_[k, k], np.r_[a, b], value, np.full(len(a), low), np.full(len(a), high))

    def _links(self) -> None:
        """Amounts only where a side is taken, and then at least the minimum."""
        segments, block = self.block.segments, self.block
        sides = ((self.sells, segments.sell, block.least_sale), (self.buys, ~segments.sell, block.min_trade))
        for chosen, side, least in sides:
            at = np.flatnonzero(side)
            name = segments.name[at]
            total = np.bincount(name, weights=segments.width[at], minlength=self.n)
            every = np.arange(self.n)
            row, column = np.r_[name, every], np.r_[self.amounts[at], chosen]
            self.add(row, column, _SCALE * np.r_[np.ones(len(at)), -total], np.full(self.n, -np.inf), np.zeros(self.n))
            if (least > 0).any():
                value = _SCALE * np.r_[np.ones(len(at)), -least]
                self.add(row, column, value, np.zeros(self.n), np.full(self.n, np.inf))

    def _sides(self) -> None:
        """A name with losses or a minimum trades on one side; a group sells losses or buys."""
        block = self.block
        single = np.flatnonzero(self.losses | (block.min_trade > 0))
        self._pairs(self.sells[single], self.buys[single], -np.inf, 1.0)
        size = int(block.groups.max(initial=-1)) + 1
        self.at_loss = self.columns(np.zeros(size), np.ones(size), whole=True)
        lossy = np.zeros(size, dtype=np.bool_)
        lossy[block.groups[self.losses]] = True
        losing = np.flatnonzero(self.losses)
        self._pairs(self.sells[losing], self.at_loss[block.groups[losing]], -np.inf, 0.0, -1.0)
        self._mates = lossy[block.groups]
        mates = np.flatnonzero(self._mates)
        self._pairs(self.buys[mates], self.at_loss[block.groups[mates]], -np.inf, 1.0)

    def _counts(self) -> None:
        block, counting, n = self.block, self.counting, self.n
        self.held: NDArray[np.int64] | None = None
        self.traded: NDArray[np.int64] | None = None
        if block.trades_max is not None:
            traded = self.traded = self.columns(np.zeros(n), np.ones(n), whole=True)
            self._pairs(self.sells, traded, -np.inf, 0.0, -1.0)
            self._pairs(self.buys, traded, -np.inf, 0.0, -1.0)
            self.add(np.zeros(n, np.int64), traded, 1.0, -np.inf, block.trades_max)
        if block.names_max is not None:
            stuck = counting.held_now & ~counting.can_leave
            self.held = self.columns(stuck.astype(np.float64), np.ones(n), whole=True)
            self._pairs(self.buys, self.held, -np.inf, 0.0, -1.0)
            segments, sellable = block.segments, counting.sellable
            at = np.flatnonzero(segments.sell & counting.can_leave[segments.name])
            name, every = segments.name[at], np.arange(n)
            value = _SCALE * np.r_[np.ones(len(at)), np.where(counting.can_leave, sellable, 0.0)]
            floor = _SCALE * np.where(counting.can_leave, sellable, 0.0)
            self.add(np.r_[name, every], np.r_[self.amounts[at], self.held], value, floor, np.full(n, np.inf))
            self.add(np.zeros(n, np.int64), self.held, 1.0, -np.inf, block.names_max)

    def _limits(self) -> None:
        """Boxes of names and exposures, and the coupling rows."""
        block, segments = self.block, self.block.segments
        z0, sign = block.holdings.active, segments.sign
        low, high = block.active_lower - z0, block.active_upper - z0
        self.add(segments.name, self.amounts, _SCALE * sign, _SCALE * low, _SCALE * high)
        for f in np.flatnonzero(np.isfinite(block.exposure_lower) | np.isfinite(block.exposure_upper)):
            on, start = block.risk.exposures[:, f], float(block.risk.exposures[:, f] @ z0)
            self._line(on[segments.name] * sign, block.exposure_lower[f] - start, block.exposure_upper[f] - start)
        paid = self._paid()
        for row in block.rows:
            on, start = np.zeros(self.m), 0.0
            more: tuple[tuple[int, float], ...] = ()
            if row.on_segments is not None:
                on = on + row.on_segments
                if paid is not None and np.array_equal(row.on_segments, sign + segments.cash_cost):
                    on, more = on - segments.cash_cost, ((paid, 1.0),)
            if row.on_active is not None:
                on, start = on + row.on_active[segments.name] * sign, float(row.on_active @ z0)
            self._line(on, row.lower - start, row.upper - row.reserve - start, more)

    def _paid(self) -> int | None:
        """A column of what trading costs in cash, each name's dearer pieces last whichever lots are sold."""
        segments = self.block.segments
        same = (np.diff(segments.name) == 0) & (np.diff(segments.sell.astype(np.int64)) == 0)
        if not (same & (np.diff(segments.cash_cost) != 0) & (np.diff(segments.lot) != 0)).any():
            return None
        filled = self.columns(np.zeros(self.m), segments.width)
        paid = self.columns(np.zeros(1), np.array([_WIDEST]))
        k = 2 * segments.name + segments.sell
        value = _SCALE * np.r_[np.ones(self.m), -np.ones(self.m)]
        zero = np.zeros(2 * self.n)
        self.add(np.r_[k, k], np.r_[self.amounts, filled], value, zero, zero)
        column = np.r_[filled, paid]
        value = _SCALE * np.r_[segments.cash_cost, -1.0]
        self.add(np.zeros(len(column), np.int64), column, value, 0.0, 0.0)
        return int(paid[0])

    def _places(self, gains: RealisedGains) -> None:
        """The gains lie in one of the regions."""
        segments = self.block.segments
        short, long = (gains.on_segments(unit, segments) for unit in ((1.0, 0.0), (0.0, 1.0)))
        there = self.places = self.columns(np.zeros(len(self.regions)), np.ones(len(self.regions)), whole=True)
        self.add(np.zeros(len(there), np.int64), there, 1.0, 1.0, 1.0)
        for at, region in zip(there.tolist(), self.regions, strict=True):
            for border in region.borders:
                on = border.normal[0] * short + border.normal[1] * long
                most = float(np.maximum(on, 0.0) @ segments.width)
                slack = max(most - border.limit, 0.0)
                self._line(on, -np.inf, border.limit + slack, ((at, slack),))

    def cut(self, on_active: FloatArray) -> None:
        """Tracking error is at least ``on_active @ z`` for active weights z, and no more than its cap."""
        segments = self.block.segments
        start = float(on_active @ self.block.holdings.active)
        on = on_active[segments.name] * segments.sign
        self._line(on, -np.inf, -start, ((int(self.error[0]), -1.0),))

    def charge(self, on_active: FloatArray, constant: float) -> None:
        """The objective's curved part is at least ``on_active @ z + constant``."""
        segments = self.block.segments
        start = float(on_active @ self.block.holdings.active)
        on = on_active[segments.name] * segments.sign
        self._line(on, -np.inf, -constant - start, ((int(self.curve[0]), -1.0),))

    def forbid(self, point: Point) -> None:
        """Take out the binaries of a point: any other differs from it somewhere."""
        whole = np.flatnonzero((np.concatenate(self._whole) > 0) & (np.concatenate(self._high) <= 1.0))
        on = point.columns[whole] > _HALF
        self.add(np.zeros(len(whole), np.int64), whole, np.where(on, -1.0, 1.0), 1.0 - int(on.sum()), np.inf)

    def solved(self, nodes_max: int, *, any_will_do: bool = False) -> Point:
        """A point of least cost, or the proof that there is none.

        Parameters
        ----------
        nodes_max : int
            Budget of nodes.
        any_will_do : bool
            Look for a point of any cost; of little tracking error, where that is capped.

        Returns
        -------
        Point
            With the status "budget" also where the solver ends in another way without a point.
        """
        program = self._program(any_will_do=any_will_do)
        close = _ANY if any_will_do else _RELATIVE_GAP
        found = solve_program(program, nodes_max=max(nodes_max, 1), gap=close)
        if found.status == "failed":
            again = solve_program(program, nodes_max=max(nodes_max, 1), gap=close, presolve=False)
            found = replace(again, steps=again.steps + found.steps)
        return self._point(found)

    def simplified(self) -> Point:
        """The proof that there is no point, where it needs no linear program; else the status "budget"."""
        return self._point(simplified(self._program(any_will_do=True)))

    def in_fractions(self) -> Point:
        """A point whose binaries may lie between 0 and 1; asked again it goes on from there, with what was added."""
        if self._relaxation is None:
            self._relaxation = Relaxation(self._program(any_will_do=True))
        elif self._laid < len(self._rows):
            self._relaxation.add(*self._matrix(self._rows[self._laid :]))
        self._laid = len(self._rows)
        found = self._relaxation.solved()
        return self._point(found)

    def _point(self, found: Answer) -> Point:
        columns = found.columns
        if columns is None:
            status = "none" if found.status == "none" else "budget"
            still, nothing = np.zeros(self.n, dtype=np.int64), np.zeros(self._size)
            return Point(status, found.nodes, found.steps, np.inf, np.zeros(self.m), still, None, nothing)
        amounts = np.clip(columns[self.amounts], 0.0, self.block.segments.width)
        region = self.regions[int(columns[self.places].argmax())] if self.regions else None
        choices = self._choices(columns, amounts)
        return Point("found", found.nodes, found.steps, found.bound / _SCALE, amounts, choices, region, columns)

    def _program(self, *, any_will_do: bool) -> Program:
        cost = np.zeros(self._size)
        if self.aim is not None:
            cost[self.aim] = 1.0
        elif any_will_do:
            cost[self.measure] = 0.0 if self.block.tracking_error_max is None else 1.0
        else:
            cost[self.amounts], cost[self.curve] = self.block.segments.slope, 1.0
        matrix, low, high = self._matrix(self._rows)
        least, most, whole = np.concatenate(self._low), np.concatenate(self._high), np.concatenate(self._whole)
        return Program(_SCALE * cost, least, most, whole, matrix.tocsc(), low, high)

    def _matrix(self, rows: list[_Row]) -> tuple[Any, FloatArray, FloatArray]:
        """Some rows as a matrix by rows, with their limits."""
        import scipy.sparse as sp

        offset = np.cumsum([0, *(len(r[3]) for r in rows)])
        row = np.concatenate([r[0] + o for r, o in zip(rows, offset, strict=False)])
        column, value = (np.concatenate([r[i] for r in rows]) for i in (1, 2))
        low, high = (np.concatenate([r[i] for r in rows]) for i in (3, 4))
        return sp.csr_matrix((value, (row, column)), shape=(int(offset[-1]), self._size)), low, high

    def rounded(self, point: Point) -> Point:
        """Choices near those of a point with fractions: the numbers and the sides are kept, other rules may not be."""
        block, columns = self.block, point.columns.copy()
        segments, n = block.segments, self.n
        sold = np.bincount(segments.name, weights=np.where(segments.sell, point.amounts, 0.0), minlength=n)
        got = np.bincount(segments.name, weights=np.where(segments.sell, 0.0, point.amounts), minlength=n)
        balance = np.where(self.losses, sold, 0.0) - np.where(self._mates, got, 0.0)
        lossy = np.bincount(block.groups, weights=balance, minlength=len(self.at_loss)) > 0
        sell = (sold > got) & (~self.losses | lossy[block.groups])
        buy = (got >= sold) & ~(self._mates & lossy[block.groups])
        least = block.least_of(np.asarray(got - sold, dtype=np.float64))
        traded = np.maximum(sold, got) > np.maximum(_HALF * least, _STILL)
        out = np.zeros(n, dtype=np.bool_)
        if self.held is not None and block.names_max is not None:
            held = np.where(columns[self.held] > _STILL, columns[self.held], 0.0)
            stays = np.zeros(n, dtype=np.bool_)
            stays[np.lexsort((-block.holdings.target, -held))[: block.names_max]] = True
            out = ~stays & self.counting.held_now
            traded &= stays
            columns[self.held] = (stays & (self.counting.held_now | (buy & traded))).astype(np.float64)
            lossy[block.groups[out & self.losses]] = True
            traded &= ~(buy & self._mates & lossy[block.groups])
        if block.trades_max is not None:
            share = np.maximum(columns[self.sells], columns[self.buys])
            wanted = np.lexsort((-np.maximum(sold, got), -np.where(traded, share, 0.0)))
            first = np.zeros(n, dtype=np.bool_)
            first[wanted[: max(block.trades_max - int(out.sum()), 0)]] = True
            traded &= first
        columns[self.sells] = (out | (traded & sell)).astype(np.float64)
        columns[self.buys] = (traded & buy & ~out).astype(np.float64)
        columns[self.at_loss] = lossy.astype(np.float64)
        return replace(point, choices=self._choices(columns, point.amounts), columns=columns)

    def _choices(self, columns: FloatArray, amounts: FloatArray) -> Choices:
        """The choices that the binaries mean, those that forbid least."""
        block, counting, segments = self.block, self.counting, self.block.segments
        sold, bought = columns[self.sells] > _HALF, columns[self.buys] > _HALF
        lossy = columns[self.at_loss][block.groups] > _HALF
        alone = np.where(self.losses, int(Choice.SELL), int(Choice.SELL_GAINS))
        choices = np.where(bought, int(Choice.BUY), np.where(sold, alone, int(Choice.NOTHING)))
        free = ~self.losses & (block.min_trade <= 0) & ~lossy
        free &= bought | sold if block.trades_max is not None else True
        if block.names_max is not None:
            free &= counting.held_now | bought
        choices = np.where(free, int(Choice.BUY), choices)
        if block.wash is not None:
            lost = np.bincount(segments.name, weights=np.where(segments.loss, amounts, 0.0), minlength=self.n)
            got = np.bincount(segments.name, weights=np.where(segments.sell, 0.0, amounts), minlength=self.n)
            far = (choices == Choice.SELL) & (block.wash.sell_width > 0) & (lost > block.wash.sell_width)
            choices = np.where(far, int(Choice.SELL_BEYOND), choices)
            far = (choices == Choice.BUY) & (block.wash.buy_width > 0) & (got > block.wash.buy_width)
            choices = np.where(far, int(Choice.BUY_BEYOND), choices)
        if self.held is not None:
            out = counting.held_now & (columns[self.held] < _HALF)
            choices = np.where(out, int(Choice.EXIT), choices)
        return np.asarray(choices, dtype=np.int64)
