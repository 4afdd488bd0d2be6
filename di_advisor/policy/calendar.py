"""The calendar of an account: what is known to come, day by day, each with a sentence.

Problem: a lot turns long-term on Tuesday, a wash window ends on Wednesday, and the trade of Monday did not know.
Decision: everything dated that is known of an account is put into one list: cash flows, changes of the target,
corporate actions and ex-dates that were announced, lots that turn long-term (each to the day), wash windows and
holding periods that end, the ends of quarters, the last trade date of the year, sessions that close early. Limits:
only what was given is known; a dividend that nobody announced is not in it, and gains are those of today's prices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from di_advisor.domain.amounts import Exact, as_fraction, exact
from di_advisor.domain.signals import LockKind
from di_advisor.errors import InputError
from di_advisor.ledger.holding_period import long_term_from
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.ledger.settlement import standard_settlement
from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.index_events import AnnouncedAction
from di_advisor.policy.sessions import Cadence, early_closes, last_session, sessions_after, sessions_between
from di_advisor.policy.triggers.words import bps, listed, usd

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Calendar", "CalendarItem", "CalendarKind", "ExDate", "look_ahead"]

_ONE_DAY = timedelta(days=1)


class CalendarKind(StrEnum):
    """What comes."""

    FLOW = "cash flow"
    RECONSTITUTION = "reconstitution"
    ALLOCATION = "allocation"
    ACTION = "corporate action"
    EX_DATE = "ex-date"
    LONG_TERM = "turns long-term"
    WASH_ENDS = "wash window ends"
    HOLDING_ENDS = "holding period ends"
    QUARTER_END = "quarter end"
    YEAR_END = "year end"
    EARLY_CLOSE = "early close"


@dataclass(frozen=True, slots=True)
class ExDate:
    """A dividend that was announced.

    Attributes
    ----------
    security_id : str
        Who pays.
    on : date
        Ex-date: who holds before it is paid.
    cash_per_share_usd : Decimal or Fraction
        As declared.
    paid_on : date or None
        When the cash comes, where known.

    Raises
    ------
    InputError
        If it is no amount above zero, or is paid before its ex-date.
    """

    security_id: str
    on: date
    cash_per_share_usd: Exact
    paid_on: date | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "cash_per_share_usd", exact(self.cash_per_share_usd, "cash_per_share_usd"))
        if not self.cash_per_share_usd > 0 or (self.paid_on is not None and self.paid_on < self.on):
            paid = f", paid on {self.paid_on}" if self.paid_on else ""
            raise InputError(
                f"The dividend of {self.security_id} on {self.on} is {self.cash_per_share_usd} USD a share{paid}.",
                hint="Give what was declared, above zero; it is paid on its ex-date or later.",
                security_id=self.security_id,
            )


@dataclass(frozen=True, slots=True)
class CalendarItem:
    """One thing to come.

    Attributes
    ----------
    on : date
        The day.
    kind : CalendarKind
        What it is.
    sentence : str
        In words, with figures. Not escaped.
    sessions_left : int
        Sessions from today to the day.
    names, lots : tuple of str
        Security ids and lot ids that it is about.
    amount_usd : float or None
        Cash, gain (negative for a loss) or dividend, where there is one.
    """

    on: date
    kind: CalendarKind
    sentence: str
    sessions_left: int
    names: tuple[str, ...] = ()
    lots: tuple[str, ...] = ()
    amount_usd: float | None = None


@dataclass(frozen=True)
class Calendar:
    """What is known to come.

    Attributes
    ----------
    label : str
        The account.
    as_of, until : date
        Today, and the last day looked at.
    items : tuple of CalendarItem
        By day.
    """

    label: str
    as_of: date
    until: date
    items: tuple[CalendarItem, ...]

    def of(self, *kinds: CalendarKind) -> tuple[CalendarItem, ...]:
        """The items of some kinds."""
        return tuple(i for i in self.items if i.kind in kinds)

    def to_frame(self) -> pd.DataFrame:
        """One row an item: on, kind, sessions_left, names, lots, amount_usd, sentence."""
        import pandas as pd

        columns = ["on", "kind", "sessions_left", "names", "lots", "amount_usd", "sentence"]
        rows = [[i.on, i.kind.value, i.sessions_left, i.names, i.lots, i.amount_usd, i.sentence] for i in self.items]
        return pd.DataFrame(rows, columns=columns)


def look_ahead(
    facts: DayFacts,
    until: date,
    *,
    actions: Iterable[AnnouncedAction] = (),
    ex_dates: Iterable[ExDate] = (),
) -> Calendar:
    """Everything dated that is known of an account, from tomorrow up to and with a day.

    Parameters
    ----------
    facts : DayFacts
        The account today; its target holds what was announced.
    until : date
        The last day.
    actions : iterable of AnnouncedAction
        Corporate actions that were announced by today; others are passed over.
    ex_dates : iterable of ExDate
        Dividends that were announced.

    Raises
    ------
    InputError
        If the last day is not after today, or outside the exchange's calendar.
    """
    if until <= facts.as_of:
        raise InputError(f"The calendar ends on {until}, and today is {facts.as_of}.", hint="Give a later day.")
    found = [
        *_flows(facts),
        *_target(facts),
        *_actions(facts, actions),
        *_dividends(facts, ex_dates),
        *_long_term(facts),
        *_locks_end(facts),
        *_sessions(facts, until),
    ]
    order = list(CalendarKind)
    kept = [i for i in found if facts.as_of < i.on <= until]
    kept.sort(key=lambda i: (i.on, order.index(i.kind), i.names, i.lots))
    return Calendar(facts.label, facts.as_of, until, tuple(kept))


def _left(facts: DayFacts, on: date) -> int:
    return sessions_between(facts.as_of, on)


def _flows(facts: DayFacts) -> Iterator[CalendarItem]:
    for item in facts.account.cash:
        amount = float(as_fraction(item.amount_usd))
        on = item.available_on
        what = f"Cash of {usd(amount)} can be spent" if amount > 0 else f"Cash of {usd(-amount)} is to be paid out"
        if on > facts.as_of:
            yield CalendarItem(on, CalendarKind.FLOW, f"{what} on {on}.", _left(facts, on), amount_usd=amount)


def _target(facts: DayFacts) -> Iterator[CalendarItem]:
    target = facts.target
    for on in target.effective_days:
        if on <= facts.as_of:
            continue
        old, new = target.weights_on(on - _ONE_DAY), target.weights_on(on)
        change = {k: new.get(k, 0.0) - old.get(k, 0.0) for k in sorted({*old, *new})}
        names = tuple(sorted((k for k in change if change[k]), key=lambda k: (-abs(change[k]), k)))
        enter = [facts.ticker_of(k) for k in names if not old.get(k, 0.0) > 0]
        leave = [facts.ticker_of(k) for k in names if not new.get(k, 0.0) > 0]
        turnover = sum(abs(v) for v in change.values()) / 2
        told = [f"{verb}: {listed(who)}" for verb, who in (("enter", enter), ("leave", leave)) if who]
        who = f" ({'; '.join(told)})" if told else ""
        sentence = f"The target changes on {on}, {bps(turnover)} of turnover{who}."
        yield CalendarItem(on, CalendarKind.RECONSTITUTION, sentence, _left(facts, on), names)
        for a in (a for a in target.allocations if a.effective == on):
            parts = ", ".join(f"{bps(f)} {k}" for k, f in a.fractions.items())
            said = f"The allocation changes on {on} to {parts}."
            yield CalendarItem(on, CalendarKind.ALLOCATION, said, _left(facts, on))


def _actions(facts: DayFacts, actions: Iterable[AnnouncedAction]) -> Iterator[CalendarItem]:
    concerned = {lot.security_id for lot in facts.account.lots} | set(facts.target.weights_on(facts.as_of))
    for a in actions:
        name = a.event.security_id
        if a.announced <= facts.as_of and name in concerned:
            kind = type(a.event).__name__
            said = f"{kind} of {facts.ticker_of(name)} on {a.effective} (announced {a.announced})."
            yield CalendarItem(a.effective, CalendarKind.ACTION, said, _left(facts, a.effective), (name,))


def _dividends(facts: DayFacts, ex_dates: Iterable[ExDate]) -> Iterator[CalendarItem]:
    held: dict[str, float] = {}
    for lot in facts.account.lots:
        held[lot.security_id] = held.get(lot.security_id, 0.0) + float(lot.shares)
    for e in ex_dates:
        if e.security_id in held:
            amount = held[e.security_id] * float(e.cash_per_share_usd)
            paid = f", paid on {e.paid_on}" if e.paid_on else ""
            said = f"{facts.ticker_of(e.security_id)} is ex dividend on {e.on}: {usd(amount)} on what is held{paid}."
            yield CalendarItem(
                e.on, CalendarKind.EX_DATE, said, _left(facts, e.on), (e.security_id,), amount_usd=amount
            )


def _long_term(facts: DayFacts) -> Iterator[CalendarItem]:
    """Lots of a name that turn on one day: those with a gain together, those with a loss together."""
    account = facts.signals.account
    if account.kind in RETIREMENT_KINDS:
        return
    groups: dict[tuple[date, str, bool], list[int]] = {}
    for at, lot in enumerate(account.lots):
        if account.lot_known[at] and not account.lot_long_term[at] and lot.held_since is not None:
            loss = bool(account.lot_gain_usd[at] < 0)
            groups.setdefault((long_term_from(lot.held_since), lot.security_id, loss), []).append(at)
    for (on, name, loss), rows in groups.items():
        gain = float(sum(account.lot_gain_usd[rows]))
        lots = tuple(account.lots[i].lot_id for i in rows)
        last = sessions_after(on - _ONE_DAY, 0)
        ticker = facts.ticker_of(name)
        which = f"Lot {lots[0]} of {ticker} turns" if len(lots) == 1 else f"{len(lots)} lots of {ticker} turn"
        said = f"{which} long-term on {on}, with a {'loss' if loss else 'gain'} of {usd(abs(gain))} today: "
        said += (
            f"short-term for the last time on {last}." if loss else "from then on it is taxed at the long-term rate."
        )
        yield CalendarItem(on, CalendarKind.LONG_TERM, said, _left(facts, on), (name,), lots, gain)


def _locks_end(facts: DayFacts) -> Iterator[CalendarItem]:
    until: dict[tuple[str, LockKind], tuple[date, set[str]]] = {}
    for lock in facts.signals.account.locks:
        if lock.until is not None:
            last, lots = until.get((lock.security_id, lock.kind), (lock.until, set()))
            until[lock.security_id, lock.kind] = (max(last, lock.until), lots | ({lock.lot_id} - {""}))
    for (name, kind), (last, lots) in until.items():
        on, ticker = sessions_after(last, 1), facts.ticker_of(name)
        what = {
            LockKind.NO_BUY: f"{ticker} can be bought again from {on}: its wash window ends on {last}.",
            LockKind.NO_LOSS_SALE: f"Losses in {ticker} can be taken from {on}: the wash window ends on {last}.",
            LockKind.NO_SELL: f"{ticker} can be sold again from {on}: its lock ends on {last}.",
        }[kind]
        ends = CalendarKind.HOLDING_ENDS if kind is LockKind.NO_SELL else CalendarKind.WASH_ENDS
        yield CalendarItem(on, ends, what, _left(facts, on), (name,), tuple(sorted(lots)))


def _sessions(facts: DayFacts, until: date) -> Iterator[CalendarItem]:
    """Ends of quarters, the last trade date of the year, early closes."""
    day = facts.as_of
    while (on := last_session(day, Cadence.QUARTERLY)) <= until:
        if on == last_session(on, Cadence.ANNUAL):
            settles = standard_settlement(on)
            said = f"{on} is the last trade date of {on.year}: a sale settles on {settles} and counts for {on.year}, "
            said += "because the trade date counts; after 1 December a loss is safe only in January."
            yield CalendarItem(on, CalendarKind.YEAR_END, said, _left(facts, on))
        else:
            said = f"{on} is the last session of the quarter."
            yield CalendarItem(on, CalendarKind.QUARTER_END, said, _left(facts, on))
        day = sessions_after(on, 1)
    for on in early_closes(facts.as_of + _ONE_DAY, until):
        said = f"The exchange closes early on {on}, at 13:00 in New York."
        yield CalendarItem(on, CalendarKind.EARLY_CLOSE, said, _left(facts, on))
