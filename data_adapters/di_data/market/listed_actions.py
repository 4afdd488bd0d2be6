"""From what services list to the ledger's events: splits, and dividends with a treatment that is stated.

Problem: a service says what a share received and never how that is taxed; the same split comes from two
services; and a factor of a spin-off stands in the list of splits. Decision: actions of several services
become one by security, kind and ex-date, and two ratios for one day are an error; ratios go through
`di_data.corporate_actions`, which knows a split from a price factor; a dividend becomes an event of an
account only with shares held before its ex-date, a payment day, and a kind that the caller states with its
source. Limits: what the broker's statement says of cash wins; these are expectations until then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from di_advisor.domain.amounts import Exact, as_fraction
from di_advisor.domain.declared_actions import DeclaredAction
from di_advisor.domain.events import Dividend, DividendKind
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.identifiers import Identifier
from di_advisor.domain.price_bars import PriceBar
from di_advisor.domain.rows import Findings
from di_advisor.errors import ConflictingEventError, InputError
from di_data.corporate_actions.events import ReadActions, SecurityIds, split_events
from di_data.corporate_actions.ratios import share_ratio
from di_data.corporate_actions.rows import SpinOffRow, VendorDay

__all__ = ["DividendKinds", "StatedKind", "actions_of_bars", "dividend_events", "merged_actions", "ratio_events"]


@dataclass(frozen=True, slots=True)
class StatedKind:
    """What a dividend is, and where that is known from (the payer, Form 1099-DIV)."""

    kind: DividendKind
    source: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", DividendKind(self.kind))
        if not self.source.strip():
            raise InputError(
                f"The kind {self.kind.value} is stated without a source.",
                hint="Name the payer's notice, or who decided.",
            )


@dataclass(frozen=True)
class DividendKinds:
    """Kinds of dividends that the caller states.

    Attributes
    ----------
    by_security : Mapping of str to StatedKind
        By permanent id.
    otherwise : StatedKind or None
        For all others, on purpose; None makes them errors.
    """

    by_security: Mapping[str, StatedKind] = field(default_factory=dict)
    otherwise: StatedKind | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_security", FrozenMap(self.by_security))

    def of(self, security_id: str) -> StatedKind:
        """The kind of one security's dividends.

        Raises
        ------
        InputError
            If none is stated.
        """
        stated = self.by_security.get(security_id, self.otherwise)
        if stated is None:
            raise InputError(
                f"what the dividends of {security_id} are for tax is not stated.",
                hint="State the kind with its source (common, reit, nonqualified); it is never inferred.",
                field="kind",
            )
        return stated


def actions_of_bars(bars: Iterable[PriceBar]) -> tuple[DeclaredAction, ...]:
    """Dividends and ratios that stand in the rows of prices, by ex-date; they carry no payment days."""
    found = []
    for bar in bars:
        if bar.dividend_usd:
            cash = Decimal(str(bar.dividend_usd))
            found.append(DeclaredAction(bar.subject, bar.day, bar.provenance, cash_usd=cash))
        if bar.split_ratio not in {None, 1.0}:
            ratio = share_ratio(str(bar.split_ratio))
            found.append(DeclaredAction(bar.subject, bar.day, bar.provenance, new_per_old=ratio))
    return tuple(sorted(found, key=lambda a: (a.ex_date, a.subject)))


def merged_actions(*sources: Iterable[DeclaredAction]) -> tuple[DeclaredAction, ...]:
    """Actions of several sources, each once: the first that is named, with days that later ones add.

    Raises
    ------
    ConflictingEventError
        If two sources give different ratios or amounts for one security, kind and ex-date.
    """
    kept: dict[tuple[Identifier, date, bool], DeclaredAction] = {}
    for source in sources:
        for action in source:
            key = (action.subject, action.ex_date, action.new_per_old is None)
            standing = kept.get(key)
            if standing is None:
                kept[key] = action
                continue
            if (standing.cash_usd, standing.new_per_old) != (action.cash_usd, action.new_per_old):
                what = "cash" if action.new_per_old is None else "ratio"
                one, other = (a.cash_usd if a.new_per_old is None else a.new_per_old for a in (standing, action))
                raise ConflictingEventError(
                    f"{action.subject.value} on {action.ex_date}: {standing.provenance.provider} says {what} {one}, "
                    f"{action.provenance.provider} says {other}.",
                    hint="Ask the issuer, and leave out the wrong one.",
                )
            kept[key] = DeclaredAction(
                standing.subject,
                standing.ex_date,
                standing.provenance,
                cash_usd=standing.cash_usd,
                new_per_old=standing.new_per_old,
                declared_on=standing.declared_on or action.declared_on,
                record_on=standing.record_on or action.record_on,
                paid_on=standing.paid_on or action.paid_on,
            )
    return tuple(sorted(kept.values(), key=lambda a: (a.ex_date, a.subject, a.new_per_old is None)))


def ratio_events(
    actions: Iterable[DeclaredAction],
    security_id: SecurityIds,
    spin_offs: Iterable[SpinOffRow] = (),
    *,
    partial: bool = False,
) -> ReadActions:
    """Splits and reverse splits; errors as for `di_data.corporate_actions.split_events`."""
    days = [
        VendorDay(a.subject.value, a.ex_date, Fraction(0), _written(a.new_per_old), f"{_where(a)}, {a.ex_date}")
        for a in actions
        if a.new_per_old is not None
    ]
    return split_events(days, security_id, spin_offs, partial=partial)


def dividend_events(
    actions: Iterable[DeclaredAction],
    security_id: SecurityIds,
    *,
    account_id: str,
    shares_before: Callable[[str, date], Exact],
    kinds: DividendKinds,
) -> tuple[Dividend, ...]:
    """Dividends that an account should receive.

    Parameters
    ----------
    actions : iterable of DeclaredAction
        Ratios among them are left alone.
    security_id : callable
        Permanent id by ticker and day.
    account_id : str
        The account.
    shares_before : callable
        Shares of a security that the account held before a day began.
    kinds : DividendKinds
        What the caller states.

    Raises
    ------
    RowsError
        Naming every dividend on shares held without a payment day or a stated kind.
    """
    findings, events = Findings("dividends"), []
    for action in actions:
        if action.cash_usd is None:
            continue
        try:
            mine = security_id(action.subject.value, action.ex_date)
            shares = as_fraction(shares_before(mine, action.ex_date))
            paid_on, stated = (_paid_on(action), kinds.of(mine)) if shares else (None, None)
        except InputError as e:
            findings.wrong(f"ex {action.ex_date}", str(e.facts.get("field", "")), e.what, e.hint)
            continue
        if paid_on is None or stated is None:
            continue
        events.append(
            Dividend(
                event_id=f"dividend {mine} {action.ex_date} {account_id}",
                on=paid_on,
                source=f"{_where(action)}; {stated.source}",
                account_id=account_id,
                security_id=mine,
                amount_usd=shares * as_fraction(action.cash_usd),
                ex_on=action.ex_date,
                kind=stated.kind,
            )
        )
    findings.raise_any()
    return tuple(events)


def _paid_on(action: DeclaredAction) -> date:
    if action.paid_on is None:
        raise InputError(
            f"when {action.subject.value} pays what it declared for {action.ex_date} is not known.",
            hint="Merge it with a source that gives payment days, or take it from the broker's statement.",
            field="paid_on",
        )
    return action.paid_on


def _where(action: DeclaredAction) -> str:
    return f"{action.provenance.provider}, {action.provenance.source}"


def _written(ratio: Fraction | None) -> str:
    return str(ratio) if ratio is not None else "1"
