"""What a trading mode does to the terms of the objective, and what it says about that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from di_advisor.domain.mandate import Mandate, TradingMode
from di_advisor.domain.market import FloatArray
from di_advisor.formulate.cash_wishes import set_aside_usd
from di_advisor.formulate.modes import NO_BUYS, TIE_SHARE, lifted, tie_price
from di_advisor.formulate.plan import Holdings
from di_advisor.formulate.rules import LOCKS
from di_advisor.formulate.terms import ActiveRisk, Term, WaitingValue
from di_advisor.formulate.tilts import ActiveTilt
from di_advisor.units import percent_from_fraction

__all__ = ["locks_text", "mode_notes", "terms_in_mode"]


def locks_text(mandate: Mandate) -> str:
    """What may not be traded under a mode, in plain words."""
    if mandate.mode in NO_BUYS:
        return f"Nothing is bought (mode {mandate.mode}), and locked lots are not sold."
    if mandate.mode is TradingMode.BUY_ONLY:
        return f"Nothing is sold (mode {mandate.mode}), and locked names are not bought."
    return LOCKS


def terms_in_mode(terms: list[Term], mandate: Mandate, sell_max: FloatArray) -> tuple[list[Term], tuple[Term, ...]]:
    """The terms that a mode leaves in the objective, and those that are reported beside it.

    Parameters
    ----------
    terms : list of Term
        Of a rebalance; the tax first.
    mandate : Mandate
        The wishes, as the mode changes them.
    sell_max : ndarray of shape (L,)
        Largest sale of each lot.
    """
    tax = terms[0]
    if mandate.mode is TradingMode.TAX_UNAWARE:
        return [t for t in terms[1:] if not isinstance(t, WaitingValue)], (tax,)
    if mandate.mode is TradingMode.LIQUIDATE:
        return [t for t in terms if not isinstance(t, ActiveRisk | WaitingValue)], ()
    if mandate.mode is TradingMode.RAISE_CASH:
        return _ties(terms, mandate, sell_max), ()
    return terms, ()


def _ties(terms: list[Term], mandate: Mandate, sell_max: FloatArray) -> list[Term]:
    """Tax and trading cost as they are, all else scaled down to settling ties."""
    risk = next(t for t in terms if isinstance(t, ActiveRisk))
    holdings = risk.holdings
    price = np.zeros(len(sell_max))
    for term in terms:
        if isinstance(term, WaitingValue):
            price = price + np.abs(term.worth)
        elif isinstance(term, ActiveTilt):
            price = price + np.abs(term.per_weight)[holdings.lot_name]
    scale = tie_price(mandate, holdings, risk.risk, sell_max, price)
    scaled: list[Term] = []
    for term in terms:
        if isinstance(term, ActiveRisk):
            scaled.append(replace(term, aversion=term.aversion * scale))
        elif isinstance(term, WaitingValue):
            scaled.append(replace(term, worth=np.asarray(term.worth * scale, dtype=np.float64)))
        elif isinstance(term, ActiveTilt):
            scaled.append(replace(term, per_weight=np.asarray(term.per_weight * scale, dtype=np.float64)))
        else:
            scaled.append(term)
    return scaled


def mode_notes(mandate: Mandate, holdings: Holdings) -> tuple[str, ...]:
    """What a reader must know of the mode and of the withdrawal."""
    notes = []
    aside = set_aside_usd(mandate)
    liquidating = mandate.mode is TradingMode.LIQUIDATE
    if aside and not liquidating:
        notes.append(
            f"${aside:,} of cash are set aside for the withdrawal. Weights, limits and tracking error refer to the "
            f"${holdings.value_usd:,.2f} that remain."
        )
    if mandate.mode is TradingMode.RAISE_CASH:
        notes.append(
            "Cash is raised at the least tax and trading cost; risk and all else settle ties only, and may add "
            f"${TIE_SHARE * float(aside):,.2f} at most ({percent_from_fraction(TIE_SHARE):g} % of the withdrawal)."
        )
    if liquidating:
        notes.append(f"The account is liquidated: {', '.join(lifted(mandate))} are not applied.")
    return tuple(notes)
