"""Which rows are which lots: ids for rows without one, and rows that say the same lot twice.

Problem: an id may be missing, repeated, or given to two different lots. Decision: a row without id
is named by its content and its occurrence, so two fills that look alike stay two lots and the order
of rows does not matter; a row that repeats an id with the same content counts once; the same id
with other content is an error that shows the difference. Limits: a row that repeats a lot without
an id cannot be told from a second fill, and is kept.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction

from di_advisor.domain.amounts import Exact, show_exact
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.portfolio import AccountKind
from di_advisor.domain.rows import Findings, Row, some_of
from di_advisor.errors import InputWarning

__all__ = ["AccountFacts", "ReadLot", "distinct", "numbered"]


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What a row of lots says of its account."""

    account_id: str
    kind: AccountKind
    reinvests_dividends: bool


@dataclass(frozen=True, slots=True)
class ReadLot:
    """A lot, the row it came from, and its account."""

    lot: TaxLot
    row: Row
    account: AccountFacts


def numbered(read: Sequence[ReadLot]) -> list[ReadLot]:
    """Name lots without ids by their content and occurrence, so that the order of rows does not matter."""
    taken = {(r.lot.account_id, r.lot.lot_id) for r in read}
    count: Counter[tuple[str, str]] = Counter()
    named: list[ReadLot] = []
    for r in read:
        lot = r.lot
        if not lot.lot_id:
            content = " ".join(
                (
                    lot.security_id,
                    str(lot.acquired or "VARIOUS"),
                    *(() if lot.held_since == lot.acquired else (f"held since {lot.held_since}",)),
                    _plain(lot.shares),
                    "for",
                    "unknown" if lot.basis_total_usd is None else _plain(lot.basis_total_usd),
                )
            )
            key = (lot.account_id, content)
            count[key] += 1
            while (lot.account_id, f"{content} #{count[key]}") in taken:
                count[key] += 1
            lot = replace(lot, lot_id=f"{content} #{count[key]}")
        named.append(ReadLot(lot, r.row, r.account))
    return named


def _plain(amount: Exact) -> str:
    """Text of an amount that does not depend on how it was written: 1e3, 1000 and 1000.00 are one."""
    if isinstance(amount, Fraction):
        return show_exact(amount)
    whole = amount == amount.to_integral_value()
    return f"{amount.to_integral_value() if whole else amount.normalize():f}"


def distinct(read: Sequence[ReadLot], findings: Findings) -> list[ReadLot]:
    """Each lot once; contradictions between rows go to the findings."""
    first: dict[tuple[str, str], ReadLot] = {}
    accounts: dict[str, ReadLot] = {}
    repeated: list[str] = []
    for r in read:
        known = first.setdefault((r.lot.account_id, r.lot.lot_id), r)
        told = accounts.setdefault(r.account.account_id, r)
        if told.account != r.account:
            findings.wrong(
                r.row.label,
                "account_kind" if told.account.kind is not r.account.kind else "reinvests_dividends",
                f"account {r.account.account_id} is described otherwise than in {told.row.label}.",
                "What is said of an account is the same in all of its rows.",
            )
        if known is r:
            continue
        if known.lot == r.lot:
            repeated.append(f"{r.lot.lot_id} ({r.row.label} repeats {known.row.label})")
            continue
        differences = "; ".join(
            f"{f.name} {_shown(getattr(known.lot, f.name))} against {_shown(getattr(r.lot, f.name))}"
            for f in fields(TaxLot)
            if getattr(known.lot, f.name) != getattr(r.lot, f.name)
        )
        findings.wrong(
            r.row.label,
            "lot_id",
            f"lot {r.lot.lot_id} stands already in {known.row.label}, with other content: {differences}.",
            "Keep the row that is right, or give the second lot an id of its own.",
        )
    if repeated and not findings.errors:
        count = f"{len(repeated)} duplicate{'s' if len(repeated) > 1 else ''} skipped"
        warnings.warn(f"{findings.source}: {count}: {some_of(repeated)}.", InputWarning, stacklevel=3)
    return list(first.values())


def _shown(value: object) -> str:
    return "nothing" if value is None else str(value)
