"""What an index or a fund holds, as a sheet of a date: weights as they were published, nothing rescaled.

Problem: a sheet of holdings holds cash, futures and rounding, its date stands in a line above the table,
and a weight in percent looks like one in fractions. Decision: weights are fractions, every row keeps its
kind, and the sheet says what its weights add up to. Limits: long positions; a target is made of a sheet
elsewhere, with what was left out stated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from di_advisor.domain.identifiers import Identifier
from di_advisor.domain.observations import Provenance

__all__ = ["HoldingKind", "HoldingsSheet", "IndexHolding"]


class HoldingKind(StrEnum):
    """What a row of a sheet is."""

    EQUITY = "equity"
    CASH = "cash"
    DERIVATIVE = "derivative"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class IndexHolding:
    """One row of a sheet.

    Attributes
    ----------
    identifiers : tuple of Identifier
        All that the row gives; the ticker first where there is one.
    name : str
        As published.
    weight : float
        Fraction of the fund, as published.
    kind : HoldingKind
        Equity, cash, derivative, or other.
    shares, market_value_usd : float or None
        Where published.
    sector : str
        As published; empty where not.
    """

    identifiers: tuple[Identifier, ...]
    name: str
    weight: float
    kind: HoldingKind = HoldingKind.EQUITY
    shares: float | None = None
    market_value_usd: float | None = None
    sector: str = ""


@dataclass(frozen=True, slots=True)
class HoldingsSheet:
    """Holdings of one index or fund on one day.

    Attributes
    ----------
    fund : str
        Ticker or name of the fund or index.
    as_of : date
        The day that the sheet states.
    holdings : tuple of IndexHolding
        In the order of the sheet.
    provenance : Provenance
        Where it comes from.
    """

    fund: str
    as_of: date
    holdings: tuple[IndexHolding, ...]
    provenance: Provenance

    @property
    def weights_sum(self) -> float:
        """What all published weights add up to, a fraction."""
        return sum(h.weight for h in self.holdings)
