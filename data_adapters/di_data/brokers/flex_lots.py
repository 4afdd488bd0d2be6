"""Open positions and cash of a Flex statement as lots and dated cash.

Problem: one section lists each position in all and lot by lot, the purchase date and the start of the holding
period are two fields, and a query over days repeats every lot for each of them. Decision: only rows of
``levelOfDetail="LOT"`` are lots; SUMMARY rows beside them are used to check that the lots sum to the position;
``openDateTime`` is the trade date (wash-sale windows), ``holdingPeriodDateTime`` the start of the holding period;
the basis is ``costBasisMoney``. What is not stock in dollars is left out and listed. Settled cash can be spent on
the statement's day, the rest on the next weekday (T+1). Limits: as documented, not tried on an account.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from di_advisor.domain.amounts import Exact, as_fraction, show_exact
from di_advisor.domain.broker_statements import LeftOut
from di_advisor.domain.cells import text_of
from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.portfolio import CashItem
from di_advisor.domain.rows import Row
from di_advisor.domain.security_master import SecurityMaster
from di_advisor.errors import InputError
from di_data.brokers.broker_files import security_id_of
from di_data.brokers.flex_days import FlexDays
from di_data.brokers.lot_table import BrokerFindings, amount_or_none, basis_total
from di_data.flex_document import flex_rows

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # only its type

__all__ = ["FLEX_LOT_NAMES", "FlexLots", "flex_identifiers"]

FLEX_LOT_NAMES: Final = {
    "security_id": "symbol",
    "shares": "position",
    "basis_total_usd": "costBasisMoney",
    "acquired": "openDateTime",
    "held_since": "holdingPeriodDateTime",
    "account_id": "accountId",
    "lot_id": "originatingTransactionID",
}
"""The statement's names of our columns."""

_NEEDED: Final = (
    *("accountId", "assetCategory", "currency", "symbol", "reportDate", "position", "costBasisMoney"),
    *("levelOfDetail", "openDateTime"),
)
_STOCK: Final = "STK"
_LOT, _SUMMARY = "LOT", "SUMMARY"


def flex_identifiers(row: Row) -> Iterator[Identifier]:
    """Identifiers of a row: ISIN and CUSIP where given, and the symbol."""
    for scheme, name in ((IdentifierScheme.ISIN, "isin"), (IdentifierScheme.CUSIP, "cusip")):
        if _text(row, name):
            yield Identifier(scheme, _text(row, name))
    if _text(row, "symbol"):
        # Its blank stands before a share class ("BRK B"), and an identifier drops blanks.
        yield Identifier(IdentifierScheme.TICKER, _text(row, "symbol").replace(" ", "."))


