"""Trades, payments and splits of a Flex statement as the ledger's transactions.

Problem: one section lists a trade as order, execution and closed lot, payments of many kinds share one section,
and a merger is a line of text. Decision: executions (or orders, where there are none) become purchases and
sales in the documented table of transactions; dividends, payments in lieu, deposits and withdrawals become
theirs; splits, whose tax treatment can only be one, become splits on their report date (the time in the row is
the evening before). Everything else is listed with its reason, because its terms and its treatment must come
from the issuer. Limits: the lots of a sale are not in its row: they are first in, first out unless stated;
as documented, not tried on an account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from di_advisor.domain.amounts import Exact, as_fraction, show_exact
from di_advisor.domain.broker_statements import LeftOut
from di_advisor.domain.cells import text_of
from di_advisor.domain.rows import Findings, Row
from di_advisor.domain.security_master import SecurityMaster
from di_advisor.errors import InputError
from di_data.brokers.broker_files import security_id_of
from di_data.brokers.flex_days import FlexDays
from di_data.brokers.flex_lots import flex_identifiers
from di_data.brokers.lot_table import amount_or_none
from di_data.flex_document import flex_rows

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # only its type

__all__ = ["FlexEvents"]

_SIDES: Final = {"BUY": "buy", "SELL": "sell"}
_PAYMENTS: Final = {
    "Dividends": "dividend",
    "Payment In Lieu Of Dividends": "dividend",
    "Deposits/Withdrawals": "deposit",
    "Deposits & Withdrawals": "deposit",
}
_SPLITS: Final = ("FS", "RS")
_RATIO: Final = re.compile(r"SPLIT (\d+(?:\.\d+)?) FOR (\d+(?:\.\d+)?)", re.IGNORECASE)
_NO_TERMS: Final = "its terms and tax treatment come from the issuer (Form 8937): record it as an event"


@dataclass
class FlexEvents:
    """Reads what happened in one or more accounts.

    Attributes
    ----------
    days : FlexDays
        How dates are read.
    findings : Findings
        Collects what is wrong.
    master : SecurityMaster or None
        What symbols mean.
    lot_method : str
        How the lots of sales were chosen; blank for first in, first out.
    rows : list of Row
        In the columns of `di_advisor.domain.event_columns.TRANSACTION_COLUMNS`.
    left_out : list of LeftOut
        Rows that were not taken.
    """

    days: FlexDays
    findings: Findings
    master: SecurityMaster | None
    lot_method: str = ""
    rows: list[Row] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    _split_rows: set[tuple[str, str, str]] = field(default_factory=set)

    def read(self, statement: Element) -> None:
        """Read the statement of one account."""
        account = str(statement.get("accountId") or "")
        trades = list(flex_rows(statement, "Trades", "trade"))
        detail = [_text(row, "levelOfDetail") or "EXECUTION" for row in trades]
        wanted = "EXECUTION" if "EXECUTION" in detail else "ORDER"
        for row, level in zip(trades, detail, strict=True):
            if level == wanted:
                self._trade(row, account)
        for row in flex_rows(statement, "CashTransactions", "payment"):
            if _text(row, "levelOfDetail") in {"", "DETAIL"}:
                self._payment(row, account)
        for row in flex_rows(statement, "CorporateActions", "action"):
            if _text(row, "levelOfDetail") in {"", "DETAIL"}:
                self._action(row)

    def _trade(self, row: Row, account: str) -> None:
        kind, currency, side = (_text(row, n) for n in ("assetCategory", "currency", "buySell"))
        if kind != "STK" or currency != "USD":
            self._leave(row, f"{kind} in {currency}", "no stock in USD")
        elif side not in _SIDES:
            self._leave(row, side, "cancelled or corrected: see the trade that stands")
        else:
            with self.findings.at(row, "quantity"):
                self.rows.append(self._booked(row, account, _SIDES[side]))

    def _booked(self, row: Row, account: str, kind: str) -> Row:
        paid_in = _text(row, "ibCommissionCurrency")
        if paid_in not in {"", "USD"}:
            raise InputError(f"the commission is in {paid_in}.", hint="Record the trade by hand, its fees in USD.")
        shares = abs(as_fraction(_needed(row, "quantity")))
        money = amount_or_none(row["tradeMoney"]) or amount_or_none(row["proceeds"])
        amount = abs(as_fraction(money)) if money is not None else shares * as_fraction(_needed(row, "tradePrice"))
        # Costs are negative in the statement; a rebate is positive, and changes what was paid or received.
        costs = -sum((as_fraction(amount_or_none(row[n]) or 0) for n in ("ibCommission", "taxes")), Fraction(0))
        if costs < 0:
            amount, costs = (amount + costs if kind == "buy" else amount - costs), Fraction(0)
        codes = _text(row, "notes").split(";")
        return self._row(
            row,
            account,
            {
                "kind": "reinvestment" if kind == "buy" and "R" in codes else kind,
                "trade_date": self._day(row, "tradeDate", "dateTime"),
                "event_id": _first(row, "ibExecID", "transactionID", "tradeID"),
                "shares": _shown(shares),
                "amount_usd": _shown(amount),
                "fees_usd": _shown(costs),
                "settlement_date": self._day(row, "settleDateTarget", needed=False),
                "purchase_id": _text(row, "ibOrderID") if kind == "buy" else "",
                "lot_method": self.lot_method if kind == "sell" else "",
            },
            secured=True,
        )

    def _payment(self, row: Row, account: str) -> None:
        said, currency, text = (_text(row, n) for n in ("type", "currency", "description"))
        kind = _PAYMENTS.get(said, "")
        if currency != "USD" or not kind:
            self._leave(
                row, f"{said}, {currency}", "not in USD" if currency != "USD" else "no kind of event of its own"
            )
            return
        with self.findings.at(row, "amount"):
            amount = _needed(row, "amount")
            if kind == "dividend" and (amount < 0 or "return of capital" in text.casefold()):
                why = "a reversal: correct the dividend" if amount < 0 else _NO_TERMS
                self._leave(row, f"{said} of {amount} USD", why)
                return
            cells = {
                "kind": "withdrawal" if kind == "deposit" and amount < 0 else kind,
                "trade_date": self._day(row, "settleDate", "dateTime"),
                "event_id": _first(row, "transactionID"),
                "amount_usd": _shown(abs(as_fraction(amount))),
            }
            if kind == "dividend":
                cells["ex_date"] = self._day(row, "exDate", needed=False)
                cells["dividend_kind"] = "payment_in_lieu" if said.startswith("Payment") else "common"
            self.rows.append(self._row(row, account, cells, secured=kind == "dividend"))

    def _action(self, row: Row) -> None:
        text = f"{_text(row, 'actionDescription')} {_text(row, 'description')}"
        ratio = _RATIO.search(text)
        if _text(row, "type") not in _SPLITS or ratio is None or _text(row, "assetCategory") not in {"", "STK"}:
            self._leave(row, f"{_text(row, 'type')}: {_text(row, 'description')}", _NO_TERMS)
            return
        if _text(row, "symbol").endswith(".OLD"):
            return  # the other half of the same action, under the number that ended
        with self.findings.at(row, "description"):
            new_per_old = Fraction(Decimal(ratio[1])) / Fraction(Decimal(ratio[2]))
            day = self._day(row, "reportDate", "dateTime")
            made = self._row(
                row,
                "",
                {
                    "kind": "split" if new_per_old > 1 else "reverse_split",
                    "trade_date": day,
                    "new_per_old": show_exact(new_per_old),
                    "tax_treatment": "split",
                },
                secured=True,
            )
            # Every account tells of it, and it is one event of the security.
            told = (str(made["security_id"]), day, show_exact(new_per_old))
            if told not in self._split_rows:
                self._split_rows.add(told)
                cells = {**made.cells, "event_id": f"split {told[0]} {day} {told[2]}"}
                self.rows.append(Row(made.label, {k: v for k, v in cells.items() if k != "account_id"}))

    def _row(self, row: Row, account: str, cells: Mapping[str, str], *, secured: bool) -> Row:
        made: dict[str, object] = {**cells, "account_id": _text(row, "accountId") or account}
        if secured:
            day = self.days.day(cells["trade_date"])
            made["security_id"] = security_id_of(self.master, flex_identifiers(row), day)
        return Row(row.label, made)

    def _day(self, row: Row, *names: str, needed: bool = True) -> str:
        """ISO day of the first of some fields that is filled in."""
        written = _first(row, *names)
        if not written and needed:
            raise InputError(f"{' and '.join(names)} are missing.", hint="Add them to the Flex query.")
        return self.days.day(written).isoformat() if written else ""

    def _leave(self, row: Row, what: str, why: str) -> None:
        self.left_out.append(LeftOut(row.label, " ".join(part for part in (_text(row, "symbol"), what) if part), why))


def _needed(row: Row, name: str) -> Exact:
    amount = amount_or_none(row[name])
    if amount is None:
        raise InputError(f"{name} is missing.", hint="Add it to the Flex query.")
    return amount


def _shown(amount: Fraction) -> str:
    """Decimal text where there is one, else the ratio."""
    exact = Decimal(amount.numerator) / Decimal(amount.denominator)
    return f"{exact:f}" if as_fraction(exact) == amount else show_exact(amount)


def _first(row: Row, *names: str) -> str:
    return next((text for name in names if (text := _text(row, name))), "")


def _text(row: Row, name: str) -> str:
    return text_of(row[name]).strip()
