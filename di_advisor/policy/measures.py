"""The five measures of an account: tracking error, after-tax return, transaction cost, tax alpha, factor alignment.

Problem: each of them has several definitions, and a figure without its definition cannot be compared. Decision:
what can be known on a day comes from the day's signals and a proposal (`measures_now`); what needs a past comes
from a `ValueHistory` that is given (`measures_of_history`), never from assumptions. Definitions:

* *Tracking error, ex ante*: standard deviation a year of the active weights under the risk model; *realised*: the
  sample standard deviation of daily return differences to the index, times the root of 252.
* *After-tax return*, as the after-tax standards of the United States Investment Performance Committee (CFA
  Institute, 2011) and SEC Form N-1A, item 26(b)(2)-(3) have it: time-weighted, taxes of the period taken off when
  they fall due; *step-up* stops there (before liquidation), *liquidation* also takes off the tax on what is
  unrealised at the end, less that at the start.
* *Transaction cost*: predicted by the cost model for a proposal; the sum of what was paid for a history; in bps of
  the average value a year.
* *Tax alpha*: after-tax excess return less pre-tax excess return over the ETF twin, both taxed alike, a year.
* *Factor alignment*: active exposures, the share of active variance that factors explain, and the correlation of
  the account's return with the target's that the risk model predicts.

Limits: flows count at the end of their day; taxes are paid from outside the account, so paying them is no flow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.market import FloatArray
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.signals import Signals
from di_advisor.domain.taxes import TaxProfile
from di_advisor.errors import InputError
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.units import TRADING_DAYS_PER_YEAR

__all__ = [
    "FactorAlignment",
    "HistoryMeasures",
    "NowMeasures",
    "ValueHistory",
    "factor_alignment",
    "measures_now",
    "measures_of_history",
]

_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class FactorAlignment:
    """How near an account is to its target in factors.

    Attributes
    ----------
    active : Mapping of str to float
        Active exposure by factor, in the factor's unit.
    factor_share : float
        Share of the active variance that the factors explain, in [0, 1]; 0 without any active variance.
    correlation : float
        Of the returns of holdings and target, as the risk model predicts; 1 where both are the same.
    """

    active: Mapping[str, float]
    factor_share: float
    correlation: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "active", FrozenMap(dict(self.active)))

    @property
    def largest(self) -> tuple[str, float]:
        """The factor with the largest active exposure, and that exposure."""
        return max(self.active.items(), key=lambda f: abs(f[1]), default=("", 0.0))


def factor_alignment(risk: FactorRisk, held: FloatArray, target: FloatArray) -> FactorAlignment:
    """Alignment of weights held with target weights, both of shape (n,)."""
    active = held - target
    exposure = risk.exposures.T @ active
    explained = float(exposure @ risk.factor_covariance_per_year @ exposure)
    total = risk.variance_per_year(active)
    own, theirs = risk.variance_per_year(held), risk.variance_per_year(target)
    scale = float(np.sqrt(own * theirs))
    shared = (own + theirs - total) / 2
    correlation = 1.0 if total <= 0 else shared / scale if scale > 0 else 0.0
    named = dict(zip(risk.factors, exposure.tolist(), strict=True))
    return FactorAlignment(named, explained / total if total > 0 else 0.0, float(np.clip(correlation, -1.0, 1.0)))


@dataclass(frozen=True)
class NowMeasures:
    """What is known of an account on a day, without any history.

    Attributes
    ----------
    as_of : date
        The day.
    tracking_error : float
        Ex ante, a year, a fraction.
    alignment : FactorAlignment
        Against the target.
    value_usd : float
        Account value.
    unrealised_usd : float
        Net unrealised gain of the lots whose basis is known.
    liquidation_tax_usd : float
        Tax if all of them were sold today, at the marginal rates; negative where losses would save tax.
    without_basis_usd : float
        Value of lots whose basis or dates are not known: their gains are in neither figure.
    """

    as_of: date
    tracking_error: float
    alignment: FactorAlignment
    value_usd: float
    unrealised_usd: float
    liquidation_tax_usd: float
    without_basis_usd: float

    @property
    def after_tax_usd(self) -> float:
        """Value after that tax."""
        return self.value_usd - self.liquidation_tax_usd


def measures_now(signals: Signals, tax: TaxProfile) -> NowMeasures:
    """What is known today.

    Parameters
    ----------
    signals : Signals
        The account on its day.
    tax : TaxProfile
        Marginal rates (`di_advisor.formulate.schedule_d.rates_of`); limits on the use of losses do not enter.
    """
    market, account = signals.market, signals.account
    held = account.held_usd() / account.value_usd
    gain = np.where(account.lot_known, account.lot_gain_usd, 0.0)
    taxed = account.kind not in RETIREMENT_KINDS
    rate = np.where(account.lot_long_term, tax.rates.long_term, tax.rates.short_term)
    return NowMeasures(
        as_of=market.as_of,
        tracking_error=market.risk.tracking_error(held - account.target_weight),
        alignment=factor_alignment(market.risk, held, account.target_weight),
        value_usd=account.value_usd,
        unrealised_usd=float(gain.sum()),
        liquidation_tax_usd=float((gain * rate).sum()) if taxed else 0.0,
        without_basis_usd=float(account.lot_value_usd[~account.lot_known].sum()),
    )


@dataclass(frozen=True)
class ValueHistory:
    """Values of an account, or of its ETF twin, day by day; all arrays of shape (t,).

    Attributes
    ----------
    dates : tuple of date
        Ascending; the first is the start.
    value_usd : ndarray
        At the end of each day, after its flows.
    flow_usd : ndarray
        Money in (positive) and out on each day after the first; the first entry is not used.
    tax_usd : ndarray
        Tax that fell due because of the account, paid from outside; negative where it saved tax elsewhere.
    cost_usd : ndarray
        Trading cost, already out of the value.
    liquidation_tax_start_usd, liquidation_tax_end_usd : float
        Tax on what is unrealised at the first and at the last date.

    Raises
    ------
    InputError
        If arrays are not aligned, dates do not ascend, or a value is not positive and finite.
    """

    dates: tuple[date, ...]
    value_usd: FloatArray
    flow_usd: FloatArray
    tax_usd: FloatArray
    cost_usd: FloatArray
    liquidation_tax_start_usd: float = 0.0
    liquidation_tax_end_usd: float = 0.0

    def __post_init__(self) -> None:
        for name in ("value_usd", "flow_usd", "tax_usd", "cost_usd"):
            values = np.asarray(getattr(self, name), dtype=np.float64)
            if values.shape != (len(self.dates),) or not np.isfinite(values).all():
                raise InputError(
                    f"{name} must hold {len(self.dates)} finite figures.", hint="One for each date.", field=name
                )
            object.__setattr__(self, name, values)
        if len(self.dates) < 2 or any(a >= b for a, b in pairwise(self.dates)):
            raise InputError("A history needs two dates or more, in order.", hint="Sort them; drop doubles.")
        if (self.value_usd <= 0).any():
            raise InputError("A value of the history is not positive.", hint="End the history where the account ends.")

    @property
    def years(self) -> float:
        """Length in years of 365.25 days."""
        return (self.dates[-1] - self.dates[0]).days / _DAYS_PER_YEAR

    def daily(self, *, taxed: bool) -> FloatArray:
        """Returns from day to day, shape (t - 1,), before or after the taxes that fell due."""
        end = self.value_usd[1:] - self.flow_usd[1:] - (self.tax_usd[1:] if taxed else 0.0)
        return np.asarray(end / self.value_usd[:-1] - 1.0, dtype=np.float64)

    def return_per_year(self, *, taxed: bool, liquidated: bool = False) -> float:
        """Time-weighted return a year; `liquidated` also takes off the tax on what is unrealised."""
        growth = float(np.prod(1.0 + self.daily(taxed=taxed)))
        if liquidated:
            growth *= 1.0 - self.liquidation_tax_end_usd / float(self.value_usd[-1])
            growth /= 1.0 - self.liquidation_tax_start_usd / float(self.value_usd[0])
        return float(growth ** (1.0 / self.years) - 1.0) if growth > 0 else -1.0


@dataclass(frozen=True)
class HistoryMeasures:
    """What a history shows; returns are a year, fractions.

    Attributes
    ----------
    first, last : date
        The period.
    pre_tax, after_tax_step_up, after_tax_liquidation : float
        Return of the account.
    cost_per_year : float
        Trading cost a year over the average value.
    tracking_error : float or None
        Realised, against the index; None where no index is given.
    tax_alpha_step_up, tax_alpha_liquidation : float or None
        Against the ETF twin; None where none is given.
    """

    first: date
    last: date
    pre_tax: float
    after_tax_step_up: float
    after_tax_liquidation: float
    cost_per_year: float
    tracking_error: float | None = None
    tax_alpha_step_up: float | None = None
    tax_alpha_liquidation: float | None = None


def measures_of_history(
    account: ValueHistory, *, index_return: FloatArray | None = None, twin: ValueHistory | None = None
) -> HistoryMeasures:
    """What a history shows.

    Parameters
    ----------
    account : ValueHistory
        Of the account.
    index_return : ndarray of shape (t - 1,), optional
        Returns of the index from date to date.
    twin : ValueHistory, optional
        Of an ETF on the index, bought with the same money on the same days and taxed alike.

    Raises
    ------
    InputError
        If the index or the twin is not of the same dates, or there are too few for a deviation.
    """
    steps = len(account.dates) - 1
    error = None
    if index_return is not None:
        if index_return.shape != (steps,) or steps < 2:
            raise InputError(
                f"{index_return.shape} returns of the index for {steps} steps.", hint="Two or more, one a step."
            )
        difference = account.daily(taxed=False) - index_return
        error = float(np.std(difference, ddof=1) * np.sqrt(TRADING_DAYS_PER_YEAR))
    if twin is not None and twin.dates != account.dates:
        raise InputError("The twin's dates are not the account's.", hint="Value both on the same days.")
    return HistoryMeasures(
        first=account.dates[0],
        last=account.dates[-1],
        pre_tax=account.return_per_year(taxed=False),
        after_tax_step_up=account.return_per_year(taxed=True),
        after_tax_liquidation=account.return_per_year(taxed=True, liquidated=True),
        cost_per_year=float(account.cost_usd[1:].sum() / account.value_usd.mean() / account.years),
        tracking_error=error,
        tax_alpha_step_up=None if twin is None else _tax_alpha(account, twin, liquidated=False),
        tax_alpha_liquidation=None if twin is None else _tax_alpha(account, twin, liquidated=True),
    )


def _tax_alpha(account: ValueHistory, twin: ValueHistory, *, liquidated: bool) -> float:
    after = account.return_per_year(taxed=True, liquidated=liquidated)
    after -= twin.return_per_year(taxed=True, liquidated=liquidated)
    return after - (account.return_per_year(taxed=False) - twin.return_per_year(taxed=False))
