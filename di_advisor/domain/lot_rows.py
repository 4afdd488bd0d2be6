"""Lots from the rows of a table, and a portfolio from lots.

Problem: a table of lots says less than a `TaxLot` needs (no id, "VARIOUS" for a date, an empty
basis), or says it twice. Decision: what is unknown becomes a typed state, with a warning where the
table did not say so itself; a repeated row counts once; two fills that look alike and have no ids
are two lots (they are numbered, never merged); the same id with other content is an error that
shows the difference. Limits: whether a basis is right cannot be seen here, see `plausibility`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from di_advisor.domain.amounts import Exact, exact
from di_advisor.domain.cells import Notation, flag_of, is_blank, require_usd, text_of
from di_advisor.domain.events.checks import FIRST_YEAR
from di_advisor.domain.lot_identity import AccountFacts, ReadLot, distinct, numbered
from di_advisor.domain.lots import LotState, TaxLot
from di_advisor.domain.portfolio import Account, AccountKind, CashItem, Fill, Portfolio
from di_advisor.domain.rows import Findings, Row, some_of
from di_advisor.errors import InputError, InputWarning

__all__ = ["lots_from_rows", "portfolio_of"]

_VARIOUS = {"various", "unknown"}


def lots_from_rows(
    rows: Iterable[Row],
    notation: Notation,
    findings: Findings,
    *,
    account_id: str = "account",
    as_of: date | None = None,
) -> list[ReadLot]:
    """Read lots, in the order of their rows.

    Parameters
    ----------
    rows : iterable of Row
        Cells by the names of `di_advisor.domain.columns.LOT_COLUMNS`.
    notation : Notation
        How cells are written.
    findings : Findings
        Knows the table's name, and may hold errors already; all are raised together.
    account_id : str
        Account of rows that name none.
    as_of : date, optional
        The day the table is of: a lot acquired later is an error.

    Raises
    ------
    RowsError
        Naming every row and column that is wrong.

    Warns
    -----
    InputWarning
        If rows are repeated, or a basis or a date is blank and the state does not say so.
    """
    read: list[ReadLot] = []
    unsaid: dict[LotState, list[str]] = {LotState.BASIS_PENDING: [], LotState.TERM_UNKNOWN: []}
    for row in rows:
        lot = _lot(row, notation, findings, account_id, as_of)
        if lot is not None:
            read.append(lot)
            if is_blank(row["state"]) and _is_surprise(lot.lot.state, row):
                unsaid[lot.lot.state].append(f"{lot.lot.security_id} ({row.label})")
    read = distinct(numbered(read), findings)
    findings.raise_any()
    what = {LotState.BASIS_PENDING: "basis", LotState.TERM_UNKNOWN: "acquisition date"}
    for state, named in unsaid.items():
        if named:
            warnings.warn(
                f"{findings.source}: no {what[state]} for {some_of(named)}; {state.value}, so these lots are not sold.",
                InputWarning,
                stacklevel=2,
            )
    return read


def _lot(row: Row, notation: Notation, findings: Findings, account_id: str, as_of: date | None) -> ReadLot | None:
    before = len(findings.errors)
    shares: Exact = Decimal(0)
    basis: Exact | None = None
    days: dict[str, date | None] = {"acquired": None, "held_since": None}
    state: LotState | None = None
    security_id = lot_id = ""
    kind, reinvests = AccountKind.TAXABLE, False
    with findings.at(row, "security_id"):
        security_id = text_of(row["security_id"])
        if not security_id.strip():
            raise InputError("it is empty.", hint="Give each lot the permanent id of its security.")
    with findings.at(row, "shares"):
        shares = _shares(row["shares"], notation)
    with findings.at(row, "basis_total_usd"):
        basis = None if is_blank(row["basis_total_usd"]) else _basis(row["basis_total_usd"], notation)
    for column in days:
        with findings.at(row, column):
            if not is_blank(row[column]) and not _says_various(row[column]):
                days[column] = _past_day(notation.day(row[column]), as_of)
    with findings.at(row, "state"):
        state = _state(row["state"])
    with findings.at(row, "lot_id"):
        lot_id = text_of(row["lot_id"])
    with findings.at(row, "account_id"):
        account_id = text_of(row["account_id"], account_id)
    with findings.at(row, "account_kind"):
        kind = _kind(row["account_kind"])
    with findings.at(row, "reinvests_dividends"):
        reinvests = flag_of(row["reinvests_dividends"])
    with findings.at(row, "currency"):
        require_usd(row["currency"])
    if len(findings.errors) > before:
        return None
    read: list[ReadLot] = []
    with findings.at(row, "state"):
        lot = TaxLot(
            lot_id,
            account_id,
            security_id,
            shares,
            basis,
            days["acquired"],
            days["held_since"],
            state or LotState.of(basis, days["acquired"]),
        )
        read.append(ReadLot(lot, row, AccountFacts(account_id, kind, reinvests)))
    return read[0] if read else None


def _shares(cell: object, notation: Notation) -> Exact:
    if is_blank(cell):
        raise InputError("it is empty.", hint="A lot has a number of shares.")
    shares = notation.amount(cell)
    if shares < 0:
        raise InputError(
            f"{shares} shares; a lot holds more than zero.",
            hint="Short positions are not tax lots: remove the row, or correct the sign.",
        )
    if shares == 0:
        raise InputError(
            "zero shares; a lot with a basis and no shares would lose its basis.", hint="Remove or correct the row."
        )
    return shares


def _basis(cell: object, notation: Notation) -> Exact:
    basis = notation.amount(cell)
    if basis < 0:
        raise InputError(
            f"{basis} USD; a basis is never below zero.",
            hint="What a return of capital leaves over is a gain; correct the sign.",
        )
    return basis


def _past_day(day: date, as_of: date | None) -> date:
    if day.year < FIRST_YEAR:
        raise InputError(f"{day} is no trade date.", hint="Check the year.")
    if as_of is not None and day > as_of:
        raise InputError(f"{day} is after {as_of}, the day of this table.", hint="Correct the date, or the day.")
    return day


def _is_surprise(state: LotState, row: Row) -> bool:
    """Whether a lot is incomplete without the row saying so in words."""
    return state is LotState.BASIS_PENDING or (state is LotState.TERM_UNKNOWN and not _says_various(row["acquired"]))


def _says_various(cell: object) -> bool:
    return isinstance(cell, str) and cell.strip().casefold() in _VARIOUS


def _state(cell: object) -> LotState | None:
    written = text_of(cell).strip().casefold()
    if not written:
        return None
    if written not in {s.value for s in LotState}:
        raise InputError(f"{written!r} is not a state.", hint=f"Use one of: {', '.join(LotState)}; or leave it blank.")
    return LotState(written)


def _kind(cell: object) -> AccountKind:
    written = text_of(cell, AccountKind.TAXABLE.value).strip().casefold()
    if written not in {k.value for k in AccountKind}:
        raise InputError(f"{written!r} is not a kind of account.", hint=f"Use one of: {', '.join(AccountKind)}.")
    return AccountKind(written)


def portfolio_of(
    read: Sequence[ReadLot],
    *,
    cash_usd: str | int | Decimal = 0,
    as_of: date | None = None,
    taxpayer: str = "taxpayer",
    account_id: str = "account",
    fills: tuple[Fill, ...] = (),
) -> Portfolio:
    """Group lots into accounts, in the order in which they appear; without lots, one empty account.

    Raises
    ------
    InputError
        If there are several accounts and cash or fills that could belong to any.
    """
    groups: dict[str, list[ReadLot]] = {}
    for r in read:
        groups.setdefault(r.lot.account_id, []).append(r)
    amount = exact(cash_usd, "cash_usd")
    if len(groups) > 1 and (amount or fills):
        raise InputError(
            f"There are {len(groups)} accounts ({some_of(list(groups))}), and cash or fills that name none of them.",
            hint="Read one account at a time, or build Account values with their own cash and fills.",
        )
    cash = (CashItem(amount, as_of or date.min),) if amount else ()
    if not groups:
        return Portfolio(taxpayer, (Account(account_id, (), cash, fills),))
    return Portfolio(
        taxpayer,
        tuple(
            Account(key, tuple(r.lot for r in of), cash, fills, of[0].account.kind, of[0].account.reinvests_dividends)
            for key, of in groups.items()
        ),
    )
