"""Recent and planned trades from the rows of a table, by account.

Problem: a sale at a loss of the last 30 days locks its name, and lots alone do not show it, because
what was sold is gone. Decision: fills come as a table of their own; a sale without a gain is read
as a loss (the cautious reading, see `Fill`). Limits: two fills that look alike are two fills.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from di_advisor.domain.amounts import Exact
from di_advisor.domain.cells import Notation, is_blank, require_usd, text_of
from di_advisor.domain.portfolio import Fill, Side
from di_advisor.domain.rows import Findings, Row
from di_advisor.errors import InputError

__all__ = ["fills_from_rows"]


def fills_from_rows(
    rows: Iterable[Row], notation: Notation, findings: Findings, *, account_id: str = "account"
) -> dict[str, tuple[Fill, ...]]:
    """Fills by account, in the order of their rows.

    Parameters
    ----------
    rows : iterable of Row
        Cells by the names of `di_advisor.domain.columns.FILL_COLUMNS`.
    notation : Notation
        How cells are written.
    findings : Findings
        Knows the table's name, and may hold errors already; all are raised together.
    account_id : str
        Account of rows that name none.

    Raises
    ------
    RowsError
        Naming every row and column that is wrong.
    """
    fills: dict[str, list[Fill]] = {}
    for row in rows:
        before = len(findings.errors)
        security_id, account, side = "", account_id, Side.SELL
        shares: Exact = Decimal(1)
        gain: Exact | None = None
        day = date.min
        with findings.at(row, "security_id"):
            security_id = _needed(row["security_id"])
        with findings.at(row, "side"):
            side = _side(row["side"])
        with findings.at(row, "shares"):
            shares = notation.amount(_needed_cell(row["shares"]))
            if shares <= 0:
                raise InputError(f"{shares} shares; a fill has more than zero.", hint="The side says buy or sell.")
        with findings.at(row, "traded"):
            day = notation.day(_needed_cell(row["traded"]))
        with findings.at(row, "gain_usd"):
            gain = None if is_blank(row["gain_usd"]) else notation.amount(row["gain_usd"])
            if gain is not None and side is Side.BUY:
                raise InputError("a purchase has no gain.", hint="Leave it blank, or correct the side.")
        with findings.at(row, "currency"):
            require_usd(row["currency"])
        with findings.at(row, "account_id"):
            account = text_of(row["account_id"], account_id)
        if len(findings.errors) == before:
            fill = Fill(security_id, side, shares, day, gain, text_of(row["lot_id"]))
            fills.setdefault(account, []).append(fill)
    findings.raise_any()
    return {account: tuple(of) for account, of in fills.items()}


def _needed_cell(cell: object) -> object:
    if is_blank(cell):
        raise InputError("it is empty.", hint="Every fill has one.")
    return cell


def _needed(cell: object) -> str:
    return text_of(_needed_cell(cell))


def _side(cell: object) -> Side:
    written = _needed(cell).strip().casefold()
    if written not in {s.value for s in Side}:
        raise InputError(f"{written!r} is not a side.", hint=f"Use {' or '.join(Side)}.")
    return Side(written)
