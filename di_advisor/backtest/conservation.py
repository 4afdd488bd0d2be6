"""Conservation: whether a replay's rows follow from its journal, session by session, to the cent.

Problem: whoever is shown a value must be able to find it again without the program that wrote it. Decision: the
journal alone is booked once more, day by day; cash, and shares at the closes of the past, must be those of every row;
cash is also reckoned a second time from the events' own amounts; and the books after the last day must be those that
one replay of the whole journal gives, byte for byte. Shares are checked against the rows' own fingerprints, so that a
file alone suffices for cash, shares and lots. Limits: values need closes, which come from the past that was replayed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from di_advisor.backtest.account_days import groups_of
from di_advisor.backtest.holdings import holdings_digest
from di_advisor.backtest.past import Past
from di_advisor.backtest.record import Replayed
from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.events import (
    Buy,
    Deposit,
    Dividend,
    Event,
    MixedMerger,
    ReturnOfCapital,
    Sell,
    Withdrawal,
    Worthless,
)
from di_advisor.errors import ConservationError
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.parts import RealizedKind
from di_advisor.ledger.policies import LedgerPolicies, WashLaw
from di_advisor.ledger.realized import IncomeKind
from di_advisor.ledger.replay import replay
from di_advisor.ledger.running import RunningBooks

__all__ = ["Conserved", "check_conservation"]

_CENT: Final = 0.01
_HALF: Final = Fraction(1, 200)


@dataclass(frozen=True, slots=True)
class Conserved:
    """What was checked.

    Attributes
    ----------
    sessions, events : int
        How many.
    largest_usd : float or None
        Largest difference between a row's value and the journal's, USD; None without a past.
    digest : str
        Of the books after the last session.
    holdings : int
        Sessions whose shares were checked against the row's fingerprint.
    """

    sessions: int
    events: int
    largest_usd: float | None
    digest: str
    holdings: int = 0

    @property
    def unchecked(self) -> int:
        """Sessions whose row has no fingerprint of shares: all of a file of the first version, otherwise none."""
        return self.sessions - self.holdings


def check_conservation(replayed: Replayed, past: Past | None = None, *, wash_sales: bool | None = None) -> Conserved:
    """Book a replay's journal again and compare it with its rows.

    Parameters
    ----------
    replayed : Replayed
        With its rows and its journal.
    past : Past, optional
        The past it ran on, for closes; without it values are left out.
    wash_sales : bool, optional
        As the replay's settings had it, where its file does not say so.

    Raises
    ------
    ConservationError
        Naming the first session on which shares differ, or cash or value by more than half a cent and a cent, or whose
        row lacks the fingerprint of shares that others have; or the books at the end if they are not those of one
        replay of the journal.
    """
    lawful = replayed.wash_sales if wash_sales is None else wash_sales
    policies = LedgerPolicies(wash_law=WashLaw.APPLIED if lawful else WashLaw.NOT_APPLIED)
    groups = IdenticalGroups.from_lists(dict(replayed.identical)) if past is None else groups_of(past)
    running = RunningBooks(policies=policies, groups=groups)
    of_day: dict[date, list[Event]] = defaultdict(list)
    for event in replayed.events:
        of_day[event.on].append(event)
    dividends = [e for e in replayed.events if isinstance(e, Dividend)]
    closes: dict[str, Decimal] = {}
    worthless: set[str] = set()
    largest, held = 0.0, holdings_digest(())
    checked = _fingerprinted(replayed)
    told = Fraction(0)
    for row in replayed.days:
        running.to(row.day)
        events = of_day.pop(row.day, [])
        told += _paid_per_share(running, events)
        running.apply(events)
        running.close()
        if events and checked:
            held = holdings_digest((part.security_id, part.shares) for part in running.book.open_parts())
        if row.holdings and row.holdings != held:
            raise ConservationError(
                f"On {row.day} the row's shares are not those of the journal.",
                hint="This is a fault of these programs: report it with the journal.",
                day=row.day,
            )
        worthless |= {event.security_id for event in events if isinstance(event, Worthless)}
        cash = sum(running.book.cash_usd.values(), Fraction(0))
        told += sum((_cash_of(event) for event in events), Fraction(0)) + _by_actions(running, events)
        if told != cash:
            raise _differs(row.day, "cash by the events' own amounts", float(cash), float(told))
        owed = sum((as_fraction(d.amount_usd) for d in dividends if _owed(d, row.day)), Fraction(0))
        if abs(float(cash + owed) - row.cash_usd) > float(_HALF):
            raise _differs(row.day, "cash", row.cash_usd, float(cash + owed))
        if past is None:
            continue
        _look(closes, past, row.day)
        value = cash + owed + _holdings(running, closes, worthless)
        largest = max(largest, abs(float(value) - row.value_usd))
        if largest > _CENT:
            raise _differs(row.day, "value", row.value_usd, float(value))
    last = replayed.days[-1].day
    stray = [e.event_id for events in of_day.values() for e in events if e.on <= last]
    if stray:
        raise ConservationError(
            f"{len(stray)} events are of no session of the replay: {', '.join(stray[:5])}.",
            hint="Events are of the replay's sessions.",
        )
    _require_same(running, replayed, last, policies)
    return Conserved(
        len(replayed.days), len(replayed.events), None if past is None else largest, running.books().digest(), checked
    )


def _fingerprinted(replayed: Replayed) -> int:
    """How many rows have a fingerprint of shares: all, or none where the file is of the first version."""
    blank = [row.day for row in replayed.days if not row.holdings]
    if blank and len(blank) < len(replayed.days):
        raise ConservationError(
            f"The row of {blank[0]} has no fingerprint of shares, and others have: {len(blank)} of "
            f"{len(replayed.days)} lack it.",
            hint="The file was changed: replay again.",
            day=blank[0],
        )
    return len(replayed.days) - len(blank)


def _require_same(running: RunningBooks, replayed: Replayed, last: date, policies: LedgerPolicies) -> None:
    stepped = running.books()
    whole = replay(replayed.events, as_of=last, taxpayer=stepped.taxpayer, policies=policies, groups=stepped.groups)
    if whole.digest() != stepped.digest():
        raise ConservationError(
            f"The books of {last}, booked day by day, are not those of one replay of the journal.",
            hint="This is a fault of these programs: report it with the journal.",
        )


def _cash_of(event: Event) -> Fraction:
    """What an event of an account moves in cash, from its own amounts."""
    if isinstance(event, Buy):
        return -as_fraction(event.amount_usd) - as_fraction(event.fees_usd)
    if isinstance(event, Sell):
        return as_fraction(event.amount_usd) - as_fraction(event.fees_usd)
    if isinstance(event, Deposit | Dividend):
        return as_fraction(event.amount_usd)
    return -as_fraction(event.amount_usd) if isinstance(event, Withdrawal) else Fraction(0)


def _by_actions(running: RunningBooks, events: list[Event]) -> Fraction:
    """Cash that the day's corporate actions brought, by the proceeds of what they sold; 0 where there was none.

    Not what they brought in shares, nor what `_paid_per_share` has.
    """
    actions = {e.event_id for e in events if hasattr(e, "tax_treatment") and not isinstance(e, ReturnOfCapital)}
    if not actions:
        return Fraction(0)
    mixed = {e.event_id for e in events if isinstance(e, MixedMerger)}
    sold = sum(
        (
            p.proceeds_usd
            for p in running.book.realized
            if p.sale_id in actions
            and p.kind is not RealizedKind.TAXABLE_EXCHANGE
            and (p.sale_id not in mixed or p.kind is RealizedKind.CASH_IN_LIEU)
        ),
        Fraction(0),
    )
    income = sum(
        (
            i.amount_usd
            for i in running.book.income
            if i.event_id in actions - mixed and i.kind is not IncomeKind.TAXABLE_DISTRIBUTION
        ),
        Fraction(0),
    )
    return sold + income


def _paid_per_share(running: RunningBooks, events: list[Event]) -> Fraction:
    """Cash of the day's returns of capital and of mergers for stock and cash, by the shares held before it."""
    per_share: dict[str, Fraction] = {}
    for e in events:
        if isinstance(e, ReturnOfCapital):
            per_share[e.security_id] = as_fraction(e.amount_per_share_usd)
        elif isinstance(e, MixedMerger):
            per_share[e.security_id] = as_fraction(e.cash_per_share_usd)
    parts = running.book.open_parts() if per_share else ()
    return sum(
        (part.shares * per_share[part.security_id] for part in parts if part.security_id in per_share), Fraction(0)
    )


