"""Figures of a replay against the index and against its ETF twin.

Problem: a backtest is believed for the figures it shows, and each has several definitions. Decision: returns, tracking
error and tax alpha are those of `di_advisor.policy.measures`, on the replay's own days; what comes on top (wealth,
harvest yield by age, turnover, wash sales, whether the cap was kept) is defined below and computed from the rows alone,
so that any of it can be done again. Limits: after-tax wealth adds taxes where they fell due, without interest on them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from di_advisor.backtest.record import Replayed
from di_advisor.backtest.settings import ReplaySettings
from di_advisor.backtest.twin import EXPENSE_RATIO, etf_twin, value_history
from di_advisor.errors import InputError
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.policy.measures import HistoryMeasures, ValueHistory, measures_of_history

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ReplayResults", "after_tax_usd", "results_frame", "results_of"]

_DAYS_PER_YEAR = 365.25
_CAP_ROOM = 1e-6
"""Over the cap, relative, that counts as on it: orders are whole shares."""


@dataclass(frozen=True)
class ReplayResults:
    """One replay; returns and alphas are fractions a year, amounts USD.

    Attributes
    ----------
    label, policy : str
        As of the replay.
    first, last : date
        The period.
    measures : HistoryMeasures
        The five measures over the period, against the index and the twin.
    twin_pre_tax, twin_after_tax_liquidation : float
        Returns of the ETF twin.
    index_return : float
        Of the index, before taxes and costs.
    wealth_step_up_usd, wealth_liquidation_usd : float
        Value at the end, less the flows and taxes of the time in between, without and with the tax of selling all.
    twin_wealth_step_up_usd, twin_wealth_liquidation_usd : float
        The same of the twin.
    tracking_error_mean, tracking_error_max : float
        Ex ante, over all days from the first trade on.
    tracking_error_after_max : float
        Largest ex ante right after a proposal was carried out.
    over_cap : int
        Proposals that left the account over the mandate's cap.
    correlation : float
        Of the account's daily returns with the index's.
    beta : float
        Of the account's daily returns to the index's.
    turnover_per_year : float
        Half of what was bought and sold after the first day, over the mean value.
    cost_usd : float
        Trading cost paid, that of the first day's purchases included, which the returns and the cost a year leave out.
    harvested : tuple of float
        Losses realised in each year of the replay's age, over what was put in.
    washed : float
        Losses that wash sales disallowed or deferred, over what was put in.
    locked : float
        Losses that wash windows kept from being taken: what stood in locked lots, mean over days, over what was put in.
    correlation_ex_ante, factor_share : float
        Mean over days from the first trade on: correlation with the target by the risk model, and the share of active
        variance that factors explain; nan, as the next and the one before, for files without them.
    sector_active_max : float
        Largest distance of a sector's weight from its weight in the target at a close.
    proposals, refused : int
        Proposals asked for; of these those that a typed error or the lack of a gain ended.
    """

    label: str
    policy: str
    first: date
    last: date
    measures: HistoryMeasures
    twin_pre_tax: float
    twin_after_tax_liquidation: float
    index_return: float
    wealth_step_up_usd: float
    wealth_liquidation_usd: float
    twin_wealth_step_up_usd: float
    twin_wealth_liquidation_usd: float
    tracking_error_mean: float
    tracking_error_max: float
    tracking_error_after_max: float
    over_cap: int
    correlation: float
    beta: float
    turnover_per_year: float
    cost_usd: float
    harvested: tuple[float, ...]
    washed: float
    locked: float
    correlation_ex_ante: float
    factor_share: float
    sector_active_max: float
    proposals: int
    refused: int

    @property
    def years(self) -> float:
        """Length in years of 365.25 days."""
        return (self.last - self.first).days / _DAYS_PER_YEAR

    @property
    def advantage_usd(self) -> float:
        """After-tax wealth over the twin's, all sold at the end."""
        return self.wealth_liquidation_usd - self.twin_wealth_liquidation_usd

    def figures(self) -> dict[str, float | int | str | date]:
        """One flat row: every figure by name, those of `HistoryMeasures` among them; yields by year are left out."""
        row = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("measures", "harvested")}
        past = {k: math.nan if v is None else v for k, v in asdict(self.measures).items()}
        return row | {k: v for k, v in past.items() if k not in row} | {"harvested": sum(self.harvested)}


def after_tax_usd(history: ValueHistory, *, liquidated: bool) -> float:
    """Value at the end less what was paid in and the taxes that fell due; with the tax of selling all, where asked.

    Parameters
    ----------
    history : ValueHistory
        Of an account or a twin; taxes it paid itself are flows, and are not taken off twice.
    liquidated : bool
        Whether the tax on what is unrealised is taken off.
    """
    put_in = float(history.flow_usd[1:].sum())
    left = float(history.value_usd[-1]) - put_in - float(history.tax_usd.sum())
    return left - (history.liquidation_tax_end_usd if liquidated else 0.0)


