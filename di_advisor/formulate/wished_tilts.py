"""Wishes that price a weight by itself, as linear terms of the objective."""

from __future__ import annotations

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.signals import Signals
from di_advisor.domain.taxes import TaxProfile
from di_advisor.formulate.cash_wishes import cash_drag, dividend_tax
from di_advisor.formulate.esg_tilts import esg_tilts, factor_tilts
from di_advisor.formulate.plan import Holdings
from di_advisor.formulate.tilts import ActiveTilt

__all__ = ["tilts"]


def tilts(signals: Signals, mandate: Mandate, tax: TaxProfile, holdings: Holdings) -> list[ActiveTilt]:
    """The tilts that a mandate asks for, each priced in dollars."""
    return [
        *cash_drag(mandate, holdings),
        *dividend_tax(signals, mandate, tax, holdings),
        *esg_tilts(signals, mandate, holdings),
        *factor_tilts(signals, mandate, holdings),
    ]
