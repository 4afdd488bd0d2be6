"""What the market was like around orders: daily figures, quotes and minute averages, as frames.

Problem: nearly every statement of trades lacks the arrival price, the spread, the volume and the
volatility. Decision: they are joined from three tables that the user brings, each optional; the
daily one is only asked for days strictly before a trade (its open and close of the same day serve
the arrival price and the report). Quotes that are one-sided or crossed are set aside and counted.
Limits: raw prices, as they printed; adjusted ones do not fit the shares of their day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from di_advisor.domain.columns import DAILY_CONDITION_COLUMNS, MINUTE_COLUMNS, QUOTE_COLUMNS
from di_advisor.domain.rows import Column, require_columns
from di_advisor.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TradingConditions"]


@dataclass(frozen=True, eq=False)
class TradingConditions:
    """Tables of the market around orders; columns as in `di_advisor.domain.columns`.

    Attributes
    ----------
    daily : DataFrame or None
        One row a security and day.
    quotes : DataFrame or None
        One row a change of quote.
    minutes : DataFrame or None
        One row a security and minute.
    quote_age_max_s, minute_age_max_s : float
        Seconds that a quote or a minute's average may be old when it is used.
    daily_age_max_days : int
        Calendar days that a daily figure may be old.

    Raises
    ------
    InputError
        If a needed column is missing, a row repeats a security and day, or an instant has no zone
        where the column is text.
    """

    daily: pd.DataFrame | None = None
    quotes: pd.DataFrame | None = None
    minutes: pd.DataFrame | None = None
    quote_age_max_s: float = field(default=300.0, kw_only=True)
    minute_age_max_s: float = field(default=300.0, kw_only=True)
    daily_age_max_days: int = field(default=7, kw_only=True)

    def __post_init__(self) -> None:
        tables = (
            ("daily", DAILY_CONDITION_COLUMNS, "date"),
            ("quotes", QUOTE_COLUMNS, "time_utc"),
            ("minutes", MINUTE_COLUMNS, "end_utc"),
        )
        for name, columns, when in tables:
            frame = getattr(self, name)
            if frame is not None:
                object.__setattr__(self, name, _checked(frame, columns, when, f"the table {name}"))
        if self.daily is not None:
            twice = self.daily[self.daily.duplicated(["security_id", "date"])]
            if len(twice):
                first = twice.iloc[0]
                raise InputError(
                    f"the table daily has {len(twice)} rows too many: {first['security_id']} stands there twice on "
                    f"{first['date']:%Y-%m-%d}.",
                    hint="Keep one row a security and day.",
                    source="daily",
                )


def _checked(frame: pd.DataFrame, columns: Sequence[Column], when: str, source: str) -> pd.DataFrame:
    """The documented columns, times as datetime64[ns] in UTC, sorted by security and time."""
    import pandas as pd

    require_columns([str(c) for c in frame.columns], columns, source)
    kept = frame[[c.name for c in columns if c.name in frame.columns]].copy()
    kept["security_id"] = kept["security_id"].astype("str")
    times = kept[when]
    if when == "date":
        written = pd.api.types.is_datetime64_any_dtype(times)
        read = times if written else pd.to_datetime(times.astype("str"), errors="coerce", format="ISO8601")
        read = read.dt.tz_localize(None) if read.dt.tz is not None else read
        read = read.dt.normalize()
    elif pd.api.types.is_datetime64_any_dtype(times):
        read = times.dt.tz_convert("UTC").dt.tz_localize(None) if times.dt.tz is not None else times
    else:
        text = times.astype("str")
        without = text[~text.str.contains(r"(?:Z|UTC|[+-]\d{2}:?\d{2})\s*$", regex=True)]
        if len(without):
            raise InputError(
                f"{source}, {when}: {without.iloc[0]!r} has no time zone ({len(without)} such rows).",
                hint="Write instants as 2024-03-04T14:30:00Z, or pass a column of timestamps in UTC.",
                source=source,
                field=when,
            )
        read = pd.to_datetime(text, errors="coerce", utc=True, format="ISO8601").dt.tz_localize(None)
    bad = read.isna()
    if bad.any():
        raise InputError(
            f"{source}, {when}: {times[bad].iloc[0]!r} is not a time ({int(bad.sum())} such rows).",
            hint="Write days as 2024-03-04 and instants as 2024-03-04T14:30:00Z.",
            source=source,
            field=when,
        )
    kept[when] = read.astype("datetime64[ns]")
    for name in kept.columns:
        if name in {"security_id", when}:
            continue
        numbers = pd.to_numeric(kept[name], errors="coerce")
        wrong = numbers.isna() & kept[name].notna() & (kept[name].astype("str").str.strip() != "")
        if wrong.any():
            raise InputError(
                f"{source}, {name}: {kept[name][wrong].iloc[0]!r} is not a number ({int(wrong.sum())} such rows).",
                hint="Write numbers as 1234.56; leave blank what is not known.",
                source=source,
                field=str(name),
            )
        kept[name] = numbers.astype("float64")
    return kept.sort_values(["security_id", when], kind="stable", ignore_index=True)
