"""The return: netting, rates, carryovers, and what the next dollar of gain or loss is worth.

Exact arithmetic throughout; figures of the tax years are data with sources; policies stand in every
result. **Not tax advice.**
"""

from __future__ import annotations

from di_advisor.ledger.tax_return.curves import Plane, TaxCurve, TaxSurface
from di_advisor.ledger.tax_return.dividends import (
    DividendSplit,
    HoldingDays,
    SharesHeld,
    count_holding_days,
    holding_window,
    split_dividend,
)
from di_advisor.ledger.tax_return.filing import filing_status_of
from di_advisor.ledger.tax_return.gain_tax import CarryoverValue
from di_advisor.ledger.tax_return.inputs import ReturnInputs
from di_advisor.ledger.tax_return.netting import (
    CarryoverWorksheet,
    capital_loss_limit_usd,
    carryover_worksheet,
    split_joint_carryover,
)
from di_advisor.ledger.tax_return.next_dollar import NextDollar, TaxOnGains, next_dollar, tax_on_gains
from di_advisor.ledger.tax_return.policies import AmtPolicy, ReturnPolicies, SmallIncomeTax
from di_advisor.ledger.tax_return.result import NOT_TAX_ADVICE, ReturnResult, compute_return
from di_advisor.ledger.tax_return.state_tax import StateBase, StateTax
from di_advisor.ledger.tax_return.tables import TaxTables, known_tax_years, tax_tables
from di_advisor.ledger.tax_return.transfers import (
    CharitableGift,
    GiftSale,
    InheritedBasis,
    charitable_gift,
    gift_sale,
    inherited_basis,
)

__all__ = [
    "NOT_TAX_ADVICE",
    "AmtPolicy",
    "CarryoverValue",
    "CarryoverWorksheet",
    "CharitableGift",
    "DividendSplit",
    "GiftSale",
    "HoldingDays",
    "InheritedBasis",
    "NextDollar",
    "Plane",
    "ReturnInputs",
    "ReturnPolicies",
    "ReturnResult",
    "SharesHeld",
    "SmallIncomeTax",
    "StateBase",
    "StateTax",
    "TaxCurve",
    "TaxOnGains",
    "TaxSurface",
    "TaxTables",
    "capital_loss_limit_usd",
    "carryover_worksheet",
    "charitable_gift",
    "compute_return",
    "count_holding_days",
    "filing_status_of",
    "gift_sale",
    "holding_window",
    "inherited_basis",
    "known_tax_years",
    "next_dollar",
    "split_dividend",
    "split_joint_carryover",
    "tax_on_gains",
    "tax_tables",
]
