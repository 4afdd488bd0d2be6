"""Assemble the matrices of several stages, one kind of row at a time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.cost_knots import CostChords
from di_advisor.formulate.esg_average import AverageLimit
from di_advisor.formulate.staged import Flags, Leg, StagedProblem
from di_advisor.solve.staged.layout import Layout, LegLayout, Open
from di_advisor.solve.staged.priced_washes import Charge, wash_charges
from di_advisor.solve.staged.tax_rows import tax_rows
from di_advisor.solve.staged.triplets import Triplets

__all__ = ["build"]

_SHORTEST = 1e-12
_ROOM = 1e-9
_MOST_CASH = 2.0
_BOXES = 6  # of each stage: lots, pieces sold, pieces bought, active weights, exposures, cash
Ints = NDArray[np.int64]


def _pieces(chords: CostChords, amount: FloatArray) -> tuple[Ints, FloatArray, FloatArray]:
    """Name, width and slope of the pieces that reach an amount of each name; the last slope goes on."""
    knots = chords.knots.copy()
    knots[:, -1] = np.maximum(knots[:, -1], amount)
    width = np.clip(amount[:, None] - knots[:, :-1], 0.0, np.diff(knots, axis=1))
    name, column = np.nonzero(width > _SHORTEST)
    return name.astype(np.int64), width[name, column], chords.slopes[name, column]


def _at(where: slice) -> Ints:
    return np.arange(where.start, where.stop)


class _Builder:
    """Gathers variables, equalities, rows, boxes and objective, stage by stage."""

    def __init__(self, problem: StagedProblem, choices: Open) -> None:
        self.problem, self.choices = problem, choices
        self.size, self.equalities, self.constant = 0, 0, 0.0
        self.P, self.A, self.G = Triplets(), Triplets(), Triplets()
        self.q: list[FloatArray] = []
        self.own: list[FloatArray] = []
        self.a: list[FloatArray] = []
        self.limits: list[tuple[float, float]] = []
        self.box: list[tuple[FloatArray, FloatArray, Flags]] = []
        self.legs: list[LegLayout] = []
        self.cash_rows: list[int] = []
        self.budget_rows: dict[tuple[int, str], tuple[int, ...]] = {}
        self.widths = np.zeros(0), np.zeros(0)  # of the stage's pieces
        self.more: list[tuple[Ints, FloatArray]] = []  # further slopes of the objective
        n = len(problem.start)
        self.reach_down, self.reach_up = problem.holdings.active.copy(), problem.holdings.active.copy()
        self.exposures = problem.risk.exposures.T
        self.nonzero = np.nonzero(self.exposures)
        self.n, self.k = n, len(self.exposures)

    def row(self, columns: Any, values: Any, low: float, high: float) -> int:  # noqa: ANN401 - arrays or numbers
        """One more row of G."""
        self.G.put(len(self.limits), columns, values)
        self.limits.append((low, high))
        return len(self.limits) - 1

    def add_stage(self, s: int) -> None:
        """Everything of one stage."""
        h, leg = self.problem.holdings, self.problem.legs[s]
        chords, choices = self.problem.cost.chords, self.choices
        open_lot = choices.sell[s][h.lot_name] & (choices.loss[s][h.lot_name] | (leg.gain >= 0))
        most_sold = np.where(open_lot, np.minimum(leg.sell_max, h.lot_weight), 0.0)
        lots = np.flatnonzero(most_sold > _SHORTEST)
        total = np.minimum(np.bincount(h.lot_name, weights=most_sold, minlength=self.n), leg.size_max)
        bought = np.where(choices.buy[s], leg.buy_max, 0.0)
        sell, buy = _pieces(chords.side(selling=True), total), _pieces(chords.side(selling=False), bought)
        ends = self.size + np.cumsum((0, len(lots), len(sell[0]), len(buy[0]), self.n, self.k, 1))
        x, p, b, z, e, c = (slice(int(i), int(j)) for i, j in pairwise(ends))
        self.size = int(ends[-1])
        before = self.legs[-1] if self.legs else None
        sellers = len(np.unique(sell[0]))
        first = self.equalities + sellers
        chain, exposure = slice(first, first + self.n), slice(first + self.n, first + self.n + self.k)
        here = LegLayout(lots, sell[0], buy[0], x, p, b, z, e, c, chain, exposure, exposure.stop)
        self.widths = sell[1], buy[1]
        self._tie(here, before, sell[2], buy[2])
        self._limit(s, here, before)
        self._charge(leg, here, before, sell[2], buy[2])
        self._own(s, here, before)
        for charge in wash_charges(problem=self.problem, choices=self.choices, layout=here) if s == 0 else ():
            self._wash(charge)
        self._bound(s, (most_sold[lots], sell[1], buy[1]), total, bought)
        self.legs.append(here)

    def _tie(self, here: LegLayout, before: LegLayout | None, sell_slope: FloatArray, buy_slope: FloatArray) -> None:
        """Lots to pieces, holdings and cash to those before, exposures to holdings."""
        h = self.problem.holdings
        sellers = np.unique(here.sell_name)
        place = np.zeros(self.n, dtype=np.int64)
        place[sellers] = self.equalities + np.arange(len(sellers))
        self.A.put(place[h.lot_name[here.lots]], _at(here.x), 1.0)
        self.A.put(place[here.sell_name], _at(here.p), -1.0)
        chain, cash = here.chain.start, here.cash_row
        self.A.put(_at(here.chain), _at(here.z), 1.0)
        self.A.put(chain + here.sell_name, _at(here.p), 1.0)
        self.A.put(chain + here.buy_name, _at(here.b), -1.0)
        self.A.put(_at(here.exposure), _at(here.e), 1.0)
        self.A.put(here.exposure.start + self.nonzero[0], here.z.start + self.nonzero[1], -self.exposures[self.nonzero])
        self.A.put(cash, here.c.start, 1.0)
        self.A.put(cash, _at(here.p), sell_slope - 1.0)
        self.A.put(cash, _at(here.b), buy_slope + 1.0)
        if before is not None:
            self.A.put(_at(here.chain), _at(before.z), -1.0)
            self.A.put(cash, before.c.start, -1.0)
        start = h.active if before is None else np.zeros(self.n)
        self.a += [np.zeros(len(sellers)), start, np.zeros(self.k), np.array([h.cash if before is None else 0.0])]
        self.equalities = cash + 1

    def _limit(self, s: int, here: LegLayout, before: LegLayout | None) -> None:
        """Cash before costs, turnover, bands, least trades, and the stage's own budget."""
        problem, leg, choices = self.problem, self.problem.legs[s], self.choices
        sold, bought = _at(here.p), _at(here.b)
        moved = np.r_[sold, bought]
        sign = np.r_[np.ones(len(sold)), -np.ones(len(bought))]
        start = problem.holdings.cash if before is None else 0.0
        columns = moved if before is None else np.r_[moved, before.c.start]
        values = sign if before is None else np.r_[sign, 1.0]
        self.cash_rows.append(self.row(columns, values, -np.inf, problem.cash_upper - start))
        if problem.turnover_max is not None:
            self.row(moved, 0.5, -np.inf, problem.turnover_max)
        for group in leg.groups:
            if not group.factor:
                kept = group.reserve if s == 0 and isinstance(group, AverageLimit) else 0.0
                self.row(_at(here.z), group.coefficients, group.lower + kept, group.upper - kept)
        for least, names, where in (
            (choices.least_sold[s], here.sell_name, sold),
            (choices.least_bought[s], here.buy_name, bought),
        ):
            for name in np.flatnonzero(least > 0).tolist():
                self.row(where[names == name], 1.0, float(least[name]), np.inf)
        if problem.trades_max is not None:
            self._count_trades(s, here)
        for each in leg.stand_ins:
            on = np.r_[-each.width * each.names[here.sell_name], 1.0 * each.stand_ins[here.buy_name]]
            self.row(moved, on, -np.inf, 0.0)
        if leg.gain_max is not None:
            self.row(_at(here.x), leg.gain[here.lots], -np.inf, leg.gain_max)

    def _charge(
        self, leg: Leg, here: LegLayout, before: LegLayout | None, sell_slope: FloatArray, buy_slope: FloatArray
    ) -> None:
        """The objective of one stage."""
        problem, risk = self.problem, self.problem.risk
        years = leg.growth * leg.years
        own = 2.0 * years * problem.aversion * risk.specific_variance_per_year
        impact = leg.growth * problem.cost.impact
        z = _at(here.z)
        self.P.put(z, z, own + 2.0 * impact)
        drag = np.zeros(self.n)
        if before is None:
            drag = -2.0 * impact * problem.holdings.active
            self.constant += float(impact @ problem.holdings.active**2)
        elif impact.any():
            earlier = _at(before.z)
            self.P.put(earlier, earlier, 2.0 * impact)
            self.P.put(z, earlier, -2.0 * impact)
            self.P.put(earlier, z, -2.0 * impact)
        i, j = np.divmod(np.arange(self.k * self.k), max(self.k, 1))
        factor = 2.0 * years * problem.aversion * risk.factor_covariance_per_year
        self.P.put(here.e.start + i, here.e.start + j, factor.ravel())
        self.constant -= years * float(problem.tilt @ problem.start)
        lots, nothing = here.lots, np.zeros(self.k + 1)
        self.q += [leg.tax_rate[lots] - leg.worth[lots], leg.growth * sell_slope, leg.growth * buy_slope]
        self.q += [years * problem.tilt + drag, nothing]
        others = here.z.start - here.x.start
        self.own += [np.zeros(others), own, nothing]

    def _count_trades(self, s: int, here: LegLayout) -> None:
        """What trades of all that could, added up, is at most the number of trades that is left.

        Implied by the count where a name trades on one side only; names that count anyway are taken off.
        """
        counted = self.choices.traded[s]
        parts = []
        for names, width, where in ((here.sell_name, self.widths[0], here.p), (here.buy_name, self.widths[1], here.b)):
            most = np.bincount(names, weights=width, minlength=self.n)
            open_ = ~counted[names] & (most[names] > _SHORTEST)
            parts.append((_at(where)[open_], 1.0 / most[names[open_]]))
        columns, values = (np.concatenate(each) for each in zip(*parts, strict=True))
        self.row(columns, values, -np.inf, float(self.problem.trades_max or 0) - float(counted.sum()))

    def count_names(self) -> None:
        """The same of what is held after the last stage."""
        problem, h, here = self.problem, self.problem.holdings, self.legs[-1]
        if problem.names_max is None:
            return
        most = self.box[-3][1] + h.target  # of the last stage's active weights
        kept = self.choices.kept
        open_ = np.flatnonzero(~kept & (most > _SHORTEST))
        limit = float(problem.names_max) - float(kept.sum()) - float((h.target[open_] / most[open_]).sum())
        self.row(here.z.start + open_, 1.0 / most[open_], -np.inf, limit)

    def _wash(self, charge: Charge) -> None:
        """What a name's trades wash today: a slope or a constant, and the side of its width."""
        self.more.append((charge.columns, np.full(len(charge.columns), charge.slope)))
        self.constant += charge.constant
        if np.isfinite(charge.low) or np.isfinite(charge.high):
            self.row(charge.columns, np.ones(len(charge.columns)), charge.low, charge.high)

    def _own(self, s: int, here: LegLayout, before: LegLayout | None) -> None:
        """A user's affine terms and rules; the others are for a cone solver."""
        problem, leg = self.problem, self.problem.legs[s]
        cash = problem.holdings.cash if before is None else 0.0
        for term in problem.own.terms:
            if term.affine is not None:
                times = term.times(leg.growth, leg.years)
                columns, values = self._on_leaves({k: v[0] for k, v in term.affine.by.items()}, here, before)
                self.more.append((columns, times * values))
                self.constant += times * float(term.affine.constant[0] + term.affine.by["cash"][0, 0] * cash)
        for rule in problem.own.rules:
            if rule.is_affine:
                for by, low, high in rule.affine_rows(first=s == 0, last=s == len(problem.legs) - 1):
                    fixed = float(by["cash"][0]) * cash
                    self.row(*self._on_leaves(by, here, before), low - fixed, high - fixed)

    def _on_leaves(
        self, by: dict[str, FloatArray], here: LegLayout, before: LegLayout | None
    ) -> tuple[Ints, FloatArray]:
        """Columns and values of slopes by leaf; cash is what the stage leaves before its costs."""
        cash = float(by["cash"][0])
        parts = [
            (_at(here.x), by["sells"][here.lots]),
            (_at(here.b), by["buys"][here.buy_name] - cash),
            (_at(here.p), np.full(len(here.sell_name), cash)),
            (_at(here.z), by["active"]),
            (_at(here.e), by["exposures"]),
        ]
        if before is not None:
            parts.append((_at(before.c), np.array([cash])))
        columns, values = (np.concatenate(each) for each in zip(*parts, strict=True))
        used = values != 0
        return columns[used], values[used]

    def _bound(
        self,
        s: int,
        widths: tuple[FloatArray, FloatArray, FloatArray],
        sold: FloatArray,
        bought: FloatArray,
    ) -> None:
        """Boxes; limits of holdings that trades cannot reach are marked as implied."""
        problem, leg, h = self.problem, self.problem.legs[s], self.problem.holdings
        for width in widths:
            self.box.append((np.zeros(len(width)), width, np.zeros(len(width), np.bool_)))
        self.reach_down = np.maximum(self.reach_down - sold, -h.target)
        self.reach_up = self.reach_up + bought
        low, high = np.maximum(leg.active_lower, -h.target), np.minimum(leg.active_upper, 1.0 - h.target + _ROOM)
        out = self.choices.out[s]
        high = np.where(out, -h.target, high)
        implied = (self.reach_down >= low - _ROOM) & (self.reach_up <= high + _ROOM)
        self.box.append((np.where(implied, self.reach_down, low), np.where(implied, self.reach_up, high), implied))
        low, high = self.box[-1][0], self.box[-1][1]
        up, down = np.maximum(self.exposures, 0.0), np.minimum(self.exposures, 0.0)
        least, most = up @ low + down @ high, up @ high + down @ low
        free = np.ones(self.k, dtype=np.bool_)
        for group in leg.groups:
            if group.factor:
                at = problem.risk.factors.index(group.factor)
                least[at], most[at], free[at] = max(least[at], group.lower), min(most[at], group.upper), False
        self.box.append((least, most, free))
        kept = problem.cash_lower + (problem.reserve if s == 0 else 0.0)
        self.box.append((np.array([kept]), np.array([_MOST_CASH]), np.zeros(1, np.bool_)))

    def couple(self) -> Ints:
        """Each lot is sold once; budgets of tax years, of losses or purchases one in a wash window."""
        h, problem = self.problem.holdings, self.problem
        lot_row = np.full(len(h.lot_name), -1, dtype=np.int64)
        if len(self.legs) > 1:
            used = np.unique(np.concatenate([here.lots for here in self.legs]))
            lot_row[used] = len(self.limits) + np.arange(len(used))
            for here in self.legs:
                self.G.put(lot_row[here.lots], _at(here.x), 1.0)
            self.limits += [(-np.inf, float(w)) for w in h.lot_weight[used]]
        for budget in problem.budgets:
            for kind, most in (("gain", budget.gain_max), ("tax", budget.tax_max)):
                if most is None or (kind == "tax" and problem.taxes is not None):
                    continue
                columns, values, rows = [np.zeros(0, np.int64)], [np.zeros(0)], []
                for leg, here in zip(problem.legs, self.legs, strict=True):
                    if leg.on.year == budget.year:
                        columns.append(_at(here.x))
                        values.append((leg.gain if kind == "gain" else leg.tax_rate)[here.lots])
                        together = np.concatenate(columns), np.concatenate(values)
                        rows.append(self.row(*together, -np.inf, most))
                self.budget_rows[budget.year, kind] = tuple(rows)
        self._hulls()
        return lot_row

    def _hulls(self) -> None:
        """Loss sold over all loss, plus bought over all that may be bought, is at most one in a wash window.

        Implied by "either or", so no plan is lost, and the relaxation is tighter.
        """
        problem, h, many = self.problem, self.problem.holdings, int(self.problem.identical.max(initial=-1)) + 1
        losing, buying = [], []
        for s, (leg, here) in enumerate(zip(problem.legs, self.legs, strict=True)):
            at_loss = np.flatnonzero(leg.gain[here.lots] < 0)
            losing.append(_Side.of(here.x, at_loss, problem.identical[h.lot_name[here.lots]], self._upper(s, 0), many))
            every = np.arange(len(here.buy_name))
            buying.append(_Side.of(here.b, every, problem.identical[here.buy_name], self._upper(s, 2), many))
        for s, sold in enumerate(losing):
            for r, bought in enumerate(buying):
                if problem.washing(s, r):
                    row = np.cumsum((sold.whole > 0) & (bought.whole > 0)) - 1
                    meet = np.flatnonzero((sold.whole > 0) & (bought.whole > 0))
                    for side in (sold, bought):
                        mine = np.isin(side.group, meet)
                        group = side.group[mine]
                        self.G.put(len(self.limits) + row[group], side.columns[mine], 1.0 / side.whole[group])
                    self.limits += [(-np.inf, 1.0)] * len(meet)

    def _upper(self, s: int, kind: int) -> FloatArray:
        """Largest values of one kind of a stage's variables."""
        return self.box[_BOXES * s + kind][1]


