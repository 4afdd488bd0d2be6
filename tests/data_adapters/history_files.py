"""A tiny invented folder of dated files: 24 companies, 90 days, and one of each trap."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

DAYS = pd.bdate_range("2020-06-01", periods=90)
PLAIN = [f"N{k:02d}" for k in range(22)]
SPLIT_ON, SPIN_ON, MYSTERY_ON = DAYS[40], DAYS[45], DAYS[50]
RENAMED_ON, LEFT_ON, SHEET_ON = DAYS[30], DAYS[55], DAYS[60]
SPIN_FACTOR, MYSTERY_FACTOR = 1.2, 1.037


@dataclass(frozen=True)
class Written:
    """Where the folder is, and what truly printed."""

    root: Path
    raw: pd.DataFrame
    shares: pd.Series


def write_history(root: Path, *, later_split: float = 1.0, days: int = len(DAYS), seed: int = 3) -> Written:
    """Write the folder as a vendor would serve it ``days`` days in, after a further split of N00 that no file lists."""
    calendar, g = DAYS[:days], np.random.default_rng(seed)
    names = [*PLAIN, "SPLT", "SPUN", "MYST", "RNEW", "GONE", "ODD", "KID"]
    walk = np.exp(np.cumsum(g.normal(0, 0.01, (len(DAYS), len(names))), axis=0))
    true = pd.DataFrame(50 * walk, index=DAYS, columns=names)  # worth of what one share was on the first day
    raw = true.copy()
    raw.loc[SPLIT_ON:, "SPLT"] /= 4
    raw.loc[SPIN_ON:, "SPUN"] /= SPIN_FACTOR
    raw.loc[MYSTERY_ON:, "MYST"] /= MYSTERY_FACTOR
    raw = raw.round(2)
    raw.loc[: SPIN_ON - pd.Timedelta(days=1), "KID"] = np.nan
    divided = raw / later_factors(raw)
    divided["N00"] /= later_split
    for folder in ("prices", "index", "corporate_actions"):
        (root / folder).mkdir(parents=True)
    write_prices(root, calendar, raw, divided)
    shares = pd.Series(1e6 * (1 + np.arange(len(names))), index=names)
    write_index(root, raw, shares)
    write_actions(root, raw)
    return Written(root, raw.loc[calendar], shares)


def later_factors(raw: pd.DataFrame) -> pd.DataFrame:
    """What a vendor divides by: every later factor."""
    factors = pd.DataFrame(1.0, index=raw.index, columns=raw.columns)
    for name, day, factor in (
        ("SPLT", SPLIT_ON, 4.0),
        ("SPUN", SPIN_ON, SPIN_FACTOR),
        ("MYST", MYSTERY_ON, MYSTERY_FACTOR),
    ):
        factors.loc[factors.index < day, name] = factor
    return factors


def long(table: pd.DataFrame) -> pd.DataFrame:
    """One row a ticker and day, with a volume that is worth ten million dollars."""
    frame = table.rename_axis("date").melt(ignore_index=False, var_name="ticker", value_name="close").reset_index()
    frame = frame.dropna().assign(adj_close=lambda f: f["close"], volume=lambda f: (1e7 / f["close"]).astype("int64"))
    return frame.assign(date=frame["date"].dt.date)


def write_prices(root: Path, calendar: pd.DatetimeIndex, raw: pd.DataFrame, divided: pd.DataFrame) -> None:
    listed = [*PLAIN, "SPLT", "SPUN", "MYST", "RNEW", "ODD"]
    long(divided.loc[calendar, listed]).to_parquet(root / "prices/sp500_yahoo_2016_2022.parquet")
    gone = raw.loc[calendar, ["GONE", "KID"]]
    gone.loc[gone.index >= LEFT_ON, "GONE"] = np.nan
    # A second vendor of the same leaver, at half the level from the middle on: no constant explains that.
    odd = gone[["GONE"]].rename(columns={"GONE": "BENT"})
    odd = odd * np.where(np.arange(len(odd)) < 10, 1.0, 0.5)[:, None]
    leavers = [long(gone).assign(source="first"), long(odd).assign(source="second")]
    pd.concat(leavers).to_parquet(root / "prices/sp500_leavers_fill_2016_2022.parquet")
    # ODD and MYST's child are in no reference; BENT is, on both sides of its break.
    sample = raw.loc[DAYS[:20], [*PLAIN, "SPLT", "SPUN", "MYST", "GONE"]].assign(BENT=raw["GONE"])
    sample = sample.assign(ROLD=raw["RNEW"])
    rows = long(sample).rename(columns={"close": "price_unadj"})
    rows["market_cap"] = rows["price_unadj"] * 2e6
    rows.to_parquet(root / "prices/strand_tiingo_raw_2020-06_08.parquet")


def write_index(root: Path, raw: pd.DataFrame, shares: pd.Series) -> None:
    seed = [*PLAIN, "SPLT", "SPUN", "MYST", "ROLD", "GONE", "ODD"]
    pd.DataFrame({"ticker": seed}).to_csv(root / "index/pitindex_sp500_seed.csv", index=False)
    changes = [
        (RENAMED_ON, "removed", "ROLD", "", "rename → RNEW: the company changed its name."),
        (RENAMED_ON, "added", "RNEW", "", "rename ← ROLD: the company changed its name."),
        (LEFT_ON, "removed", "GONE", "Gone Inc.", "Acquired."),
        (LEFT_ON, "added", "KID", "Kid Inc.", "Spun off."),
    ]
    table = pd.DataFrame(changes, columns=["date", "action", "ticker", "name", "reason"])
    table.assign(date=table["date"].dt.date).to_csv(root / "index/pitindex_sp500_changes.csv", index=False)
    current = pd.DataFrame({"ticker": [*PLAIN, "RNEW"]})
    current = current.assign(name=current["ticker"] + " Inc.", gics_sector="Energy")
    current = current.assign(cik=["1", "1", *map(str, range(3, 3 + len(current) - 2))])
    current.to_csv(root / "index/pitindex_sp500_current.csv", index=False)
    listed = current.rename(columns={"ticker": "Symbol", "name": "Security", "gics_sector": "GICS Sector"})
    listed.to_csv(root / "index/datasets_sp500_constituents_2026-08-08.csv", index=False)
    event = {"event_date": "2020-06-15", "event_type": "delisting", "old_symbol": "ZZZ", "new_symbol": ""}
    pd.DataFrame([event]).to_csv(root / "index/index_constitution_event_us.csv", index=False)
    held = [*PLAIN, "SPLT", "SPUN", "MYST", "RNEW"]
    value = raw.loc[SHEET_ON, held] * shares[held]
    sheet = pd.DataFrame({"ticker": held, "weight_pct": (99 * value / value.sum()).to_numpy()})
    sheet = sheet.assign(asof=SHEET_ON.date(), name=sheet["ticker"], shares_held=shares[held].to_numpy())
    sheet = sheet.assign(sector=np.where(sheet["ticker"] == "N05", "Utilities", "-"))
    sheet.to_csv(root / "index/spy_holdings_snapshots_2021_2026.csv", index=False)


def write_actions(root: Path, raw: pd.DataFrame) -> None:
    factors = [("SPLT", SPLIT_ON, 4.0), ("SPUN", SPIN_ON, SPIN_FACTOR), ("MYST", MYSTERY_ON, MYSTERY_FACTOR)]
    table = pd.DataFrame([*factors, ("N01", DAYS[5], 0.0)], columns=["ticker", "date", "split"])
    path = root / "corporate_actions/yahoo_dividends_splits_2016_2022.csv"
    table.assign(date=table["date"].dt.date).to_csv(path, index=False)
    before = DAYS[DAYS.get_loc(SPIN_ON) - 1]
    spin = {
        "parent": "SPUN",
        "ex_date": SPIN_ON.date(),
        "parent_prev_close": raw.loc[before, "SPUN"],
        "parent_close": raw.loc[SPIN_ON, "SPUN"],
        "parent_shares": 1,
        "spinco": "KID",
        "ratio": 0.5,
        "spinco_close": raw.loc[SPIN_ON, "KID"],
    }
    pd.DataFrame([spin]).to_csv(root / "corporate_actions/spinoffs_sp500_2013_2026.csv", index=False)
    mergers = pd.DataFrame(
        {
            "ticker": ["GONE", "N21", "N20"],
            "bucket": ["merger", "merger", "compliance_failure"],
            "observed_delist_date": [LEFT_ON.date(), DAYS[70].date(), DAYS[71].date()],
            "payout_per_share": ["55.5", "", "1"],
            "stock_ratio": ["", "0.5", ""],
            "acquirer_ticker": ["", "N19", ""],
        }
    )
    mergers.to_csv(root / "corporate_actions/royelee_dlret.csv", index=False)
