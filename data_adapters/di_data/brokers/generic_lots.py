"""Lots in a plain CSV: ``account,symbol,acquired,quantity,cost_per_share[,cusip,isin,wash_adjustment,holding_start]``.

Problem: advisors keep lots in spreadsheets whose columns are those of a statement, with a cost per share.
Decision: these columns are read into the documented table of lots (`di_advisor.domain.columns.LOT_COLUMNS`),
and everything after that is written once. The basis is the total of the lot: quantity times cost per
share to the cent, half to even, plus the wash-sale adjustment, which is in dollars for the whole lot.
Limits: the file has no day of its own; it is taken to be of the day asked about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from di_advisor.domain.amounts import Exact
from di_advisor.domain.broker_statements import BrokerStatement
from di_advisor.domain.cells import is_blank, text_of
from di_advisor.domain.columns import GENERIC_LOT_COLUMNS
from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.rows import Row
from di_data.brokers.broker_files import BrokerFiles, security_id_of
from di_data.brokers.lot_table import BrokerFindings, amount_or_none, basis_total, portfolio_of_rows
from di_data.notation import FileNotation

__all__ = ["GenericLots"]

_OWN: Final = {
    "security_id": "symbol",
    "shares": "quantity",
    "basis_total_usd": "cost_per_share",
    "held_since": "holding_start",
    "account_id": "account",
}


@dataclass(frozen=True, slots=True)
class GenericLots(BrokerFiles):
    """Reads the plain CSV of lots; columns as in `di_advisor.domain.columns.GENERIC_LOT_COLUMNS`."""

    def statement(self, path: Path, *, as_of: date) -> BrokerStatement:
        """Lots of a file, taken to be of the day asked about; errors and warnings as for `BrokerFiles`."""
        found, notation = self._table(path, GENERIC_LOT_COLUMNS, "lots")
        findings = BrokerFindings(path.name, own=_OWN)
        rows = [self._lot(row, notation, findings, as_of) for row in found]
        return BrokerStatement(portfolio_of_rows(rows, findings, as_of=as_of), as_of, path.name)

    def _lot(self, row: Row, notation: FileNotation, findings: BrokerFindings, as_of: date) -> Row:
        cells: dict[str, object] = {
            "account_id": row["account"],
            "lot_id": row["lot_id"],
            "account_kind": row["account_kind"],
        }
        with findings.at(row, "security_id"):
            named = [(IdentifierScheme.ISIN, "isin"), (IdentifierScheme.CUSIP, "cusip")]
            known = [Identifier(scheme, text_of(row[c])) for scheme, c in named if not is_blank(row[c])]
            known.append(Identifier(IdentifierScheme.TICKER, text_of(row["symbol"])))
            cells["security_id"] = security_id_of(self.master, known, as_of)
        shares: Exact | None = None
        with findings.at(row, "shares"):
            shares = amount_or_none(row["quantity"], notation)
            cells["shares"] = "" if shares is None else str(shares)
        adjustment: Exact = Decimal(0)
        with findings.at(row, "wash_adjustment"):
            adjustment = amount_or_none(row["wash_adjustment"], notation) or Decimal(0)
        with findings.at(row, "basis_total_usd"):
            cost = amount_or_none(row["cost_per_share"], notation)
            if shares is not None and shares > 0:
                basis = basis_total(shares, total_usd=None, per_share_usd=cost, adjustment_usd=adjustment)
                cells["basis_total_usd"] = "" if basis is None else str(basis)
        for ours, theirs in (("acquired", "acquired"), ("held_since", "holding_start")):
            with findings.at(row, ours):
                cells[ours] = _day(row[theirs], notation)
        return Row(row.label, cells)


def _day(cell: object, notation: FileNotation) -> object:
    """ISO text of a date; VARIOUS and blanks as they are."""
    text = text_of(cell).strip()
    return text if not text or text.isalpha() else notation.day(text).isoformat()
