"""A small world in files, for runs of the command line: thirty names, ninety lots, some of them at a loss."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

AS_OF = date(2026, 3, 31)
NAMES, SECTORS = 30, ("Energy", "Health", "Utilities")


def write_world(folder: Path, *, seed: int = 3) -> dict[str, Path]:
    """Write lots, prices, index and returns; return their paths by option."""
    rng = np.random.default_rng(seed)
    ids = [f"ID{i:02d}" for i in range(NAMES)]
    price = np.round(rng.uniform(20, 200, NAMES), 2)
    weight = rng.dirichlet(np.full(NAMES, 4.0))
    prices = pd.DataFrame(
        {
            "security_id": ids,
            "ticker": [f"T{i:02d}" for i in range(NAMES)],
            "name": [f"Example {i} Inc" for i in range(NAMES)],
            "sector": [SECTORS[i % len(SECTORS)] for i in range(NAMES)],
            "price_usd": [f"{p:.2f}" for p in price],
            "half_spread_bps": 2.0,
            "adv_usd": 5e7,
            "volatility_per_year": np.round(rng.uniform(0.2, 0.5, NAMES), 4),
        }
    )
    lots = [
        {
            "lot_id": f"L{i:02d}-{j}",
            "security_id": ids[i],
            "shares": int(max(1, weight[i] * 200_000 / price[i])),
            "basis_total_usd": f"{int(max(1, weight[i] * 200_000 / price[i])) * price[i] * gain:.2f}",
            "acquired": (AS_OF - timedelta(days=90 + 200 * j)).isoformat(),
        }
        for i in range(NAMES)
        for j, gain in enumerate(rng.uniform(0.6, 1.3, 3))
    ]
    days = np.busday_offset("2026-03-31", np.arange(-320, 0), roll="backward")
    moves = 0.008 * rng.standard_normal((len(days), 1)) + 0.015 * rng.standard_normal((len(days), NAMES))
    returns = pd.DataFrame(np.round(moves, 6), columns=ids)
    returns.insert(0, "date", days.astype(str))
    index = pd.DataFrame({"security_id": ids, "weight": weight})
    frames = {"lots": pd.DataFrame(lots), "prices": prices, "index": index, "returns": returns}
    paths = {name: folder / f"{name}.csv" for name in frames}
    for name, frame in frames.items():
        frame.to_csv(paths[name], index=False)
    return paths


def propose(paths: dict[str, Path], out: Path, *options: str, returns: bool = False) -> list[str]:
    """Arguments of a run on a world."""
    files = ["lots", "prices", "index", *(["returns"] if returns else [])]
    named = [part for name in files for part in (f"--{name}", str(paths[name]))]
    return ["propose", *named, "--as-of", AS_OF.isoformat(), "--out", str(out), *options]
