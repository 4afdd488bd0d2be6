"""Tables of a comparison, as text: measures by policy, cadences beside published figures, decay, differences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.past_folder.figures import PUBLISHED, RunFigures, block_bootstrap
from di_advisor.units import BPS_PER_UNIT, PERCENT_PER_UNIT

__all__ = ["cadence_table", "decay_table", "difference_table", "measures_table", "wash_table"]

_ORDER = ("annual", "quarterly", "monthly", "threshold", "opportunistic")


def _bps(value: float) -> str:
    return f"{value * BPS_PER_UNIT:.0f}"


def _percent(value: float) -> str:
    return f"{value * PERCENT_PER_UNIT:.2f}"


def _policies(figures: Sequence[RunFigures]) -> list[str]:
    there = {f.run.policy for f in figures}
    return [p for p in _ORDER if p in there] + sorted(there - set(_ORDER))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    width = [max(len(r[k]) for r in (head, *rows)) for k in range(len(head))]
    lines = ["  ".join(c.ljust(w) if k == 0 else c.rjust(w) for k, (c, w) in enumerate(zip(r, width, strict=True)))
             for r in (head, *rows)]  # fmt: skip
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _of(figures: Sequence[RunFigures], policy: str, *, wash: bool) -> list[RunFigures]:
    chosen = [f for f in figures if f.run.policy == policy and f.run.wash_sales is wash]
    return sorted(chosen, key=lambda f: f.run.start)


def measures_table(figures: Sequence[RunFigures], cap: float, *, wash: bool) -> str:
    """The five measures by policy, means over vintages; tracking error also as the largest of any run."""
    head = (
        "policy", "vintages", "after-tax liq. %", "step-up %", "pre-tax - twin bps", "tax alpha liq. bps",
        "step-up bps", "cost bps", "turnover %", "TE realised %", "TE max ex ante %", "after trades %", "correlation",
        "proposals a run", "not done",
    )  # fmt: skip
    rows = []
    for policy in _policies(figures):
        some = _of(figures, policy, wash=wash)
        if not some:
            continue

        def mean(name: str, of: Sequence[RunFigures] = some) -> float:
            return float(np.mean([getattr(f, name) for f in of]))

        rows.append(
            (
                policy,
                str(len(some)),
                _percent(mean("after_tax_liquidation")),
                _percent(mean("after_tax_step_up")),
                _bps(mean("excess_pre_tax")),
                _bps(mean("alpha_liquidation")),
                _bps(mean("alpha_step_up")),
                f"{mean('cost_per_year') * BPS_PER_UNIT:.2f}",
                f"{mean('turnover_per_year') * PERCENT_PER_UNIT:.0f}",
                _percent(mean("tracking_error")),
                _percent(max(f.tracking_error_max for f in some)),
                _percent(max(f.tracking_error_traded for f in some)),
                f"{mean('correlation'):.4f}",
                f"{mean('proposals'):.0f}",
                f"{mean('failed'):.1f}",
            )
        )
    inside = all(f.tracking_error_traded <= cap * 1.0001 for f in figures)
    kept = f"Tracking error after trading was inside the cap of {_percent(cap)} % in every run: {inside}."
    return f"{_table(head, rows)}\n{kept}"


def cadence_table(figures: Sequence[RunFigures]) -> str:
    """Tax alpha by cadence, beside published figures."""
    rows = []
    for policy in _policies(figures):
        with_law, without = (_of(figures, policy, wash=w) for w in (True, False))
        cells = [policy]
        for some in (with_law, without):
            cells.append(_bps(float(np.mean([f.alpha_step_up for f in some]))) if some else "")
            cells.append(_bps(float(np.mean([f.alpha_liquidation for f in some]))) if some else "")
        rows.append((*cells, PUBLISHED.get(policy, "")))
    head = ("policy", "wash: step-up bps", "liq. bps", "no wash: step-up bps", "liq. bps", "published, bps a year")
    return _table(head, rows)


def wash_table(figures: Sequence[RunFigures]) -> str:
    """What the wash rule costs in losses harvested: without it over with it, same vintages."""
    rows = []
    for policy in _policies(figures):
        with_law = {f.run.start: f for f in _of(figures, policy, wash=True)}
        without = {f.run.start: f for f in _of(figures, policy, wash=False)}
        both = sorted(with_law.keys() & without.keys())
        if not both:
            continue
        a = np.mean([with_law[s].harvested.sum() for s in both])
        b = np.mean([without[s].harvested.sum() for s in both])
        washed = np.mean([with_law[s].washed for s in both])
        rows.append((policy, _percent(float(a)), _percent(float(b)), f"{(b / a - 1) * PERCENT_PER_UNIT:+.1f}",
                     _percent(float(washed))))  # fmt: skip
    head = ("policy", "losses with rule, % of capital", "without", "more without %", "washed, % of capital")
    return _table(head, rows) + "\nPublished: Frec, +14 to 16 % of losses by dealing with wash sales lot by lot."


def decay_table(figures: Sequence[RunFigures], *, wash: bool = True) -> str:
    """Losses harvested by year of the vintage and in total so far, percent of the starting capital."""
    most = max((len(f.harvested) for f in figures), default=0)
    rows = []
    for policy in _policies(figures):
        some = _of(figures, policy, wash=wash)
        cells, total = [], 0.0
        for year in range(most):
            known = [f.harvested[year] for f in some if len(f.harvested) > year]
            total += float(np.mean(known)) if known else 0.0
            cells.append(f"{_percent(float(np.mean(known)))} ({_percent(total)})" if known else "")
        rows.append((policy, *cells))
    head = ("policy", *(f"year {k + 1} (so far)" for k in range(most)))
    return _table(head, rows) + "\nPublished: losses taper off near 30 % of the capital."


def difference_table(figures: Sequence[RunFigures], ours: str, *, block: int, seed: int) -> str:
    """After-tax wealth of our policy less the others', a dollar at the start, with intervals over vintages."""
    mine = {f.run.start: f for f in _of(figures, ours, wash=True)}
    rows = []
    for policy in _policies(figures):
        theirs = {f.run.start: f for f in _of(figures, policy, wash=True)}
        both = sorted(mine.keys() & theirs.keys())
        if policy == ours or len(both) < 2:
            continue
        apart = [mine[s].wealth - theirs[s].wealth for s in both]
        low, high = block_bootstrap(apart, block=block, seed=seed)
        better = sum(d > 0 for d in apart)
        rows.append((f"{ours} - {policy}", str(len(both)), _percent(float(np.mean(apart))),
                     f"{_percent(low)} to {_percent(high)}", f"{better} of {len(both)}"))  # fmt: skip
    head = ("after-tax wealth, % of start", "vintages", "mean", "90 % interval", "better in")
    return _table(head, rows)