def results_of(
    replayed: Replayed, tax: Taxpayer, settings: ReplaySettings | None = None, *, expense_ratio: float = EXPENSE_RATIO
) -> ReplayResults:
    """Figures of a replay.

    Parameters
    ----------
    replayed : Replayed
        The replay.
    tax, settings
        As it was replayed with: the twin is taxed alike.
    expense_ratio : float
        Of the twin, a fraction a year.

    Raises
    ------
    InputError
        If the replay is shorter than three sessions, or never invested.
    """
    days = replayed.days
    if len(days) < 3:
        raise InputError(f"The replay has {len(days)} sessions.", hint="Measure three sessions or more.")
    account = value_history(replayed)
    twin = etf_twin(replayed, tax, settings, expense_ratio=expense_ratio)
    index = np.array([row.index_return for row in days[1:]])
    measures = measures_of_history(account, index_return=index, twin=twin)
    begun = next((n for n, row in enumerate(days) if row.traded or row.value_usd > row.cash_usd), None)
    if begun is None:
        raise InputError(
            f"{replayed.label}: the account was in cash throughout.",
            hint="Look at the notes of the rebalances; the policy may never have called.",
        )
    done = [r for r in replayed.rebalances if not r.note]
    put_in = days[0].value_usd + days[0].cost_usd + sum(max(row.flow_usd, 0.0) for row in days[1:])
    daily = account.daily(taxed=False)
    spread = float(np.var(index))
    mean = float(np.mean([row.value_usd for row in days]))
    traded = sum(row.bought_usd + row.sold_usd for row in days[1:]) / 2
    errors = [row.tracking_error for row in days[begun:]]
    return ReplayResults(
        label=replayed.label,
        policy=replayed.policy,
        first=days[0].day,
        last=days[-1].day,
        measures=measures,
        twin_pre_tax=twin.return_per_year(taxed=False),
        twin_after_tax_liquidation=twin.return_per_year(taxed=True, liquidated=True),
        index_return=float(np.prod(1.0 + index) ** (1.0 / account.years) - 1.0),
        wealth_step_up_usd=after_tax_usd(account, liquidated=False),
        wealth_liquidation_usd=after_tax_usd(account, liquidated=True),
        twin_wealth_step_up_usd=after_tax_usd(twin, liquidated=False),
        twin_wealth_liquidation_usd=after_tax_usd(twin, liquidated=True),
        tracking_error_mean=float(np.mean(errors)),
        tracking_error_max=max(errors),
        tracking_error_after_max=max((r.tracking_error_after for r in done), default=0.0),
        over_cap=sum(
            r.tracking_error_max is not None and r.tracking_error_after > r.tracking_error_max * (1 + _CAP_ROOM)
            for r in done
        ),
        correlation=float(np.corrcoef(daily, index)[0, 1]) if spread > 0 and np.var(daily) > 0 else math.nan,
        beta=float(np.cov(daily, index)[0, 1] / np.var(index, ddof=1)) if spread > 0 else math.nan,
        turnover_per_year=traded / mean / account.years,
        cost_usd=sum(row.cost_usd for row in days),
        harvested=_by_age(days[0].day, [row.day for row in days], [row.harvested_usd / put_in for row in days]),
        washed=sum(row.washed_usd for row in days) / put_in,
        locked=_mean_known([row.locked_loss_usd for row in days[begun:]]) / put_in,
        correlation_ex_ante=_mean_known([row.correlation for row in days[begun:]]),
        factor_share=_mean_known([row.factor_share for row in days[begun:]]),
        sector_active_max=max((x for row in days[begun:] if (x := row.sector_active) is not None), default=math.nan),
        proposals=len(replayed.rebalances),
        refused=len(replayed.rebalances) - len(done),
    )


def results_frame(results: Sequence[ReplayResults]) -> pd.DataFrame:
    """One row a replay, with every figure of `ReplayResults.figures`."""
    import pandas as pd

    return pd.DataFrame([r.figures() for r in results])


def _mean_known(figures: Sequence[float | None]) -> float:
    """Mean of what is known; nan where nothing is."""
    known = [x for x in figures if x is not None]
    return math.fsum(known) / len(known) if known else math.nan


def _by_age(first: date, days: Sequence[date], amounts: Sequence[float]) -> tuple[float, ...]:
    """Sums by whole years of the calendar since the first day; the last one may be a part of a year."""
    age = [day.year - first.year - ((day.month, day.day) < (first.month, first.day)) for day in days]
    return tuple(math.fsum(a for a, y in zip(amounts, age, strict=True) if y == year) for year in range(age[-1] + 1))
