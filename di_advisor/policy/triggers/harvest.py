"""Triggers of lots: losses available (three ways to count them), lots about to turn long-term, wash windows ending.

A loss counts where its basis is known, no lock forbids taking it, and the account is taxed. Limits: losses are
summed before trading cost, except under a harvest model, whose lower bound is taken net of the cost of selling and
of buying something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import LockKind
from di_advisor.ledger.holding_period import long_term_from
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.triggers.trigger import ONCE, SMOOTH, Gate, Reading, TriggerState
from di_advisor.policy.triggers.words import listed, usd
from di_advisor.signals.waiting import name_volatility_per_year

__all__ = ["Counted", "LossAvailable", "TurnsLongTerm", "WashWindowEnds"]

_DAYS_PER_YEAR = 365.0


class Counted(StrEnum):
    """Which losses count."""

    FIXED = "fixed"
    """Those of at least ``depth`` of their basis."""
    VOLATILITY = "volatility"
    """Those of at least ``depth`` standard deviations of the name over ``horizon_days``, of their basis."""
    MODEL = "model"
    """Those a harvest model would take: its lower bound, net of cost."""


@dataclass(frozen=True, slots=True)
class LossAvailable:
    """Losses that could be taken today, against ``least_usd`` or, where larger, ``least_weight`` of the account.

    Attributes
    ----------
    least_usd, least_weight : float
        The threshold; of the sum of losses, under a model of the sum of what taking them is worth.
    counted : Counted
        Which lots count.
    depth : float
        Share of the basis, or number of standard deviations.
    horizon_days : int
        Of the standard deviation.
    """

    least_usd: float = 1000.0
    least_weight: float = 0.001
    counted: Counted = Counted.FIXED
    depth: float = 0.05
    horizon_days: int = 30
    gate: Gate = SMOOTH
    name: str = "loss available"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:  # noqa: ARG002
        """Sum over the lots that count; their names, the largest first."""
        threshold = max(self.least_usd, self.least_weight * facts.value_usd)
        if facts.account.kind in RETIREMENT_KINDS:
            return Reading(0.0, threshold, "USD", "Nothing is taxed in this account, so no loss is of use.")
        losses = _losses(facts)
        if self.counted is Counted.MODEL:
            if facts.advantage is None:
                return Reading(None, threshold, "USD", "No harvest model was asked, so nothing is known of its bound.")
            worth = np.where(losses > 0, facts.advantage.lower_usd - _round_trip_usd(facts), 0.0)
            amount = np.maximum(worth, 0.0)
            how = "is worth at least that much more now than later, after cost"
        else:
            amount = np.where(losses >= self._least_loss(facts), losses, 0.0)
            how = f"of at least {self._in_words()}"
        names = _by_name(facts, amount)
        lots, total = int((amount > 0).sum()), float(amount.sum())
        what = "Taking losses" if self.counted is Counted.MODEL else "Losses"
        sentence = f"{what} in {lots:,} lot{'' if lots == 1 else 's'} {how}: {usd(total)}, against {usd(threshold)}"
        return Reading(total, threshold, "USD", f"{sentence}{f' ({listed(names)})' if names else ''}.", names)

    def _least_loss(self, facts: DayFacts) -> FloatArray:
        account = facts.signals.account
        basis = account.lot_value_usd - account.lot_gain_usd
        depth = np.full(len(account.lots), self.depth)
        if self.counted is Counted.VOLATILITY:
            volatility = name_volatility_per_year(facts.signals.market.risk)[account.lot_name]
            depth = self.depth * volatility * (self.horizon_days / _DAYS_PER_YEAR) ** 0.5
        return np.asarray(np.maximum(depth * basis, np.finfo(float).tiny), dtype=np.float64)

    def _in_words(self) -> str:
        if self.counted is Counted.VOLATILITY:
            return f"{self.depth:g} standard deviations of {self.horizon_days} days"
        return f"{self.depth:g} of their basis"


@dataclass(frozen=True, slots=True)
class TurnsLongTerm:
    """Losses in lots that turn long-term within ``within_days``, against ``least_usd``.

    A loss is worth more against short-term gains while it is short-term; lots with a gain that turn are named
    in the sentence as a reason to wait, and do not fire.
    """

    least_usd: float = 500.0
    within_days: int = 10
    gate: Gate = ONCE
    name: str = "turns long-term"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:  # noqa: ARG002
        """Sum of losses that are short-term today and not after the days."""
        account = facts.signals.account
        soon = np.array(
            [_turns_within(lot.held_since, facts.as_of, self.within_days) for lot in account.lots], np.bool_
        )
        taxed = account.kind not in RETIREMENT_KINDS
        losses = np.where(soon & taxed, _losses(facts), 0.0)
        gains = float(np.maximum(account.lot_gain_usd[soon], 0.0).sum()) if taxed else 0.0
        total, names = float(losses.sum()), _by_name(facts, losses)
        sentence = (
            f"{usd(total)} of losses turn long-term within {self.within_days} days, against {usd(self.least_usd)}"
        )
        sentence += f" ({listed(names)})" if names else ""
        sentence += f"; {usd(gains)} of gains do too, which waiting makes cheaper." if gains else "."
        return Reading(total, self.least_usd, "USD", sentence, names)


@dataclass(frozen=True, slots=True)
class WashWindowEnds:
    """Names whose wash-sale lock is over since the day before, or will be ``within_days``, against ``least_names``.

    A lock still holds on its last day, which may lie on a weekend, and is gone on the next: the trigger remembers the
    locks it saw, so that it fires on the first session on which the name is free. The first day only takes them down.
    """

    least_names: int = 1
    within_days: int = 0
    gate: Gate = ONCE
    name: str = "wash window ends"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:
        """Names that became free or soon will be, by the last of their locks; the longest free first."""
        until: dict[str, date] = {}
        for lock in facts.signals.account.locks:
            if lock.until is not None and lock.kind in {LockKind.NO_BUY, LockKind.NO_LOSS_SALE}:
                until[lock.security_id] = max(lock.until, until.get(lock.security_id, lock.until))
        seen = {name: date.fromordinal(round(day)) for name, day in state.known.items()}
        over = {name: day for name, day in seen.items() if day < facts.as_of and name not in until}
        last = facts.as_of + timedelta(days=self.within_days)
        soon = {name: day for name, day in until.items() if day < last}
        names = tuple(name for _, name in sorted((day, facts.ticker_of(k)) for k, day in (over | soon).items()))
        sentence = f"{len(over):,} wash-sale lock{' is' if len(over) == 1 else 's are'} over"
        sentence += f", and {len(soon):,} more will be by {last}" if self.within_days else ""
        sentence += f"; {len(until):,} still hold, against {self.least_names:,}"
        sentence += f" ({listed(names)})." if names else "."
        known = {name: float(day.toordinal()) for name, day in until.items()}
        return Reading(float(len(names)), float(self.least_names), "names", sentence, names, known)


def _losses(facts: DayFacts) -> FloatArray:
    """Loss of each lot that could be taken today, shape (L,), USD; 0 elsewhere."""
    account = facts.signals.account
    free: NDArray[np.bool_] = account.lot_known & account.lot_sellable
    return np.where(free, np.maximum(-account.lot_gain_usd, 0.0), 0.0)


def _round_trip_usd(facts: DayFacts) -> FloatArray:
    """Cost of selling each lot and spending the money on its like, shape (L,), USD."""
    account, costs = facts.signals.account, facts.signals.market.costs
    at = account.lot_name
    v = account.lot_value_usd
    total = np.zeros(len(v))
    for curve in (costs, costs.selling or costs):
        total += curve.linear[at] * v + curve.three_halves[at] * v**1.5 + curve.quadratic[at] * v * v
    return total


def _turns_within(held_since: date | None, as_of: date, days: int) -> bool:
    return held_since is not None and as_of < long_term_from(held_since) <= as_of + timedelta(days=days)


def _by_name(facts: DayFacts, amount: FloatArray) -> tuple[str, ...]:
    account = facts.signals.account
    total = np.bincount(account.lot_name, weights=amount, minlength=len(account.target_weight))
    return facts.tickers(i for i in np.argsort(-total, kind="stable").tolist() if total[i] > 0)
