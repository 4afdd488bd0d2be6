"""Interactive Brokers Flex statements (XML): lots, cash and what happened, from a saved file or a body.

One statement holds one or several accounts; all of them must be of one day. See `di_data.brokers.flex_lots` and
`di_data.brokers.flex_events` for what is read, and `di_data.trade_history` for executions as data of cost models.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from di_advisor.domain.broker_statements import BrokerStatement, LeftOut, left_out_told
from di_advisor.domain.event_rows import ReadEvents, events_from_rows
from di_advisor.domain.observations import Provenance
from di_advisor.domain.rows import Findings
from di_advisor.domain.security_master import SecurityMaster
from di_advisor.errors import InputError, InputWarning
from di_data.brokers.broker_files import BrokerFiles
from di_data.brokers.flex_days import FlexDays
from di_data.brokers.flex_events import FlexEvents
from di_data.brokers.flex_lots import FLEX_LOT_NAMES, FlexLots
from di_data.brokers.lot_table import BrokerFindings, portfolio_of_rows
from di_data.delimited import read_text
from di_data.flex_document import flex_statement_root
from di_data.notation import FileNotation

__all__ = ["FlexFiles", "flex_events", "flex_statement"]


@dataclass(frozen=True, slots=True)
class FlexFiles(BrokerFiles):
    """Reads saved Flex statements; keeps the ports `PortfolioReader` and `LedgerReader`.

    Attributes
    ----------
    zone : str
        Zone of times that carry none: that of the account's settings.
    lot_method : str
        How the lots of sales were chosen, for `events`; blank for first in, first out.
    """

    zone: str = "America/New_York"
    lot_method: str = ""

    def statement(self, path: Path, *, as_of: date) -> BrokerStatement:
        """Lots and cash of a statement, on its own day; errors and warnings as for `BrokerFiles`."""
        del as_of  # the statement says it
        text = read_text(path, encoding=self.encoding, max_bytes=self.max_bytes)
        return flex_statement(text, path.name, FlexDays(path.name, self.zone), master=self.master)

    def events(
        self, transactions: Path, *, as_of: date, account_id: str = "account", partial: bool = False
    ) -> ReadEvents:
        """Trades, dividends, payments and splits of a statement.

        Raises
        ------
        InputError
            If it is not a statement, or has nothing that happened.
        RowsError
            Naming every row and field that is wrong.

        Warns
        -----
        InputWarning
            Naming what was left out, with its reason.
        """
        text = read_text(transactions, encoding=self.encoding, max_bytes=self.max_bytes)
        reader = FlexEvents(
            FlexDays(transactions.name, self.zone), Findings(transactions.name), self.master, self.lot_method
        )
        read = flex_events(text, reader, as_of=as_of, account_id=account_id, partial=partial)
        if reader.left_out:
            warnings.warn(left_out_told(transactions.name, reader.left_out), InputWarning, stacklevel=2)
        return read


def flex_statement(
    text: str,
    source: str,
    days: FlexDays,
    *,
    master: SecurityMaster | None = None,
    provenance: Provenance | None = None,
) -> BrokerStatement:
    """Lots and cash of the text of a statement.

    Parameters
    ----------
    text : str
        The XML.
    source : str
        Name of the file or address.
    days : FlexDays
        How dates are read.
    master : SecurityMaster, optional
        What symbols mean; without it a symbol is the id.
    provenance : Provenance, optional
        Where it comes from, if it came through the frame.

    Raises
    ------
    InputError
        If it is no statement, lacks a section or field, or its accounts are of different days.
    RowsError
        Naming every row and field that is wrong.
    """
    root = flex_statement_root(text, source)
    reader = FlexLots(days, BrokerFindings(source, own=FLEX_LOT_NAMES), master)
    statements = list(root.iter("FlexStatement"))
    if not statements:
        raise InputError(
            f"{source}: there is no FlexStatement in it.", hint="The query covers no account or no day.", source=source
        )
    for statement in statements:
        reader.read(statement)
    as_of = _one_day(reader, source)
    portfolio = portfolio_of_rows(reader.rows, reader.findings, as_of=as_of, cash=reader.cash)
    left_out: Sequence[LeftOut] = reader.left_out
    return BrokerStatement(portfolio, as_of, source, left_out=tuple(left_out), provenance=provenance)


def flex_events(
    text: str, reader: FlexEvents, *, as_of: date, account_id: str = "account", partial: bool = False
) -> ReadEvents:
    """Events of the text of a statement; what is left out stands in the reader.

    Raises
    ------
    InputError
        If it is no statement.
    RowsError
        Naming every row and field that is wrong.
    """
    root = flex_statement_root(text, reader.findings.source)
    for statement in root.iter("FlexStatement"):
        reader.read(statement)
    return events_from_rows(
        reader.rows, FileNotation(), reader.findings, account_id=account_id, as_of=as_of, partial=partial
    )


def _one_day(reader: FlexLots, source: str) -> date:
    days = sorted(set(reader.reported.values()))
    if len(days) != 1:
        reader.findings.raise_any()
        told = ", ".join(f"{account} of {day}" for account, day in sorted(reader.reported.items()))
        raise InputError(
            f"{source}: the accounts are of different days: {told}." if days else f"{source}: it has no day.",
            hint="Export all accounts for one day (toDate).",
            source=source,
        )
    return days[0]
