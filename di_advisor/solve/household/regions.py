"""What trees of sides, each at prices of its own, prove together: region by region of the returns.

Problem: a tree bounds every plan by its bound and the least that the taxes are beside its prices; the least over all
regions of the law is far below where the plans of that tree could lie. Decision: in every combination of regions, one a
return, the best of what is known; the lowest combination is the bound, and says where to look next. Where wash sales
have a price, the tax of a return is paid on two points: on the gains that count, and, for the share that is left when
they come back, on these less the losses that come back; the two may lie in two regions.

Limits: what is left of both regions of a pair is bounded apart, so that the bound of a pair may lie a little below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.tax_cells import Region, clipped
from di_advisor.solve.household.charges import Ends
from di_advisor.solve.household.coordination import Coordination, Joint
from di_advisor.solve.household.pricing import mixture_of
from di_advisor.solve.household.tree import Tree

__all__ = ["PricedRegions", "bound_of", "is_new", "next_rates"]

_SAME_RATES = 1e-5
_ROUND_OFF = 1e-9
_DEAREST = 2.0


def bound_of(root: Joint, trees: Sequence[Tree]) -> tuple[float, dict[str, Region]]:
    """A bound of the household over all sides and all regions of its returns, and where it is lowest.

    In every combination of regions, one a return, the best of what is known without any sides and of what each tree
    proves: its bound with the least that the taxes are there beside its prices.
    """
    names = list(root.returns)
    alone = root.bound_usd - sum(a.bound_usd for a in root.returns.values())
    found = alone + _added([root.returns[name].bounds_usd for name in names])
    for tree in trees:
        found = np.maximum(found, tree.bound_usd + _added([_beside(root, tree, name) for name in names]))
    at = np.unravel_index(int(np.argmin(found)), found.shape) if names else ()
    where = {name: root.returns[name].shared.regions[int(i)] for name, i in zip(names, at, strict=True)}
    return float(found.min()), where


@dataclass(frozen=True)
class PricedRegions:
    """Regions of the returns where wash sales have a price: pairs of where gains count, and are once losses are back.

    Attributes
    ----------
    root : Joint
        Without any sides: what it proves holds whatever is washed.
    back : float
        Share of a washed loss's worth that is left when it comes back.
    pairs : Mapping of str to tuple
        By filer, every pair of regions that gains may lie in, with the corners of both parts that go together.
    """

    root: Joint
    back: float
    pairs: Mapping[str, tuple[_Pair, ...]]

    @classmethod
    def of(cls, root: Joint, back: float, losses_usd: Mapping[str, FloatArray]) -> PricedRegions:
        """The pairs that are possible.

        Parameters
        ----------
        root : Joint
            Without any sides.
        back : float
            Share that is left.
        losses_usd : Mapping of str to ndarray of shape (2,)
            By filer: the most short-term and long-term loss that may come back, above 0.
        """
        pairs = {}
        for name, answer in root.returns.items():
            shared = answer.shared
            pairs[name] = tuple(_pairs(shared.regions, losses_usd[name] / shared.value_usd))
        return cls(root, back, pairs)

    def bound_of(self, trees: Sequence[tuple[Tree, Ends]]) -> tuple[float, dict[str, tuple[Region, Region]]]:
        """A bound of all plans, what they wash paid for, and where it is lowest; as `bound_of`, of charged sides."""
        names = list(self.root.returns)
        found = np.full([1] * len(names), -np.inf)
        for tree, ends in trees:
            found = np.maximum(found, tree.bound_usd + _added([self.beside(ends, name) for name in names]))
        at = np.unravel_index(int(np.argmin(found)), found.shape)
        where = {name: self.pairs[name][int(at[k])].regions for k, name in enumerate(names)}
        return max(self.root.bound_usd, float(found.min())), where

    def beside(self, ends: Ends, name: str) -> FloatArray:
        """By pair: the least that the tax on both points is beside given prices, USD."""
        prices, shares = (ends.counted[name], ends.left[name]), (1.0 - self.back, self.back)
        parts = [
            sum(w * _least(*at, p) for w, at, p in zip(shares, pair.parts, prices, strict=True))
            for pair in self.pairs[name]
        ]
        return self.root.returns[name].shared.value_usd * np.array(parts)

    def next_ends(
        self,
        coordination: Coordination,
        where: Mapping[str, tuple[Region, Region]],
        trees: Sequence[tuple[Tree, Ends]],
    ) -> Ends | None:
        """Prices to branch at next: those of the pair where the bound is lowest, then as `next_rates`."""
        ends = Ends({n: at[0].rates for n, at in where.items()}, {n: at[1].rates for n, at in where.items()})
        if self.is_new(ends, trees):
            return ends
        nearer = 0 if self.back < 1.0 - self.back else 1
        there = {n: at[nearer] for n, at in where.items()}
        rates = next_rates(coordination, there, self.root, [tree for tree, _ in trees])
        if rates is None or max(float(r.max()) for r in rates.values()) > _DEAREST:  # no plan is there yet
            return None
        return Ends.at(rates)

    def is_new(self, ends: Ends, trees: Sequence[tuple[Tree, Ends]]) -> bool:
        """Whether prices were not branched at yet."""
        return all(_differ(ends.counted, e.counted) or _differ(ends.left, e.left) for _, e in trees)


@dataclass(frozen=True)
class _Pair:
    """Two regions, and the corners of those parts of them that are no farther apart than losses come back."""

    regions: tuple[Region, Region]
    corners: tuple[FloatArray, FloatArray]

    @property
    def parts(self) -> tuple[tuple[Region, FloatArray], ...]:
        return tuple(zip(self.regions, self.corners, strict=True))


def _least(region: Region, corners: FloatArray, prices: FloatArray) -> float:
    return float((region.cell.tax(corners) - corners @ prices).min())


def _pairs(regions: Sequence[Region], losses: FloatArray) -> Iterator[_Pair]:
    """All pairs of a point and that point less some losses, one region each."""
    for counted in regions:
        for left in regions:
            first = _within(counted.corners, left, np.zeros(2), losses)
            if len(first):
                second = _within(left.corners, counted, -losses, np.zeros(2))
                if len(second):
                    yield _Pair((counted, left), (first, second))


def _within(corners: FloatArray, other: Region, low: FloatArray, high: FloatArray) -> FloatArray:
    """The part of a polygon that lies in another region moved by some vector between two; empty where none does."""
    axes = np.concatenate([np.eye(2), -np.eye(2)])
    for normal in (*(b.normal for b in other.borders), *axes):
        farthest = float((other.corners @ normal).max()) + float(np.maximum(normal * low, normal * high).sum())
        corners = clipped(corners, normal, farthest + _ROUND_OFF)
        if not len(corners):
            break
    return corners


def _beside(root: Joint, tree: Tree, name: str) -> FloatArray:
    """By region of a return: the least that its tax is beside the prices of a tree, USD."""
    shared = root.returns[name].shared
    return shared.value_usd * np.array([r.least_beside(tree.rates[name]) for r in shared.regions])


def _added(parts: Sequence[FloatArray]) -> FloatArray:
    """All sums of one element of each part, an axis a part."""
    total = np.zeros([1] * len(parts))
    for axis, part in enumerate(parts):
        total = total + part.reshape([-1 if k == axis else 1 for k in range(len(parts))])
    return total


def is_new(rates: Mapping[str, FloatArray], trees: Sequence[Tree]) -> bool:
    """Whether prices were not branched at yet."""
    return all(_differ(rates, tree.rates) for tree in trees)


def _differ(some: Mapping[str, FloatArray], others: Mapping[str, FloatArray]) -> bool:
    return any(np.abs(some[n] - others[n]).max() > _SAME_RATES for n in some)


def next_rates(
    coordination: Coordination, where: Mapping[str, Region], root: Joint, trees: Sequence[Tree]
) -> dict[str, FloatArray] | None:
    """Prices at which the plans of the trees, mixed, would lie where the bound is lowest; None where known already."""
    leaves = [tree for tree in trees if tree.best is not None]
    if not leaves:
        return None
    rates = {}
    for name in root.returns:
        offers = [
            [tree.offer(i, tree.best.sides) for tree in leaves if tree.best is not None]
            for i in coordination.taxed(name)
        ]
        rates[name], _ = mixture_of(where[name], offers)
    return rates if is_new(rates, trees) else None
