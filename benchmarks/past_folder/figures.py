"""Figures of runs: the measures of each, means over vintages, and what published studies found.

Problem: hundreds of replays must become a table that can be compared. Decision: each run gives a `RunFigures` from the
package's own measures against its own ETF twin; policies are compared on the same vintages, with moving-block
bootstrap intervals, because vintages overlap. Limits: published figures are of other indexes, years, rates and rules:
their shape can be compared, not their digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.past_folder.runs import Run, World, settings_of, taxpayer
from di_advisor.backtest.record import Replayed
from di_advisor.backtest.twin import etf_twin, value_history
from di_advisor.domain.market import FloatArray
from di_advisor.policy.measures import measures_of_history

__all__ = ["PUBLISHED", "RunFigures", "block_bootstrap", "figures_of"]

PUBLISHED: dict[str, str] = {
    "annual": "Vanguard 38",
    "quarterly": "Vanguard 107",
    "monthly": "Vanguard 123; Chaudhuri et al. 108, 82 with the wash rule",
    "opportunistic": "Vanguard daily 136",
}
"""Tax alpha in bps a year, by policy."""


@dataclass(frozen=True)
class RunFigures:
    """One run; returns and alphas are fractions a year.

    Attributes
    ----------
    run : Run
    pre_tax, after_tax_step_up, after_tax_liquidation : float
        Return of the account.
    excess_pre_tax : float
        Over the twin.
    alpha_step_up, alpha_liquidation : float
        Tax alpha over the twin.
    tracking_error, tracking_error_max : float
        Realised against the index; largest ex ante of a day.
    tracking_error_traded : float
        Largest ex ante right after a proposal.
    cost_per_year, turnover_per_year : float
        Over the mean value; turnover one-sided.
    harvested : ndarray of shape (y,)
        Losses realised in each year of the vintage, over the starting capital.
    washed : float
        Losses disallowed or deferred, over the starting capital.
    wealth : float
        After-tax wealth for each dollar at the start, all sold at the end.
    proposals, failed : int
        Made; of these with a note instead of trades.
    correlation : float
        Of daily returns with the index's: how well its factors were held.
    """

    run: Run
    pre_tax: float
    after_tax_step_up: float
    after_tax_liquidation: float
    excess_pre_tax: float
    alpha_step_up: float
    alpha_liquidation: float
    tracking_error: float
    tracking_error_max: float
    tracking_error_traded: float
    cost_per_year: float
    turnover_per_year: float
    harvested: FloatArray
    washed: float
    wealth: float
    proposals: int
    failed: int
    correlation: float


def figures_of(world: World, run: Run, replayed: Replayed) -> RunFigures:
    """Figures of a run."""
    account = value_history(replayed)
    twin = etf_twin(replayed, taxpayer(world), settings_of(world, run))
    days = replayed.days
    index = np.array([row.index_return for row in days[1:]])
    m = measures_of_history(account, index_return=index, twin=twin)
    start = days[0].value_usd
    first = days[0].day
    age = np.array([(row.day - first).days // 365.25 for row in days], dtype=np.int64)
    lost = np.array([row.harvested_usd for row in days]) / start
    harvested = np.array([lost[age == y].sum() for y in range(int(age.max()) + 1)])
    mean = float(np.mean([row.value_usd for row in days]))
    traded = sum(row.bought_usd + row.sold_usd for row in days[1:]) / 2
    done = [r for r in replayed.rebalances if not r.note]
    return RunFigures(
        run=run,
        pre_tax=m.pre_tax,
        after_tax_step_up=m.after_tax_step_up,
        after_tax_liquidation=m.after_tax_liquidation,
        excess_pre_tax=m.pre_tax - twin.return_per_year(taxed=False),
        alpha_step_up=m.tax_alpha_step_up or 0.0,
        alpha_liquidation=m.tax_alpha_liquidation or 0.0,
        tracking_error=m.tracking_error or 0.0,
        tracking_error_max=max(row.tracking_error for row in days),
        tracking_error_traded=max((r.tracking_error_after for r in done), default=0.0),
        cost_per_year=m.cost_per_year,
        turnover_per_year=traded / mean / account.years,
        harvested=harvested,
        washed=sum(row.washed_usd for row in days) / start,
        wealth=float((1 + m.after_tax_liquidation) ** account.years),
        proposals=len(replayed.rebalances),
        failed=len(replayed.rebalances) - len(done),
        correlation=float(np.corrcoef(account.daily(taxed=False), index)[0, 1]),
    )


def block_bootstrap(
    differences: Sequence[float], *, block: int, seed: int, draws: int = 5_000, level: float = 0.9
) -> tuple[float, float]:
    """Interval of a mean by moving blocks (Künsch, 1989) over vintages in order, ends joined.

    Parameters
    ----------
    differences : sequence of float
        One a vintage, by start.
    block : int
        Vintages in a block: as many as overlap.
    seed : int
        Of the draws.
    draws : int
        How many.
    level : float
        Of the interval.
    """
    values = np.asarray(differences, dtype=np.float64)
    n, block = len(values), max(1, min(block, len(differences)))
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, n, size=(draws, -(-n // block)))
    at = (starts[:, :, None] + np.arange(block)) % n
    means = values[at.reshape(draws, -1)[:, :n]].mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
