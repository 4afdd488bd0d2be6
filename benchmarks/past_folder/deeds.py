"""Corporate actions of a panel as ledger events, and dividends as payouts.

Problem: prices show that something happened, the ledger must know what. Decision: splits change shares; what was spun
off becomes shares of the child where the child has prices, else of a stand-in that is sold at once at the first close
(the list's, or the worth that prices show); a payout of more than a quarter of the price is a return of capital; a
name that no longer prints leaves by the terms of its merger where these agree with its last price, else it is sold at
that price ten sessions later. Treatments are assumptions of this past, not facts of the files: spin-offs are tax-free,
deals for shares only too, deals of cash and shares are reorganisations with boot where shares are 40 percent of the
worth (continuity of interest) and taxable below. Limits: fractions of shares are kept, dividends come on the ex-date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from benchmarks.past_folder.listed import ListedMerger, ListedSpinOff, by_parent
from benchmarks.past_folder.panel import Panel
from benchmarks.past_folder.quality import Quality
from di_advisor.backtest.past import Payout
from di_advisor.domain.events import (
    CashMerger,
    DividendKind,
    MixedMerger,
    ReturnOfCapital,
    ReverseSplit,
    SecurityEvent,
    SpinOff,
    Split,
    StockMerger,
    TaxTreatment,
)

__all__ = ["STALE_SESSIONS", "Deeds", "deeds_of", "price"]

STALE_SESSIONS = 10
"""A close stands for this many sessions without a print; then the name is sold at it."""

_SOURCE = "price folder"
_CAPITAL = 0.25
_AGREES = 0.06
_CONTINUITY = 0.4
_DAYS_AROUND = (10, 45)
_FOUR = Decimal("0.0001")
_SIX = Decimal("0.000001")


def price(value: float) -> Decimal:
    """A price to four decimals, and not less than the last of them."""
    return max(Decimal(repr(float(value))).quantize(_FOUR), _FOUR)


@dataclass
class Deeds:
    """What happens on each session, by its position.

    Attributes
    ----------
    opening : dict of int to list of SecurityEvent
        Before the open, in order.
    payouts : dict of int to list of Payout
        Dividends by ex-date.
    gone : dict of int to int
        By position of the name, the session from whose open on it no longer exists.
    child_from : dict of int to int
        By position of a child that was spun off, its first session.
    exit_return : dict of (int, int) to float
        Return of a name on the session of its exit, by positions of session and name.
    """

    opening: dict[int, list[SecurityEvent]] = field(default_factory=dict)
    payouts: dict[int, list[Payout]] = field(default_factory=dict)
    gone: dict[int, int] = field(default_factory=dict)
    child_from: dict[int, int] = field(default_factory=dict)
    exit_return: dict[tuple[int, int], float] = field(default_factory=dict)


def deeds_of(
    panel: Panel,
    spin_offs: Sequence[ListedSpinOff],
    mergers: Sequence[ListedMerger],
    reits: frozenset[str],
    quality: Quality,
) -> Deeds:
    """All events and payouts of a panel."""
    deeds = Deeds()
    listed = by_parent(spin_offs)
    for row, j in zip(*np.nonzero(panel.spun > 0), strict=True):
        _spin_off(panel, deeds, int(row), int(j), listed.get((panel.ids[j], panel.sessions[row]), []), quality)
    for (row, j), ratio in sorted(panel.splits.items()):
        kind = Split if ratio > 1 else ReverseSplit
        deeds.opening.setdefault(row, []).append(
            kind(
                event_id=f"split-{panel.ids[j]}-{panel.sessions[row]}",
                on=panel.sessions[row],
                source=_SOURCE,
                security_id=panel.ids[j],
                tax_treatment=TaxTreatment.SPLIT,
                new_per_old=ratio,
            )
        )
    _payouts(panel, deeds, reits, quality)
    _exits(panel, deeds, mergers, quality)
    for events in deeds.opening.values():
        events.sort(key=lambda e: e.sequence)
    return deeds


def _spin_off(panel: Panel, deeds: Deeds, row: int, j: int, listed: Sequence[ListedSpinOff], quality: Quality) -> None:
    """Shares of children, or of a stand-in that is sold at once."""
    parent, day = panel.ids[j], panel.sessions[row]
    # The ledger splits first: what is spun off comes for each share after the split of the same day.
    split = panel.splits.get((row, j), Fraction(1))
    left = float(panel.close_usd[row, j])
    worth = float(panel.spun[row, j]) * left / float(split)
    children: list[tuple[str, Fraction, float]] = []
    for s in listed:
        k = panel.ids.index(s.child_id) if s.child_id in panel.ids else -1
        own = float(panel.close_usd[row, k]) if k >= 0 else np.nan
        if abs(own / s.child_close_usd - 1) < _AGREES / 2:
            children.append((s.child_id, s.child_per_old / split, own))
            deeds.child_from[k] = row
        else:
            children.append(("", s.child_per_old / split, s.child_close_usd))
    if not children:
        children = [("", Fraction(1), worth)]
    remaining = left + sum(float(r) * c for _, r, c in children)
    for number, (child, ratio, close) in enumerate(children):
        stand_in = child or f"{parent}:SPUN:{day}:{number}"
        part = float(ratio) * close
        deeds.opening.setdefault(row, []).append(
            SpinOff(
                event_id=f"spin-{parent}-{day}-{number}",
                on=day,
                sequence=1 + 2 * number,
                source=_SOURCE,
                security_id=parent,
                tax_treatment=TaxTreatment.TAX_FREE,
                spun_security_id=stand_in,
                new_per_old=ratio,
                parent_fraction=Decimal(repr((remaining - part) / remaining)).quantize(_SIX),
            )
        )
        remaining -= part
        if not child:
            quality.note("spun-off shares sold at the first close", stand_in)
            deeds.opening[row].append(_cash(stand_in, panel, row, price(close), sequence=2 + 2 * number))


def _cash(security_id: str, panel: Panel, row: int, paid: Decimal | Fraction, *, sequence: int) -> CashMerger:
    return CashMerger(
        event_id=f"cash-{security_id}-{panel.sessions[row]}",
        on=panel.sessions[row],
        sequence=sequence,
        source=_SOURCE,
        security_id=security_id,
        tax_treatment=TaxTreatment.TAXABLE,
        cash_per_share_usd=paid,
    )


def _payouts(panel: Panel, deeds: Deeds, reits: frozenset[str], quality: Quality) -> None:
    for row, j in zip(*np.nonzero(panel.dividend_usd > 0), strict=True):
        security_id, day = panel.ids[j], panel.sessions[row]
        paid = Decimal(repr(float(panel.dividend_usd[row, j]))).quantize(_SIX)
        if not (row and paid > 0 and np.isfinite(panel.close_usd[row - 1, j])):
            continue
        if panel.dividend_usd[row, j] > _CAPITAL * panel.close_usd[row - 1, j]:
            quality.note("payouts taken as a return of capital", f"{security_id} {day} {paid}")
            deeds.opening.setdefault(int(row), []).append(
                ReturnOfCapital(
                    event_id=f"capital-{security_id}-{day}",
                    on=day,
                    sequence=8,
                    source=_SOURCE,
                    security_id=security_id,
                    tax_treatment=TaxTreatment.RETURN_OF_CAPITAL,
                    amount_per_share_usd=paid,
                )
            )
            continue
        kind = DividendKind.REIT if security_id in reits else DividendKind.COMMON
        deeds.payouts.setdefault(int(row), []).append(Payout(security_id, day, day, paid, kind))


def _exits(panel: Panel, deeds: Deeds, mergers: Sequence[ListedMerger], quality: Quality) -> None:
    """Names that no longer print leave, first those that others are paid in."""
    t = len(panel.sessions)
    known = {m.security_id: m for m in mergers}
    last = np.array([np.flatnonzero(np.isfinite(c))[-1] for c in panel.close_usd.T])
    column = {i: j for j, i in enumerate(panel.ids)}
    for j in np.argsort(last, kind="stable"):
        end = int(last[j])
        if end + 1 >= t:
            continue
        security_id, close = panel.ids[j], float(panel.close_usd[end, j])
        merger = known.get(security_id)
        found = _by_terms(panel, merger, end, close, column, last) if merger is not None else None
        row = end + 1
        if found is None:
            row = end + STALE_SESSIONS + 1
            if row >= t:
                continue
            quality.note("names sold at their last close", f"{security_id} {panel.sessions[end]}")
            event: SecurityEvent = _cash(security_id, panel, row, price(close), sequence=9)
            gain = 0.0
        else:
            event, gain = found
            quality.note("names that left by the terms of a merger", f"{security_id} {panel.sessions[row]}")
        deeds.gone[int(j)] = row
        deeds.exit_return[row, int(j)] = gain
        deeds.opening.setdefault(row, []).append(event)


def _by_terms(
    panel: Panel,
    merger: ListedMerger,
    end: int,
    close: float,
    column: dict[str, int],
    last: NDArray[np.int64],
) -> tuple[SecurityEvent, float] | None:
    """The merger's event and the return it gives on the last close; None where terms and close do not agree."""
    before, after = (timedelta(days=d) for d in _DAYS_AROUND)
    if not panel.sessions[end] - before <= merger.on <= panel.sessions[end] + after:
        return None
    row, day = end + 1, panel.sessions[end + 1]
    k = column.get(merger.acquirer_id, -1)
    new = float(panel.close_usd[row, k]) if k >= 0 and last[k] > row else np.nan
    stock = float(merger.ratio) * new if merger.ratio else 0.0
    worth = float(merger.cash_usd) + stock
    if not abs(worth / close - 1) < _AGREES:
        return None
    if not merger.ratio:
        return _cash(merger.security_id, panel, row, merger.cash_usd, sequence=9), worth / close - 1
    common = {
        "event_id": f"merger-{merger.security_id}-{day}",
        "on": day,
        "sequence": 9,
        "source": _SOURCE,
        "security_id": merger.security_id,
        "new_security_id": merger.acquirer_id,
        "new_per_old": merger.ratio,
        "value_per_new_usd": price(new),
    }
    if not merger.cash_usd:
        return StockMerger(**common, tax_treatment=TaxTreatment.TAX_FREE), worth / close - 1  # type: ignore[arg-type]
    boot = TaxTreatment.REORGANISATION_WITH_BOOT if stock >= _CONTINUITY * worth else TaxTreatment.TAXABLE
    mixed = MixedMerger(**common, cash_per_share_usd=merger.cash_usd, tax_treatment=boot)  # type: ignore[arg-type]
    return mixed, worth / close - 1