def _owed(dividend: Dividend, day: date) -> bool:
    return dividend.ex_on is not None and dividend.ex_on <= day < dividend.on


def _look(closes: dict[str, Decimal], past: Past, day: date) -> None:
    """Take in the closes of a day; a name that has none keeps its last."""
    market = past.market(day)
    prices = zip(market.universe.security_ids, market.price_usd, strict=True)
    closes.update({name: price for name, price in prices if price is not None})


def _holdings(running: RunningBooks, closes: Mapping[str, Decimal], worthless: set[str]) -> Fraction:
    """Worth of the shares held, exact: added up by common denominators, of which there are few."""
    worth: dict[int, int] = defaultdict(int)
    price: dict[str, tuple[int, int]] = {}
    for part in running.book.open_parts():
        name = part.security_id
        if name in worthless or name not in closes:
            continue
        if name not in price:
            price[name] = closes[name].as_integer_ratio()
        above, below = price[name]
        worth[part.shares.denominator * below] += part.shares.numerator * above
    return sum((Fraction(above, below) for below, above in worth.items()), Fraction(0))


def _differs(day: date, what: str, row_usd: float, journal_usd: float) -> ConservationError:
    return ConservationError(
        f"On {day} the row says {row_usd:,.4f} USD of {what}, and the journal {journal_usd:,.4f}.",
        hint="This is a fault of these programs, or the past is another one: report it with the journal.",
        day=day,
    )
