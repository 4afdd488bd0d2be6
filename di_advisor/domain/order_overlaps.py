"""Orders of one account in one name that overlap in time: each moves the other's price, so one is kept.

Problem: two orders that are worked at once share their impact, and counted twice they teach a model
that small orders are dear. Decision: in each account and name orders are taken by arrival (the larger
first where two arrive together), and one is kept when it arrives after the end of the last that was
kept. Limits: an order of another account in the same name is not seen as an overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.domain.trade_history import TradeHistory

__all__ = ["PurgedHistory", "purge_overlaps"]


@dataclass(frozen=True)
class PurgedHistory:
    """A history without overlaps, and what was left out.

    Attributes
    ----------
    history : TradeHistory
        Orders that are kept, in their order.
    purged_order_ids : tuple of str
        Orders that were left out, in their order.
    pairs : int
        Accounts and names that had overlaps.
    """

    history: TradeHistory
    purged_order_ids: tuple[str, ...]
    pairs: int

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        count = len(self.purged_order_ids)
        if not count:
            return f"None of {len(self.history):,} orders overlaps another of its account and name."
        return (
            f"{count:,} of {len(self.history) + count:,} orders overlapped an earlier one of the same account and "
            f"name ({self.pairs:,} such pairs of account and name) and were left out."
        )


def purge_overlaps(history: TradeHistory) -> PurgedHistory:
    """Leave out orders whose [arrival, end] overlaps that of an earlier order of the same account and name.

    An order without a known end ends when it arrives. The ends belong to the span.
    """
    start = history.arrival_utc
    end = np.where(np.isnat(history.end_utc), start, history.end_utc)
    order = np.lexsort((history.order_id, -history.value_usd, start, history.security_id, history.account_id))
    keep = np.ones(len(history), dtype=np.bool_)
    touched: set[tuple[str, str]] = set()
    last: tuple[str, str] | None = None
    busy_until = np.datetime64("NaT")
    for row in order:
        group = (str(history.account_id[row]), str(history.security_id[row]))
        if group != last or start[row] > busy_until:
            last, busy_until = group, max(start[row], end[row])
        else:
            keep[row] = False
            touched.add(group)
    left_out = tuple(str(each) for each in history.order_id[~keep])
    return PurgedHistory(history.take(keep), left_out, len(touched))
