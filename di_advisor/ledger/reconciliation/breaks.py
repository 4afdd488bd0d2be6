"""Breaks: where the books and the custodian differ, side by side, with what explains it.

A break keeps its name blocked in its account, explained or not, until the two agree or somebody
overrides it with a recorded reason. Two differences block nothing: cents of rounding, and a custodian
that shows the start of the holding period where the books keep both dates.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from di_advisor.ledger.papers import About

__all__ = ["Break", "BreakKind", "Cause", "Reconciliation"]


class BreakKind(StrEnum):
    """What differs."""

    POSITION = "position"
    LOTS = "lots"
    BASIS = "basis"
    DATE = "date"
    ACCOUNT = "account"


class Cause(StrEnum):
    """What explains it, as far as the figures show."""

    SPLIT_MISSING = "split_missing"
    NAME_CHANGED = "name_changed"
    SHARES_RECEIVED = "shares_received"
    NOT_SETTLED = "not_settled"
    FRACTION_DUE = "fraction_due"
    REINVESTED = "reinvested"
    LOT_MISSING = "lot_missing"
    LOT_EXTRA = "lot_extra"
    OTHER_LOTS_SOLD = "other_lots_sold"
    WASHED_BASIS = "washed_basis"
    BASIS_UNKNOWN = "basis_unknown"
    DATE_UNKNOWN = "date_unknown"
    TACKED_DATE = "tacked_date"
    SETTLEMENT_DATE = "settlement_date"
    ROUNDING = "rounding"
    ACCOUNT_UNKNOWN = "account_unknown"
    CUSTODIAN_CONTRADICTS = "custodian_contradicts"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Break:
    """One difference.

    Attributes
    ----------
    account_id, security_id : str
        Where, and in what.
    kind : BreakKind
        What differs.
    cause : Cause
        What explains it.
    books, custodian : str
        The two sides, as text; empty where a side has nothing.
    difference : str
        Custodian less books, as text; empty where there is none.
    lots : str
        Lots of the books it is about, separated by "; ".
    sentence : str
        What differs, what explains it, and what to do.
    """

    account_id: str
    security_id: str
    kind: BreakKind
    cause: Cause
    books: str
    custodian: str
    difference: str
    lots: str
    sentence: str

    @property
    def blocks(self) -> bool:
        """Whether the name may not be traded because of it."""
        return self.cause not in (Cause.ROUNDING, Cause.TACKED_DATE)

    @property
    def explained(self) -> bool:
        """Whether a cause fits the figures."""
        return self.cause is not Cause.UNEXPLAINED

    @property
    def break_id(self) -> str:
        """A short id of this difference: another figure is another break, and needs an override of its own.

        The day is no part of it: the same difference keeps its id on every report.
        """
        parts = (self.account_id, self.security_id, self.kind, self.books, self.custodian, self.lots)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Reconciliation:
    """Books and custodian side by side.

    Attributes
    ----------
    about : About
        Whose books, on which day, with which settings.
    as_of : date
        Day of the statement.
    compared : tuple of (str, str)
        Accounts and securities that were compared.
    breaks : tuple of Break
        Differences, by account and security.
    """

    about: About
    as_of: date
    compared: tuple[tuple[str, str], ...]
    breaks: tuple[Break, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing differs that blocks a name."""
        return not any(b.blocks for b in self.breaks)
