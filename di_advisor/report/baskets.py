"""Proposed trades as orders of a broker's basket, and beside them the lots that each sale closes.

Problem: a basket order says how many shares are sold and never from which lots, so a broker that closes the
first ones in first turns a harvested loss into a gain; and a symbol that a spreadsheet takes for a formula
cannot get an apostrophe here, because the trading program would take it for part of the symbol. Decision:
one order a security and side, in the columns of Interactive Brokers' BasketTrader; a companion file names
every lot with its shares, to be given to the broker before settlement (26 CFR 1.1012-1(c)(8)); what is no
plain symbol is refused, not altered; a fraction of a share, which a basket may not hold, stays in the
companion file alone. Both files read back as what was written. Limits: the columns as the broker's guide
lists them, never tried in the program; SMART routing without a primary exchange; orders of the day.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

from di_advisor.domain.class_tickers import ticker_key
from di_advisor.domain.portfolio import Side
from di_advisor.domain.spreadsheet_cells import text_cell, text_of_cell
from di_advisor.domain.trades import Trade
from di_advisor.errors import InputError
from di_advisor.propose.proposal import Proposal
from di_advisor.report.output_files import inside, write_text

__all__ = [
    "BASKET_FILE",
    "INSTRUCTIONS_FILE",
    "INSTRUCTION_COLUMNS",
    "BasketOrder",
    "OrderKind",
    "basket_orders",
    "basket_texts",
    "fractions_left_out",
    "ibkr_basket_csv",
    "lot_instructions_csv",
    "read_ibkr_basket_csv",
    "read_lot_instructions_csv",
    "refuse_existing",
    "write_basket",
]

BASKET_FILE: Final = "ibkr_basket.csv"
INSTRUCTIONS_FILE: Final = "lot_instructions.csv"

_COLUMNS: Final = ("Action", "Quantity", "Symbol", "SecType", "Exchange", "Currency", "TimeInForce", "OrderType")
_LIMIT, _TAG, _ACCOUNT = "LmtPrice", "BasketTag", "Account"
_TICKER: Final = re.compile(r"[A-Za-z0-9]+(?:[ ./\-][A-Za-z0-9]+)*", re.ASCII)
_PLAIN: Final = re.compile(r"[A-Za-z0-9]+", re.ASCII)

INSTRUCTION_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "account_id": "The account.",
        "as_of": "Tax date of the sale.",
        "symbol": "Symbol of the order, as the basket writes it.",
        "security_id": "Permanent id of the security.",
        "lot_id": "The lot to close.",
        "acquired": "When it was bought.",
        "shares": "Shares to close of it.",
        "order_shares": "Whole shares of the order in the basket, over all of its lots.",
        "how": "What to tell the broker, and by when.",
    }
)
"""Columns of the companion file: one row for each lot that is sold."""

_HOW: Final = (
    "Choose this lot for the sale with the broker before it settles (26 CFR 1.1012-1(c)(8)); the basket names no lots."
)


class OrderKind(StrEnum):
    """Type of the orders."""

    MARKET = "MKT"
    LIMIT = "LMT"
    """At the price of the proposal."""


@dataclass(frozen=True)
class BasketOrder:
    """One order.

    Attributes
    ----------
    side : Side
        Buy or sell.
    shares : Decimal
        Whole shares.
    symbol : str
        As Interactive Brokers writes it, a blank before the share class.
    limit_usd : Decimal or None
        Limit, for limit orders.
    """

    side: Side
    shares: Decimal
    symbol: str
    limit_usd: Decimal | None = field(default=None)


def basket_orders(proposal: Proposal, kind: OrderKind = OrderKind.MARKET) -> tuple[BasketOrder, ...]:
    """Orders of a proposal: sales first, one a security, whole shares.

    Raises
    ------
    InputError
        If a ticker is no plain symbol, or two securities have the same one.
    """
    orders: list[BasketOrder] = []
    symbols: dict[str, str] = {}
    for (side, security_id), trades in _grouped(proposal).items():
        symbol = _symbol(trades[0])
        if symbols.setdefault(symbol, security_id) != security_id:
            raise InputError(
                f"The securities {symbols[symbol]} and {security_id} have the same symbol, {symbol}.",
                hint="Correct the tickers in the prices; an order under the wrong one cannot be taken back.",
            )
        shares = _whole(trades)
        if shares:
            limit = trades[0].price_usd.quantize(Decimal("0.01")) if kind is OrderKind.LIMIT else None
            orders.append(BasketOrder(side, shares, symbol, limit))
    return tuple(sorted(orders, key=lambda o: (o.side is Side.BUY, o.symbol)))


def ibkr_basket_csv(proposal: Proposal, kind: OrderKind = OrderKind.MARKET, *, account: str = "") -> str:
    """Basket of Interactive Brokers' BasketTrader as CSV text.

    Parameters
    ----------
    proposal : Proposal
        The trades.
    kind : OrderKind
        Market orders, or limit orders at the proposal's prices.
    account : str
        The broker's number of the account, for advisors with several.

    Raises
    ------
    InputError
        If a ticker or the account is not plain letters and digits.
    """
    if account and not _PLAIN.fullmatch(account):
        raise InputError(
            f"{account!r} is no number of an account.", hint="Give letters and digits, as the broker does."
        )
    tag = f"DI{proposal.as_of:%Y%m%d}"
    header = (*_COLUMNS, *([_LIMIT] if kind is OrderKind.LIMIT else []), _TAG, *([_ACCOUNT] if account else []))
    written = io.StringIO(newline="")
    rows = csv.writer(written)
    rows.writerow(header)
    for order in basket_orders(proposal, kind):
        cells = [order.side.value.upper(), f"{order.shares:f}", order.symbol, "STK", "SMART", "USD", "DAY", kind.value]
        limit = [] if order.limit_usd is None else [f"{order.limit_usd:f}"]
        rows.writerow([*cells, *limit, tag, *([account] if account else [])])
    return written.getvalue()


def read_ibkr_basket_csv(text: str) -> tuple[BasketOrder, ...]:
    """Orders of a file that `ibkr_basket_csv` wrote.

    Raises
    ------
    InputError
        If it is another file.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    _refuse_other(reader.fieldnames, (*_COLUMNS, _TAG), "ibkr_basket_csv")
    return tuple(
        BasketOrder(
            Side(row["Action"].lower()),
            Decimal(row["Quantity"]),
            row["Symbol"],
            Decimal(row[_LIMIT]) if row.get(_LIMIT) else None,
        )
        for row in reader
    )


