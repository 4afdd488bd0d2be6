"""Why a target changed, in words: one sentence for each name and event. Not escaped: whoever renders it does that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Protocol

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.events import (
    CashMerger,
    Delisting,
    MixedMerger,
    ReverseSplit,
    SecurityEvent,
    SpinOff,
    Split,
    StockDividend,
    StockMerger,
    TickerChange,
    Worthless,
)
from di_advisor.domain.index_actions import IndexRule, SpunName
from di_advisor.policy.triggers.words import bps, listed, usd

__all__ = ["IndexWords"]


class _Announced(Protocol):
    @property
    def announced(self) -> date: ...
    @property
    def effective(self) -> date: ...
    @property
    def reason(self) -> str: ...
    @property
    def source(self) -> str: ...


@dataclass(frozen=True)
class IndexWords:
    """Sentences; ``tickers`` says what people call a security id."""

    tickers: Mapping[str, str]

    def named(self, security_id: str) -> str:
        """What people call it."""
        return self.tickers.get(security_id, security_id)

    def enters(self, name: str, change: _Announced, weight: float, left: Sequence[str]) -> str:
        """A name that enters."""
        instead = f", for {listed([self.named(k) for k in left])}" if left else ""
        return f"{self.named(name)} enters on {change.effective} with {bps(weight)}{instead}{_why(change)}."

    def leaves(self, name: str, change: _Announced, weight: float | None) -> str:
        """A name that leaves."""
        if weight is None:
            return f"{self.named(name)}, which ended before, leaves the index on {change.effective}{_why(change)}."
        return f"{self.named(name)} leaves on {change.effective}, from {bps(weight)}{_why(change)}."

    def reweighted(self, name: str, change: _Announced, before: float, after: float) -> str:
        """A weight that is set anew."""
        return f"{self.named(name)} goes from {bps(before)} to {bps(after)} on {change.effective}{_why(change)}."

    def others(self, count: int, on: date, before: float, after: float) -> str:
        """All names that are only scaled."""
        who = "The other name goes" if count == 1 else f"The other {count:,} names go"
        return f"{who} from {bps(before)} to {bps(after)} on {on}{'' if count == 1 else ', in proportion'}."

    def unpriced(self, event: SecurityEvent) -> str:
        """A spin-off to come."""
        spun = self.named(getattr(event, "spun_security_id", ""))
        return (
            f"{self.named(event.security_id)} spins off {spun} on {event.on}: how much of its weight goes with it is "
            "not known before the first price."
        )

    def action(
        self,
        event: SecurityEvent,
        rule: IndexRule,
        name: str,
        before: Mapping[str, float],
        after: Mapping[str, float],
    ) -> str:
        """A corporate action, for one of the names that it concerns."""
        whom = self.named(name)
        if isinstance(event, TickerChange):
            return f"{event.old_ticker} trades as {event.new_ticker} from {event.on}: the same security, weights stay."
        if isinstance(event, Split | ReverseSplit | StockDividend):
            return f"{whom}: {_ratio(event)} on {event.on}; shares change, weights stay."
        if isinstance(event, SpinOff):
            return self._spun(event, rule, name, before, after)
        return self._ended(event, name, before, after)

    def _ended(self, event: SecurityEvent, name: str, before: Mapping[str, float], after: Mapping[str, float]) -> str:
        whom, weight = self.named(name), bps(before.get(name, 0.0))
        if name != event.security_id:
            ended = self.named(event.security_id)
            now = bps(after.get(name, 0.0))
            return f"{whom} goes from {weight} to {now} on {event.on}: it takes what {ended} was exchanged for."
        if isinstance(event, CashMerger):
            cash = usd(float(event.cash_per_share_usd))
            return f"{whom} leaves on {event.on}: bought for {cash} a share in cash; its {weight} go to the others."
        if isinstance(event, StockMerger | MixedMerger):
            acquirer = self.named(event.new_security_id)
            terms = f"{float(event.new_per_old):g} shares of {acquirer}"
            if isinstance(event, MixedMerger):
                terms += f" and {usd(float(event.cash_per_share_usd))}"
            stays = after.get(event.new_security_id, 0.0) > 0
            where = f"to {acquirer}" if stays else f"to the others, because {acquirer} is not in the index"
            return f"{whom} leaves on {event.on}: exchanged for {terms} a share; its {weight} go {where}."
        if isinstance(event, Delisting | Worthless):
            ended = "delisted" if isinstance(event, Delisting) else "worthless"
            return f"{whom} leaves on {event.on}: {ended}; its {weight} go to the others."
        return f"{whom}: {type(event).__name__} on {event.on}; weights stay."

    def _spun(
        self,
        event: SpinOff,
        rule: IndexRule,
        name: str,
        before: Mapping[str, float],
        after: Mapping[str, float],
    ) -> str:
        parent, spun = self.named(event.security_id), self.named(event.spun_security_id)
        terms = f"{float(event.new_per_old):g} shares of {spun} for each of {parent}"
        if rule.spun is SpunName.TO_PARENT:
            return f"{parent} spins off {spun} on {event.on} ({terms}): the index drops it, the weight stays."
        now = bps(after.get(name, 0.0))
        if name == event.spun_security_id:
            return f"{spun} enters on {event.on} with {now}: spun off from {parent} ({terms})."
        goes = "into the index" if rule.spun is SpunName.ADDED else "out of the index, and to the others in proportion"
        return f"{parent} goes from {bps(before[name])} to {now} on {event.on}: {spun} went {goes} ({terms})."


def _ratio(event: Split | ReverseSplit | StockDividend) -> str:
    per = as_fraction(event.new_per_old)
    if isinstance(event, StockDividend):
        return f"stock dividend of {float(per):g} a share"
    shown = Fraction(per)
    return f"split {shown.numerator} for {shown.denominator}"


def _why(change: _Announced) -> str:
    parts = [f": {change.reason}"] if change.reason else []
    parts.append(f" (announced {change.announced}{f', {change.source}' if change.source else ''})")
    return "".join(parts)
