"""``python -m di_models.cost.watch MODEL ORDERS --since DAY``: whether a stored cost model still holds.

Shows the months, the alarms and what the fallback rule leaves in use. Orders before ``--since`` are taken as
those it was trained on: their features are what the later ones are compared with, and they are not judged.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from di_advisor.domain.trained_costs import WatchedMonth
from di_advisor.errors import DiAdvisorError
from di_models.cost.monitoring import NOTHING_CHANGED
from di_models.cost.registry import load_cost_model
from di_models.cost.train import history_of
from di_models.cost.trainer import watched
from di_models.cost.training import Recipe
from di_models.cost.validation import Interval

__all__ = ["main", "watch"]

_FAILED = 1


def watch(folder: Path, orders: Path, since: date, *, seed: int = 0) -> str:
    """What there is to say of a model, as text.

    Parameters
    ----------
    folder : Path
        Of the stored model.
    orders : Path
        Table with the columns of `TradeHistory` (``di-advisor costs check --out`` writes one), or "sample".
    since : date
        First day whose orders the model did not see.
    seed : int
        Of the change points.

    Raises
    ------
    InputError
        If no order is of that day or later, or the table is not one.
    StoreError
        If there is no model, or it was changed.
    """
    stored = load_cost_model(folder)
    found = watched(stored, history_of(Recipe(orders.name, trained_on=since), orders.parent), since=since, seed=seed)
    source = "simulated orders" if found.simulated else "orders"
    lines = [
        f"{found.orders:,} {source} since {since}; {found.provenance}",
        f"{'month':<8} {'orders':>7} {'predicted USD':>15} {'paid USD':>15}  paid over predicted    coverage",
        *(_line(m) for m in found.months),
        *(found.alarms or [NOTHING_CHANGED]),
        found.advice,
    ]
    return "\n".join(lines)


def _line(m: WatchedMonth) -> str:
    dollars = f"{m.predicted_usd:>15,.0f} {m.paid_usd:>15,.0f}"
    return f"{m.month:%Y-%m}  {m.orders:>7,} {dollars}  {Interval(m.ratio, m.low, m.high)!s:<22} {m.coverage:.0%}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Show the report; 1 where there is none."""
    parser = argparse.ArgumentParser(prog="python -m di_models.cost.watch", description="Watch a stored cost model.")
    parser.add_argument("model", type=Path, help="folder of the model")
    parser.add_argument("orders", type=Path, help='table of orders, or "sample"')
    parser.add_argument("--since", type=date.fromisoformat, required=True, help="first day that it did not see")
    parser.add_argument("--seed", type=int, default=0, help="of the change points")
    asked = parser.parse_args(arguments)
    try:
        sys.stdout.write(watch(asked.model, asked.orders, asked.since, seed=asked.seed) + "\n")
    except DiAdvisorError as e:
        sys.stderr.write(f"{e}\n")
        return _FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
