"""Ports of data sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from di_advisor.domain.esg_columns import EsgColumns, HeadColumn, ReadEsg
from di_advisor.domain.event_rows import ReadEvents
from di_advisor.domain.events import Event
from di_advisor.domain.history_quality import ReadHistory
from di_advisor.domain.market import FloatArray, Market, ReturnHistory
from di_advisor.domain.portfolio import Fill, Portfolio
from di_advisor.domain.security_master import SecurityMaster
from di_advisor.domain.source_query import SourceQuery
from di_advisor.domain.source_reports import Pulled, SmokeResult, SourceStatus
from di_advisor.domain.target import Target
from di_advisor.domain.trading_conditions import TradingConditions
from di_advisor.domain.universe import Universe

__all__ = [
    "EsgFileReader",
    "EsgSource",
    "FillsReader",
    "LedgerReader",
    "OpeningLotsReader",
    "PortfolioReader",
    "ReturnsReader",
    "SourceDesk",
    "SymbolReader",
    "TradeHistoryReader",
]


@runtime_checkable
class PortfolioReader(Protocol):
    """Reads an account, a market and a target from a user's files."""

    def portfolio(self, lots: Path, *, as_of: date, cash_usd: str) -> Portfolio:
        """Account from a file of lots."""
        ...

    def market(self, prices: Path, *, as_of: date) -> Market:
        """Market from a file of prices."""
        ...

    def target(self, index: Path, *, as_of: date) -> Target:
        """Target from a file of index weights."""
        ...


@runtime_checkable
class SymbolReader(Protocol):
    """A `PortfolioReader` whose files know symbols: it is told what they mean, and says what its files lack."""

    caveat: str

    def naming(self, master: SecurityMaster) -> PortfolioReader:
        """The same reader, with what symbols and identifiers mean."""
        ...


@runtime_checkable
class FillsReader(Protocol):
    """Reads recent and planned trades from a user's file; a `PortfolioReader` may do this too."""

    def fills(self, fills: Path) -> Mapping[str, tuple[Fill, ...]]:
        """Fills by account; those that name none under the empty text."""
        ...


@runtime_checkable
class ReturnsReader(Protocol):
    """Reads a history of returns from a user's file; a `PortfolioReader` may do this too."""

    def returns(self, returns: Path, *, as_of: date) -> ReturnHistory:
        """Daily total returns up to a day."""
        ...


@runtime_checkable
class OpeningLotsReader(Protocol):
    """Reads lots with which books begin; a `PortfolioReader` of a broker's files may do this too."""

    def opening_lots(self, lots: Path, *, as_of: date, account_id: str) -> tuple[Event, ...]:
        """Events that bring the lots of a file into the books; refused where the file has no lots."""
        ...


@runtime_checkable
class LedgerReader(Protocol):
    """Reads events for the ledger from a user's files."""

    def events(self, transactions: Path, *, as_of: date, account_id: str, partial: bool) -> ReadEvents:
        """Events of a file of transactions."""
        ...

    def opening_lots(self, lots: Path, *, as_of: date, account_id: str) -> tuple[Event, ...]:
        """Events that bring the lots of a file into the books."""
        ...


@runtime_checkable
class TradeHistoryReader(Protocol):
    """Reads past parent orders from a user's files, and says what was dropped and why."""

    def trade_history(
        self, orders: Path, *, fills: Path | None = None, conditions: TradingConditions | None = None
    ) -> ReadHistory:
        """History of a file of orders, with a file of fills and tables of the market beside it."""
        ...

    def conditions(
        self, daily: Path | None = None, *, quotes: Path | None = None, minutes: Path | None = None
    ) -> TradingConditions:
        """Tables of the market from files."""
        ...


@runtime_checkable
class SourceDesk(Protocol):
    """All installed sources of data behind one door."""

    def names(self) -> tuple[str, ...]:
        """Names of the installed sources."""
        ...

    def status(self, *, probe: bool = False) -> tuple[SourceStatus, ...]:
        """How all sources stand; with ``probe``, whether their hosts take connections."""
        ...

    def pull(self, name: str, query: SourceQuery, **settings: Any) -> Pulled:
        """Records of a source; settings: ``progress``, ``cancel``, ``partial``, ``accept_fewer``, ``as_fetched``."""
        ...

    def parse_file(self, name: str, path: Path, context: Mapping[str, str] | None = None) -> Pulled:
        """Records of a saved answer or workbook."""
        ...

    def export_bundle(self, folder: Path, questions: Iterable[tuple[str, SourceQuery]]) -> Path:
        """Write the answers to questions into a bundle and return its manifest."""
        ...

    def smoke(self, folder: Path, *, live: bool, names: Sequence[str] | None = None) -> tuple[SmokeResult, ...]:
        """Ask the live services a small question each and write a dated report."""
        ...

    def close(self) -> None:
        """Close connections and files."""
        ...


@runtime_checkable
class EsgFileReader(Protocol):
    """Reads somebody's ESG file by columns that a person has named."""

    def head(self, path: Path) -> tuple[HeadColumn, ...]:
        """Columns as they stand in the file."""
        ...

    def read(self, path: Path, columns: EsgColumns, universe: Universe, *, as_of: date) -> ReadEsg:
        """Measures that were known by a day, and what came of the rest."""
        ...


@runtime_checkable
class EsgSource(Protocol):
    """Gives ESG measures of a universe as they were known on a date."""

    def measures(self, universe: Universe, *, known_at: date) -> Mapping[str, FloatArray]:
        """Measures by name, arrays of shape (n,), NaN where not covered."""
        ...
