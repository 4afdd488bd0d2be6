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
    from di_advisor.domain.esg_wishes import EsgWish, Pathway, Uncovered
    from di_advisor.domain.exclusions import Condition, Exclusion, GlidePath
    from di_advisor.domain.group_bands import GroupBand
    from di_advisor.domain.lots import LotState, TaxLot
    from di_advisor.domain.mandate import Band, Mandate, NameBand, Rounding
    from di_advisor.domain.market import Market
    from di_advisor.domain.portfolio import Account, AccountKind, CashItem, Fill, Portfolio, Side
    from di_advisor.domain.risk import FactorRisk
    from di_advisor.domain.target import IndexWeights, Target, TargetComponent
    from di_advisor.domain.taxes import ConstantRates, FilingStatus, TaxProfile
    from di_advisor.domain.universe import Security, Universe
    from di_advisor.ledger.ledger import Ledger
    from di_advisor.propose.proposal import Proposal
    from di_advisor.ui import app, load_ipython_extension
    from di_advisor.workspace import Workspace

__all__ = [
    "Account",
    "AccountKind",
    "Advisor",
    "Band",
    "CashItem",
    "Condition",
    "ConstantRates",
    "Direction",
    "EsgMeasure",
    "EsgTable",
    "EsgWish",
    "Exclusion",
    "FactorRisk",
    "FilingStatus",
    "Fill",
    "GlidePath",
    "GroupBand",
    "IndexWeights",
    "Ledger",
    "LotState",
    "Mandate",
    "Market",
    "NameBand",
    "Pathway",
    "Portfolio",
    "Proposal",
    "Rounding",
    "Security",
    "Side",
    "Target",
    "TargetComponent",
    "TaxLot",
    "TaxProfile",
    "Uncovered",
    "Universe",
    "Workspace",
    "app",
    "load_ipython_extension",
]

_HOME = {
    "di_advisor.advisor": ("Advisor",),
    "di_advisor.domain.esg_table": ("Direction", "EsgMeasure", "EsgTable"),
    "di_advisor.domain.esg_wishes": ("EsgWish", "Pathway", "Uncovered"),
    "di_advisor.domain.exclusions": ("Condition", "Exclusion", "GlidePath"),
    "di_advisor.domain.group_bands": ("GroupBand",),
    "di_advisor.domain.lots": ("LotState", "TaxLot"),
    "di_advisor.domain.mandate": ("Band", "Mandate", "NameBand", "Rounding"),
    "di_advisor.domain.market": ("Market",),
    "di_advisor.domain.portfolio": ("Account", "AccountKind", "CashItem", "Fill", "Portfolio", "Side"),
    "di_advisor.domain.risk": ("FactorRisk",),
    "di_advisor.domain.target": ("IndexWeights", "Target", "TargetComponent"),
    "di_advisor.domain.taxes": ("ConstantRates", "FilingStatus", "TaxProfile"),
    "di_advisor.domain.universe": ("Security", "Universe"),
    "di_advisor.ledger.ledger": ("Ledger",),
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
