"""Random returns of the year, for tests and benchmarks of the whole Schedule D.

Invented figures of plausible size that together meet every bend of the law: any filing status, income
from nothing to three million, gains and losses of the year, losses carried over, a state with or
without them. The same generator gives the same filers on every machine.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from di_advisor.domain.taxes import FilingStatus
from di_advisor.ledger.tax_return import CarryoverValue, ReturnInputs, StateTax

__all__ = ["random_carryover_value", "random_return"]


def random_return(g: np.random.Generator, tax_year: int = 2026) -> ReturnInputs:
    """A filer's year before any proposal.

    Parameters
    ----------
    g : numpy Generator
        Where the figures come from.
    tax_year : int
        Of the return.
    """

    def maybe(share: float, low: float, high: float) -> Decimal:
        amount = Decimal(int(np.exp(g.uniform(np.log(low), np.log(high)))))
        return amount if g.random() < share else Decimal(0)

    def signed(share: float, low: float, high: float) -> Decimal:
        return maybe(share, low, high) * (1 if g.random() < 0.5 else -1)

    states = (
        None,
        None,
        StateTax.at_flat_rates("flat", short_rate="0.06", long_rate="0.04", source="made up"),
        StateTax.at_flat_rates("harsh", short_rate="0.05", long_rate="0.05", source="made up", carries_losses=False),
        StateTax.as_ordinary_income("brackets", [(0, "0.02"), (50_000, "0.06"), (400_000, "0.1")], source="made up"),
    )
    return ReturnInputs(
        tax_year=tax_year,
        filing_status=list(FilingStatus)[int(g.integers(len(FilingStatus)))],
        ordinary_income_usd=maybe(0.95, 5e3, 3e6),
        interest_usd=maybe(0.5, 1e2, 5e4),
        qualified_dividends_usd=maybe(0.5, 1e2, 1e5),
        net_short_usd=signed(0.5, 1e3, 1e5),
        net_long_usd=signed(0.5, 1e3, 2e5),
        carryover_short_usd=maybe(0.3, 1e3, 1e5),
        carryover_long_usd=maybe(0.3, 1e3, 1e5),
        state=states[int(g.integers(len(states)))],
    )


def random_carryover_value(g: np.random.Generator) -> CarryoverValue | None:
    """What a dollar carried over is worth: nothing, mostly."""
    return CarryoverValue(Decimal("0.1"), Decimal("0.05")) if g.random() < 0.3 else None
