"""What a corporate action does to the weights of an index: holdings follow tax rules, targets follow index rules.

Problem: the same event changes lots and target in different ways. A spun-off company enters an
index or is sold at once; a company bought for cash leaves it and its weight goes to the others; an
acquirer outside the index gets none of it. Decision: lots change in `di_advisor.ledger.actions`,
weights here, and neither looks at the other. The index's rule for spin-offs is an argument, and
weight that leaves is spread over the other members in proportion, which is what an index does that
reinvests cash. Limits: weights are those before the event; values that decide a split (of parent
and spin-off, of stock and cash) must stand in the event.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from di_advisor.domain.amounts import Exact, as_fraction
from di_advisor.domain.events import (
    CashMerger,
    Delisting,
    MixedMerger,
    SecurityEvent,
    SpinOff,
    StockMerger,
    Worthless,
)
from di_advisor.domain.target import IndexWeights
from di_advisor.errors import IncompleteDataError, InputError

__all__ = ["SpunOffMember", "TargetChange", "target_after"]


class SpunOffMember(StrEnum):
    """What an index does with a company that one of its members spins off."""

    ADDED = "added"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class TargetChange:
    """Weights of an index after an event.

    Attributes
    ----------
    weights : IndexWeights
        Effective on the event's day; they sum to 1.
    removed, added : str
        Security that left, and that came; empty if none.
    moved_to : str
        Security that took over weight of the one that left or was split; empty if none.
    reinvested : float
        Weight that was spread over the other members.
    """

    weights: IndexWeights
    removed: str = ""
    added: str = ""
    moved_to: str = ""
    reinvested: float = 0.0


def target_after(
    weights: IndexWeights, event: SecurityEvent, *, spun_off: SpunOffMember = SpunOffMember.ADDED
) -> TargetChange:
    """Apply a corporate action to the weights of an index.

    Parameters
    ----------
    weights : IndexWeights
        Right before the event.
    event : SecurityEvent
        Splits, distributions and new tickers change no weight. A merger gives the weight that came
        in stock to the acquirer if that is a member, and the rest to all others.
    spun_off : SpunOffMember
        The index's rule.

    Raises
    ------
    IncompleteDataError
        If the event lacks the values that say how a weight is split.
    InputError
        If nothing would be left of the index.
    """
    held = weights.weights.get(event.security_id, 0.0)
    if not held:
        return TargetChange(weights)
    match event:
        case SpinOff():
            return _spun_off(weights, event, held, spun_off)
        case MixedMerger():
            stock = as_fraction(event.new_per_old) * as_fraction(event.value_per_new_usd)
            other = as_fraction(event.cash_per_share_usd) + as_fraction(event.other_per_share_usd)
            part = float(stock / (stock + other)) if stock + other else 0.0
            return _removed(weights, event, held, event.new_security_id, part)
        case StockMerger():
            return _removed(weights, event, held, event.new_security_id, 1.0)
        case CashMerger() | Delisting() | Worthless():
            return _removed(weights, event, held, "", 0.0)
        case _:
            return TargetChange(weights)


def _spun_off(weights: IndexWeights, event: SpinOff, held: float, rule: SpunOffMember) -> TargetChange:
    values = (event.value_per_old_usd, event.value_per_new_usd)
    if values[0] is None or values[1] is None:
        raise IncompleteDataError(
            f"SpinOff {event.event_id!r} gives no values right after of {event.security_id} and "
            f"{event.spun_security_id}, which split the weight.",
            hint="Give value_per_old_usd and value_per_new_usd; fractions of the basis are no weights of an index.",
            event_id=event.event_id,
        )
    keep = float(_kept(values[0], values[1], event.new_per_old))
    spun, changed = held * (1 - keep), dict(weights.weights)
    changed[event.security_id] = held - spun
    if rule is SpunOffMember.ADDED:
        changed[event.spun_security_id] = changed.get(event.spun_security_id, 0.0) + spun
        return TargetChange(
            IndexWeights(event.on, changed), added=event.spun_security_id, moved_to=event.spun_security_id
        )
    return TargetChange(IndexWeights.rescaled(event.on, changed), reinvested=spun)


def _kept(value_per_old_usd: Exact, value_per_new_usd: Exact, new_per_old: Exact) -> Fraction:
    parent, spun = as_fraction(value_per_old_usd), as_fraction(new_per_old) * as_fraction(value_per_new_usd)
    return parent / (parent + spun)


def _removed(weights: IndexWeights, event: SecurityEvent, held: float, acquirer: str, part: float) -> TargetChange:
    """Take a member out; ``part`` of its weight goes to the acquirer, if that is a member."""
    changed = {k: w for k, w in weights.weights.items() if k != event.security_id}
    if not any(changed.values()):
        raise InputError(
            f"{event.security_id} is all of the index, and {type(event).__name__} {event.event_id!r} takes it out.",
            hint="Give the weights of the index that follows.",
            event_id=event.event_id,
        )
    to = acquirer if part and changed.get(acquirer) else ""
    moved = held * part if to else 0.0
    if to:
        changed[to] += moved
    return TargetChange(
        IndexWeights.rescaled(event.on, changed), removed=event.security_id, moved_to=to, reinvested=held - moved
    )
