"""Wishes about cash: a withdrawal set aside, cash that drags, dividends that are taxed.

Decision: cash that is withdrawn is not part of the portfolio. What remains is: weights, limits, the
cash range, the price of risk and the tracking error all refer to the account's value today less the
withdrawal, before trading costs. So a withdrawal is a problem on a smaller account whose cash may be
negative at first, and every rule and every solver holds as it stands. A deposit is cash that is
there. Where everything is sold there is no portfolio to refer to, and weights keep to today's value.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from functools import lru_cache

import numpy as np

from di_advisor.domain.amounts import Exact, as_fraction
from di_advisor.domain.mandate import Mandate, TradingMode
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.domain.taxes import TaxProfile
from di_advisor.errors import InfeasibleError
from di_advisor.formulate.plan import Holdings
from di_advisor.formulate.tilts import ActiveTilt
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.units import percent_from_fraction

__all__ = ["cash_drag", "dividend_tax", "holdings_of", "set_aside_usd", "unknown_dividends"]

_CENT = Decimal("0.01")
_LEAST_REMAINING = 1e-6


def set_aside_usd(mandate: Mandate) -> Decimal:
    """The withdrawal, rounded up to the cent."""
    return _up_to_the_cent(mandate.withdrawal_usd)


@lru_cache(maxsize=64)
def _up_to_the_cent(amount: Exact) -> Decimal:
    exact = as_fraction(amount)
    cents = -(-exact // as_fraction(_CENT))
    return (Decimal(int(cents)) * _CENT).quantize(_CENT, rounding=ROUND_CEILING)


def holdings_of(signals: Signals, mandate: Mandate) -> Holdings:
    """The account before trading, in fractions of what remains after the withdrawal.

    Raises
    ------
    InfeasibleError
        If the withdrawal leaves nothing to track.
    """
    account, aside = signals.account, set_aside_usd(mandate)
    value = account.value_usd
    if mandate.mode is not TradingMode.LIQUIDATE:
        value -= float(aside)
    if value <= _LEAST_REMAINING * account.value_usd:
        raise InfeasibleError(
            f"A withdrawal of ${aside:,} leaves nothing of an account worth ${account.value_usd:,.2f}.",
            hint="Withdraw less, or liquidate the account (mode='liquidate').",
            withdrawal_usd=aside,
        )
    return Holdings(
        value_usd=value,
        cash=float((account.cash_usd - aside) / Decimal(repr(value))),
        held=account.held_usd() / value,
        target=account.target_weight,
        lot_name=account.lot_name,
        lot_weight=account.lot_value_usd / value,
    )


def cash_drag(mandate: Mandate, holdings: Holdings) -> list[ActiveTilt]:
    """What uninvested cash gives up in a year: buying lowers it, selling adds to it."""
    drag = mandate.cash_drag_per_year
    if drag <= 0:
        return []
    shown = percent_from_fraction(drag)
    sentence = f"Cash that is not invested gives up {shown:g} % a year, charged on the change of cash for one year."
    return [ActiveTilt(holdings, np.full(len(holdings.target), -drag), "cash drag", sentence)]


def dividend_tax(signals: Signals, mandate: Mandate, tax: TaxProfile, holdings: Holdings) -> list[ActiveTilt]:
    """Tax on the dividends that a change of weights brings or saves in a year; none in a retirement account.

    A yield or a qualified share that is not known counts as the average of the target's names.
    """
    rates = tax.rates
    given = signals.market.dividend_yield_per_year
    liquidating = mandate.mode is TradingMode.LIQUIDATE
    if given is None or liquidating or signals.account.kind in RETIREMENT_KINDS:
        return []
    shares = signals.market.qualified_share
    yields = _filled(given, holdings.target)
    qualified = _filled(np.full(len(yields), np.nan) if shares is None else shares, holdings.target)
    rate = qualified * (rates.qualified_dividend or 0.0) + (1.0 - qualified) * (rates.ordinary_dividend or 0.0)
    per_weight = np.asarray(yields * rate, dtype=np.float64)
    if not per_weight.any():
        return []
    sentence = "Tax on one year of expected dividends, at the qualified and the ordinary rate, against the target's."
    return [ActiveTilt(holdings, per_weight, "dividend tax", sentence)]


def _filled(values: FloatArray, weight: FloatArray) -> FloatArray:
    """Unknown figures by the weighted average of the known ones; 0 where none is known."""
    known = np.isfinite(values)
    total = float(weight[known].sum())
    average = float(weight[known] @ values[known]) / total if total > 0 else 0.0
    return np.where(known, values, average)


def unknown_dividends(signals: Signals, mandate: Mandate, tax: TaxProfile, holdings: Holdings) -> tuple[str, ...]:
    """What a reader must know of dividends that are not known."""
    if not dividend_tax(signals, mandate, tax, holdings):
        return ()
    matters = (holdings.target > 0) | (holdings.held > 0)
    shares = signals.market.qualified_share
    figures = {
        "yield": signals.market.dividend_yield_per_year,
        "qualified share": np.full(len(matters), np.nan) if shares is None else shares,
    }
    notes = []
    for what, values in figures.items():
        unknown = int((matters & ~np.isfinite(values)).sum()) if values is not None else 0
        if unknown == int(matters.sum()):
            notes.append(f"No dividend's {what} is known; it counts as zero.")
        elif unknown:
            notes.append(f"The dividends' {what} of {unknown} names is not known; it counts as the target's average.")
    return tuple(notes)
