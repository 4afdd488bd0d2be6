"""Proposed trades as CSV, for a broker's upload or a spreadsheet, and back.

Problem: a cell that starts with ``=`` is a formula to a spreadsheet, and a ticker comes from a
user's file. Decision: text cells that a spreadsheet could take for a formula get a leading
apostrophe, the mark for text, and `read_trades_csv` takes exactly that one away again, so the value
survives; numbers are written as plain numbers, negative ones too. Amounts are exact decimals.
Limits: one file is one proposal; it holds what to do and why, not the account.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from types import MappingProxyType

from di_advisor.domain.spreadsheet_cells import text_cell, text_of_cell
from di_advisor.domain.trades import Trade
from di_advisor.errors import InputError
from di_advisor.propose.proposal import Proposal

__all__ = ["TRADE_COLUMNS", "read_trades_csv", "text_cell", "text_of_cell", "trades_csv"]

TRADE_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "account_id": "The account.",
        "as_of": "Tax date of the trade, YYYY-MM-DD.",
        "side": "buy or sell.",
        "security_id": "Permanent id of the security.",
        "ticker": "Its ticker.",
        "name": "Its name.",
        "sector": "Its sector.",
        "lot_id": "The tax lot to sell from; empty for a buy.",
        "acquired": "When the lot was bought; empty for a buy.",
        "shares": "Number of shares, more than zero.",
        "price_usd": "Price of a share that the proposal used, USD.",
        "value_usd": "Shares times price, USD.",
        "term": "long or short, for a sale.",
        "gain_usd": "Gain that the sale realises, USD; negative for a loss.",
        "<term of the objective>_usd": "What the trade does to that term, USD; positive hurts. One column a term.",
        "benefit_usd": "What the trade is worth: minus the sum of the terms, USD.",
        "why": "The reason, in one sentence.",
    }
)
"""Columns of the file of proposed trades."""


def _terms(proposal: Proposal) -> dict[str, str]:
    """Terms of the objective by the name of their column."""
    return {f"{re.sub(r'[^a-z0-9]+', '_', term.casefold())}_usd": term for term in proposal.terms_usd}


def trades_csv(proposal: Proposal) -> str:
    """The proposed trades as CSV text with a header, columns as in `TRADE_COLUMNS`, lines ending in CRLF."""
    terms = _terms(proposal)
    header = [c for name in TRADE_COLUMNS for c in (terms if name.startswith("<") else [name])]
    written = io.StringIO(newline="")
    rows = csv.writer(written)
    rows.writerow([text_cell(c) for c in header])
    for trade in proposal.trade_list:
        texts = {
            "account_id": proposal.account_id,
            "security_id": trade.security_id,
            "ticker": trade.ticker,
            "name": trade.name,
            "sector": trade.sector,
            "lot_id": trade.lot_id,
            "why": trade.sentence,
        }
        cells = {**_figures(trade, proposal), **{k: text_cell(v) for k, v in texts.items()}}
        cells |= {column: f"{trade.dollars.get(term, 0):f}" for column, term in terms.items()}
        rows.writerow([cells[c] for c in header])
    return written.getvalue()


def _figures(trade: Trade, proposal: Proposal) -> dict[str, str]:
    return {
        "as_of": proposal.as_of.isoformat(),
        "side": trade.side.value,
        "acquired": "" if trade.acquired is None else trade.acquired.isoformat(),
        "shares": f"{trade.shares:f}",
        "price_usd": f"{trade.price_usd:f}",
        "value_usd": f"{trade.value_usd:f}",
        "term": "" if trade.long_term is None else ("long" if trade.long_term else "short"),
        "gain_usd": "" if trade.gain_usd is None else f"{trade.gain_usd:f}",
        "benefit_usd": f"{trade.benefit_usd:f}",
    }


def read_trades_csv(text: str) -> list[dict[str, str]]:
    """Rows of a file of proposed trades, cells as they were before they were made safe.

    Raises
    ------
    InputError
        If a column is missing.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    missing = [c for c in TRADE_COLUMNS if not c.startswith("<") and c not in (reader.fieldnames or ())]
    if missing:
        raise InputError(
            f"The file of trades lacks the columns {', '.join(missing)}.", hint="Read a file that trades_csv wrote."
        )
    numbers = ("shares", "_usd")
    return [{k: v if k.endswith(numbers) else text_of_cell(v) for k, v in row.items()} for row in reader]
