"""Implementation shortfall: what an order cost against the price at which it was decided, in parts that add up.

    delay        side * filled * (arrival - decision)
    execution    side * filled * (average - arrival)
    opportunity  side * (ordered - filled) * (close - decision)
    fees         commissions and fees, explicit
    total        side * (filled * average + (ordered - filled) * close - ordered * decision) + fees

Positive costs. Source: Perold, "The implementation shortfall: paper versus reality", Journal of Portfolio
Management 14(3), 1988; the split of the executed part into delay and execution as in Wagner and Edwards,
Financial Analysts Journal 49(1), 1993. Decision: a report, and never what a model is trained on, because
delay is information and latency rather than trading, and the remainder was not traded. Limits: where no
decision price is known, the arrival price stands for it and delay is zero, which is told; an unfilled
remainder without a close has no known cost and makes the total unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.trade_history import TradeHistory
from di_advisor.errors import InputError
from di_advisor.units import BPS_PER_UNIT

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Shortfall", "shortfall"]

_PARTS = ("delay_usd", "execution_usd", "opportunity_usd", "fees_usd")


@dataclass(frozen=True, eq=False)
class Shortfall:
    """Implementation shortfall of m orders, in USD; positive hurts, NaN where not known.

    Attributes
    ----------
    order_id : ndarray of str, shape (m,)
        Keys.
    paper_usd : ndarray of shape (m,)
        Shares asked for at the decision price: what the bps are of.
    delay_usd, execution_usd, opportunity_usd, fees_usd : ndarray of shape (m,)
        The parts.
    from_arrival : ndarray of bool, shape (m,)
        Where the arrival price stands for a decision price that is not known.
    """

    order_id: NDArray[np.str_]
    paper_usd: FloatArray
    delay_usd: FloatArray
    execution_usd: FloatArray
    opportunity_usd: FloatArray
    fees_usd: FloatArray
    from_arrival: NDArray[np.bool_]

    @property
    def total_usd(self) -> FloatArray:
        """Sum of the parts, shape (m,); NaN where a part is not known."""
        return self.delay_usd + self.execution_usd + self.opportunity_usd + self.fees_usd

    @property
    def total_bps(self) -> FloatArray:
        """Total over the paper value, bps, shape (m,)."""
        return np.asarray(self.total_usd / self.paper_usd * BPS_PER_UNIT)

    @property
    def sentence(self) -> str:
        """Totals of the orders whose every part is known, in one sentence."""
        known = np.isfinite(self.total_usd)
        if not known.any():
            return f"The shortfall of none of {len(known):,} orders is known in full."
        parts = ", ".join(f"{name.removesuffix('_usd')} {getattr(self, name)[known].sum():,.2f}" for name in _PARTS)
        total, paper = float(self.total_usd[known].sum()), float(self.paper_usd[known].sum())
        unknown = int((~known).sum())
        told = f"; {unknown:,} orders with an unfilled remainder and no close are left out" if unknown else ""
        stood_in = int(self.from_arrival[known].sum())
        told += f"; for {stood_in:,} the arrival price stands for the decision price" if stood_in else ""
        return (
            f"{int(known.sum()):,} orders cost {total:,.2f} USD, {total / paper * BPS_PER_UNIT:.1f} bps of "
            f"{paper:,.0f} USD decided: {parts}{told}."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row an order: parts, total in USD and bps."""
        import pandas as pd

        columns = {name: getattr(self, name) for name in ("order_id", "paper_usd", *_PARTS)}
        return pd.DataFrame(
            columns | {"total_usd": self.total_usd, "total_bps": self.total_bps, "from_arrival": self.from_arrival}
        )


def shortfall(history: TradeHistory) -> Shortfall:
    """Implementation shortfall of every order of a history.

    Raises
    ------
    InputError
        If an order has more filled than asked for.
    """
    over = np.flatnonzero(history.filled_shares > history.ordered_shares)
    if len(over):
        raise InputError(
            f"Order {history.order_id[over[0]]} has {history.filled_shares[over[0]]:g} shares filled of "
            f"{history.ordered_shares[over[0]]:g} ({len(over)} such orders).",
            hint="Drop such orders, or correct their sizes, when the history is read.",
            orders=[str(each) for each in history.order_id[over[:5]]],
        )
    filled, rest = history.filled_shares, history.ordered_shares - history.filled_shares
    from_arrival = ~np.isfinite(history.decision_price_usd)
    decision = np.where(from_arrival, history.arrival_price_usd, history.decision_price_usd)
    return Shortfall(
        order_id=history.order_id,
        paper_usd=history.ordered_shares * decision,
        delay_usd=history.side * filled * (history.arrival_price_usd - decision),
        execution_usd=history.side * filled * (history.average_price_usd - history.arrival_price_usd),
        opportunity_usd=np.where(rest > 0, history.side * rest * (history.close_price_usd - decision), 0.0),
        fees_usd=history.commission_usd + history.fees_usd,
        from_arrival=from_arrival,
    )
