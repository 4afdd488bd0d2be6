"""Fairness of blocks: who got how much of what was ordered, and what it cost each account against its own size.

Problem: that one average price and pro-rata fills favour nobody is a claim until it is shown. Decision: one row an
account with its fill ratios against its blocks', the odd shares that it gained or missed, and its cost twice: as its
share of the block, and as if its order had been alone on the market. A small account always loses by trading beside
large ones and never more than the block's average; the table says how much. Limits: predicted costs, by the same
curves as the proposals; prices paid are in the allocations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.costs import CostCurves
from di_advisor.domain.portfolio import Side
from di_advisor.fleet.blocks import Allocation, Block

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Fairness", "FairnessRow", "fairness_of"]


@dataclass(frozen=True, slots=True)
class FairnessRow:
    """One account.

    Attributes
    ----------
    label : str
        The account.
    ordered_usd, filled_usd : float
        Over all its blocks.
    ratio_off : float
        Largest distance of a fill ratio of its from the block's, a fraction.
    odd_shares : float
        Shares beyond exact pro rata, over all its blocks; negative where it missed some.
    cost_alone_usd, cost_usd : float
        Predicted cost of its orders alone on the market, and as its share of the blocks'.
    """

    label: str
    ordered_usd: float
    filled_usd: float
    ratio_off: float
    odd_shares: float
    cost_alone_usd: float
    cost_usd: float

    @property
    def cost_rate(self) -> float:
        """Cost over dollars ordered."""
        return self.cost_usd / self.ordered_usd if self.ordered_usd else 0.0


@dataclass(frozen=True)
class Fairness:
    """All accounts that traded.

    Attributes
    ----------
    rows : tuple of FairnessRow
        By label.
    blocks : int
        How many blocks.
    ratio_off_max : float
        Largest distance of any fill ratio from its block's.
    off_by_a_step_max : float
        The same in shares: below 1 where every account is within a share of exact pro rata.
    """

    rows: tuple[FairnessRow, ...]
    blocks: int
    ratio_off_max: float
    off_by_a_step_max: float

    def to_frame(self) -> pd.DataFrame:
        """One row an account; the columns are those of `FairnessRow`, and ``cost_rate``."""
        import pandas as pd

        names = [f.name for f in fields(FairnessRow)] + ["cost_rate"]
        return pd.DataFrame([[getattr(r, n) for n in names] for r in self.rows], columns=names)

    def cost_rate_by_size(self, groups: int = 5) -> list[tuple[float, float, float]]:
        """Mean order, cost rate alone and in the block, of groups of accounts by dollars ordered, smallest first."""
        rows = sorted(self.rows, key=lambda r: (r.ordered_usd, r.label))
        found = []
        for part in np.array_split(np.arange(len(rows)), min(groups, max(len(rows), 1))):
            mine = [rows[i] for i in part.tolist()]
            total = sum(r.ordered_usd for r in mine)
            if total > 0:
                alone, shared = sum(r.cost_alone_usd for r in mine), sum(r.cost_usd for r in mine)
                found.append((total / len(mine), alone / total, shared / total))
        return found


def fairness_of(allocations: Iterable[Allocation], costs: CostCurves) -> Fairness:
    """How evenly blocks were dealt out.

    Parameters
    ----------
    allocations : iterable of Allocation
        Of one day.
    costs : CostCurves
        Of orders that are alone on the market, over all their names.
    """
    found: dict[str, list[float]] = {}
    blocks, worst, off = 0, Fraction(0), Fraction(0)
    for allocation in allocations:
        block = allocation.block
        blocks += 1
        ratio = as_fraction(sum(allocation.shares.values(), Decimal(0))) / as_fraction(block.shares)
        alone, shared = _costs(costs, block)
        for i, (label, ordered) in enumerate(block.orders.items()):
            distance = allocation.ratio(label) - ratio
            odd = distance * as_fraction(ordered)
            worst, off = max(worst, abs(distance)), max(off, abs(odd))
            row = found.setdefault(label, [0.0] * 6)
            row[0] += float(ordered * block.price_usd)
            row[1] += float(allocation.shares[label] * block.price_usd)
            row[2] = max(row[2], float(abs(distance)))
            row[3] += float(odd)
            row[4] += float(alone[i])
            row[5] += float(shared[i])
    rows = tuple(FairnessRow(label, *figures) for label, figures in sorted(found.items()))
    return Fairness(rows, blocks, float(worst), float(off))


def _costs(costs: CostCurves, block: Block) -> tuple[np.ndarray, np.ndarray]:
    """Cost of each order alone, and its share of the block's cost by dollars."""
    curves = costs.selling if block.side is Side.SELL and costs.selling is not None else costs
    at = curves.universe.positions[block.security_id]
    linear, root, square = (float(a[at]) for a in (curves.linear, curves.three_halves, curves.quadratic))
    v = np.array([float(q * block.price_usd) for q in block.orders.values()])
    total = v.sum()
    alone = linear * v + root * v**1.5 + square * v * v
    return alone, v * (linear + root * np.sqrt(total) + square * total)
