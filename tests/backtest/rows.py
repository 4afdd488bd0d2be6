"""Replays written down row by row, for figures that can be done by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from di_advisor.backtest.record import DayRow, Replayed

__all__ = ["day_row", "replayed_of"]


def day_row(day: date, value_usd: float, **changes: object) -> DayRow:
    """A quiet day with a value; anything else by name."""
    quiet = DayRow(
        day=day, value_usd=value_usd, cash_usd=0.0, flow_usd=0.0, dividend_usd=0.0, cost_usd=0.0, tax_usd=0.0,
        short_term_usd=0.0, long_term_usd=0.0, washed_usd=0.0, bought_usd=0.0, sold_usd=0.0, unrealised_usd=0.0,
        harvested_usd=0.0, tracking_error=0.01, index_return=0.0, index_yield=0.0,
    )  # fmt: skip
    return replace(quiet, **changes)  # type: ignore[arg-type]


def replayed_of(
    values: Sequence[float],
    index: Sequence[float],
    *,
    start: date = date(2021, 1, 4),
    step_days: int = 1,
    costs: Sequence[float] = (),
    cash: Sequence[float] = (),
    taxes: Sequence[float] = (),
    flows: Sequence[float] = (),
    liquidation_tax_end_usd: float = 0.0,
) -> Replayed:
    """A replay of given values and index returns; one session every so many days."""
    n = len(values)

    def at(of: Sequence[float], k: int) -> float:
        return of[k] if k < len(of) else 0.0

    rows = tuple(
        day_row(
            start + timedelta(days=step_days * k),
            values[k],
            index_return=index[k] if k else 0.0,
            cost_usd=at(costs, k),
            cash_usd=at(cash, k),
            tax_usd=at(taxes, k),
            flow_usd=at(flows, k) if k else 0.0,
            traded=k == 0,
        )
        for k in range(n)
    )
    return Replayed("by hand", "rows", "none", rows, (), (), 0.0, liquidation_tax_end_usd)
