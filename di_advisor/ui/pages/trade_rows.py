"""Rows of the trades page: which trades are listed, what stands in each, and what was decided on it.

Decision: pure functions of a proposal and of decisions, so that the page only holds controls. Limits: a filter looks
at what a trade says of itself; a name with several lots has a row a lot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from di_advisor.domain.portfolio import Side
from di_advisor.domain.trades import Trade
from di_advisor.propose.proposal import Proposal
from di_advisor.report.tables import Align, Column, SecurityName, Table
from di_advisor.report.wording import money, shares, signed
from di_advisor.runs.decisions import Decisions
from di_advisor.ui.verbs.explaining import trade_key

__all__ = ["ALL", "FILTERS", "NO_TRADES", "trades_table"]

ALL: Final = "all"
_COLUMNS: Final = (
    Column("Name"),
    Column("Side"),
    Column("Shares", align=Align.RIGHT),
    Column("Value", "$", Align.RIGHT),
    Column("Gain", "$", Align.RIGHT),
    Column("Tax", "$", Align.RIGHT),
    Column("Benefit", "$", Align.RIGHT),
    Column("Decided"),
    Column("Lot"),
    Column("Why", align=Align.BELOW),
)
FILTERS: Final = [
    ("All trades", ALL),
    ("Harvest: sold at a loss", "harvest"),
    ("Sold at a gain", "gain"),
    ("Sells", "sell"),
    ("Buys", "buy"),
    ("Risk: brought nearer to target", "drift"),
    ("ESG", "esg"),
    ("Cash: does not pay by itself", "cash"),
]


_KEPT: Final[Mapping[str, Callable[[Trade], bool]]] = {
    ALL: lambda _: True,
    "harvest": lambda t: t.gain_usd is not None and t.gain_usd < 0,
    "gain": lambda t: t.gain_usd is not None and t.gain_usd > 0,
    "sell": lambda t: t.side is Side.SELL,
    "buy": lambda t: t.side is Side.BUY,
    "drift": lambda t: t.dollars.get("active risk", Decimal(0)) < 0,
    "esg": lambda t: any(v < 0 for term, v in t.dollars.items() if "esg" in term.casefold()),
    "cash": lambda t: t.benefit_usd < 0,
}


def _decided(trade: Trade, decisions: Decisions) -> str:
    if decisions.rejected.get(trade.security_id) is trade.side:
        return "rejected"
    if trade.security_id in decisions.locked:
        return "locked"
    return "accepted" if trade.security_id in decisions.accepted else ""


def trades_table(proposal: Proposal, decisions: Decisions, kind: str = ALL) -> tuple[Table, tuple[str, ...]]:
    """Trades of a kind as a table, with the id of each row."""
    trades = [t for t in proposal.trade_list if _KEPT[kind](t)]
    rows = tuple(
        (
            SecurityName(t.ticker, t.name),
            t.side.value.capitalize(),
            shares(t.shares),
            money(t.value_usd),
            "-" if t.gain_usd is None else signed(money(t.gain_usd)),
            signed(money(t.dollars.get("tax", Decimal(0)))),
            signed(money(t.benefit_usd)),
            _decided(t, decisions),
            t.lot_id or "-",
            t.sentence,
        )
        for t in trades
    )
    return Table("Trades", _COLUMNS, rows), tuple(trade_key(t) for t in trades)


NO_TRADES: Final = Table("Trades", _COLUMNS, ())
"""Before the first proposal."""
