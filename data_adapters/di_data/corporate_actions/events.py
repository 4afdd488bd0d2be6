"""From rows to typed events: splits, spin-offs, mergers and delistings.

Problem: the same files feed price histories and tax lots, and what scales a price need not change a
share. Decision: only a plain ratio on a day without a listed spin-off is a split; a spin-off has its
two closes as values and **no** percentages, so its lots are pending until somebody supplies them; a
merger needs its terms and a treatment that the caller states. A row that makes no event is an
error of its row; good rows are kept beside them only when asked for (``partial``). Limits: the day a
listing ended may be a day after the closing; dividends are events of an account, and not made here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, TypeVar

from di_advisor.domain.events import (
    CashMerger,
    Delisting,
    MixedMerger,
    ReverseSplit,
    SecurityEvent,
    SpinOff,
    Split,
    StockMerger,
    TaxTreatment,
)
from di_advisor.domain.rows import Findings
from di_advisor.errors import InputError
from di_data.corporate_actions.ratios import plain_ratio, split_ratio
from di_data.corporate_actions.rows import DelistingRow, SpinOffRow, VendorDay
from di_data.corporate_actions.treatments import Treatments

__all__ = ["ReadActions", "SecurityIds", "delisting_events", "spin_off_events", "split_events"]

SecurityIds = Callable[[str, date], str]
"""Permanent id of the company that a ticker meant on a day; an `InputError` where that is not known."""

_Row = TypeVar("_Row", VendorDay, SpinOffRow, DelistingRow)
# A listing that moved to another exchange goes on.
_GOES_ON = "exchange_transfer"


@dataclass(frozen=True, slots=True)
class ReadActions:
    """Events of a file, and rows that made none.

    Attributes
    ----------
    events : tuple of SecurityEvent
        By day and security.
    errors : tuple of InputError
        One for each row that made none; empty unless a partial reading was asked for.
    """

    events: tuple[SecurityEvent, ...]
    errors: tuple[InputError, ...] = ()


def split_events(
    days: Iterable[VendorDay], security_id: SecurityIds, spin_offs: Iterable[SpinOffRow] = (), *, partial: bool = False
) -> ReadActions:
    """Splits and reverse splits among the factors of a file.

    Parameters
    ----------
    days : iterable of VendorDay
        Of one file.
    security_id : callable
        Permanent id by ticker and day.
    spin_offs : iterable of SpinOffRow
        Listed spin-offs: a factor on such a day is no split.
    partial : bool
        Whether splits are kept although other factors make no event.

    Raises
    ------
    RowsError
        If a factor is no plain ratio, and ``partial`` is not set.
    """
    spun = {(row.parent, row.on) for row in spin_offs}

    def made(day: VendorDay) -> list[SecurityEvent]:
        ratio = None if (day.ticker, day.on) in spun else split_ratio(day.factor)
        if ratio is None:
            why = "belongs to a spin-off" if (day.ticker, day.on) in spun else "is no ratio of a split"
            raise InputError(
                f"the factor {day.factor} of {day.ticker} on {day.on} {why}: it scales prices and no shares.",
                hint="Take the action from the issuer.",
                field="factor",
            )
        return [_split(security_id(day.ticker, day.on), day.on, ratio, day.where)]

    return _events([day for day in days if day.has_factor], made, partial=partial)


def spin_off_events(
    rows: Iterable[SpinOffRow], security_id: SecurityIds, treatments: Treatments, *, partial: bool = False
) -> ReadActions:
    """Spin-offs, and the reverse split that one of them came with.

    Parameters
    ----------
    rows : iterable of SpinOffRow
        Of one file.
    security_id : callable
        Permanent id by ticker and day.
    treatments : Treatments
        What the caller states.
    partial : bool
        Whether good rows are kept beside bad ones.

    Raises
    ------
    RowsError
        If a row makes no event, and ``partial`` is not set.
    """

    def made(row: SpinOffRow) -> list[SecurityEvent]:
        parent, spun = security_id(row.parent, row.on), security_id(row.spun, row.on)
        stated = treatments.of(parent, row.on)
        events: list[SecurityEvent] = []
        if row.parent_shares != 1:
            if plain_ratio(str(row.parent_shares)) is None:
                raise InputError(
                    f"one share of {row.parent} is {row.parent_shares} afterwards, which is no split.",
                    hint="That is a reorganisation: enter its terms from the issuer's letter.",
                    field="parent_shares",
                )
            events.append(_split(parent, row.on, row.parent_shares, row.where))
        spin_off = SpinOff(
            event_id=f"spin-off {spun} from {parent} {row.on}",
            on=row.on,
            source=f"{row.where}; {stated.source}",
            security_id=parent,
            tax_treatment=stated.treatment,
            spun_security_id=spun,
            # A split of that day comes first, so the ratio is for a share after it.
            new_per_old=row.ratio / row.parent_shares,
            value_per_old_usd=row.parent_close_usd,
            value_per_new_usd=row.spun_close_usd,
        )
        return [*events, spin_off]

    return _events(list(rows), made, partial=partial)


def delisting_events(
    rows: Iterable[DelistingRow], security_id: SecurityIds, treatments: Treatments, *, partial: bool = False
) -> ReadActions:
    """Mergers for cash, stock or both, and delistings for other reasons; errors as for `spin_off_events`."""

    def made(row: DelistingRow) -> list[SecurityEvent]:
        if row.bucket == _GOES_ON:
            return []
        mine = security_id(row.ticker, row.on)
        if row.bucket != "merger":
            event_id, none = f"delisting {mine} {row.on}", TaxTreatment.NONE
            return [Delisting(event_id=event_id, on=row.on, source=row.where, security_id=mine, tax_treatment=none)]
        return [_merger(row, mine, security_id, treatments)]

    return _events(list(rows), made, partial=partial)


def _merger(row: DelistingRow, mine: str, security_id: SecurityIds, treatments: Treatments) -> SecurityEvent:
    terms: dict[str, Any] = {"event_id": f"merger {mine} {row.on}", "on": row.on, "security_id": mine}
    if not row.cash_usd and not row.ratio:
        what = f"what was paid for {row.ticker} is not known."
        raise InputError(what, hint="Enter the terms of the deal.", field="payout_per_share")
    if row.cash_misses_price:
        what = (
            f"{float(row.cash_usd):.2f} USD in cash for {row.ticker}, whose last close was {float(row.last_usd):.2f}."
        )
        raise InputError(what, hint="A part of the terms is missing: enter the whole deal.", field="payout_per_share")
    if not row.ratio:
        # All shares for cash is a sale, whatever else the deal was.
        taxable, price = TaxTreatment.TAXABLE, row.cash_usd
        return CashMerger(**terms, source=row.where, tax_treatment=taxable, cash_per_share_usd=price)
    if not row.acquirer:
        raise InputError(
            f"the acquirer of {row.ticker} is not known.", hint="Name the security received.", field="acquirer_ticker"
        )
    stated, value = treatments.of(mine, row.on), row.acquirer_usd or None
    terms |= {
        "source": f"{row.where}; {stated.source}",
        "tax_treatment": stated.treatment,
        "new_security_id": security_id(row.acquirer, row.on),
        "new_per_old": row.ratio,
    }
    if not row.cash_usd:
        return StockMerger(**terms, value_per_new_usd=value)
    if value is None:
        raise InputError(
            f"the value of {row.acquirer} on {row.on} is not known.",
            hint="Give its price: gain up to the cash depends on it.",
            field="acquirer_price",
        )
    return MixedMerger(**terms, cash_per_share_usd=row.cash_usd, value_per_new_usd=value)


def _split(security_id: str, on: date, ratio: Fraction, where: str) -> SecurityEvent:
    return (Split if ratio > 1 else ReverseSplit)(
        event_id=f"split {security_id} {on}",
        on=on,
        source=where,
        security_id=security_id,
        tax_treatment=TaxTreatment.SPLIT,
        new_per_old=ratio,
    )


def _events(rows: Sequence[_Row], made: Callable[[_Row], list[SecurityEvent]], *, partial: bool) -> ReadActions:
    source = rows[0].where.rpartition(", ")[0] if rows else "corporate actions"
    findings, events = Findings(source), []
    for row in rows:
        try:
            events += made(row)
        except InputError as e:
            findings.wrong(row.where.rpartition(", ")[2], str(e.facts.get("field", "")), e.what, e.hint)
    if not partial:
        findings.raise_any()
    events.sort(key=lambda e: (e.on, e.security_id, e.event_id))
    return ReadActions(tuple(events), tuple(findings.errors))
