"""Universe and market from the rows of a table of prices.

Problem: one table of prices carries what exists (classification) and what is known today (price,
spread, volume, volatility), and a wrong figure in it must be named before any array is built.
Decision: a blank price is unpriced, with a warning; every other figure is needed, checked in its
row. Limits: a table is of one day; how old single prices may be is checked by the reader of the file.
"""

from __future__ import annotations

import math
import statistics
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np

from di_advisor.domain.cells import Notation, float_of, instant_at_close, is_blank, require_usd, text_of
from di_advisor.domain.columns import CHARACTERISTIC
from di_advisor.domain.market import DIVIDENDS, FloatArray, Market
from di_advisor.domain.rows import Findings, Row, some_of
from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import InputError, InputWarning

__all__ = [
    "figure",
    "market_from_rows",
    "not_negative",
    "universe_from_rows",
]

# Above this, a price would double or halve within weeks: the cell holds percent.
_PLAUSIBLE_VOLATILITY_PER_YEAR = 3.0


def universe_from_rows(rows: Iterable[Row], findings: Findings) -> Universe:
    """Securities in the order of their rows; errors go to the findings.

    A column that is absent takes the default of `Security`, a blank cell is empty text.
    """
    first: dict[str, Row] = {}
    securities: list[Security] = []
    for row in rows:
        with findings.at(row, "security_id"):
            security_id = text_of(row["security_id"])
            if not security_id.strip():
                raise InputError("it is empty.", hint="Give each security a permanent id.")
            if security_id in first:
                raise InputError(
                    f"{security_id} stands already in {first[security_id].label}.",
                    hint="Keep one row for each security; share classes have ids of their own.",
                )
            first[security_id] = row
            texts: dict[str, str] = {}
            for name in (f.name for f in fields(Security) if f.name in row.cells):
                with findings.at(row, name):
                    texts[name] = text_of(row[name])
            securities.append(Security(**{**texts, "security_id": security_id}))
    return Universe(tuple(securities))


def market_from_rows(
    rows: Sequence[Row], notation: Notation, findings: Findings, *, as_of: date, known_at: datetime | None = None
) -> Market:
    """Market of a day, in the order of the rows.

    A blank price is unpriced; other blanks of such a row are filled with the column's median, which
    nothing uses, because a name without a price is not traded.

    Parameters
    ----------
    rows : sequence of Row
        Cells by the names of `di_advisor.domain.columns.MARKET_COLUMNS`, and characteristics.
    notation : Notation
        How cells are written.
    findings : Findings
        Knows the table's name, and may hold errors already; all are raised together.
    as_of : date
        Exchange-local date.
    known_at : datetime, optional
        Instant of the figures; the exchange's close of that day where it is left out.

    Raises
    ------
    RowsError
        Naming every row and column that is wrong.

    Warns
    -----
    InputWarning
        If names are unpriced.
    """
    universe = universe_from_rows(rows, findings)
    prices: list[Decimal | None] = []
    for row in rows:
        with findings.at(row, "currency"):
            require_usd(row["currency"])
        price = None
        with findings.at(row, "price_usd"):
            price = None if is_blank(row["price_usd"]) else _price(row["price_usd"], notation)
        prices.append(price)

    def column_of(column: str, check: Callable[[float], None]) -> list[float]:
        # A name without a price is not traded, so its figures are not used; they still have to be figures.
        blank = [is_blank(row["price_usd"]) and is_blank(row[column]) for row in rows]
        values = [
            math.nan if left_out else figure(row, column, notation, findings, check)
            for row, left_out in zip(rows, blank, strict=True)
        ]
        given = [v for v in values if math.isfinite(v)]
        filling = statistics.median(given) if given else math.nan
        return [filling if left_out else v for v, left_out in zip(values, blank, strict=True)]

    half_spread = column_of("half_spread_bps", not_negative)
    adv = column_of("adv_usd", _above_zero)
    volatility = column_of("volatility_per_year", _plausible_volatility)
    capped = any(not is_blank(row["market_cap_usd"]) for row in rows)
    market_cap = column_of("market_cap_usd", _above_zero) if capped else None
    names = dict.fromkeys(c for row in rows for c in row.cells if c.startswith(CHARACTERISTIC))
    styles = {c.removeprefix(CHARACTERISTIC): _style(rows, c, notation, findings) for c in names}
    dividends = {c: _known_fractions(rows, c, notation, findings) for c in DIVIDENDS}
    findings.raise_any()
    unpriced = [s.security_id for s, p in zip(universe.securities, prices, strict=True) if p is None]
    if unpriced:
        warnings.warn(
            f"{findings.source}: no price for {some_of(unpriced)}; these positions are left alone.",
            InputWarning,
            stacklevel=2,
        )
    return Market(
        as_of=as_of,
        known_at=known_at or instant_at_close(as_of),
        universe=universe,
        price_usd=tuple(prices),
        half_spread_bps=np.array(half_spread, dtype=np.float64),
        adv_usd=np.array(adv, dtype=np.float64),
        volatility_per_year=np.array(volatility, dtype=np.float64),
        characteristics={k: np.array(v, dtype=np.float64) for k, v in styles.items()},
        market_cap_usd=None if market_cap is None else np.array(market_cap, dtype=np.float64),
        **dividends,
    )


