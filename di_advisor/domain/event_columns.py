"""The table that any broker's transactions map to: its documented columns, and which kind of row uses which.

Problem: every broker exports another table. Decision: adapters rename columns and words into this
one table, and everything after that (cells, checks, ids, errors that name a row) is written once.
One row is one thing that happened; ``kind`` says what, and a cell that its kind has no use for is
an error, because it would be lost. Limits: spin-offs, mergers, rights and gifts have too many terms
for a row; they are recorded as events.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from di_advisor.domain.rows import Column

__all__ = ["ROW_KINDS", "TRANSACTION_COLUMNS", "needed_columns", "usable_columns"]

TRANSACTION_COLUMNS: Final = (
    Column("kind", "What happened: buy, sell, reinvestment, dividend, deposit, ... (see ROW_KINDS).", required=True),
    Column(
        "trade_date",
        "Trade date, ex-date of an action, day of a payment; an instant needs its zone. Not the settlement date.",
        required=True,
    ),
    Column("account_id", "Account; one account where it is left out."),
    Column("account_kind", "taxable, spouse, ira, roth, retirement_plan or hsa: opens the account with it."),
    Column("reinvests_dividends", "With account_kind: whether the account reinvests dividends by itself."),
    Column("event_id", "Id of the row, the same in every export; without one it is named by content and numbered."),
    Column("sequence", "Order within the day, a whole number, where the source knows it."),
    Column("security_id", "Permanent id of the security; never a ticker."),
    Column("ticker", "Instead of the id, where the reader is given the tickers over time; resolved by the row's day."),
    Column("shares", "Shares, more than zero: the kind says the side."),
    Column("amount_usd", "Total in USD without fees; price times shares of a trade."),
    Column("price_usd", "Price of a share; instead of the total, or beside it to check it."),
    Column("fees_usd", "Commission and fees of a trade, zero or more."),
    Column("settlement_date", "Settlement date of a trade, where known: never instead of the trade date."),
    Column("lot_id", "Lot that a purchase or a transfer in opens; the row's id where it is left out."),
    Column("purchase_id", "Order of which the fill is a part: parts of one purchase do not replace each other."),
    Column("lot_method", "How the lots of a sale were chosen: fifo (default), lifo, hifo, specific, tax_optimal."),
    Column("lots", "Lots named, with shares where not all is meant: L1:10; L2."),
    Column("lots_rest", "Method for shares that the named lots do not cover; blank makes that an error."),
    Column("lots_chosen", "Day on which the broker was told; blank for a standing order."),
    Column("lots_chosen_by", "Who chose."),
    Column("basis_total_usd", "Adjusted basis of all shares of a transfer in; blank where it is not known."),
    Column("acquired", "Original trade date of a transfer in; VARIOUS or blank where it is not known."),
    Column("held_since", "Start of its holding period, where it differs (tacking)."),
    Column("to_account_id", "Account that received a transfer."),
    Column("ex_date", "Ex-dividend date of a dividend; without it nothing qualifies."),
    Column("dividend_kind", "common (default), preferred, preferred_long, reit, payment_in_lieu, nonqualified."),
    Column("amount_per_share_usd", "What a return of capital brought for each share, in USD."),
    Column("new_per_old", "Ratio of an action: 3 for a 3-for-1 split, 1/8 for 1-for-8, 1/5 for 20 percent."),
    Column("tax_treatment", "How the law treats an action, as its source says; never inferred."),
    Column("source", "Where the row is known from; file and line where it is left out."),
    Column("currency", "USD, the only currency; any other is refused."),
)
"""Columns of a table of transactions."""

_TRADE: Final = ("security_id", "shares", "amount_usd", "price_usd", "fees_usd", "settlement_date")
_CHOICE: Final = ("lot_method", "lots", "lots_rest", "lots_chosen", "lots_chosen_by")
_ANY: Final = ("kind", "trade_date", "event_id", "sequence", "source", "currency")
_OF_ACCOUNT: Final = ("account_id", "account_kind", "reinvests_dividends")

ROW_KINDS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "buy": (("security_id", "shares"), (*_TRADE, "lot_id", "purchase_id")),
    "reinvestment": (("security_id", "shares"), (*_TRADE, "lot_id", "purchase_id")),
    "sell": (("security_id", "shares"), (*_TRADE, *_CHOICE)),
    "dividend": (("security_id", "amount_usd"), ("ex_date", "dividend_kind")),
    "deposit": (("amount_usd",), ()),
    "withdrawal": (("amount_usd",), ()),
    "cash_in_lieu": (("security_id", "amount_usd"), ("shares",)),
    "transfer_in": (
        ("security_id", "shares"),
        ("basis_total_usd", "acquired", "held_since", "lot_id", "purchase_id"),
    ),
    "transfer_out": (("security_id", "shares"), _CHOICE),
    "transfer": (("security_id", "shares", "to_account_id"), _CHOICE),
    "split": (("security_id", "new_per_old", "tax_treatment"), ()),
    "reverse_split": (("security_id", "new_per_old", "tax_treatment"), ()),
    "stock_dividend": (("security_id", "new_per_old", "tax_treatment"), ()),
    "return_of_capital": (("security_id", "amount_per_share_usd", "tax_treatment"), ()),
    "delisting": (("security_id", "tax_treatment"), ()),
    "worthless": (("security_id", "tax_treatment"), ()),
}
"""Kinds of rows: columns that a row of the kind must fill, and further ones that it may."""

_ACTIONS: Final = {"split", "reverse_split", "stock_dividend", "return_of_capital", "delisting", "worthless"}


def needed_columns(kind: str) -> tuple[str, ...]:
    """Columns that a row of a kind must fill."""
    return ROW_KINDS[kind][0]


@cache
def usable_columns(kind: str) -> frozenset[str]:
    """Columns that a row of a kind may fill; corporate actions name no account."""
    needed, further = ROW_KINDS[kind]
    account = () if kind in _ACTIONS else _OF_ACCOUNT
    ticker = ("ticker",) if "security_id" in needed else ()
    return frozenset((*needed, *further, *_ANY, *account, *ticker))
