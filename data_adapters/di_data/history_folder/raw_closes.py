"""Raw closes of all vendors together, each vendor at the level that references confirm.

Problem: references are few (a raw sample of some weeks, sheets of single days, the closes printed
around spin-offs), and a sheet's weights give prices only up to a scale. Decision: the vendor whose
factors are listed comes first; the raw sample fixes its levels, these fix each sheet's scale, and
the sheet then confirms or contradicts, and adds, levels of other names. What one vendor of leavers
confirms is a reference for the next. Limits: references outside the days read are not used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from di_data.history_folder.actions import CorporateActions
from di_data.history_folder.identities import Renames
from di_data.history_folder.levels import implied_by_sheet, known_levels, later_factors

__all__ = ["Vendor", "raw_closes"]


@dataclass(frozen=True)
class Vendor:
    """Closes of one vendor, rows days, columns ids, and whether its factors are listed."""

    close: pd.DataFrame
    factors_listed: bool


def raw_closes(
    vendors: Sequence[Vendor],
    actions: CorporateActions,
    sheets: Mapping[date, pd.DataFrame],
    sample: pd.DataFrame,
    renames: Renames,
) -> pd.DataFrame:
    """Raw closes, rows days, columns the ids with a known level; NaN where there is none.

    Parameters
    ----------
    vendors : sequence of Vendor
        All over the same days, the first with its factors listed.
    actions : CorporateActions
        Factors, and closes printed at spin-offs.
    sheets : Mapping of date to DataFrame
        Holdings sheets by day: index security id, columns ``weight`` and ``shares``.
    sample : DataFrame
        Columns ``ticker``, ``date``, ``price_unadj``.
    renames : Renames
        Which company a ticker means.
    """
    days = pd.DatetimeIndex(vendors[0].close.index)
    references = pd.concat([_sampled(sample, renames), *_at_spin_offs(actions, days)], ignore_index=True)
    raw = pd.DataFrame(index=days)
    for k, vendor in enumerate(vendors):
        undivided = vendor.close
        if vendor.factors_listed:
            undivided = undivided * later_factors(days, list(undivided.columns), actions.price_factors)
            for day in sorted(sheets):
                row = _position(days, day)
                if row is not None:
                    level = known_levels(undivided, references, factors_listed=True)
                    printed = pd.Series(undivided.to_numpy()[row], index=undivided.columns) * level
                    implied = implied_by_sheet(sheets[day], printed.dropna())
                    references = pd.concat([references, _rows(implied, day, f"sheet {day}")], ignore_index=True)
        level = known_levels(undivided, references, factors_listed=vendor.factors_listed)
        known = undivided[list(level.index)] * level
        raw = raw.combine_first(known)
        if not vendor.factors_listed:
            references = pd.concat([references, _all_of(known, f"vendor {k}")], ignore_index=True)
    return raw


def _position(days: pd.DatetimeIndex, day: date) -> int | None:
    row = int(days.searchsorted(pd.Timestamp(day)))
    return row if row < len(days) and days[row].date() == day else None


def _sampled(sample: pd.DataFrame, renames: Renames) -> pd.DataFrame:
    ids = [renames.security_id(t, d.date()) for t, d in zip(sample["ticker"], sample["date"], strict=True)]
    return pd.DataFrame(
        {"security_id": ids, "date": sample["date"], "raw_usd": sample["price_unadj"], "source": "raw sample"}
    )


def _at_spin_offs(actions: CorporateActions, days: pd.DatetimeIndex) -> list[pd.DataFrame]:
    """Closes printed on ex-dates and on the trading days before."""
    tables = []
    for s in actions.spin_offs:
        row = _position(days, s.ex_date)
        if row is None:
            continue
        printed = pd.Series({s.parent_id: float(s.parent_close_usd), s.child_id: float(s.child_close_usd)})
        tables.append(_rows(printed, s.ex_date, f"spin-off {s.ex_date}"))
        if row > 0:
            before = pd.Series({s.parent_id: float(s.parent_previous_close_usd)})
            tables.append(_rows(before, days[row - 1].date(), f"day before spin-off {s.ex_date}"))
    return tables


def _rows(printed: pd.Series, day: date, source: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"security_id": printed.index, "date": pd.Timestamp(day), "raw_usd": printed.to_numpy(), "source": source}
    )


def _all_of(known: pd.DataFrame, source: str) -> pd.DataFrame:
    rows, columns = np.nonzero(known.notna().to_numpy())
    return pd.DataFrame(
        {
            "security_id": known.columns.to_numpy()[columns],
            "date": known.index.to_numpy()[rows],
            "raw_usd": known.to_numpy()[rows, columns],
            "source": source,
        }
    )
