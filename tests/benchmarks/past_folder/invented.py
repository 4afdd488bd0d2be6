"""An invented folder of the documented form: a dozen companies, a split, two spin-offs, a merger, a leaver."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.past_folder.open_past import exchange_sessions

FIRST, LAST = date(2019, 1, 2), date(2020, 8, 31)
TICKERS = tuple(f"N{k:02d}" for k in range(14))
SPLIT_ON, SPUN_ON, UNLISTED_ON = date(2019, 9, 3), date(2019, 11, 1), date(2020, 2, 3)
LEFT_ON, JOINED_ON = date(2020, 1, 13), date(2020, 3, 2)
_SECTORS = ("Energy", "Financials", "Health Care")


def write_folder(root: Path) -> Path:
    """Write the files; N00 splits 2:1, N01 spins off a listed child, N02 an unlisted one, N13 is bought for cash."""
    for part in ("prices", "index", "corporate_actions"):
        (root / part).mkdir(parents=True)
    _prices(root / "prices")
    _index(root / "index")
    _actions(root / "corporate_actions")
    return root


def _walks(days: int) -> np.ndarray:
    rng = np.random.default_rng(11)
    market = rng.normal(0.0004, 0.009, (days, 1))
    own = rng.normal(0, 0.012, (days, len(TICKERS)))
    return 50 * np.exp(np.cumsum(market * np.linspace(0.6, 1.4, len(TICKERS)) + own, axis=0))


def _prices(folder: Path) -> None:
    days = exchange_sessions(FIRST, LAST)
    raw = _walks(len(days))
    rows = []
    for j, ticker in enumerate(TICKERS):
        # What a vendor shows: earlier closes divided by every later factor.
        split = {SPLIT_ON: 2.0} if j == 0 else {SPUN_ON: 1.25} if j == 1 else {UNLISTED_ON: 1.1} if j == 2 else {}
        for k, day in enumerate(days):
            if j == 13 and day > LEFT_ON:
                continue
            later = float(np.prod([f for on, f in split.items() if on > day] or [1.0]))
            printed = raw[k, j] * float(np.prod([f for on, f in split.items() if on > day] or [1.0]))
            paid = 0.4 if day.day <= 3 and k % 2 else 0.0
            rows.append((ticker, day, printed / later, 1e6, paid / later, split.get(day, 0.0)))
    frame = pd.DataFrame(rows, columns=["ticker", "date", "close", "volume", "dividend", "split"])
    frame["adj_close"] = frame["close"]
    frame.to_parquet(folder / "sp500_yahoo_2016_2022.parquet")
    empty = frame.head(0).assign(source=pd.Series(dtype=str))
    empty.to_parquet(folder / "sp500_leavers_fill_2016_2022.parquet")
    sample = frame[frame["date"] >= date(2020, 8, 3)]
    sample = sample.rename(columns={"close": "price_unadj"}).assign(market_cap=1e9)[
        ["ticker", "date", "price_unadj", "market_cap"]
    ]
    sample.to_parquet(folder / "strand_tiingo_raw_2020-06_08.parquet")


def _csv(path: Path, columns: str, rows: list[tuple[object, ...]]) -> None:
    pd.DataFrame(rows, columns=columns.split()).to_csv(path, index=False)


def _index(folder: Path) -> None:
    members = [t for t in TICKERS if t != "N12"]
    _csv(folder / "pitindex_sp500_seed.csv", "effective_date ticker", [("2018-12-31", t) for t in members])
    changes = [(LEFT_ON, "removed", "N13", "", "bought"), (JOINED_ON, "added", "N12", "", "size")]
    _csv(folder / "pitindex_sp500_changes.csv", "date action ticker name reason", changes)
    facts = [(t, t, f"{k:04d}", _SECTORS[k % 3]) for k, t in enumerate(TICKERS)]
    _csv(folder / "pitindex_sp500_current.csv", "ticker name cik gics_sector", facts)
    listed = pd.DataFrame([(t, t, s) for t, _, _, s in facts], columns=["Symbol", "Security", "GICS Sector"])
    listed.to_csv(folder / "datasets_sp500_constituents_2026-08-08.csv", index=False)
    _csv(folder / "index_constitution_event_us.csv", "event_date event_type old_symbol new_symbol", [])
    sheet = [("2020-08-03", t, t, 1.0, 10.0, "") for t in TICKERS[:2]]
    _csv(folder / "spy_holdings_snapshots_2021_2026.csv", "asof ticker name weight_pct shares_held sector", sheet)


def _actions(folder: Path) -> None:
    _csv(folder / "yahoo_dividends_splits_2016_2022.csv", "ticker date split", [])
    days = exchange_sessions(FIRST, LAST)
    raw = _walks(len(days))
    at = days.index(SPUN_ON)
    after, before = raw[at, 1], raw[at - 1, 1] * 1.25
    child = [("N01", SPUN_ON, f"{before:.4f}", f"{after:.4f}", 1, "KID", "0.5", f"{after / 2:.4f}")]
    columns = "parent ex_date parent_prev_close parent_close parent_shares spinco ratio spinco_close"
    _csv(folder / "spinoffs_sp500_2013_2026.csv", columns, list(child))
    last = raw[days.index(LEFT_ON), 13]
    terms = [("N13", "merger", "2020-01-14", f"{last * 1.01:.2f}", "", "")]
    columns = "ticker bucket observed_delist_date payout_per_share stock_ratio acquirer_ticker"
    _csv(folder / "royelee_dlret.csv", columns, list(terms))
