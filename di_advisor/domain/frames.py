"""Pandas in and out: portfolios, markets, universes and targets as data frames, without loss.

Problem: analysts live in data frames, and amounts must survive the way in and out exactly.
Decision: amounts leave as `Decimal` (or `Fraction`) objects, which pandas writes to CSV as the text
they are; on the way in they may be text, int, Decimal, Fraction, or a binary float, which is taken
as the shortest text that names it (0.1 is exactly 0.10). A float column that is the rest of a
calculation (0.30000000000000004) is read as it stands, with a warning. Rows keep their order.
Errors name the row by its index label, and the column. Limits: cash and fills are not lots: they
go in beside the frame, and cash and fills of several accounts need `Account` values.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from di_advisor.domain.cells import FrameNotation
from di_advisor.domain.columns import CHARACTERISTIC, LOT_COLUMNS, MARKET_COLUMNS, SECURITY_COLUMNS, WEIGHT_COLUMNS
from di_advisor.domain.lot_rows import lots_from_rows, portfolio_of
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.market import DIVIDENDS, Market
from di_advisor.domain.market_rows import market_from_rows, universe_from_rows
from di_advisor.domain.portfolio import Fill, Portfolio
from di_advisor.domain.rows import Column, Findings, Row, require_columns
from di_advisor.domain.target import Target
from di_advisor.domain.universe import Security, Universe
from di_advisor.domain.weight_rows import target_from_rows, weights_of
from di_advisor.errors import InputWarning

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "lots_from_frame",
    "lots_to_frame",
    "market_from_frame",
    "market_to_frame",
    "portfolio_from_frame",
    "portfolio_to_frame",
    "rows_of_frame",
    "target_from_frame",
    "universe_from_frame",
    "weights_from_frame",
]

_LOT_FIELDS = ("lot_id", "account_id", "security_id", "shares", "basis_total_usd", "acquired", "held_since", "state")


def rows_of_frame(frame: pd.DataFrame, columns: Sequence[Column], source: str) -> list[Row]:
    """Rows of a frame, labelled by its index, with its columns checked against the documented ones.

    Raises
    ------
    InputError
        If a column is missing, stands there twice, or must be a slip.
    """
    names = [str(c) for c in frame.columns]
    require_columns(names, columns, source)
    # Not `to_dict`: it turns float32 into float64, and 0.1 into 0.10000000149.
    cells = [list(frame.iloc[:, i].array) for i in range(len(names))]
    return [
        Row(f"row {label}", dict(zip(names, values, strict=True)))
        for label, values in zip(frame.index, _across(cells, len(frame)), strict=True)
    ]


def _across(cells: list[list[Any]], size: int) -> Iterable[tuple[Any, ...]]:
    return zip(*cells, strict=True) if cells else iter([()] * size)


def lots_from_frame(
    frame: pd.DataFrame, *, account_id: str = "account", as_of: date | None = None
) -> tuple[TaxLot, ...]:
    """Lots of a frame; see `portfolio_from_frame`."""
    return portfolio_from_frame(frame, account_id=account_id, as_of=as_of).lots


def portfolio_from_frame(
    lots: pd.DataFrame,
    *,
    cash_usd: str | int | Decimal = 0,
    as_of: date | None = None,
    taxpayer: str = "taxpayer",
    account_id: str = "account",
    fills: tuple[Fill, ...] = (),
) -> Portfolio:
    """Portfolio of a frame of lots, one row a lot.

    Parameters
    ----------
    lots : DataFrame
        Columns as in `di_advisor.domain.columns.LOT_COLUMNS`: ``security_id``, ``shares``,
        ``basis_total_usd`` and ``acquired`` are needed; ``held_since``, ``lot_id``, ``account_id``,
        ``state``, ``account_kind``, ``reinvests_dividends`` and ``currency`` may be left out.
    cash_usd : str, int or Decimal
        Cash that can be spent at once, for a portfolio of one account.
    as_of : date, optional
        Day of the table: the cash can be spent from then on, and a lot acquired later is an error.
    taxpayer, account_id : str
        Names; ``account_id`` serves for rows without one.
    fills : tuple of Fill
        Recent and planned fills of the (single) account.

    Raises
    ------
    RowsError
        Naming every row and column that is wrong.
    InputError
        If a column is missing, or several accounts would share cash or fills.

    Warns
    -----
    InputWarning
        If rows are repeated, unknowns are blank, or floats look like the rest of a calculation.
    """
    notation = FrameNotation()
    source = "frame of lots"
    rows = rows_of_frame(lots, LOT_COLUMNS, source)
    read = lots_from_rows(rows, notation, Findings(source), account_id=account_id, as_of=as_of)
    if notation.floats_with_residue:
        warnings.warn(
            f"{source}: {notation.floats_with_residue} amounts are binary floats with more than 15 digits, "
            "as calculations leave them; they were read as they stand. Pass text or Decimal to be exact.",
            InputWarning,
            stacklevel=2,
        )
    return portfolio_of(read, cash_usd=cash_usd, as_of=as_of, taxpayer=taxpayer, account_id=account_id, fills=fills)


def lots_to_frame(lots: Iterable[TaxLot]) -> pd.DataFrame:
    """One row a lot: exact amounts as Decimal or Fraction objects, dates as `date`, unknown as None."""
    import pandas as pd

    rows = [[getattr(lot, c) for c in _LOT_FIELDS] for lot in lots]
    frame = pd.DataFrame(rows, columns=list(_LOT_FIELDS), dtype=object)
    frame["state"] = [lot_state.value for lot_state in frame["state"]]
    return frame


def portfolio_to_frame(portfolio: Portfolio) -> pd.DataFrame:
    """The lots of all accounts, with what the account is; cash and fills are not in it."""
    frame = lots_to_frame(portfolio.lots)
    frame["account_kind"] = [a.kind.value for a in portfolio.accounts for _ in a.lots]
    frame["reinvests_dividends"] = [a.reinvests_dividends for a in portfolio.accounts for _ in a.lots]
    return frame


def universe_from_frame(frame: pd.DataFrame) -> Universe:
    """Universe of a frame with a column ``security_id`` and any other field of `Security`."""
    findings = Findings("frame of securities")
    universe = universe_from_rows(rows_of_frame(frame, SECURITY_COLUMNS, findings.source), findings)
    findings.raise_any()
    return universe


def market_from_frame(frame: pd.DataFrame, *, as_of: date, known_at: datetime | None = None) -> Market:
    """Market of a frame, one row a security.

    Parameters
    ----------
    frame : DataFrame
        Columns as in `di_advisor.domain.columns.MARKET_COLUMNS`, and any number of columns
        ``characteristic_<name>``. A missing price is unpriced (with a warning).
    as_of : date
        Exchange-local date.
    known_at : datetime, optional
        Instant of the figures; the exchange's close on ``as_of`` where it is left out.

    Raises
    ------
    RowsError
        Naming every row and column that is wrong.
    """
    source = "frame of prices"
    return market_from_rows(
        rows_of_frame(frame, MARKET_COLUMNS, source), FrameNotation(), Findings(source), as_of=as_of, known_at=known_at
    )


def market_to_frame(market: Market) -> pd.DataFrame:
    """One row a security: classification, price (Decimal or None), conditions, characteristics."""
    import pandas as pd

    columns: dict[str, Any] = {
        f.name: [getattr(s, f.name) for s in market.universe.securities] for f in fields(Security)
    }
    columns["price_usd"] = pd.Series(list(market.price_usd), dtype=object)
    for name in ("half_spread_bps", "adv_usd", "volatility_per_year"):
        columns[name] = getattr(market, name)
    if market.market_cap_usd is not None:
        columns["market_cap_usd"] = market.market_cap_usd
    for name in DIVIDENDS:
        if getattr(market, name) is not None:
            columns[name] = getattr(market, name)
    for name, values in market.characteristics.items():
        columns[f"{CHARACTERISTIC}{name}"] = values
    return pd.DataFrame(columns)


def weights_from_frame(frame: pd.DataFrame) -> dict[str, float]:
    """Weight by security id, from columns ``security_id`` and ``weight``; their sum is not checked here."""
    findings = Findings("frame of weights")
    weights = weights_of(rows_of_frame(frame, WEIGHT_COLUMNS, findings.source), FrameNotation(), findings)
    findings.raise_any()
    return weights


def target_from_frame(frame: pd.DataFrame, *, index: str = "index", effective: date | None = None) -> Target:
    """Target of a frame with the columns of `di_advisor.domain.columns.WEIGHT_COLUMNS`.

    Parameters
    ----------
    frame : DataFrame
        ``security_id`` and ``weight``, and for a path or a composite also ``effective``, ``index``
        and ``fraction``, as `Target.to_frame` writes them.
    index : str
        Name of the index where the frame has none.
    effective : date, optional
        First day of the weights where the frame has none; the first of all dates when left out.
    """
    source = "frame of weights"
    return target_from_rows(
        rows_of_frame(frame, WEIGHT_COLUMNS, source),
        FrameNotation(),
        Findings(source),
        index=index,
        effective=effective or date.min,
    )
