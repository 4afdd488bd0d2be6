"""Triggers of what happens: cash, dividends, reconstitution, corporate actions, the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.events import (
    CashMerger,
    Delisting,
    Dividend,
    MixedMerger,
    ReturnOfCapital,
    ReverseSplit,
    Rights,
    SpinOff,
    Split,
    StockDividend,
    StockMerger,
    TickerChange,
    Worthless,
)
from di_advisor.domain.events.event import SecurityEvent
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.sessions import Cadence, due_session, sessions_after
from di_advisor.policy.triggers.trigger import ONCE, SMOOTH, Gate, Reading, TriggerState
from di_advisor.policy.triggers.words import bps, listed, usd

__all__ = ["CalendarDue", "CashOutside", "CorporateAction", "DividendReceived", "Reconstitution"]

_KINDS: Final[Mapping[type[SecurityEvent], str]] = FrozenMap(
    {
        Split: "Split",
        ReverseSplit: "Reverse split",
        StockDividend: "Stock dividend",
        Rights: "Rights",
        ReturnOfCapital: "Return of capital",
        TickerChange: "Change of ticker",
        Delisting: "Delisting",
        Worthless: "Worthlessness",
        SpinOff: "Spin-off",
        CashMerger: "Merger for cash",
        StockMerger: "Merger for shares",
        MixedMerger: "Merger for shares and cash",
    }
)
"""What people call them."""


@dataclass(frozen=True, slots=True)
class CashOutside:
    """How far cash, less a wished withdrawal, lies outside the mandate's range, against ``least_weight``."""

    least_weight: float = 0.0025
    gate: Gate = SMOOTH
    name: str = "cash"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:  # noqa: ARG002  as every trigger
        """Distance of the cash weight from the range, as a weight."""
        mandate = facts.mandate
        cash = float(facts.signals.account.cash_usd) - float(mandate.withdrawal_usd)
        weight = cash / facts.value_usd
        outside = max(weight - mandate.cash_max, mandate.cash_min - weight, 0.0)
        side = "above" if weight > mandate.cash_max else "below" if weight < mandate.cash_min else "within"
        sentence = f"Cash of {usd(cash)} is {bps(weight)} of the account, {side} the range from "
        sentence += f"{bps(mandate.cash_min)} to {bps(mandate.cash_max)}"
        sentence += f" by {bps(outside)}, against {bps(self.least_weight)}." if outside else "."
        return Reading(outside, self.least_weight, "weight", sentence)


@dataclass(frozen=True, slots=True)
class DividendReceived:
    """Dividends of the account on the day, against ``least_usd``."""

    least_usd: float = 50.0
    gate: Gate = ONCE
    name: str = "dividend received"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:  # noqa: ARG002
        """Sum of the day's dividends."""
        paid: dict[str, float] = {}
        for e in facts.events:
            if isinstance(e, Dividend) and e.account_id == facts.account.account_id and e.on == facts.as_of:
                name = facts.ticker_of(e.security_id)
                paid[name] = paid.get(name, 0.0) + float(as_fraction(e.amount_usd))
        names = tuple(sorted(paid, key=lambda n: (-paid[n], n)))
        total = sum(paid.values())
        sentence = f"Dividends of {usd(total)} came in, against {usd(self.least_usd)}"
        return Reading(total, self.least_usd, "USD", f"{sentence}{f' ({listed(names)})' if names else ''}.", names)


