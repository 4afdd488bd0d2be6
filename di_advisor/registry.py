"""Plug-ins by entry point: models and readers are found by name, and never imported by the inside.

Problem: a third party adds a model or a reader without touching this project. Decision: one entry-
point group for each port; a plug-in is a class (or another callable without needed arguments) whose
instance keeps the port's Protocol, which is checked. Every failure is a `PluginError` that says what
exists. Limits: a runtime check sees that methods are there, not that they are right; for that there
is the conformance kit in `di_advisor.testing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, cast

from di_advisor.errors import PluginError
from di_advisor.ports import (
    CostModel,
    CostTrainer,
    EsgFileReader,
    EsgSource,
    HarvestModel,
    LedgerReader,
    PortfolioReader,
    QuoteSource,
    RebalanceValueModel,
    RiskModel,
    SourceDesk,
    TradeHistoryReader,
)

__all__ = [
    "COST_MODELS",
    "COST_TRAINERS",
    "ESG_FILE_READERS",
    "ESG_SOURCES",
    "HARVEST_MODELS",
    "LEDGER_READERS",
    "PORTFOLIO_READERS",
    "QUOTE_SOURCES",
    "REBALANCE_VALUE_MODELS",
    "RISK_MODELS",
    "SOURCE_DESKS",
    "TRADE_HISTORY_READERS",
    "available",
    "cost_model",
    "cost_trainer",
    "esg_file_reader",
    "esg_source",
    "harvest_model",
    "ledger_reader",
    "portfolio_reader",
    "quote_source",
    "rebalance_value_model",
    "risk_model",
    "source_desk",
    "trade_history_reader",
]

RISK_MODELS: Final = "di_advisor.risk_models"
COST_MODELS: Final = "di_advisor.cost_models"
COST_TRAINERS: Final = "di_advisor.cost_trainers"
HARVEST_MODELS: Final = "di_advisor.harvest_models"
REBALANCE_VALUE_MODELS: Final = "di_advisor.rebalance_value_models"
PORTFOLIO_READERS: Final = "di_advisor.portfolio_readers"
QUOTE_SOURCES: Final = "di_advisor.quote_sources"
ESG_FILE_READERS: Final = "di_advisor.esg_file_readers"
ESG_SOURCES: Final = "di_advisor.esg_sources"
LEDGER_READERS: Final = "di_advisor.ledger_readers"
TRADE_HISTORY_READERS: Final = "di_advisor.trade_history_readers"
SOURCE_DESKS: Final = "di_advisor.source_desks"


def available(group: str) -> Mapping[str, EntryPoint]:
    """Entry points of a group by name, without loading any.

    Raises
    ------
    PluginError
        If two installed packages give different plug-ins the same name.
    """
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        known = found.setdefault(point.name, point)
        if known.value != point.value:
            raise PluginError(
                f"Two plug-ins of {group} are called {point.name!r}: {known.value} and {point.value}.",
                hint="Uninstall one of the packages, or ask its authors for another name.",
                group=group,
                name=point.name,
            )
    return found


def risk_model(name: str = "factor", **settings: Any) -> RiskModel:
    """Instance of a risk model; ``settings`` go to its class.

    Raises
    ------
    PluginError
        If there is none of that name, it cannot be loaded, or it does not keep the port.
    """
    found = _instance(RISK_MODELS, name, settings)
    if not isinstance(found, RiskModel):
        raise _broken(RISK_MODELS, name, found, RiskModel)
    return found


def cost_model(name: str = "prior", **settings: Any) -> CostModel:
    """Instance of a cost model; as `risk_model`."""
    found = _instance(COST_MODELS, name, settings)
    if not isinstance(found, CostModel):
        raise _broken(COST_MODELS, name, found, CostModel)
    return found


def cost_trainer(name: str = "default", **settings: Any) -> CostTrainer:
    """Instance of what trains cost models; as `risk_model`."""
    found = _instance(COST_TRAINERS, name, settings)
    if not isinstance(found, CostTrainer):
        raise _broken(COST_TRAINERS, name, found, CostTrainer)
    return found


def harvest_model(name: str = "program", **settings: Any) -> HarvestModel:
    """Instance of a harvest model; as `risk_model`."""
    found = _instance(HARVEST_MODELS, name, settings)
    if not isinstance(found, HarvestModel):
        raise _broken(HARVEST_MODELS, name, found, HarvestModel)
    return found


def rebalance_value_model(name: str = "learned", **settings: Any) -> RebalanceValueModel:
    """Instance of a model of what rebalancing now is worth; as `risk_model`."""
    found = _instance(REBALANCE_VALUE_MODELS, name, settings)
    if not isinstance(found, RebalanceValueModel):
        raise _broken(REBALANCE_VALUE_MODELS, name, found, RebalanceValueModel)
    return found


def portfolio_reader(name: str = "csv", **settings: Any) -> PortfolioReader:
    """Instance of a reader of portfolios; as `risk_model`."""
    found = _instance(PORTFOLIO_READERS, name, settings)
    if not isinstance(found, PortfolioReader):
        raise _broken(PORTFOLIO_READERS, name, found, PortfolioReader)
    return found


def quote_source(name: str = "files", **settings: Any) -> QuoteSource:
    """Instance of a source of quotes within a day; as `risk_model`."""
    found = _instance(QUOTE_SOURCES, name, settings)
    if not isinstance(found, QuoteSource):
        raise _broken(QUOTE_SOURCES, name, found, QuoteSource)
    return found


def ledger_reader(name: str = "csv", **settings: Any) -> LedgerReader:
    """Instance of a reader of transactions and opening lots; as `risk_model`."""
    found = _instance(LEDGER_READERS, name, settings)
    if not isinstance(found, LedgerReader):
        raise _broken(LEDGER_READERS, name, found, LedgerReader)
    return found


def trade_history_reader(name: str = "csv", **settings: Any) -> TradeHistoryReader:
    """Instance of a reader of past orders; as `risk_model`."""
    found = _instance(TRADE_HISTORY_READERS, name, settings)
    if not isinstance(found, TradeHistoryReader):
        raise _broken(TRADE_HISTORY_READERS, name, found, TradeHistoryReader)
    return found


def esg_file_reader(name: str = "mapped", **settings: Any) -> EsgFileReader:
    """Instance of a reader of somebody's ESG file; as `risk_model`."""
    found = _instance(ESG_FILE_READERS, name, settings)
    if not isinstance(found, EsgFileReader):
        raise _broken(ESG_FILE_READERS, name, found, EsgFileReader)
    return found


