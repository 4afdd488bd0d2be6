"""Trading modes: what each does to the wishes, before terms and rules are built from them.

=============  ==========================================================================================
rebalance      Buys and sales, all terms, all rules.
buy_only       No sale.
sell_only      No purchase.
raise_cash     No purchase; least tax and trading cost for the withdrawal. All else (risk, tilts, the value
               of waiting) only settles ties: it is priced so low that it can never add more than
               `TIE_SHARE` of the withdrawal to tax and cost. More than the withdrawal may be sold, up to
               the largest cash allowed, where losses make that save tax.
               Prices of wash sales count as tax, and a user's own terms in full.
tax_unaware    Tax and the value of waiting are left out of the objective and reported beside it; wash
               sales stay banned, and of equal lots those with the least tax are sold.
liquidate      All that may be sold is sold. What refers to a portfolio (bands, tracking error, cash range,
               ESG, price of risk) is lifted; what limits trading (locks, sizes, turnover, budgets) holds.
transition     Many periods, refused here: `Workspace.transition` plans it.
=============  ==========================================================================================
"""

from __future__ import annotations

import numpy as np

from di_advisor.domain.mandate import Mandate, NameBand, TradingMode
from di_advisor.domain.market import FloatArray
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.signals import Signals
from di_advisor.errors import InputError
from di_advisor.formulate.plan import Holdings
from di_advisor.units import fraction_from_bps

__all__ = ["NO_BUYS", "SUPPORTED_MODES", "TIE_SHARE", "in_mode", "lifted", "tie_price"]

SUPPORTED_MODES = tuple(mode for mode in TradingMode if mode is not TradingMode.TRANSITION)
"""Modes that one proposal honours."""

NO_BUYS = frozenset({TradingMode.SELL_ONLY, TradingMode.RAISE_CASH, TradingMode.LIQUIDATE})
"""Modes that never buy."""

TIE_SHARE = fraction_from_bps(1.0)
"""Of the withdrawal: what all else may add to the least tax and cost when cash is raised."""


def lifted(mandate: Mandate) -> tuple[str, ...]:
    """The wishes that a mode lifts, by their words."""
    if mandate.mode is not TradingMode.LIQUIDATE:
        return ()
    plain = Mandate()
    words = {
        "tracking_error_max": "tracking error",
        "name_band": "name band",
        "sector_band": "sector band",
        "industry_band": "industry band",
        "country_band": "country band",
        "factor_bands": "factor bands",
        "max_names": "number of names",
        "esg": "ESG wishes",
        "group_bands": "group bands",
        "factor_tilts": "factor tilts",
    }
    given = [word for wish, word in words.items() if getattr(mandate, wish) != getattr(plain, wish)]
    return ("cash range", "price of risk", *given)


def in_mode(mandate: Mandate, signals: Signals) -> Mandate:
    """The wishes as the mode changes them.

    Raises
    ------
    InputError
        If cash is to be raised and no withdrawal is named.
    """
    if mandate.mode is TradingMode.RAISE_CASH and mandate.withdrawal_usd <= 0:
        raise InputError(
            "The mode raise_cash names no amount: withdrawal_usd is 0.", hint="Set withdrawal_usd to what is needed."
        )
    if mandate.mode is not TradingMode.LIQUIDATE:
        return mandate
    return mandate.with_changes(
        risk_aversion=0.0,
        tracking_error_max=None,
        name_band=NameBand(),
        sector_band=None,
        industry_band=None,
        country_band=None,
        factor_bands={},
        cash_min=0.0,
        cash_max=1.0,
        max_names=None,
        esg=(),
        exclusions=(),
        group_bands=(),
        factor_tilts={},
        cash_drag_per_year=0.0,
        do_not_hold=frozenset(signals.market.universe.security_ids),
    )


def tie_price(
    mandate: Mandate, holdings: Holdings, risk: FactorRisk, sell_max: FloatArray, per_weight: FloatArray
) -> float:
    """By how much all that is not tax or cost is scaled down when cash is raised.

    Two plans that only sell, with cash in its range, differ in these by no more than ``most``; scaled
    so that this is `TIE_SHARE` of the withdrawal, they cannot pay for more tax and cost than that. The
    tracking error of a plan is at most that of today plus that of what is sold (it is a norm).

    Parameters
    ----------
    mandate : Mandate
        Cash range, withdrawal, aversion and cap.
    holdings : Holdings
        Before trading.
    risk : FactorRisk
        Of active weights.
    sell_max : ndarray of shape (L,)
        Largest sale of each lot.
    per_weight : ndarray of shape (L,)
        Sum of the absolute prices of all other terms, per unit of weight sold.
    """
    sold = max(min(float(sell_max.sum()), mandate.cash_max - holdings.cash), 0.0)
    own = (risk.exposures @ risk.factor_covariance_per_year * risk.exposures).sum(axis=1)
    largest = float(np.sqrt((own + risk.specific_variance_per_year).max(initial=0.0)))
    error = risk.tracking_error(holdings.active) + sold * largest
    if mandate.tracking_error_max is not None:
        error = min(error, mandate.tracking_error_max)
    most = mandate.risk_aversion * error**2 + 2.0 * sold * float(per_weight.max(initial=0.0))
    allowed = TIE_SHARE * float(mandate.withdrawal_usd) / holdings.value_usd
    return 1.0 if most <= allowed else allowed / most