def _price(cell: object, notation: Notation) -> Decimal:
    price = notation.amount(cell)
    if isinstance(price, Fraction):
        raise InputError(f"{price} is a ratio.", hint="Write the price as a decimal number.")
    if price <= 0:
        raise InputError(
            f"the price is {price} USD, and a price is more than zero.",
            hint="Leave it blank where there is none; record a delisting as a corporate action.",
        )
    return price


def figure(row: Row, column: str, notation: Notation, findings: Findings, check: Callable[[float], None]) -> float:
    """Finite figure of a cell that passes a check; NaN where that went to the findings."""
    value = math.nan
    with findings.at(row, column):
        if is_blank(row[column]):
            raise InputError("it is empty.", hint="Fill it on purpose (a sector's median, a tick), or drop the row.")
        value = float_of(row[column], notation)
        check(value)
    return value


def _known_fractions(rows: Sequence[Row], column: str, notation: Notation, findings: Findings) -> FloatArray | None:
    """Fractions between 0 and 1, NaN where blank; None where no row has one."""
    if all(is_blank(row[column]) for row in rows):
        return None
    values = [math.nan if is_blank(row[column]) else figure(row, column, notation, findings, _fraction) for row in rows]
    return np.array(values, dtype=np.float64)


def _style(rows: Iterable[Row], column: str, notation: Notation, findings: Findings) -> list[float]:
    values = []
    for row in rows:
        value = math.nan
        with findings.at(row, column):
            value = math.nan if is_blank(row[column]) else float_of(row[column], notation)
        values.append(value)
    return values


def not_negative(value: float) -> None:
    """Refuse a figure below zero with `InputError`."""
    if value < 0:
        raise InputError(f"it is {value:g}, below zero.", hint="Correct the sign or the figure.")


def _plausible_volatility(value: float) -> None:
    not_negative(value)
    if value > _PLAUSIBLE_VOLATILITY_PER_YEAR:
        raise InputError(
            f"it is {value:g}, more than {_PLAUSIBLE_VOLATILITY_PER_YEAR:g}: probably a percent.",
            hint="It is a fraction per year: 0.30 for 30 percent.",
        )


def _fraction(value: float) -> None:
    if not 0 <= value <= 1:
        raise InputError(f"it is {value:g}, and a fraction lies between 0 and 1.", hint="Write 0.015 for 1.5 percent.")


def _above_zero(value: float) -> None:
    if value <= 0:
        raise InputError(f"it is {value:g}, and must be more than zero.", hint="Give the true figure, or drop the row.")
