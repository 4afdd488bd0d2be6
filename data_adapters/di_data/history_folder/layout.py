"""The files of a history folder: their names, the columns that are read, and nothing else.

Problem: a folder put together from several vendors lacks a file or a column on one machine and not
on another. Decision: each file is one entry here; reading it checks that it is there and has its
columns, and says which one is missing. Dates are exchange-local days. Limits: columns are found by
name, so a file with other names needs to be renamed first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from di_advisor.errors import InputError

__all__ = [
    "ACTIONS",
    "CONSTITUENTS",
    "CURRENT",
    "EVENTS",
    "LEAVERS",
    "MEMBERS",
    "MERGERS",
    "PRICES",
    "RAW_SAMPLE",
    "SEED",
    "SHEETS",
    "SPIN_OFFS",
    "Layout",
]

PRICES = "prices/sp500_yahoo_2016_2022.parquet"
LEAVERS = "prices/sp500_leavers_fill_2016_2022.parquet"
RAW_SAMPLE = "prices/strand_tiingo_raw_2020-06_08.parquet"
SEED = "index/pitindex_sp500_seed.csv"
MEMBERS = "index/pitindex_sp500_changes.csv"
CURRENT = "index/pitindex_sp500_current.csv"
CONSTITUENTS = "index/datasets_sp500_constituents_2026-08-08.csv"
EVENTS = "index/index_constitution_event_us.csv"
SHEETS = "index/spy_holdings_snapshots_2021_2026.csv"
ACTIONS = "corporate_actions/yahoo_dividends_splits_2016_2022.csv"
SPIN_OFFS = "corporate_actions/spinoffs_sp500_2013_2026.csv"
MERGERS = "corporate_actions/royelee_dlret.csv"

_COLUMNS: dict[str, tuple[str, ...]] = {
    PRICES: ("ticker", "date", "close", "adj_close", "volume"),
    LEAVERS: ("ticker", "date", "close", "adj_close", "volume", "source"),
    RAW_SAMPLE: ("ticker", "date", "price_unadj", "market_cap"),
    SEED: ("ticker",),
    MEMBERS: ("date", "action", "ticker", "name", "reason"),
    CURRENT: ("ticker", "name", "cik", "gics_sector"),
    CONSTITUENTS: ("Symbol", "Security", "GICS Sector"),
    EVENTS: ("event_date", "event_type", "old_symbol", "new_symbol"),
    SHEETS: ("asof", "ticker", "name", "weight_pct", "shares_held", "sector"),
    ACTIONS: ("ticker", "date", "split"),
    SPIN_OFFS: (
        "parent",
        "ex_date",
        "parent_prev_close",
        "parent_close",
        "parent_shares",
        "spinco",
        "ratio",
        "spinco_close",
    ),
    MERGERS: ("ticker", "bucket", "observed_delist_date", "payout_per_share", "stock_ratio", "acquirer_ticker"),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the files are.

    Attributes
    ----------
    root : Path
        The folder that holds ``prices``, ``index`` and ``corporate_actions``.
    """

    root: Path

    def table(self, name: str) -> pd.DataFrame:
        """A CSV file as text: every cell a string, an empty cell an empty string.

        Raises
        ------
        InputError
            If the file or one of its columns is missing.
        """
        path = self._existing(name)
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        self._columns_there(name, list(frame.columns))
        return frame[list(_COLUMNS[name])]

    def bars(self, name: str, since: date, until: date) -> pd.DataFrame:
        """Rows of a Parquet file between two days, both included.

        Raises
        ------
        InputError
            If the file or one of its columns is missing, or a ticker and day stand twice in one source.
        """
        path = self._existing(name)
        self._columns_there(name, pq.read_schema(path).names)
        columns = list(_COLUMNS[name])
        days = (ds.field("date") >= since) & (ds.field("date") <= until)
        frame: pd.DataFrame = ds.dataset(path).to_table(columns=columns, filter=days).to_pandas()
        for column in ("ticker", "source"):
            if column in frame:
                frame[column] = frame[column].astype(str)
        frame["date"] = pd.to_datetime(frame["date"])
        if frame.empty and name == PRICES:
            raise InputError(f"{name} has no rows from {since} to {until}.", hint="Read other days.", source=name)
        twice = frame.duplicated([c for c in ("ticker", "date", "source") if c in frame])
        if twice.any():
            row = frame[twice].iloc[0]
            raise InputError(
                f"{name}: {row['ticker']} has more than one row on {row['date'].date()}.",
                hint="Keep one row a ticker and day in each source.",
                source=name,
            )
        return frame

    def raw_sample(self, since: date, until: date) -> pd.DataFrame:
        """Rows of the raw sample between two days; none where the days lie elsewhere."""
        return self.bars(RAW_SAMPLE, since, until)

    def last_days(self, name: str) -> dict[str, date]:
        """Last day of a Parquet file by its column ``source``; the key is "" where it has none.

        Raises
        ------
        InputError
            If the file is missing or has no rows.
        """
        path = self._existing(name)
        by = [c for c in ("source",) if c in pq.read_schema(path).names]
        days = ds.dataset(path).to_table(columns=["date", *by]).to_pandas()
        if days.empty:
            raise InputError(f"{name} has no rows.", hint="Put a file with prices there.", source=name)
        keys = days["source"].astype(str) if by else pd.Series("", index=days.index)
        return {str(k): day for k, day in days["date"].groupby(keys).max().items()}

    def _existing(self, name: str) -> Path:
        path = self.root / name
        if not path.is_file():
            raise InputError(
                f"The history folder {self.root} has no file {name}.",
                hint="Point to the folder that holds prices/, index/ and corporate_actions/, with that file in it.",
                source=name,
            )
        return path

    @staticmethod
    def _columns_there(name: str, found: list[str]) -> None:
        missing = [c for c in _COLUMNS[name] if c not in found]
        if missing:
            raise InputError(
                f"{name}: column {', '.join(missing)} is missing.", hint=f"It has: {', '.join(found)}.", source=name
            )
