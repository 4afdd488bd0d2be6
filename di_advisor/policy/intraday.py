"""A policy within the day: the same triggers on polled quotes, without calling at every poll or on a bad quote.

Problem: a figure at its threshold flickers within a day, a wrong quote looks like a loss to take, and what is true at
10:05 is still true at 10:10. Decision: quotes are checked first (`quote_check`); names without a usable quote keep
their last price and count for nothing; an account of which too little is quoted is not judged. The policy then reads
the moment as it reads a day, and a trigger is heard once it was on for ``confirm_polls`` in a row, and again that day
only after it was off and its rest is over; an account that called rests too. The cap on tracking error is heard at
once when confirmed. Limits: lots and cash are those the facts were opened with; events of the day (dividends,
corporate actions) are the daily monitor's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np

from di_advisor.domain.cells import EXCHANGE_ZONE
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.market import Market
from di_advisor.errors import DiAdvisorError, InputError
from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.intraday_memory import AccountMemory, Call, Heard, PollMemory
from di_advisor.policy.monitor import WorkItem
from di_advisor.policy.policies import Decision, Policy, PolicyState, concluded, unheard
from di_advisor.policy.quote_check import CheckedQuotes, QuoteRules, SetAside, checked
from di_advisor.policy.sessions import hours_of
from di_advisor.policy.triggers import Firing, TriggerState, judge
from di_advisor.ports import QuoteSource

__all__ = ["IntradayRules", "Poll", "Watched", "decide_now", "poll"]


@dataclass(frozen=True, slots=True)
class IntradayRules:
    """How polls become calls.

    Attributes
    ----------
    confirm_polls : int
        Polls in a row on which a trigger must be on before it is heard. Only names with a newer quote than at the
        poll before confirm: a trigger counts a poll if it is on with the others at their targets, too.
    rest : timedelta
        After a trigger was heard, and after an account called, until it may again that day.
    quotes : QuoteRules
        Which quotes are used.

    Raises
    ------
    InputError
        If there is less than one poll, or the rest is negative.
    """

    confirm_polls: int = 2
    rest: timedelta = timedelta(hours=1)
    quotes: QuoteRules = field(default_factory=QuoteRules)

    def __post_init__(self) -> None:
        if self.confirm_polls < 1 or self.rest < timedelta(0):
            raise InputError(
                f"A trigger is heard after {self.confirm_polls} polls and rests {self.rest}.",
                hint="Give at least one poll, and a rest that is not negative.",
            )


@dataclass(frozen=True)
class Watched:
    """Accounts on one market.

    Attributes
    ----------
    name : str
        What the market is called in the memory; distinct.
    market : Market
        Names and their last closes.
    accounts : callable
        Facts of each account at the market that it is given; labels distinct among all that is watched.
    """

    name: str
    market: Market
    accounts: Callable[[Market], Iterable[DayFacts]]


@dataclass(frozen=True)
class Poll:
    """What came of a poll.

    Attributes
    ----------
    at : datetime
        When, UTC.
    policy : str
        Name of the policy.
    items : tuple of WorkItem
        Accounts that were judged: those that call now first, then by label.
    standing : Mapping of str to (tuple of Call)
        Calls of this day by label, those of earlier polls and of a run before a restart included.
    unjudged : Mapping of str to str
        Accounts that were not judged, and why.
    aside : tuple of SetAside
        Names whose quote was not used.
    strangers : tuple of str
        Symbols quoted that no market of the accounts knows.
    failed : str
        Why nothing could be read; empty where something was.
    """

    at: datetime
    policy: str
    items: tuple[WorkItem, ...] = ()
    standing: Mapping[str, tuple[Call, ...]] = field(default_factory=dict)
    unjudged: Mapping[str, str] = field(default_factory=dict)
    aside: tuple[SetAside, ...] = ()
    strangers: tuple[str, ...] = ()
    failed: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "standing", FrozenMap(dict(self.standing)))
        object.__setattr__(self, "unjudged", FrozenMap(dict(self.unjudged)))

    @property
    def called(self) -> tuple[WorkItem, ...]:
        """Accounts that call now, and did not at the poll before."""
        return tuple(i for i in self.items if i.decision.due)

    def differs(self, before: Poll | None) -> bool:
        """Whether the worklist is another than at a poll before: a call, or who could not be judged, and why."""
        return (
            before is None
            or bool(self.called)
            or self.standing != before.standing
            or self.unjudged != before.unjudged
            or self.failed != before.failed
        )


def poll(  # the facts of a poll, all keyword-only
    watched: Sequence[Watched],
    source: QuoteSource,
    policy: Policy,
    memory: PollMemory,
    *,
    now: datetime,
    rules: IntradayRules = IntradayRules(),
) -> tuple[Poll, PollMemory]:
    """Ask a source once and judge every account.

    Parameters
    ----------
    watched : sequence of Watched
        Accounts by market.
    source : QuoteSource
        Asked once a market; where it fails, nothing is judged and the memory stays.
    policy : Policy
        For all accounts.
    memory : PollMemory
        As it came out of the poll before.
    now : datetime
        The moment, with its zone.
    rules : IntradayRules
        How polls become calls.

    Raises
    ------
    InputError
        If the exchange is closed at the moment, the facts are of a later day, or two accounts share a label.
    """
    day = now.astimezone(EXCHANGE_ZONE).date()
    hours = hours_of(day)
    if not hours.hold(now):
        raise InputError(
            f"The exchange is closed at {now:%Y-%m-%d %H:%M %Z}.", hint=f"It opens at {hours.opens:%Y-%m-%d %H:%M} UTC."
        )
    memory = memory.on(day)
    items: list[WorkItem] = []
    unjudged: dict[str, str] = {}
    aside: list[SetAside] = []
    strangers: dict[str, int] = {}
    accepted, known, newest = dict(memory.accepted_usd), dict(memory.accounts), dict(memory.newest)
    try:
        quoted = [(each, source.poll(each.market.universe)) for each in watched]
    except DiAdvisorError as e:
        return Poll(now, policy.name, standing=_standing(memory), failed=f"{e.what} {e.hint}".strip()), memory
    for each, quotes in quoted:
        if each.market.as_of > day:
            raise InputError(
                f"The facts are of {each.market.as_of}, and the quotes of {day}.", hint="Open facts of an earlier day."
            )
        before = accepted.get(each.name, {})
        found = checked(quotes, each.market, before, now=now, opened=hours.opens, rules=rules.quotes)
        accepted[each.name] = {**before, **found.price_usd}
        aside += found.aside
        strangers |= {symbol: strangers.get(symbol, 0) + 1 for symbol in found.strangers}
        known_at = memory.newest.get(each.name, {})
        fresh = {name: at for name, at in found.at.items() if name not in known_at or at > known_at[name]}
        newest |= {each.name: {**known_at, **fresh}}
        for facts in each.accounts(_market_now(each.market, accepted[each.name], now)):
            if facts.label in unjudged or any(i.label == facts.label for i in items):
                raise InputError(f"Two accounts are called {facts.label}.", hint="Give each a label of its own.")
            if lacking := _lacking(facts, found, rules.quotes.covered_min):
                unjudged[facts.label] = lacking
                continue
            trusted = _without(facts, {each.security_id for each in found.aside})
            newer = _newer(facts, fresh)
            before_it = known.get(facts.label, AccountMemory())
            decision, known[facts.label] = decide_now(policy, trusted, before_it, now, rules, newer=newer)
            items.append(WorkItem(facts.label, day, decision))
    items.sort(key=lambda i: (not i.decision.due, i.label))
    after = PollMemory(day, now, accepted, known, newest)
    unknown = tuple(symbol for symbol, markets in strangers.items() if markets == len(quoted))
    return Poll(now, policy.name, tuple(items), _standing(after), unjudged, tuple(dict.fromkeys(aside)), unknown), after


def decide_now(
    policy: Policy,
    facts: DayFacts,
    memory: AccountMemory,
    now: datetime,
    rules: IntradayRules,
    *,
    newer: frozenset[str] | None = None,
) -> tuple[Decision, AccountMemory]:
    """What a policy says of an account at this moment, and what is remembered for the next.

    Parameters
    ----------
    policy, facts, memory, now, rules
        Whose moment, and by which rules.
    newer : frozenset of str, optional
        Names whose quotes are newer than at the poll before; all when left out. The others were seen before, and
        seeing them once more confirms nothing.
    """
    before = memory.policy.triggers
    judged = [(t.name, *judge(t, facts, before.get(t.name, TriggerState()))) for t in policy.triggers]
    confirmed = _confirmed(policy, facts, before, judged, newer)
    heard = {name: _seen(memory.heard.get(name, Heard()), f, confirmed=name in confirmed) for name, f, _ in judged}
    firings = [replace(f, fired=f.fired and _audible(heard[name], now, rules)) for name, f, _ in judged]
    decision = _rested(concluded(policy, firings, facts, memory.policy), policy, memory, now, rules)
    unconfirmed = [name for name, f, _ in judged if f.fired and heard[name].polls_on < rules.confirm_polls]
    if unconfirmed and not decision.due and not decision.held_back:
        decision = replace(decision, held_back=f"On, and not yet confirmed by another poll: {', '.join(unconfirmed)}.")
    triggers, calls = {}, memory.calls
    for (name, as_read, new), firing in zip(judged, firings, strict=True):
        said = decision.due and firing.fired
        triggers[name] = new if said or not as_read.fired else unheard(new, before.get(name, TriggerState()))
        if said:
            heard[name] = Heard(heard[name].polls_on, now, released=False)
    if decision.due:
        calls = (*calls, Call(now, decision.reasons, tuple(f.trigger for f in firings if f.fired)))
    last = facts.as_of if decision.due else memory.policy.last_called
    return decision, AccountMemory(PolicyState(triggers, last), heard, calls)


def _newer(facts: DayFacts, fresh: Mapping[str, datetime]) -> frozenset[str] | None:
    """Names of a market that have a newer quote; None where all have."""
    ids = facts.signals.market.universe.security_ids
    return None if len(fresh) == len(ids) else frozenset(fresh)


def _confirmed(
    policy: Policy,
    facts: DayFacts,
    before: Mapping[str, TriggerState],
    judged: Iterable[tuple[str, Firing, TriggerState]],
    newer: frozenset[str] | None,
) -> set[str]:
    """Triggers that are on, and would be by the names with newer quotes alone."""
    on = {name for name, firing, _ in judged if firing.on}
    if newer is None or not on:
        return on
    old = [i for i in facts.signals.market.universe.security_ids if i not in newer]
    if not newer:
        return set()
    by_new = _without(facts, facts.set_aside.union(old))
    watched = [t for t in policy.triggers if t.name in on]
    return {t.name for t in watched if judge(t, by_new, before.get(t.name, TriggerState()))[0].on}


def _seen(heard: Heard, firing: Firing, *, confirmed: bool) -> Heard:
    polls_on = heard.polls_on + int(confirmed) if firing.on else 0
    return replace(heard, polls_on=polls_on, released=heard.released or not firing.on)


def _audible(heard: Heard, now: datetime, rules: IntradayRules) -> bool:
    resting = heard.heard_at is not None and now < heard.heard_at + rules.rest
    return heard.polls_on >= rules.confirm_polls and heard.released and not resting


def _rested(decision: Decision, policy: Policy, memory: AccountMemory, now: datetime, rules: IntradayRules) -> Decision:
    """A decision with the rests of the day: an account that called waits, except for what is to be heard at once."""
    urgent = any(f.fired for f in decision.firings if f.trigger in policy.at_once)
    if not decision.due or urgent or not memory.calls:
        return decision
    last = memory.calls[-1].at
    if policy.at_most_every_days:
        return replace(decision, due=False, held_back=f"At most once a day: it called at {last:%H:%M} UTC.")
    if now < last + rules.rest:
        why = f"It called at {last:%H:%M} UTC and rests until {last + rules.rest:%H:%M} UTC."
        return replace(decision, due=False, held_back=why)
    return decision


def _standing(memory: PollMemory) -> dict[str, tuple[Call, ...]]:
    return {label: known.calls for label, known in sorted(memory.accounts.items()) if known.calls}


def _market_now(market: Market, accepted: Mapping[str, float], now: datetime) -> Market:
    """The market at accepted prices; names without one keep their close."""
    prices = tuple(
        Decimal(repr(accepted[name])) if name in accepted else close
        for name, close in zip(market.universe.security_ids, market.price_usd, strict=True)
    )
    return replace(market, as_of=now.astimezone(EXCHANGE_ZONE).date(), known_at=now, price_usd=prices)


def _lacking(facts: DayFacts, found: CheckedQuotes, covered_min: float) -> str:
    """Why an account is not judged; empty where it is. What is held and what is wanted count alike."""
    account = facts.signals.account
    size = account.held_usd() / facts.value_usd + account.target_weight
    quoted = np.array([i in found.price_usd for i in facts.signals.market.universe.security_ids], dtype=np.bool_)
    share = float(size[quoted].sum() / size.sum())
    if share >= covered_min:
        return ""
    return f"{share:.3f} of what it holds and wants has a usable quote, against {covered_min:g}."


def _without(facts: DayFacts, names: AbstractSet[str]) -> DayFacts:
    """Facts in which nothing can be concluded from some names."""
    account = facts.signals.account
    ids = facts.signals.market.universe.security_ids
    out = np.array([ids[i] in names for i in account.lot_name.tolist()], dtype=np.bool_)
    signals = replace(facts.signals, account=replace(account, lot_sellable=account.lot_sellable & ~out))
    return replace(facts, signals=signals, set_aside=frozenset(names))
