"""What a corporate action does to index weights: the target's side of the same event.

Problem: holdings follow tax rules, targets follow index rules, and mixing the two makes a spin-off
that an index drops a name the account must hold. Decision: a pure function from weights to weights
that knows nothing of lots; what the index does with a new name or with an acquirer is a rule stated
by the caller. Weight that no name takes is cash until the caller reinvests it on purpose. Limits:
float changes, additions and deletions that are no corporate action come with the next sheet.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from di_advisor.domain.events import (
    CashMerger,
    Delisting,
    Event,
    MixedMerger,
    SpinOff,
    StockMerger,
    Worthless,
)
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import IncompleteDataError, InputError

__all__ = ["IndexRule", "MergedName", "SpunName", "WeightsAfter", "apply_to_target"]


class SpunName(StrEnum):
    """What the index does with a name that was spun off."""

    ADDED = "added"
    TO_PARENT = "to_parent"
    TO_CASH = "to_cash"


class MergedName(StrEnum):
    """Where the weight of shares that were exchanged for an acquirer's goes."""

    TO_ACQUIRER = "to_acquirer"
    TO_MEMBER = "to_member"
    TO_CASH = "to_cash"


@dataclass(frozen=True, slots=True)
class IndexRule:
    """How an index treats what an action brings.

    Attributes
    ----------
    spun : SpunName
        Added to the index; dropped, its weight back to the parent; or dropped into cash.
    merged : MergedName
        To the acquirer; to the acquirer if it is a member already, else into cash; or into cash.
    """

    spun: SpunName = SpunName.ADDED
    merged: MergedName = MergedName.TO_MEMBER


@dataclass(frozen=True)
class WeightsAfter:
    """Weights after an action.

    Attributes
    ----------
    weights : Mapping of str to float
        By security id.
    cash_weight : float
        What no name took; weights and it sum to what the weights summed to before.
    """

    weights: Mapping[str, float]
    cash_weight: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", FrozenMap(self.weights))

    def reinvested(self) -> dict[str, float]:
        """Weights with the cash spread over all names in proportion.

        Raises
        ------
        InputError
            If no name is left.
        """
        left = math.fsum(self.weights.values())
        if not left > 0:
            raise InputError("No name is left to reinvest in.", hint="Load the next sheet of the index.")
        return {name: w * (left + self.cash_weight) / left for name, w in self.weights.items()}


def apply_to_target(
    weights: Mapping[str, float],
    event: Event,
    prices_usd: Mapping[str, float] | None = None,
    rule: IndexRule | None = None,
) -> WeightsAfter:
    """Apply a corporate action to index weights.

    Splits, dividends, ticker changes and rights leave weights as they are: they are values, not
    shares. Exchange offers too: what holders tender changes a share count, which the next sheet brings.

    Parameters
    ----------
    weights : Mapping of str to float
        By security id, as they stood at the close before.
    event : Event
        The action.
    prices_usd : Mapping of str to float, optional
        Closes right after, for a spin-off or a deal of stock and cash; values in the event stand in
        for prices that are missing.
    rule : IndexRule, optional
        How the index treats new names.

    Raises
    ------
    InputError
        If a price is not more than zero.
    IncompleteDataError
        If a price that is needed is missing.
    """
    rule = rule or IndexRule()
    weight = weights.get(getattr(event, "security_id", ""), 0.0)
    if not weight:
        return WeightsAfter(weights)
    if isinstance(event, SpinOff):
        return _spun(weights, event, prices_usd or {}, rule.spun)
    if isinstance(event, StockMerger):
        return _merged(weights, event, 1.0, rule.merged)
    if isinstance(event, MixedMerger):
        price = _price(event, event.new_security_id, prices_usd or {}, float(event.value_per_new_usd))
        stock = float(event.new_per_old) * price
        whole = stock + float(event.cash_per_share_usd) + float(event.other_per_share_usd)
        return _merged(weights, event, stock / whole, rule.merged)
    if isinstance(event, CashMerger | Delisting | Worthless):
        return WeightsAfter(_without(weights, event.security_id), weight)
    return WeightsAfter(weights)


def _spun(
    weights: Mapping[str, float], event: SpinOff, prices_usd: Mapping[str, float], rule: SpunName
) -> WeightsAfter:
    if rule is SpunName.TO_PARENT:
        return WeightsAfter(weights)
    values = (event.value_per_old_usd, event.value_per_new_usd)
    old, new = (None if v is None else float(v) for v in values)
    parent = _price(event, event.security_id, prices_usd, old)
    child = float(event.new_per_old) * _price(event, event.spun_security_id, prices_usd, new)
    weight = weights[event.security_id]
    part = weight * child / (parent + child)
    changed = {**weights, event.security_id: weight - part}
    if rule is SpunName.TO_CASH:
        return WeightsAfter(changed, part)
    changed[event.spun_security_id] = changed.get(event.spun_security_id, 0.0) + part
    return WeightsAfter(changed)


def _merged(
    weights: Mapping[str, float], event: StockMerger | MixedMerger, in_stock: float, rule: MergedName
) -> WeightsAfter:
    weight, acquirer = weights[event.security_id], event.new_security_id
    changed = _without(weights, event.security_id)
    if rule is MergedName.TO_CASH or (rule is MergedName.TO_MEMBER and acquirer not in weights):
        return WeightsAfter(changed, weight)
    changed[acquirer] = changed.get(acquirer, 0.0) + weight * in_stock
    return WeightsAfter(changed, weight * (1 - in_stock))


def _without(weights: Mapping[str, float], security_id: str) -> dict[str, float]:
    return {name: w for name, w in weights.items() if name != security_id}


def _price(event: Event, security_id: str, prices_usd: Mapping[str, float], value_usd: float | None) -> float:
    price = prices_usd.get(security_id, value_usd)
    if price is None:
        raise IncompleteDataError(
            f"{type(event).__name__} {event.event_id!r}: the price of {security_id} right after is not known.",
            hint="Pass its first close, or record the values with the event.",
            security_id=security_id,
        )
    if not (math.isfinite(price) and price > 0):
        raise InputError(
            f"{type(event).__name__} {event.event_id!r}: the price of {security_id} is {price} USD.",
            hint="Pass a price of more than zero.",
            security_id=security_id,
        )
    return price
