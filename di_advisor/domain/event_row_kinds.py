"""What each kind of row becomes: the event, and the cells from which its fields are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from di_advisor.domain.content_ids import UNNAMED
from di_advisor.domain.event_cells import RowCells
from di_advisor.domain.event_columns import usable_columns
from di_advisor.domain.events import (
    Buy,
    CashInLieu,
    Delisting,
    Deposit,
    Dividend,
    DividendKind,
    Event,
    Reinvestment,
    ReturnOfCapital,
    ReverseSplit,
    Sell,
    Split,
    StockDividend,
    TaxTreatment,
    Transfer,
    TransferIn,
    TransferOut,
    Withdrawal,
    Worthless,
)
from di_advisor.errors import InputError

__all__ = ["EVENT_OF_ROW", "fields_of_row", "word_of"]

EVENT_OF_ROW: Final[Mapping[str, type[Event]]] = {
    "buy": Buy,
    "reinvestment": Reinvestment,
    "sell": Sell,
    "dividend": Dividend,
    "deposit": Deposit,
    "withdrawal": Withdrawal,
    "cash_in_lieu": CashInLieu,
    "transfer_in": TransferIn,
    "transfer_out": TransferOut,
    "transfer": Transfer,
    "split": Split,
    "reverse_split": ReverseSplit,
    "stock_dividend": StockDividend,
    "return_of_capital": ReturnOfCapital,
    "delisting": Delisting,
    "worthless": Worthless,
}
"""The event that each kind of row becomes."""


def fields_of_row(cells: RowCells, kind: str, source: str, odd: list[str]) -> dict[str, Any]:
    """Fields of the event of one row, its account left out.

    Parameters
    ----------
    cells : RowCells
        The row; what is wrong goes to its findings.
    kind : str
        One of `ROW_KINDS`.
    source : str
        Name of the table.
    odd : list of str
        Sentences on what looks wrong and is kept are added here.
    """
    on = cells.past_day("trade_date")
    security = {"security_id": cells.security(on)} if "security_id" in usable_columns(kind) else {}
    return {
        "event_id": cells.text("event_id") or UNNAMED,
        "on": on,
        "sequence": cells.whole("sequence"),
        "source": cells.text("source") or f"{source}, {cells.row.label}",
        **security,
        **_FIELDS[kind](cells, odd),
    }


def _purchase(cells: RowCells, odd: list[str]) -> dict[str, Any]:
    return _trade(cells, odd) | {"lot_id": cells.text("lot_id"), "purchase_id": cells.text("purchase_id")}


def _trade(cells: RowCells, odd: list[str]) -> dict[str, Any]:
    shares = cells.positive("shares")
    amount, doubt = cells.traded_amount(shares)
    if doubt:
        odd.append(doubt)
    return {
        "shares": shares,
        "amount_usd": amount,
        "fees_usd": cells.not_negative("fees_usd") or 0,
        "settles_on": cells.day("settlement_date"),
    }


def _dividend(cells: RowCells, _odd: list[str]) -> dict[str, Any]:
    return {
        "amount_usd": cells.not_negative("amount_usd"),
        "ex_on": cells.day("ex_date"),
        "kind": cells.read("dividend_kind", lambda cell: word_of(cell, DividendKind), DividendKind.COMMON),
    }


def _transfer_in(cells: RowCells, _odd: list[str]) -> dict[str, Any]:
    return _moved(cells) | {
        "basis_total_usd": cells.not_negative("basis_total_usd"),
        "acquired": cells.day("acquired"),
        "held_since": cells.day("held_since"),
        "lot_id": cells.text("lot_id"),
        "purchase_id": cells.text("purchase_id"),
    }


def _moved(cells: RowCells) -> dict[str, Any]:
    return {"shares": cells.positive("shares")}


def _action(cells: RowCells) -> dict[str, Any]:
    treatment = cells.read("tax_treatment", lambda cell: word_of(cell, TaxTreatment), None)
    return {"tax_treatment": treatment}


def _ratio(cells: RowCells, _odd: list[str]) -> dict[str, Any]:
    return _action(cells) | {"new_per_old": cells.positive("new_per_old")}


_FIELDS: Final[Mapping[str, Callable[[RowCells, list[str]], dict[str, Any]]]] = {
    "buy": _purchase,
    "reinvestment": _purchase,
    "sell": lambda cells, odd: _trade(cells, odd) | {"choice": cells.choice()},
    "dividend": _dividend,
    "deposit": lambda cells, _: {"amount_usd": cells.positive("amount_usd")},
    "withdrawal": lambda cells, _: {"amount_usd": cells.positive("amount_usd")},
    "cash_in_lieu": lambda cells, _: _moved(cells) | {"amount_usd": cells.not_negative("amount_usd")},
    "transfer_in": _transfer_in,
    "transfer_out": lambda cells, _: _moved(cells) | {"choice": cells.choice()},
    "transfer": lambda cells, _: (
        _moved(cells) | {"choice": cells.choice(), "to_account_id": cells.text("to_account_id")}
    ),
    "split": _ratio,
    "reverse_split": _ratio,
    "stock_dividend": _ratio,
    "return_of_capital": lambda cells, _: _action(cells) | {"amount_per_share_usd": cells.not_negative("amount_usd")},
    "delisting": lambda cells, _: _action(cells),
    "worthless": lambda cells, _: _action(cells),
}


def word_of(cell: object, kind: Any) -> Any:  # noqa: ANN401  (any enum of words)
    """The value of an enum that a cell names; an `InputError` with what there is where it names none."""
    written = str(cell).strip().casefold()
    if written not in set(kind):
        raise InputError(f"{written!r} is not known.", hint=f"Use one of: {', '.join(kind)}.")
    return kind(written)
