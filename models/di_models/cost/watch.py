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

import numpy as np

from di_advisor.errors import DiAdvisorError, InputError
from di_models.cost.fallback import Level, level_in_use, stepped_down
from di_models.cost.monitoring import MonthOfCosts, monitor, predictions
from di_models.cost.registry import load_cost_model
from di_models.cost.train import history_of
from di_models.cost.training import Recipe

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
    model = load_cost_model(folder).model
    history = history_of(Recipe(orders.name, trained_on=since), orders.parent)
    later = history.day >= np.datetime64(since, "D")
    if not later.any():
        raise InputError(
            f"None of {len(history):,} orders of {orders.name} is of {since} or later.",
            hint="Give the first day after the model's training, or newer orders.",
            since=since,
        )
    seen, new = history.take(~later), history.take(later)
    report = monitor(predictions(model, new), trained_on=seen if len(seen) else None, seed=seed)
    law = monitor(predictions(stepped_down(model, Level.LAW), new), seed=seed)
    start = Level.TREES if model.gate_.share > 0 else Level.LAW
    _, told = level_in_use({Level.TREES: report.months, Level.LAW: law.months}, start)
    source = "simulated orders" if new.simulated else "orders"
    lines = [
        f"{len(new):,} {source} since {since}; {model.provenance_}",
        f"{'month':<8} {'orders':>7} {'predicted USD':>15} {'paid USD':>15}  paid over predicted    coverage",
        *(_line(m) for m in report.months),
        *([a.sentence for a in report.alarms] or [report.sentence]),
        told,
    ]
    return "\n".join(lines)


def _line(m: MonthOfCosts) -> str:
    dollars = f"{m.predicted_usd:>15,.0f} {m.paid_usd:>15,.0f}"
    return f"{m.month!s:<8} {m.orders:>7,} {dollars}  {m.paid_over_predicted!s:<22} {m.coverage:.0%}"


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
