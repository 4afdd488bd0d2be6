"""Corporate actions and index changes as a table, as a data vendor would deliver them.

Columns: ``kind``; ``announced`` and ``effective`` (the ex-date of dividends and spin-offs; the target of
a merger last trades the day before); ``security_id``; ``other_security_id`` (the spun-off company, the
acquirer); ``ratio`` (new shares for one old in a split, shares received for one held otherwise);
``cash_usd`` (per share); ``basis_fraction`` (share of the basis that moves to the spun-off company, by
the ex-date's closes); ``old_ticker``, ``new_ticker``; ``reason`` of an index change. NaN and empty text
where a column does not apply.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.sample.simulation import Simulation

__all__ = ["KINDS", "Event", "list_events"]

KINDS = (
    "dividend", "split", "spin_off", "cash_merger", "stock_merger", "delisting", "ticker_change", "index_add",
    "index_remove",
)  # fmt: skip
"""Kinds of events."""

_DIVIDEND_NOTICE_DAYS = 12
_TICKER_NOTICE_DAYS = 8


@dataclass(frozen=True, slots=True)
class Event:
    """One row; the columns are described in the module's text. Days and companies are positions here."""

    kind: str
    announced: int
    effective: int
    company: int
    other: int = -1
    ratio: float = np.nan
    cash_usd: float = np.nan
    basis_fraction: float = np.nan
    old_ticker: str = ""
    new_ticker: str = ""
    reason: str = ""


def _payouts_and_splits(s: Simulation) -> Iterator[Event]:
    for day, i in zip(*np.nonzero(s.path.dividend_usd), strict=True):
        paid = float(s.path.dividend_usd[day, i])
        yield Event("dividend", int(day) - _DIVIDEND_NOTICE_DAYS, int(day), int(i), cash_usd=paid)
    for (day, i), announced in s.path.split_announced.items():
        # A board's plan that a merger overtook has left no mark on the path.
        if s.path.split[day, i] != 1:
            yield Event("split", announced, day, i, ratio=float(s.path.split[day, i]))


def _reorganisations(s: Simulation) -> Iterator[Event]:
    close = s.path.close_usd
    for spin in s.plan.spin_offs:
        moved = spin.ratio * close[spin.ex, spin.child]
        share = float(moved / (moved + close[spin.ex, spin.parent]))
        yield Event(
            "spin_off", spin.announced, spin.ex, spin.parent, spin.child, ratio=spin.ratio, basis_fraction=share
        )
    for offer in s.path.offers:
        m = offer.merger
        if m.acquirer < 0:
            yield Event("cash_merger", m.announced, m.effective, m.target, cash_usd=offer.cash_usd)
        else:
            yield Event("stock_merger", m.announced, m.effective, m.target, m.acquirer, ratio=offer.ratio)
    fail = s.plan.failure
    yield Event("delisting", fail.announced, fail.delisted, fail.company, cash_usd=0.0, reason="failure")


def _names(s: Simulation) -> Iterator[Event]:
    tickers = list(s.companies.tickers)
    for change in s.plan.tickers:
        announced = change.effective - _TICKER_NOTICE_DAYS
        old = tickers[change.company]
        yield Event(
            "ticker_change", announced, change.effective, change.company, old_ticker=old, new_ticker=change.ticker
        )
        tickers[change.company] = change.ticker
    for member in s.index.changes:
        kind = "index_add" if member.joins else "index_remove"
        yield Event(kind, member.announced, member.effective, member.company, reason=member.reason)


def list_events(s: Simulation) -> dict[str, NDArray[Any]]:
    """Columns of all events of shown companies that take effect from the first shown day on, by date."""
    kept = set(s.kept.tolist())
    events = [e for part in (_payouts_and_splits, _reorganisations, _names) for e in part(s)]
    events = [e for e in events if e.company in kept and e.effective >= s.shown]
    events.sort(key=lambda e: (e.effective, KINDS.index(e.kind), e.company))
    names = [f.name for f in fields(Event)]
    rows = [asdict(e) for e in events]
    columns = {name: np.array([row[name] for row in rows]) for name in names}
    ids = np.array([*(s.security_id(i) for i in range(len(s.companies))), ""])
    columns["security_id"], columns["other_security_id"] = ids[columns["company"]], ids[columns["other"]]
    for name in ("announced", "effective"):
        columns[name] = np.array([s.date_at(int(p)) for p in columns[name]], dtype="datetime64[D]")
    order = ("kind", "announced", "effective", "security_id", "other_security_id", *names[5:])
    return {name: columns[name] for name in order}
