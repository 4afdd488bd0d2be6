"""Direct indexing for advisors: from tax lots to explained trades, in a notebook or from a terminal.

The public names, and nothing else. Everything heavier than numpy is imported when it is first used.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from di_advisor.advisor import Advisor
    from di_advisor.domain.esg_table import Direction, EsgMeasure, EsgTable
    from di_advisor.domain.esg_wishes import EsgWish, Pathway, Uncovered, exposure_cap, not_below_index, share_floor
    from di_advisor.domain.exclusions import Condition, Exclusion, GlidePath, Operator
    from di_advisor.domain.group_bands import GroupBand, GroupKind, MeasuredAs
    from di_advisor.domain.household import Filer, Household, HouseholdAccount
    from di_advisor.domain.lots import LotState, TaxLot
    from di_advisor.domain.mandate import Band, Mandate, NameBand, Rounding, TradingMode, WashPolicy
    from di_advisor.domain.market import Market
    from di_advisor.domain.portfolio import Account, AccountKind, CashItem, Fill, Portfolio, Side
    from di_advisor.domain.risk import FactorRisk
    from di_advisor.domain.signals import Lock, LockKind
    from di_advisor.domain.target import IndexWeights, Target, TargetComponent
    from di_advisor.domain.taxes import ConstantRates, FilingStatus, TaxProfile
    from di_advisor.domain.transition import TransitionWish
    from di_advisor.domain.universe import Security, Universe
    from di_advisor.formulate.own import OwnRule, OwnTerm
    from di_advisor.formulate.schedule_d import FilerTax
    from di_advisor.ledger.ledger import Ledger
    from di_advisor.ledger.tax_return import CarryoverValue, ReturnInputs, ReturnPolicies, StateTax
    from di_advisor.propose.frontiers import Dial, esg_uplift
    from di_advisor.propose.proposal import Proposal
    from di_advisor.ui import app, load_ipython_extension
    from di_advisor.workspace import Workspace

__all__ = [
    "Account",
    "AccountKind",
    "Advisor",
    "Band",
    "CarryoverValue",
    "CashItem",
    "Condition",
    "ConstantRates",
    "Dial",
    "Direction",
    "EsgMeasure",
    "EsgTable",
    "EsgWish",
    "Exclusion",
    "FactorRisk",
    "Filer",
    "FilerTax",
    "FilingStatus",
    "Fill",
    "GlidePath",
    "GroupBand",
    "GroupKind",
    "Household",
    "HouseholdAccount",
    "IndexWeights",
    "Ledger",
    "Lock",
    "LockKind",
    "LotState",
    "Mandate",
    "Market",
    "MeasuredAs",
    "NameBand",
    "Operator",
    "OwnRule",
    "OwnTerm",
    "Pathway",
    "Portfolio",
    "Proposal",
    "ReturnInputs",
    "ReturnPolicies",
    "Rounding",
    "Security",
    "Side",
    "StateTax",
    "Target",
    "TargetComponent",
    "TaxLot",
    "TaxProfile",
    "TradingMode",
    "TransitionWish",
    "Uncovered",
    "Universe",
    "WashPolicy",
    "Workspace",
    "app",
    "esg_uplift",
    "exposure_cap",
    "load_ipython_extension",
    "not_below_index",
    "share_floor",
]

_HOME = {
    "di_advisor.advisor": ("Advisor",),
    "di_advisor.domain.esg_table": ("Direction", "EsgMeasure", "EsgTable"),
    "di_advisor.domain.esg_wishes": (
        "EsgWish",
        "Pathway",
        "Uncovered",
        "exposure_cap",
        "not_below_index",
        "share_floor",
    ),
    "di_advisor.domain.exclusions": ("Condition", "Exclusion", "GlidePath", "Operator"),
    "di_advisor.domain.group_bands": ("GroupBand", "GroupKind", "MeasuredAs"),
    "di_advisor.domain.household": ("Filer", "Household", "HouseholdAccount"),
    "di_advisor.domain.lots": ("LotState", "TaxLot"),
    "di_advisor.domain.mandate": ("Band", "Mandate", "NameBand", "Rounding", "TradingMode", "WashPolicy"),
    "di_advisor.domain.market": ("Market",),
    "di_advisor.domain.portfolio": ("Account", "AccountKind", "CashItem", "Fill", "Portfolio", "Side"),
    "di_advisor.domain.risk": ("FactorRisk",),
    "di_advisor.domain.signals": ("Lock", "LockKind"),
    "di_advisor.domain.target": ("IndexWeights", "Target", "TargetComponent"),
    "di_advisor.domain.taxes": ("ConstantRates", "FilingStatus", "TaxProfile"),
    "di_advisor.domain.transition": ("TransitionWish",),
    "di_advisor.domain.universe": ("Security", "Universe"),
    "di_advisor.formulate.own": ("OwnRule", "OwnTerm"),
    "di_advisor.formulate.schedule_d": ("FilerTax",),
    "di_advisor.ledger.ledger": ("Ledger",),
    "di_advisor.ledger.tax_return": ("CarryoverValue", "ReturnInputs", "ReturnPolicies", "StateTax"),
    "di_advisor.propose.frontiers": ("Dial", "esg_uplift"),
    "di_advisor.propose.proposal": ("Proposal",),
    "di_advisor.ui": ("app", "load_ipython_extension"),
    "di_advisor.workspace": ("Workspace",),
}
_WHERE = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is asked for
    if name in _WHERE:
        return getattr(importlib.import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'di_advisor' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


if "IPython" in sys.modules:  # in a notebook results show themselves; elsewhere nothing is imported for it
    importlib.import_module("di_advisor.ui.formatters").register_under_ipython()
