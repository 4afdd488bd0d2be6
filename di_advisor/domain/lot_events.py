"""Lots that are already there, as the events with which a journal begins.

Problem: a journal starts in the middle: the custodian knows lots whose purchases nobody recorded.
Decision: each lot of a table becomes a transfer in on the table's day, with its basis and its two
dates, and keeps its id; what is not known stays not known. Reading the same table again gives the
same events, so importing it twice changes nothing. Limits: washes before the table's day are in
its bases and dates, and are not looked for again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from di_advisor.domain.event_rows import opening_of
from di_advisor.domain.events import Event, TransferIn
from di_advisor.domain.lot_identity import ReadLot
from di_advisor.domain.portfolio import Portfolio

__all__ = ["opening_events", "opening_events_of_rows"]


def opening_events(portfolio: Portfolio, *, on: date, source: str) -> tuple[Event, ...]:
    """Events that open the accounts of a portfolio and bring its lots.

    Parameters
    ----------
    portfolio : Portfolio
        Accounts and lots; cash and fills are left out.
    on : date
        The day of which the lots are.
    source : str
        Where they are known from: a statement, a file.

    Raises
    ------
    InputError
        If a lot was acquired after that day.
    """
    opened = tuple(
        opening_of(a.account_id, a.kind, reinvests_dividends=a.reinvests_dividends, source=source)
        for a in portfolio.accounts
    )
    lots = (
        TransferIn(
            event_id=f"opening {lot.account_id} {lot.lot_id}",
            on=on,
            account_id=lot.account_id,
            security_id=lot.security_id,
            shares=lot.shares,
            basis_total_usd=lot.basis_total_usd,
            acquired=lot.acquired,
            held_since=lot.held_since,
            lot_id=lot.lot_id,
            source=source,
        )
        for lot in portfolio.lots
    )
    return (*opened, *lots)


def opening_events_of_rows(read: Sequence[ReadLot], *, on: date, source: str) -> tuple[Event, ...]:
    """Opening events of rows of lots, in any order; see `opening_events`."""
    from di_advisor.domain.lot_rows import portfolio_of

    return opening_events(portfolio_of(read), on=on, source=source)