def esg_source(name: str, **settings: Any) -> EsgSource:
    """Instance of a source of ESG measures; as `risk_model`."""
    found = _instance(ESG_SOURCES, name, settings)
    if not isinstance(found, EsgSource):
        raise _broken(ESG_SOURCES, name, found, EsgSource)
    return found


def source_desk(name: str = "default", **settings: Any) -> SourceDesk:
    """Instance of a desk of data sources; as `risk_model`."""
    found = _instance(SOURCE_DESKS, name, settings)
    if not isinstance(found, SourceDesk):
        raise _broken(SOURCE_DESKS, name, found, SourceDesk)
    return found


def _instance(group: str, name: str, settings: Mapping[str, Any]) -> object:
    points = available(group)
    if name not in points:
        raise PluginError(
            f"There is no plug-in {name!r} in {group}; there is: {', '.join(sorted(points)) or 'none'}.",
            hint="Install the package that brings it; if it is this project's own, install the project again "
            "(pip install -e .), because plug-ins are found where packages are installed.",
            group=group,
            name=name,
            available=sorted(points),
        )
    point = points[name]
    what = f"The plug-in {name!r} of {group} ({point.value})"
    try:
        factory = point.load()
    except (ImportError, AttributeError) as e:
        raise PluginError(
            f"{what} cannot be loaded: {e}.",
            hint="Install what it needs, or a version that fits this one.",
            group=group,
            name=name,
        ) from e
    if not callable(factory):
        raise PluginError(f"{what} is not a class.", hint="Let the entry point name a class.", group=group, name=name)
    try:
        return cast(object, factory(**settings))
    except TypeError as e:
        raise PluginError(
            f"{what} cannot be made with the settings {dict(settings)}: {e}.",
            hint="Every argument of a plug-in's class has a default, and settings are named as the class names them.",
            group=group,
            name=name,
        ) from e


def _broken(group: str, name: str, found: object, port: type) -> PluginError:
    missing = sorted(m for m in vars(port) if not m.startswith("_") and not hasattr(found, m))
    return PluginError(
        f"The plug-in {name!r} of {group} ({type(found).__qualname__}) does not keep the port {port.__name__}: "
        f"it lacks {', '.join(missing)}.",
        hint="The ports are in di_advisor.ports; the conformance kit in di_advisor.testing checks a plug-in.",
        group=group,
        name=name,
        missing=missing,
    )
