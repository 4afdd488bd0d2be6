"""Composite targets: how fractions drift, and how much of a trade comes from allocation and how much from an index.

Problem: where several indexes make a target, a trade may come from a changed allocation, from a changed index, or from
the account itself (drift, losses, cash), and a client asks which. Decision: a change of the target is parted at the
midpoint, allocation change times average index weight and index change times average fraction, which adds up exactly;
what remains of a trade is the account's own. Limits: fractions are of the whole account; a part that the optimizer did
not follow (a lock, a tax) stands in the account's own part, with the other sign.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from di_advisor.domain.allocation import Allocation
from di_advisor.domain.portfolio import Side
from di_advisor.domain.target import Target
from di_advisor.errors import InputError
from di_advisor.policy.index_drift import drifted
from di_advisor.policy.triggers.words import usd

if TYPE_CHECKING:
    import pandas as pd

    from di_advisor.propose.proposal import Proposal

__all__ = [
    "TradeOrigin",
    "allocation_change",
    "drifted_allocation",
    "origins_frame",
    "origins_of_trades",
    "target_change",
]


def drifted_allocation(target: Target, since: date, day: date, index_growth: Mapping[str, float]) -> Allocation:
    """Fractions of a composite as its indexes moved since they were set: what nobody rebalanced.

    Parameters
    ----------
    target : Target
        With the fractions of the day ``since``.
    since, day : date
        When they were set, and the day they are asked for.
    index_growth : Mapping of str to float
        Value at the end for a dollar at the start, by index.

    Raises
    ------
    IncompleteDataError, InputError
        As of `index_drift.drifted`; if the target's own allocation changes in between.
    """
    changed = [a.effective for a in target.allocations if since < a.effective <= day]
    if changed:
        raise InputError(
            f"The allocation changes on {changed[0]}, between {since} and {day}.",
            hint="Let it drift from the last change on.",
        )
    return Allocation(day, drifted(target.fractions_on(since), index_growth))


def allocation_change(target: Target, since: date, day: date) -> dict[str, float]:
    """Change of each index's fraction between two days, by index; changes sum to 0."""
    old, new = target.fractions_on(since), target.fractions_on(day)
    return {k: new[k] - old[k] for k in new}


def target_change(target: Target, since: date, day: date) -> dict[str, tuple[float, float]]:
    """Change of each name's target weight between two days: the part of the allocation, and that of the indexes.

    Raises
    ------
    InputError
        If an index that has a fraction on one of the days has no weights there.
    """
    old, new = target.fractions_on(since), target.fractions_on(day)
    allocation: dict[str, float] = {}
    index: dict[str, float] = {}
    for c in target.components:
        if not (old[c.index] or new[c.index]):
            continue
        after = c.on(day).weights if new[c.index] else c.on(since).weights
        before = c.on(since).weights if old[c.index] else after  # an index that comes in brings its weights along
        for k in {*before, *after}:
            w0, w1 = before.get(k, 0.0), after.get(k, 0.0)
            allocation[k] = allocation.get(k, 0.0) + (new[c.index] - old[c.index]) * (w0 + w1) / 2
            index[k] = index.get(k, 0.0) + (w1 - w0) * (old[c.index] + new[c.index]) / 2
    return {k: (allocation[k], index[k]) for k in sorted(allocation)}


@dataclass(frozen=True, slots=True)
class TradeOrigin:
    """Where what is traded of a name comes from, USD; buys positive. The three parts sum to the traded value.

    Attributes
    ----------
    security_id, ticker : str
        The name.
    traded_usd : float
        Bought less sold.
    allocation_usd, index_usd, account_usd : float
        From a changed allocation, from changed index weights, and from the account: drift, losses, cash, locks.
    sentence : str
        The same in words. Not escaped.
    """

    security_id: str
    ticker: str
    traded_usd: float
    allocation_usd: float
    index_usd: float
    account_usd: float
    sentence: str


def origins_of_trades(proposal: Proposal, target: Target, since: date) -> tuple[TradeOrigin, ...]:
    """Where the trades of a proposal come from, name by name, the largest first.

    Parameters
    ----------
    proposal : Proposal
        Of one account.
    target : Target
        What it was asked to track, with the path since the last rebalance.
    since : date
        Day of the last rebalance.

    Raises
    ------
    InputError
        If the target has no weights on one of the days.
    """
    parts = target_change(target, since, proposal.as_of)
    weighed = float(proposal.weighed_usd)
    traded: dict[str, float] = {}
    tickers: dict[str, str] = {}
    for t in proposal.trade_list:
        sign = 1.0 if t.side is Side.BUY else -1.0
        traded[t.security_id] = traded.get(t.security_id, 0.0) + sign * float(t.value_usd)
        tickers[t.security_id] = t.ticker
    origins = []
    for k, value in traded.items():
        allocation, index = (part * weighed for part in parts.get(k, (0.0, 0.0)))
        rest = value - allocation - index
        said = f"{usd(value)} of {tickers[k]}: {usd(allocation)} from the allocation, {usd(index)} from the index, "
        said += f"{usd(rest)} from the account (drift, losses, cash and what was not followed)."
        origins.append(TradeOrigin(k, tickers[k], value, allocation, index, rest, said))
    return tuple(sorted(origins, key=lambda o: (-abs(o.traded_usd), o.security_id)))


def origins_frame(origins: tuple[TradeOrigin, ...]) -> pd.DataFrame:
    """One row a name, and a last one with the sums."""
    import pandas as pd

    columns = ["security_id", "ticker", "traded_usd", "allocation_usd", "index_usd", "account_usd", "sentence"]
    rows = [[getattr(o, c) for c in columns] for o in origins]
    sums = [math.fsum(getattr(o, c) for o in origins) for c in columns[2:6]]
    return pd.DataFrame([*rows, ["", "all", *sums, ""]], columns=columns)