@dataclass
class FlexLots:
    """Reads the positions and the cash of one or more accounts.

    Attributes
    ----------
    days : FlexDays
        How dates are read.
    findings : BrokerFindings
        Collects what is wrong.
    master : SecurityMaster or None
        What symbols mean.
    rows : list of Row
        Lots so far, in the columns of `di_advisor.domain.columns.LOT_COLUMNS`.
    cash : Mapping of str to list of CashItem
        Cash so far, by account.
    reported : Mapping of str to date
        Last day of the statement of each account.
    left_out : list of LeftOut
        Rows that were not taken.
    """

    days: FlexDays
    findings: BrokerFindings
    master: SecurityMaster | None
    rows: list[Row] = field(default_factory=list)
    cash: dict[str, list[CashItem]] = field(default_factory=dict)
    reported: dict[str, date] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    _position_days: dict[str, date] = field(default_factory=dict)

    def read(self, statement: Element) -> None:
        """Read the statement of one account.

        Raises
        ------
        InputError
            If it has no section of positions, a field is missing in the query, or positions come without lots.
        """
        if next(statement.iter("OpenPositions"), None) is None:
            raise InputError(
                f"{self.findings.source}: there is no section OpenPositions.",
                hint="Add Open Positions with the option Lots to the Flex query.",
                source=self.findings.source,
            )
        account, last = statement.get("accountId") or "", statement.get("toDate") or ""
        if not account or not last:
            raise InputError(
                f"{self.findings.source}: a FlexStatement has no {'toDate' if account else 'accountId'}.",
                hint="Export the statement again; without account and day nothing of it can be used.",
                source=self.findings.source,
            )
        if account in self.reported:
            raise InputError(
                f"{self.findings.source}: the account {account} comes twice, and its lots would count twice.",
                hint="Set the query to one statement an account (no breakout by day), and export it again.",
                source=self.findings.source,
            )
        self.reported[account] = self.days.day(last)
        positions = list(flex_rows(statement, "OpenPositions", "position"))
        self._refuse_missing(positions)
        stocks = [row for row in positions if self._is_stock(row)]
        lots = [row for row in stocks if _text(row, "levelOfDetail") == _LOT]
        summaries = [row for row in stocks if _text(row, "levelOfDetail") == _SUMMARY]
        if summaries and not lots:
            raise InputError(
                f"{self.findings.source}: the positions of {_text(summaries[0], 'accountId')} have no rows of "
                "levelOfDetail LOT, only sums.",
                hint="Set the option Lots of Open Positions in the Flex query; sums have no purchase dates.",
                source=self.findings.source,
            )
        ids = Counter((_text(r, "accountId"), _text(r, "originatingTransactionID")) for r in lots)
        shares: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
        for row in lots:
            self._lot(row, named=ids[_text(row, "accountId"), _text(row, "originatingTransactionID")] == 1, sums=shares)
        for row in summaries:
            self._check_sum(row, shares[_key(row)])
        self._read_cash(statement, account)

    def _refuse_missing(self, positions: Iterable[Row]) -> None:
        for row in positions:
            missing = [name for name in _NEEDED if name not in row.cells]
            if missing:
                raise InputError(
                    f"{self.findings.source}, {row.label}: the fields {', '.join(missing)} are missing.",
                    hint="Add them to Open Positions in the Flex query.",
                    source=self.findings.source,
                    row=row.label,
                    missing=missing,
                )

    def _is_stock(self, row: Row) -> bool:
        if _text(row, "levelOfDetail") not in {_LOT, _SUMMARY}:
            self.findings.wrong(
                row.label,
                "levelOfDetail",
                f"{_text(row, 'levelOfDetail')!r} is neither LOT nor SUMMARY.",
                "Export the statement again.",
            )
            return False
        kind, currency = _text(row, "assetCategory"), _text(row, "currency")
        if (kind, currency) == (_STOCK, "USD"):
            return True
        if _text(row, "levelOfDetail") == _LOT or kind != _STOCK:
            why = "not in USD" if kind == _STOCK else "no stock; options can wash losses of theirs"
            self.left_out.append(LeftOut(row.label, f"{_text(row, 'symbol')}, {kind} in {currency}", why))
        return False

    def _lot(self, row: Row, *, named: bool, sums: defaultdict[tuple[str, str], Fraction]) -> None:
        findings, account = self.findings, _text(row, "accountId")
        cells: dict[str, object] = {"account_id": account}
        with findings.at(row, "reportDate"):
            self._same_day(account, self.days.day(_text(row, "reportDate")))
        with findings.at(row, "security_id"):
            day = self.reported.get(account)
            if day is None:
                raise InputError(f"its account {account} has no statement.", hint="Export the statement again.")
            cells["security_id"] = security_id_of(self.master, flex_identifiers(row), day)
        shares: Exact | None = None
        with findings.at(row, "shares"):
            shares = amount_or_none(row["position"])
            cells["shares"] = "" if shares is None else show_exact(shares)
            sums[_key(row)] += as_fraction(shares or 0)
        with findings.at(row, "basis_total_usd"):
            total = amount_or_none(row["costBasisMoney"])
            if shares is not None and shares > 0:
                basis = basis_total(shares, total_usd=total, per_share_usd=amount_or_none(row["costBasisPrice"]))
                cells["basis_total_usd"] = "" if basis is None else show_exact(basis)
        for ours in ("acquired", "held_since"):
            with findings.at(row, ours):
                written = _text(row, FLEX_LOT_NAMES[ours])
                cells[ours] = self.days.day(written).isoformat() if written else ""
        if named and _text(row, "originatingTransactionID"):
            cells["lot_id"] = _text(row, "originatingTransactionID")
        self.rows.append(Row(row.label, cells))

    def _same_day(self, account: str, day: date) -> None:
        known, last = self._position_days.setdefault(account, day), self.reported.get(account, day)
        if known != day or day > last:
            raise InputError(
                f"it is {day}, and other positions of {account} are of {known}."
                if known != day
                else f"it is {day}, and the statement ends on {last}.",
                hint="A query that breaks positions out by day repeats each lot: export the last day alone.",
            )

    def _check_sum(self, row: Row, total: Fraction) -> None:
        with self.findings.at(row, "shares"):
            stated = amount_or_none(row["position"])
            if stated is not None and as_fraction(stated) != total:
                raise InputError(
                    f"the position in {_text(row, 'symbol')} is {stated}, and its lots sum to {show_exact(total)}.",
                    hint="Rows are missing or changed; export the statement again.",
                )

    def _read_cash(self, statement: Element, account: str) -> None:
        for row in flex_rows(statement, "CashReport", "cash"):
            currency = _text(row, "currency")
            holder = _text(row, "accountId") or account
            if currency == "BASE_SUMMARY":
                continue
            with self.findings.at(row, "endingCash"):
                ending = amount_or_none(row["endingCash"])
                settled = amount_or_none(row["endingSettledCash"])
                ready = settled if settled is not None else ending
                if ready is None:
                    raise InputError("it is blank.", hint="Add Ending Cash to Cash Report in the Flex query.")
                if currency != "USD":
                    if ready:
                        self.left_out.append(LeftOut(row.label, f"{ready} {currency} of cash", "not in USD"))
                    continue
                self.cash.setdefault(holder, []).extend(self._dated(holder, ready, ending))

    def _dated(self, account: str, ready: Exact, ending: Exact | None) -> Iterator[CashItem]:
        day = self.reported.get(account)
        if day is None:
            raise InputError(f"its account {account} has no statement.", hint="Export the statement again.")
        yield CashItem(ready, day)
        if ending is not None and ending != ready:
            following = date.fromisoformat(str(np.busday_offset(np.datetime64(day), 1, roll="backward")))
            yield CashItem(as_fraction(ending) - as_fraction(ready), following)


def _key(row: Row) -> tuple[str, str]:
    return _text(row, "accountId"), _text(row, "conid") or _text(row, "symbol")


def _text(row: Row, name: str) -> str:
    return text_of(row[name]).strip()
