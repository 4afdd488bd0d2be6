"""Rows of a desk's list and their totals: what of one account's record a desk sees, and what all do together.

Problem: ten thousand records are some hundred megabytes, a list needs a hundred bytes of each. Decision: a record is
written with the sums that the list shows, so that reading the list makes no order; records of older runs, which have
none, are summed anew. Totals are exact cents. Limits: a row is about a kilobyte in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

import numpy as np

from di_advisor.domain.portfolio import Side
from di_advisor.fleet.record import FleetRecord, SetAside, certificate_of_row, is_set_aside, read_row

__all__ = ["DeskRow", "DeskTotals", "totals_of"]

_ZERO = Decimal(0)
_QUANTILES = (0.0, 0.25, 0.5, 0.75, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class DeskRow:
    """One account on the list.

    Attributes
    ----------
    label : str
        The account.
    exception : str
        Why it has no proposal, in words; empty where it has one.
    warnings : tuple of str
        What somebody should look at.
    orders : int
        Orders, a sale of each lot counted.
    value_usd, benefit_usd, harvested_usd, gains_usd, bought_usd, sold_usd, tax_usd, cost_usd : Decimal
        Account value; worth over doing nothing; losses and gains realised; traded; change of tax; trading cost.
    tracking_error_before, tracking_error_after : float
        A year, fractions.
    gap_bps : float
        Certified distance of the orders from the best ones, of the account's value.
    kind : str
        Name of the type of the error behind the exception, for programs; empty where there is a proposal.
    """

    label: str
    exception: str = ""
    warnings: tuple[str, ...] = ()
    orders: int = 0
    value_usd: Decimal = _ZERO
    benefit_usd: Decimal = _ZERO
    harvested_usd: Decimal = _ZERO
    gains_usd: Decimal = _ZERO
    bought_usd: Decimal = _ZERO
    sold_usd: Decimal = _ZERO
    tax_usd: Decimal = _ZERO
    cost_usd: Decimal = _ZERO
    tracking_error_before: float = 0.0
    tracking_error_after: float = 0.0
    gap_bps: float = 0.0
    kind: str = ""

    @classmethod
    def of(cls, record: FleetRecord | SetAside) -> DeskRow:
        """The row of a record."""
        if isinstance(record, SetAside):
            failure = record.failure
            hints = (failure.hint,) if failure.hint else ()
            return cls(record.label, failure.what, hints, kind=failure.kind)
        return cls(
            record.label,
            "",
            record.warnings,
            len(record.orders),
            record.value_usd,
            record.benefit_usd,
            record.harvested_usd,
            record.gains_usd,
            record.traded_usd(Side.BUY),
            record.traded_usd(Side.SELL),
            record.terms_usd.get("tax", _ZERO),
            record.terms_usd.get("trading cost", _ZERO),
            record.tracking_error_before,
            record.tracking_error_after,
            record.certificate.rounded_gap_bps,
        )

    @classmethod
    def of_stored(cls, row: Mapping[str, Any]) -> DeskRow:
        """The row of a record as it lies in its folder, its orders unread where it says its sums."""
        sums = row.get("sums_usd")
        if is_set_aside(row) or sums is None:
            return cls.of(read_row(row))
        benefit, harvested, gains, bought, sold = map(Decimal, sums)
        terms, (before, after) = row["terms_usd"], row["tracking_error"]
        return cls(
            row["key"],
            "",
            tuple(row["warnings"]),
            len(row["orders"]),
            Decimal(row["value_usd"]),
            benefit,
            harvested,
            gains,
            bought,
            sold,
            Decimal(terms.get("tax", 0)),
            Decimal(terms.get("trading cost", 0)),
            before,
            after,
            certificate_of_row(row).rounded_gap_bps,
        )

    @property
    def urgency(self) -> tuple[int, float, str]:
        """Sort key: without a proposal, then with warnings, then by what the plan is worth."""
        return (0 if self.exception else 1 if self.warnings else 2, -float(self.benefit_usd), self.label)


@dataclass(frozen=True)
class DeskTotals:
    """Sums over all accounts with a proposal, in exact dollars, and how tracking errors are spread.

    Attributes
    ----------
    accounts, proposed, set_aside, with_warnings, trading : int
        All; with and without a proposal; with warnings; with at least one order.
    value_usd, benefit_usd, harvested_usd, gains_usd, bought_usd, sold_usd, tax_usd, cost_usd : Decimal
        Sums.
    tracking_error_before, tracking_error_after : tuple of float
        Least, quartiles, 95th percentile and largest.
    gap_bps_max : float
        Largest certified distance from the best orders.
    """

    accounts: int
    proposed: int
    set_aside: int
    with_warnings: int
    trading: int
    value_usd: Decimal
    benefit_usd: Decimal
    harvested_usd: Decimal
    gains_usd: Decimal
    bought_usd: Decimal
    sold_usd: Decimal
    tax_usd: Decimal
    cost_usd: Decimal
    tracking_error_before: tuple[float, ...]
    tracking_error_after: tuple[float, ...]
    gap_bps_max: float


def totals_of(rows: Iterable[DeskRow]) -> DeskTotals:
    """Over all rows."""
    known = list(rows)
    done = [r for r in known if not r.exception]
    sums = {
        f.name: sum((getattr(r, f.name) for r in done), _ZERO) for f in fields(DeskTotals) if f.name.endswith("_usd")
    }
    return DeskTotals(
        accounts=len(known),
        proposed=len(done),
        set_aside=len(known) - len(done),
        with_warnings=sum(bool(r.warnings) for r in done),
        trading=sum(r.orders > 0 for r in done),
        tracking_error_before=_spread([r.tracking_error_before for r in done]),
        tracking_error_after=_spread([r.tracking_error_after for r in done]),
        gap_bps_max=max((r.gap_bps for r in done), default=0.0),
        **sums,
    )


def _spread(values: list[float]) -> tuple[float, ...]:
    return tuple(np.quantile(values, _QUANTILES).tolist()) if values else ()