@dataclass(frozen=True)
class _Side:
    """Columns of losses or of purchases at a stage, their groups, and the most of each group in all."""

    columns: Ints
    group: Ints
    whole: FloatArray

    @classmethod
    def of(cls, where: slice, at: Ints, group: Ints, upper: FloatArray, many: int) -> _Side:
        """Of some of a stage's variables."""
        whole = np.bincount(group[at], weights=upper[at], minlength=many).astype(np.float64)
        return cls(where.start + at, group[at], whole)


def build(problem: StagedProblem, choices: Open) -> Layout:
    """Matrices of a problem under fixed choices."""
    builder = _Builder(problem, choices)
    for s in range(len(problem.legs)):
        builder.add_stage(s)
    builder.count_names()
    years, checks = tax_rows(builder, problem, choices)
    lot_row = builder.couple()
    low, high = np.array(builder.limits).reshape(-1, 2).T
    lower, upper, free = (np.concatenate(each) for each in zip(*builder.box, strict=True))
    q = np.concatenate(builder.q)
    for columns, values in builder.more:
        np.add.at(q, columns, values)
    return Layout(
        legs=tuple(builder.legs),
        P=builder.P.matrix(builder.size, builder.size),
        own=np.concatenate(builder.own),
        q=q,
        constant=builder.constant,
        A=builder.A.matrix(builder.equalities, builder.size),
        a=np.concatenate(builder.a),
        G=builder.G.matrix(len(builder.limits), builder.size),
        low=low,
        high=high,
        lower=lower,
        upper=upper,
        free=free,
        lot_row=lot_row,
        budget_rows=builder.budget_rows,
        cash_rows=tuple(builder.cash_rows),
        years=years,
        checks=checks,
    )
