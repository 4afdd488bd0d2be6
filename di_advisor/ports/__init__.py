"""Ports: one Protocol for each kind of plug-in, and nothing else.

A plug-in implements a port and is found by its entry point (`di_advisor.registry`). Ports speak
in domain types only, so that a model can be replaced without touching the inside.
"""

from __future__ import annotations

from di_advisor.ports.models import CostModel, CostReasons, HarvestModel, RebalanceValueModel, RiskModel
from di_advisor.ports.quotes import QuoteSource
from di_advisor.ports.sources import (
    EsgFileReader,
    EsgSource,
    FillsReader,
    LedgerReader,
    OpeningLotsReader,
    PortfolioReader,
    ReturnsReader,
    SourceDesk,
    SymbolReader,
    TradeHistoryReader,
)
from di_advisor.ports.training import CostTrainer

__all__ = [
    "CostModel",
    "CostReasons",
    "CostTrainer",
    "EsgFileReader",
    "EsgSource",
    "FillsReader",
    "HarvestModel",
    "LedgerReader",
    "OpeningLotsReader",
    "PortfolioReader",
    "QuoteSource",
    "RebalanceValueModel",
    "ReturnsReader",
    "RiskModel",
    "SourceDesk",
    "SymbolReader",
    "TradeHistoryReader",
]
