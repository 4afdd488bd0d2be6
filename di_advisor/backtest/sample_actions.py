"""The sample's table of corporate actions as events of the ledger.

Treatments are the sample's own: spin-offs and mergers for shares are tax-free, mergers for cash are sales, a company
that fails is delisted and worthless the same day (booked on the last day of the year, 26 USC 165(g)(1)). Fractions
of a share are paid out at the close of the day, basis goes by the fraction that the table states.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, Final

from di_advisor.domain.events import (
    CashMerger,
    Delisting,
    ReverseSplit,
    SecurityEvent,
    SpinOff,
    Split,
    StockMerger,
    TaxTreatment,
    TickerChange,
    Worthless,
)

__all__ = ["actions_of"]

_SOURCE: Final = "the sample's table of events (simulated)"
_BASIS_PLACES: Final = Decimal("0.00000001")
_Close = Callable[[int, str], Decimal | None]


def actions_of(table: Mapping[str, Sequence[Any]], close: _Close) -> dict[date, tuple[SecurityEvent, ...]]:
    """Corporate actions by their effective day.

    Parameters
    ----------
    table : Mapping of str to sequence
        Columns as in `di_advisor.sample.events`.
    close : callable
        Close of a security at the position of a session; None where it did not trade. Sessions are counted from
        the first day of the sample.
    """
    from di_advisor.sample.calendar import FIRST_DAY, LAST_DAY, trading_days

    at = {day: i for i, day in enumerate(trading_days(FIRST_DAY, LAST_DAY).astype(object).tolist())}
    found: dict[date, list[SecurityEvent]] = defaultdict(list)
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    for row in rows:
        day = row["effective"].date()
        if day in at:
            found[day].extend(_actions(row, day, partial(close, at[day])))
    return {day: tuple(events) for day, events in found.items()}


def _actions(row: Mapping[str, Any], day: date, close: Callable[[str], Decimal | None]) -> list[SecurityEvent]:
    kind, name, other = row["kind"], row["security_id"], row["other_security_id"]
    common: dict[str, Any] = {"event_id": f"{kind}-{name}-{day}", "on": day, "source": _SOURCE, "security_id": name}
    found: list[SecurityEvent] = []
    if kind == "split":
        ratio = _exact(row["ratio"])
        made = Split if ratio > 1 else ReverseSplit
        found = [made(**common, tax_treatment=TaxTreatment.SPLIT, new_per_old=ratio, cash_in_lieu_usd=close(name))]
    elif kind == "spin_off":
        spun = Decimal(repr(float(row["basis_fraction"]))).quantize(_BASIS_PLACES)
        found = [
            SpinOff(
                **common,
                tax_treatment=TaxTreatment.TAX_FREE,
                spun_security_id=other,
                new_per_old=_exact(row["ratio"]),
                parent_fraction=1 - spun,
                cash_in_lieu_usd=close(other),
            )
        ]
    elif kind == "cash_merger":
        cash = _exact(row["cash_usd"])
        found = [CashMerger(**common, tax_treatment=TaxTreatment.TAXABLE, cash_per_share_usd=cash)]
    elif kind == "stock_merger":
        found = [
            StockMerger(
                **common,
                tax_treatment=TaxTreatment.TAX_FREE,
                new_security_id=other,
                new_per_old=_exact(row["ratio"]),
                cash_in_lieu_usd=close(other),
            )
        ]
    elif kind == "delisting":
        gone = {**common, "event_id": f"worthless-{name}-{day}"}
        found = [
            Delisting(**common, tax_treatment=TaxTreatment.NONE),
            Worthless(**gone, tax_treatment=TaxTreatment.WORTHLESS),
        ]
    elif kind == "ticker_change":
        tickers = {"old_ticker": row["old_ticker"], "new_ticker": row["new_ticker"]}
        found = [TickerChange(**common, tax_treatment=TaxTreatment.NONE, **tickers)]
    return found


def _exact(value: float) -> Decimal:
    return Decimal(repr(float(value)))
