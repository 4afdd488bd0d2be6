"""What readers of brokers' files share: names for symbols, the statement's day, and the user's own prices.

Problem: a broker writes symbols where everything else needs permanent ids, and a statement of last week
misses the trades since. Decision: symbols are resolved exactly, through a security master, on the
statement's day; what is not resolved is an error with its row, and without a master the symbol in its
canonical writing (BRK.B) is the id. A statement after the day of the proposal is refused, an old one is
pointed out. Prices, index weights, fills and returns come from the user's CSV files, as for
`di_data.csv_files`. Limits: US dollars, long positions in shares.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from di_advisor.domain.amounts import exact
from di_advisor.domain.broker_statements import BrokerStatement, left_out_told
from di_advisor.domain.class_tickers import ticker_key
from di_advisor.domain.events import Event
from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.portfolio import CashItem, Portfolio
from di_advisor.domain.security_master import SecurityMaster
from di_advisor.errors import InputError, InputWarning
from di_data.csv_files import CsvFiles

__all__ = ["BrokerFiles", "security_id_of"]

_STATEMENT_AGE_MAX_DAYS = 1


@dataclass(frozen=True, slots=True)
class BrokerFiles(CsvFiles, ABC):
    """A reader of one broker's files; further attributes are those of `CsvFiles`, for the files beside.

    Attributes
    ----------
    master : SecurityMaster or None
        What symbols and identifiers mean.
    """

    master: SecurityMaster | None = None

    caveat: ClassVar[str] = ""
    """What a reader of the proposal must know of these files; empty where nothing."""

    @abstractmethod
    def statement(self, path: Path, *, as_of: date) -> BrokerStatement:
        """What a file, or a folder of files, says.

        Parameters
        ----------
        path : Path
            What the broker exported.
        as_of : date
            The day of the question.

        Raises
        ------
        InputError
            If it cannot be used as a whole, or is of a later day.
        RowsError
            Naming every row and field that is wrong.
        """

    def naming(self, master: SecurityMaster) -> Self:
        """The same reader, with what symbols mean."""
        return replace(self, master=master)

    def portfolio(self, lots: Path, *, as_of: date, cash_usd: str) -> Portfolio:
        """Accounts of a statement; cash that is stated takes the place of the statement's.

        Raises
        ------
        InputError
            As `statement`, or if cash is stated and there are several accounts.
        RowsError
            Naming every row and field that is wrong.

        Warns
        -----
        InputWarning
            If the statement is older than a weekday, or rows were left out.
        """
        read = self.statement(lots, as_of=as_of)
        _refuse_later(read, as_of)
        age = int(np.busday_count(read.as_of, as_of))
        if age > _STATEMENT_AGE_MAX_DAYS:
            warnings.warn(
                f"{read.source}: the statement is of {read.as_of}, {age} weekdays before {as_of}; trades since then "
                "are not in it.",
                InputWarning,
                stacklevel=2,
            )
        if read.left_out:
            warnings.warn(left_out_told(read.source, read.left_out), InputWarning, stacklevel=2)
        return _with_cash(read.portfolio, cash_usd, as_of)

    def opening_lots(self, lots: Path, *, as_of: date, account_id: str = "") -> tuple[Event, ...]:
        """Events that bring the lots into the books on the statement's day.

        Raises
        ------
        InputError
            As `statement`, or if the file has positions and no lots.
        """
        del account_id  # a statement names its accounts
        read = self.statement(lots, as_of=as_of)
        _refuse_later(read, as_of)
        return read.opening


def security_id_of(master: SecurityMaster | None, identifiers: Iterable[Identifier], on: date) -> str:
    """Permanent id of what a broker's row names.

    Parameters
    ----------
    master : SecurityMaster or None
        Without one, the ticker in its canonical writing is the id.
    identifiers : iterable of Identifier
        A ticker, and what else the row has.
    on : date
        The statement's day.

    Raises
    ------
    InputError
        If it is ambiguous, contradictory, or not known.
    """
    known = tuple(identifiers)
    if master is not None:
        return master.resolve(*known, on=on).security_id
    tickers = [i.value for i in known if i.scheme is IdentifierScheme.TICKER]
    if not tickers:
        raise InputError("there is no symbol.", hint="Each row of a position has one.")
    return ticker_key(tickers[0])


def _refuse_later(read: BrokerStatement, as_of: date) -> None:
    if read.as_of > as_of:
        raise InputError(
            f"{read.source}: the statement is of {read.as_of}, after {as_of}.",
            hint="Use the statement that was known on the day, or a later day (--as-of).",
            source=read.source,
        )


def _with_cash(portfolio: Portfolio, cash_usd: str, as_of: date) -> Portfolio:
    amount = exact(cash_usd, "cash_usd")
    if not amount:
        return portfolio
    if len(portfolio.accounts) > 1:
        raise InputError(
            f"There are {len(portfolio.accounts)} accounts, and cash that names none of them.",
            hint="Leave the cash out (the statement has its own), or read one account at a time.",
        )
    return replace(portfolio, accounts=(replace(portfolio.accounts[0], cash=(CashItem(amount, as_of),)),))