def lot_instructions_csv(proposal: Proposal) -> str:
    """The lots that each sale closes, columns as in `INSTRUCTION_COLUMNS`; no text cell is a formula.

    Raises
    ------
    InputError
        If a ticker is no plain symbol.
    """
    written = io.StringIO(newline="")
    rows = csv.writer(written)
    rows.writerow(INSTRUCTION_COLUMNS)
    for (side, security_id), trades in _grouped(proposal).items():
        for trade in trades if side is Side.SELL else ():
            acquired = "" if trade.acquired is None else trade.acquired.isoformat()
            rows.writerow(
                [
                    text_cell(proposal.account_id),
                    proposal.as_of.isoformat(),
                    _symbol(trade),
                    text_cell(security_id),
                    text_cell(trade.lot_id),
                    acquired,
                    f"{trade.shares:f}",
                    f"{_whole(trades):f}",
                    _HOW,
                ]
            )
    return written.getvalue()


def read_lot_instructions_csv(text: str) -> list[dict[str, str]]:
    """Rows of a file that `lot_instructions_csv` wrote, cells as they were before they were made safe.

    Raises
    ------
    InputError
        If it is another file.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    _refuse_other(reader.fieldnames, tuple(INSTRUCTION_COLUMNS), "lot_instructions_csv")
    return [{key: text_of_cell(cell) for key, cell in row.items()} for row in reader]


def fractions_left_out(proposal: Proposal) -> tuple[str, ...]:
    """Sentences on fractions of shares that are sold and that no basket order holds."""
    return tuple(
        f"{_symbol(trades[0])}: {part:f} of a share is in no order of the basket; sell it at the broker by hand."
        for trades in _grouped(proposal).values()
        if (part := _shares(trades) - _whole(trades))
    )


def basket_texts(proposal: Proposal, kind: OrderKind = OrderKind.MARKET, *, account: str = "") -> dict[str, str]:
    """Texts of both files by name."""
    return {
        BASKET_FILE: ibkr_basket_csv(proposal, kind, account=account),
        INSTRUCTIONS_FILE: lot_instructions_csv(proposal),
    }


def refuse_existing(folder: Path, *names: str) -> None:
    """Refuse names of files that are there already.

    Raises
    ------
    InputError
        If one is there, or leads out of the folder.
    """
    there = [path.name for path in (inside(folder, name) for name in names) if path.exists()]
    if there:
        raise InputError(
            f"{folder} already holds {' and '.join(there)}: orders that may have been sent are not overwritten.",
            hint="Choose another folder, or ask for it (--replace, replace=True).",
            names=there,
        )


def write_basket(
    proposal: Proposal,
    folder: Path,
    kind: OrderKind = OrderKind.MARKET,
    *,
    account: str = "",
    replace: bool = False,
) -> list[Path]:
    """Write the basket and its lot instructions into a folder.

    Parameters
    ----------
    proposal : Proposal
        The trades.
    folder : Path
        Made if need be.
    kind : OrderKind
        Market or limit orders.
    account : str
        The broker's number of the account.
    replace : bool
        Whether files that are there already are overwritten.

    Raises
    ------
    InputError
        If a file is there and is not to be replaced, a ticker is no plain symbol, or the folder cannot be written to.
    """
    texts = basket_texts(proposal, kind, account=account)
    if not replace:
        refuse_existing(folder, *texts)
    return [write_text(folder, name, text) for name, text in texts.items()]


def _grouped(proposal: Proposal) -> dict[tuple[Side, str], list[Trade]]:
    groups: dict[tuple[Side, str], list[Trade]] = {}
    for trade in proposal.trade_list:
        groups.setdefault((trade.side, trade.security_id), []).append(trade)
    return groups


def _shares(trades: list[Trade]) -> Decimal:
    return sum((t.shares for t in trades), Decimal(0))


def _whole(trades: list[Trade]) -> Decimal:
    return _shares(trades).to_integral_value(ROUND_DOWN)


def _symbol(trade: Trade) -> str:
    if not _TICKER.fullmatch(trade.ticker):
        raise InputError(
            f"{trade.ticker!r} ({trade.security_id}) is no symbol that a broker knows.",
            hint="Give the ticker in the prices: letters, digits, and a point before the share class.",
            ticker=trade.ticker,
        )
    return ticker_key(trade.ticker).replace(".", " ")


def _refuse_other(present: object, needed: tuple[str, ...], writer: str) -> None:
    missing = [name for name in needed if not isinstance(present, list | tuple) or name not in present]
    if missing:
        raise InputError(f"The file lacks the columns {', '.join(missing)}.", hint=f"Read a file that {writer} wrote.")
