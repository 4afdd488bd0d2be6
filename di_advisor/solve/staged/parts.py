"""The convex problem of several stages by names: what concerns one name alone, and what ties names together.

Names that are substantially identical are one part, because a loss in one is washed by the other. Variables
and rows that touch one part only belong to it; exposures, cash and taxes are shared, and so are the rows that
tie several parts. Tracking-error caps are charged at the prices of variance given, so that only rows tie parts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.staged import Flags, StagedProblem
from di_advisor.solve.staged.layout import Layout

__all__ = ["Kind", "Part", "Parts", "parted"]

Ints = NDArray[np.int64]
Entries = tuple[Ints, Ints, FloatArray]


class Kind:
    """What a variable is; shared ones are none of these."""

    LOT, SOLD, BOUGHT, HELD = range(4)


@dataclass(frozen=True, eq=False)
class Part:
    """One group of identical names.

    Attributes
    ----------
    columns, equalities, rows : ndarray of int
        Its variables and its rows of A and of G.
    A, G, P : tuple of ndarray
        Rows, columns and values of its entries, numbered within the part.
    """

    columns: Ints
    equalities: Ints
    rows: Ints
    A: Entries
    G: Entries
    P: Entries


@dataclass(frozen=True, eq=False)
class Parts:
    """A layout in parts.

    Attributes
    ----------
    problem, layout : StagedProblem, Layout
        What is parted; the layout charges the caps at their prices.
    parts : tuple of Part
        By number of the group.
    kind, stage, name : ndarray of int, shape (variables,)
        Of every variable of a part; -1 for shared ones.
    at_loss : ndarray of bool, shape (variables,)
        Lots that are sold at a loss.
    shared : ndarray of int
        Variables of no part.
    tying_equalities, tying_rows : ndarray of int
        Rows of A and of G that no part has to itself.
    A, G : sparse matrices
        Those rows.
    """

    problem: StagedProblem
    layout: Layout
    parts: tuple[Part, ...]
    kind: Ints
    stage: Ints
    name: Ints
    at_loss: Flags
    shared: Ints
    tying_equalities: Ints
    tying_rows: Ints
    A: Any
    G: Any

    def of(self, plans: tuple[Plan, ...]) -> FloatArray:
        """The variables that plans have here; pieces of a curve are filled in their order."""
        problem, m = self.problem, self.layout
        v = np.zeros(len(m.q))
        for here, plan, active in zip(m.legs, plans, problem.active_path(plans), strict=True):
            v[here.x], v[here.z] = plan.sells[here.lots], active
            v[here.e] = problem.risk.exposures.T @ active
            sides = ((here.p, here.sell_name, plan.sold(problem.holdings.lot_name)), (here.b, here.buy_name, plan.buys))
            for where, names, amount in sides:
                v[where] = _filled(m.upper[where], names, amount)
        return v


def _filled(width: FloatArray, names: Ints, amount: FloatArray) -> FloatArray:
    """Amounts of names shared out to their pieces, which stand together and in order."""
    before = np.r_[0.0, np.cumsum(width)[:-1]] if len(width) else width
    first = np.searchsorted(names, names)
    return np.clip(amount[names] - (before - before[first]), 0.0, width)


def _alone(matrix: Any, of_column: Ints) -> Ints:  # noqa: ANN401 - a sparse matrix
    """The part that each row belongs to; -1 where it touches several, or what is shared."""
    entries = matrix.tocoo()
    most = np.full(matrix.shape[0], -2)
    least = np.full(matrix.shape[0], np.iinfo(np.int64).max)
    np.maximum.at(most, entries.row, of_column[entries.col])
    np.minimum.at(least, entries.row, of_column[entries.col])
    return np.where(most == least, most, -1).astype(np.int64)


def _numbered(of: Ints, count: int) -> tuple[list[Ints], Ints]:
    """Members of each part, and the number of each member within its part."""
    order = np.argsort(of, kind="stable")
    cuts = np.searchsorted(of[order], np.arange(count + 1))
    members = [order[cuts[i] : cuts[i + 1]] for i in range(count)]
    within = np.zeros(len(of), dtype=np.int64)
    for each in members:
        within[each] = np.arange(len(each))
    return members, within


def _entries(matrix: Any, of_row: Ints, row: Ints, column: Ints, count: int) -> list[Entries]:  # noqa: ANN401
    """A matrix's entries by part, numbered within it."""
    entries = matrix.tocoo()
    of = of_row[entries.row]
    order = np.argsort(of, kind="stable")
    cuts = np.searchsorted(of[order], np.arange(count + 1))
    i, j, values = row[entries.row[order]], column[entries.col[order]], entries.data[order]
    return [(i[a:b], j[a:b], values[a:b]) for a, b in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)]