@dataclass(frozen=True, slots=True)
class Reconstitution:
    """Change of the target at its next effective date within ``within_sessions``, or since the last rebalance.

    The figure is one-way turnover of the index, sum of absolute changes over two, against ``least_turnover``.
    """

    least_turnover: float = 0.005
    within_sessions: int = 5
    gate: Gate = ONCE
    name: str = "reconstitution"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:  # noqa: ARG002
        """Turnover to the next announced weights, or from those of the last rebalance; who enters and leaves."""
        today = facts.as_of
        days = facts.target.effective_days
        end = sessions_after(today, self.within_sessions)
        ahead = [d for d in days if today < d <= end]
        since = [d for d in days if facts.last_rebalance is not None and facts.last_rebalance < d <= today]
        first = max(c.path[0].effective for c in facts.target.components if c.fraction)
        if ahead:
            before, after, when = today, ahead[-1], f"on {ahead[-1]}"
        elif since and facts.last_rebalance is not None and first <= facts.last_rebalance:
            before, after, when = facts.last_rebalance, today, f"on {since[-1]}, since the last rebalance"
        else:
            coming = next((f"; the next is on {d}" for d in days if d > today), "")
            sentence = f"The target does not change within {self.within_sessions} sessions{coming}."
            return Reading(0.0, self.least_turnover, "turnover", sentence)
        old, new = facts.target.weights_on(before), facts.target.weights_on(after)
        change = {k: new.get(k, 0.0) - old.get(k, 0.0) for k in sorted({*old, *new})}
        turnover = sum(abs(v) for v in change.values()) / 2
        adds = sum(1 for k in change if new.get(k, 0.0) > 0 and not old.get(k, 0.0) > 0)
        drops = sum(1 for k in change if old.get(k, 0.0) > 0 and not new.get(k, 0.0) > 0)
        names = tuple(facts.ticker_of(k) for k in sorted(change, key=lambda k: -abs(change[k])) if change[k])
        sentence = f"The target changes {when}: {adds:,} names enter, {drops:,} leave, {bps(turnover)} of turnover, "
        sentence += f"against {bps(self.least_turnover)}."
        return Reading(turnover, self.least_turnover, "turnover", sentence, names)


@dataclass(frozen=True, slots=True)
class CorporateAction:
    """Corporate actions of the day in names that are held or in the target, against ``least_names``.

    An action concerns the account also through what it left there: the shares of an acquirer, or of a name spun off.
    """

    least_names: int = 1
    gate: Gate = ONCE
    name: str = "corporate action"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:  # noqa: ARG002
        """Names with an action today."""
        concerned = {lot.security_id for lot in facts.account.lots} | set(facts.target.weights_on(facts.as_of))
        found: dict[str, list[str]] = {}
        for e in facts.events:
            if isinstance(e, SecurityEvent) and e.on == facts.as_of and not concerned.isdisjoint(_touched(e)):
                found.setdefault(e.security_id, []).append(_KINDS.get(type(e), "Corporate action"))
        names = tuple(facts.ticker_of(k) for k in sorted(found))
        told = [f"{kind} of {facts.ticker_of(k)}" for k, kinds in sorted(found.items()) for kind in kinds]
        one = len(names) == 1
        sentence = (
            f"{len(names):,} name{'' if one else 's'} held or in the target {'has' if one else 'have'} a corporate "
        )
        sentence += "action today, "
        sentence += f"against {self.least_names:,}{f': {listed(told)}' if told else ''}."
        return Reading(float(len(names)), float(self.least_names), "names", sentence, names)


def _touched(event: SecurityEvent) -> set[str]:
    """Names that an action is about: its own, and those whose shares it brings."""
    brought = (getattr(event, name, "") for name in ("new_security_id", "spun_security_id"))
    return {event.security_id, *brought} - {""}


@dataclass(frozen=True, slots=True)
class CalendarDue:
    """Whether a period began since the last rebalance: first session of the month, quarter or year.

    Without a known last rebalance it is due on that session only.
    """

    cadence: Cadence = Cadence.QUARTERLY
    gate: Gate = ONCE
    name: str = "calendar"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:  # noqa: ARG002
        """1 where it is due, else 0."""
        session, last = due_session(facts.as_of, self.cadence), facts.last_rebalance
        due = facts.as_of == session if last is None else last < session <= facts.as_of
        since = "no rebalance is known" if last is None else f"the last rebalance was on {last}"
        sentence = f"The {self.cadence.value} session is {session}; {since}: {'due' if due else 'not due'}."
        return Reading(float(due), 1.0, "due", sentence)
