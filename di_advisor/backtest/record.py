"""What a replay leaves behind: one row a session, one row a rebalance, and the journal of all events.

Problem: a backtest's figures cannot be checked without the days they come from. Decision: the replay writes
plain columns and keeps the ledger's own events, so that lots, taxes and cash can be derived again by the ledger
alone; every measure is a function of these. Limits: one account of one taxpayer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING

from di_advisor.domain.events import Event
from di_advisor.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DayRow", "RebalanceRow", "RefusedWithdrawal", "Replayed"]


@dataclass(frozen=True, slots=True)
class DayRow:
    """One session of one account, at its close; all amounts in USD.

    Attributes
    ----------
    day : date
        The session.
    value_usd : float
        Holdings at the close, with cash and dividends that are owed.
    cash_usd : float
        Cash, owed dividends included.
    flow_usd : float
        Money of the client: in positive, out negative.
    dividend_usd : float
        Dividends whose ex-date it is.
    cost_usd : float
        Trading cost paid, out of the value already.
    tax_usd : float
        Tax because of the account that fell due, negative where it saved tax elsewhere; paid from (to) the account
        where the replay's settings say so, and then a flow of its own that is not in ``flow_usd``.
    short_term_usd, long_term_usd : float
        Gain realised on the day, by term, as reported (after wash sales).
    washed_usd : float
        Loss that wash sales disallowed or deferred on the day.
    bought_usd, sold_usd : float
        Traded.
    unrealised_usd : float
        Net gain of the open lots.
    harvested_usd : float
        Losses realised on the day, a positive amount, before netting, as reported.
    tracking_error : float
        Ex ante, a year, by the risk model in force; a fraction.
    index_return, index_yield : float
        Of the index, from the close before.
    fired : tuple of str
        Triggers that fired.
    traded : bool
        Whether a proposal was carried out.
    holdings : str
        Fingerprint of the shares held at the close (`di_advisor.backtest.holdings`); empty in older files.
    correlation, factor_share, sector_active : float or None
        Alignment with the target at the close (`di_advisor.backtest.aligned`); None in older files.
    locked_loss_usd : float or None
        Losses in lots that wash windows kept from being sold on the day; None in older files.
    """

    day: date
    value_usd: float
    cash_usd: float
    flow_usd: float
    dividend_usd: float
    cost_usd: float
    tax_usd: float
    short_term_usd: float
    long_term_usd: float
    washed_usd: float
    bought_usd: float
    sold_usd: float
    unrealised_usd: float
    harvested_usd: float
    tracking_error: float
    index_return: float
    index_yield: float
    fired: tuple[str, ...] = ()
    traded: bool = False
    holdings: str = ""
    correlation: float | None = None
    factor_share: float | None = None
    sector_active: float | None = None
    locked_loss_usd: float | None = None


@dataclass(frozen=True, slots=True)
class RebalanceRow:
    """One proposal of a replay: what was expected of it.

    Attributes
    ----------
    day : date
        The session.
    reasons : tuple of str
        Sentences of the triggers that fired.
    trades : int
        Orders.
    benefit_usd : float
        Of the plan over doing nothing, as the proposal states it.
    gap_usd : float
        Certified distance to the optimum.
    tax_usd, cost_usd : float
        Change of the tax term, and the predicted trading cost.
    tracking_error_before, tracking_error_after : float
        Ex ante, a fraction a year.
    tracking_error_max : float or None
        The mandate's cap.
    note : str
        Why nothing was carried out, where so (no gain over doing nothing, or the typed error's sentence), or that the
        cap was only neared.
    """

    day: date
    reasons: tuple[str, ...]
    trades: int
    benefit_usd: float
    gap_usd: float
    tax_usd: float
    cost_usd: float
    tracking_error_before: float
    tracking_error_after: float
    tracking_error_max: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class RefusedWithdrawal:
    """Money that could not be raised.

    Attributes
    ----------
    day : date
        The session.
    wanted_usd : float
        What was to be paid out.
    value_usd : float
        What the account was worth.
    possible_usd : float or None
        The largest withdrawal that a plan was found for; None where that is not known.
    why : str
        The error's sentence.
    """

    day: date
    wanted_usd: float
    value_usd: float
    possible_usd: float | None
    why: str


@dataclass(frozen=True)
class Replayed:
    """A whole replay.

    Attributes
    ----------
    label : str
        The vintage and settings in words.
    past : str
        Label of the past it ran on.
    policy : str
        Name of the policy.
    days : tuple of DayRow
        One a session, ascending, at least two.
    rebalances : tuple of RebalanceRow
        One a proposal.
    events : tuple of Event
        The ledger's journal; replaying it gives the account's lots.
    liquidation_tax_start_usd, liquidation_tax_end_usd : float
        Tax if all were sold at the first and at the last close.
    seen : tuple of Event
        What the days brought besides the journal: corporate actions of names that the account did not hold.
    refused : tuple of RefusedWithdrawal
        Withdrawals that could not be met when they were wanted.
    wash_sales : bool
        Whether the ledger applied the law of wash sales.
    identical : tuple of (str, tuple of str)
        Groups of substantially identical securities, with their members.

    Raises
    ------
    InputError
        If the days do not ascend or are fewer than two.
    """

    label: str
    past: str
    policy: str
    days: tuple[DayRow, ...]
    rebalances: tuple[RebalanceRow, ...]
    events: tuple[Event, ...]
    liquidation_tax_start_usd: float = 0.0
    liquidation_tax_end_usd: float = 0.0
    seen: tuple[Event, ...] = ()
    refused: tuple[RefusedWithdrawal, ...] = ()
    wash_sales: bool = True
    identical: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __post_init__(self) -> None:
        days = [row.day for row in self.days]
        if len(days) < 2 or days != sorted(set(days)):
            raise InputError("A replay holds two sessions or more, in order.", hint="Replay a longer period.")
        unknown = [row.day for row in self.days if not (isfinite(row.index_return) and isfinite(row.index_yield))]
        if unknown:
            raise InputError(
                f"Of {len(unknown)} sessions the return of the index is not finite, first of {unknown[0]}.",
                hint="Correct it in the past, or end the replay before.",
            )

    def to_frame(self) -> pd.DataFrame:
        """One row a session; the columns are those of `DayRow`."""
        return _frame(self.days, DayRow)

    def rebalances_frame(self) -> pd.DataFrame:
        """One row a proposal; the columns are those of `RebalanceRow`."""
        return _frame(self.rebalances, RebalanceRow)


def _frame(rows: Sequence[DayRow] | Sequence[RebalanceRow], kind: type[DayRow | RebalanceRow]) -> pd.DataFrame:
    import pandas as pd

    names = [f.name for f in fields(kind)]
    return pd.DataFrame([[getattr(row, name) for name in names] for row in rows], columns=names)