def _charged(problem: StagedProblem, m: Layout, caps: FloatArray) -> Layout:
    """A layout whose objective charges tracking error beyond its caps at prices of variance."""
    own, constant = m.own.copy(), m.constant
    parts = [m.P.tocoo()]
    k = len(problem.risk.factor_covariance_per_year)
    i, j = np.divmod(np.arange(k * k), max(k, 1))
    for here, leg, price in zip(m.legs, problem.legs, caps.tolist(), strict=True):
        if price <= 0 or leg.tracking_error_max is None:
            continue
        specific = 2.0 * price * problem.risk.specific_variance_per_year
        z = np.arange(here.z.start, here.z.stop)
        own[here.z] += specific
        factor = 2.0 * price * problem.risk.factor_covariance_per_year
        places = np.r_[here.e.start + i, z], np.r_[here.e.start + j, z]
        parts.append(sp.coo_matrix((np.r_[factor.ravel(), specific], places), shape=m.P.shape))
        constant -= price * leg.tracking_error_max**2
    return replace(m, P=sp.csc_matrix(sum(part.tocsc() for part in parts)), own=own, constant=constant)


def parted(problem: StagedProblem, layout: Layout, caps: FloatArray) -> Parts:
    """A layout in parts.

    Parameters
    ----------
    problem, layout : StagedProblem, Layout
        The layout as built, whatever its choices.
    caps : ndarray of shape (S,)
        Prices of variance that the tracking-error caps add, at least 0.
    """
    m, group, of_lot = _charged(problem, layout, caps), problem.identical, problem.holdings.lot_name
    size, count = len(m.q), int(group.max(initial=-1)) + 1
    kind, stage, name = (np.full(size, -1, dtype=np.int64) for _ in range(3))
    at_loss = np.zeros(size, dtype=np.bool_)
    for s, (here, leg) in enumerate(zip(m.legs, problem.legs, strict=True)):
        at_loss[here.x] = leg.gain[here.lots] < 0
        stands = (
            (here.x, Kind.LOT, of_lot[here.lots]),
            (here.p, Kind.SOLD, here.sell_name),
            (here.b, Kind.BOUGHT, here.buy_name),
            (here.z, Kind.HELD, np.arange(len(group))),
        )
        for where, what, names in stands:
            kind[where], stage[where], name[where] = what, s, names
    of_column = np.where(name >= 0, group[name], -1).astype(np.int64)
    of_equality, of_row = _alone(m.A, of_column), _alone(m.G, of_column)
    columns, column = _numbered(of_column, count)
    equalities, equality = _numbered(of_equality, count)
    rows, row = _numbered(of_row, count)
    a, g = _entries(m.A, of_equality, equality, column, count), _entries(m.G, of_row, row, column, count)
    curved = _entries(m.P, of_column, column, column, count)
    tying_equalities, tying_rows = np.flatnonzero(of_equality < 0), np.flatnonzero(of_row < 0)
    return Parts(
        problem=problem,
        layout=m,
        parts=tuple(Part(*each) for each in zip(columns, equalities, rows, a, g, curved, strict=True)),
        kind=kind,
        stage=stage,
        name=name,
        at_loss=at_loss,
        shared=np.flatnonzero(of_column < 0),
        tying_equalities=tying_equalities,
        tying_rows=tying_rows,
        A=m.A.tocsr()[tying_equalities].tocsc(),
        G=m.G.tocsr()[tying_rows].tocsc(),
    )
