"""The past as a replay sees it: for every session what was known at its close, and what happened before its open.

Problem: a backtest that holds the whole history in one array will, sooner or later, read tomorrow. Decision: a
replay asks a `Past` one session at a time, and a `Past` answers a session only from what was known at its close;
a test shuffles the later days and finds nothing changed. Order of a session: what changes holdings takes effect
before the open (`opening`), dividends are owed to who held at the close before (`payouts`), then trades are made
at the close (`market`). Limits: one currency, closes only; what a quote would have been in the day is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol, runtime_checkable

from di_advisor.domain.esg_table import EsgTable
from di_advisor.domain.events import SecurityEvent
from di_advisor.domain.events.cash import DividendKind
from di_advisor.domain.market import ExposureHistory, Market, ReturnHistory
from di_advisor.domain.target import Target
from di_advisor.errors import InputError

__all__ = ["Past", "Payout"]


@dataclass(frozen=True, slots=True)
class Payout:
    """Cash that a company paid for a share.

    Attributes
    ----------
    security_id : str
        Who paid.
    ex_date : date
        A session; who held at the close before is paid.
    paid_on : date
        When the cash came; the ex-date where it is not known.
    cash_per_share_usd : Decimal
        As declared, before any later split; more than zero.
    kind : DividendKind
        How it is taxed, stated by who built the past.

    Raises
    ------
    InputError
        If the amount is not finite and more than zero, or it was paid before its ex-date.
    """

    security_id: str
    ex_date: date
    paid_on: date
    cash_per_share_usd: Decimal
    kind: DividendKind = DividendKind.COMMON

    def __post_init__(self) -> None:
        if not (self.cash_per_share_usd.is_finite() and self.cash_per_share_usd > 0):
            raise InputError(
                f"The payout of {self.security_id} on {self.ex_date} is {self.cash_per_share_usd} USD.",
                hint="Leave out what was not paid.",
                security_id=self.security_id,
            )
        if self.paid_on < self.ex_date:
            raise InputError(
                f"The payout of {self.security_id} was paid on {self.paid_on}, before its ex-date {self.ex_date}.",
                hint="Give the ex-date where the day of payment is not known.",
                security_id=self.security_id,
            )


@runtime_checkable
class Past(Protocol):
    """Dated snapshots of one world; every answer holds only what was known at the close of its day.

    Attributes
    ----------
    label : str
        Where it comes from; shown on every result (simulated worlds say so).
    sessions : tuple of date
        Trading days, ascending.
    """

    label: str
    sessions: tuple[date, ...]

    def market(self, day: date) -> Market:
        """Names that traded, with raw closes; the universe may differ from day to day."""
        ...

    def target(self, day: date) -> Target:
        """The index: its weights in force at the close of the day, and what was announced by then."""
        ...

    def returns(self, day: date) -> ReturnHistory:
        """Daily total returns up to and with the day, for the risk model."""
        ...

    def exposures(self, day: date) -> ExposureHistory | None:
        """Characteristics known by the day, where there are some."""
        ...

    def opening(self, day: date) -> tuple[SecurityEvent, ...]:
        """Corporate actions that take effect between the close before and the open of the day, in order."""
        ...

    def payouts(self, day: date) -> tuple[Payout, ...]:
        """Dividends whose ex-date is the day."""
        ...

    def index_return(self, day: date) -> float:
        """Total return of the index from the close before to the close of the day; 0 on the first session."""
        ...

    def index_yield(self, day: date) -> float:
        """The part of that return which was paid as dividends."""
        ...

    def esg(self, day: date) -> EsgTable | None:
        """ESG measures known by the day, aligned to the day's market; None where the past has none."""
        ...
