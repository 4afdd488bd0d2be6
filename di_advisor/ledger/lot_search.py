"""The search behind the tax-optimal choice of lots: what a choice costs, and how to find a better one.

A choice is a number of shares for each lot. Its cost is exact. Loss shares are matched with recent
purchases in the order of the law: losses by date of acquisition (26 CFR 1.1091-1(b)), replacements
earliest first, never of the same purchase; what is matched counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from itertools import pairwise, permutations
from math import ceil, floor
from typing import Final

__all__ = ["Candidate", "LotToSell", "Replacement", "SaleCost", "SaleOutcome", "best_split", "improved", "orders"]

Candidate = tuple[Fraction, ...]
"""Shares to sell of each lot, in the order of the lots."""

_ZERO: Final = Fraction(0)
_EVALUATIONS: Final = 1_000
_FEW: Final = 512
_FEWER: Final = 12
_DOLLAR: Final = Fraction(1)


@dataclass(frozen=True, slots=True)
class Replacement:
    """Shares bought within 30 days that have replaced nothing yet.

    Attributes
    ----------
    purchase_id : str
        Shares of this purchase do not wash each other's losses.
    shares : Fraction
        Free shares, in shares of today.
    bought : date
        Trade date.
    """

    purchase_id: str
    shares: Fraction
    bought: date


@dataclass(frozen=True, slots=True)
class LotToSell:
    """One open lot at one price; amounts are per share."""

    lot_id: str
    purchase_id: str
    shares: Fraction
    basis_per_share_usd: Fraction
    gain_per_share_usd: Fraction
    long_term: bool
    given_up_per_share_usd: Fraction
    acquired: date


@dataclass(frozen=True, slots=True)
class SaleOutcome:
    """What a choice comes to, in USD."""

    tax_usd: Fraction
    given_up_usd: Fraction
    short_usd: Fraction
    long_usd: Fraction
    washed_usd: Fraction

    @property
    def cost_usd(self) -> Fraction:
        """Tax, and what is given up."""
        return self.tax_usd + self.given_up_usd


@dataclass(frozen=True)
class SaleCost:
    """Cost of every choice among the lots.

    Attributes
    ----------
    lots : tuple of LotToSell
        First in first.
    tax : callable
        Tax for net short-term and long-term gain.
    replacements : tuple of Replacement
        Earliest first.
    """

    lots: tuple[LotToSell, ...]
    tax: Callable[[Fraction, Fraction], Fraction]
    replacements: tuple[Replacement, ...] = ()

    @cached_property
    def is_plain(self) -> bool:
        """Whether nothing is given up and nothing can be washed: then highest basis is best within a term."""
        washable = any(r.shares for r in self.replacements) and any(x.gain_per_share_usd < 0 for x in self.lots)
        return not washable and not any(x.given_up_per_share_usd for x in self.lots)

    def of(self, candidate: Candidate) -> Fraction:
        """Cost of a choice."""
        return self.outcome(candidate).cost_usd

    def outcome(self, candidate: Candidate) -> SaleOutcome:
        """Tax, what is given up, gain by term and washed loss of a choice."""
        washed = self._washed(candidate)
        by_term = {False: _ZERO, True: _ZERO}
        given_up = lost = _ZERO
        for lot, n, without in zip(self.lots, candidate, washed, strict=True):
            by_term[lot.long_term] += lot.gain_per_share_usd * (n - without)
            lost -= lot.gain_per_share_usd * without
            given_up += lot.given_up_per_share_usd * n
        return SaleOutcome(self.tax(by_term[False], by_term[True]), given_up, by_term[False], by_term[True], lost)

    def _washed(self, candidate: Candidate) -> list[Fraction]:
        """Loss shares of each lot that replacements take."""
        washed = [_ZERO] * len(self.lots)
        if self.is_plain:
            return washed
        free = [r.shares for r in self.replacements]
        for lot, n in zip(self.lots, candidate, strict=True):
            # Shares that are sold here replace nothing: only what is left of their purchase does.
            for i, r in enumerate(self.replacements):
                if r.purchase_id == lot.purchase_id:
                    free[i] = max(_ZERO, free[i] - n)
        losses = [i for i, lot in enumerate(self.lots) if lot.gain_per_share_usd < 0 and candidate[i]]
        for i in sorted(losses, key=lambda i: (self.lots[i].acquired, i)):
            for j, r in enumerate(self.replacements):
                if r.purchase_id != self.lots[i].purchase_id:
                    matched = min(free[j], candidate[i] - washed[i])
                    free[j] -= matched
                    washed[i] += matched
        return washed

    def filled(self, order: Sequence[int], wanted: Fraction) -> Candidate:
        """The choice that takes lots in an order until there are enough shares."""
        taken = [_ZERO] * len(self.lots)
        for i in order:
            taken[i] = min(wanted, self.lots[i].shares)
            wanted -= taken[i]
        return tuple(taken)

    def all_choices(self, wanted: Fraction, *, at_most: int) -> list[Candidate] | None:
        """Every choice in whole shares; None if there are more than ``at_most``, or shares are not whole."""
        if wanted.denominator != 1 or any(x.shares.denominator != 1 for x in self.lots):
            return None
        partial: list[tuple[Fraction, ...]] = [()]
        for at, lot in enumerate(self.lots):
            later = sum((x.shares for x in self.lots[at + 1 :]), _ZERO)
            longer = []
            for start in partial:
                left = wanted - sum(start, _ZERO)
                least, most = max(_ZERO, left - later), min(left, lot.shares)
                longer += [(*start, Fraction(n)) for n in range(int(least), int(most) + 1)]
                if len(longer) > at_most:
                    return None
            partial = longer
        return partial


def best_split(cost: SaleCost, wanted: Fraction) -> tuple[Candidate, bool]:
    """Least gain first within each term, at the best split between the terms that is tried.

    Parameters
    ----------
    cost : SaleCost
        The lots.
    wanted : Fraction
        Shares to sell.

    Returns
    -------
    candidate : tuple of Fraction
        The best such choice.
    all_tried : bool
        Whether shares are whole and so few that every split was tried; of more, the search looks
        closer only where the cost is seen to bend.
    """
    high = sorted(range(len(cost.lots)), key=lambda i: cost.lots[i].gain_per_share_usd)
    short = [i for i in high if not cost.lots[i].long_term]
    long = [i for i in high if cost.lots[i].long_term]

    def at(from_short: Fraction) -> Candidate:
        first = cost.filled(short, from_short)
        rest = cost.filled(long, wanted - from_short)
        return tuple(a + b for a, b in zip(first, rest, strict=True))

    of_short = sum((cost.lots[i].shares for i in short), _ZERO)
    of_long = sum((cost.lots[i].shares for i in long), _ZERO)
    least, most = max(_ZERO, wanted - of_long), min(wanted, of_short)
    bends = {least, most}
    for group, is_long in ((short, False), (long, True)):
        held = _ZERO
        for i in group:
            held += cost.lots[i].shares
            bends.add(min(max(wanted - held if is_long else held, least), most))
    ends = sorted(bends)
    outcomes = [cost.outcome(at(n)) for n in ends]
    tried = {n: outcome.cost_usd for n, outcome in zip(ends, outcomes, strict=True)}
    for (low, first), (top, last) in pairwise(zip(ends, outcomes, strict=True)):
        between = _straight(cost, low, top, first, last) if cost.is_plain else lambda n: cost.of(at(n))
        _search(low, top, between, tried, few=_FEW if cost.is_plain else _FEWER)
    best = min(tried, key=lambda n: (tried[n], n))
    whole = wanted.denominator == 1 and all(x.shares.denominator == 1 for x in cost.lots)
    return at(best), whole and len(tried) == most - least + 1


def _straight(
    cost: SaleCost, low: Fraction, top: Fraction, first: SaleOutcome, last: SaleOutcome
) -> Callable[[Fraction], Fraction]:
    """Cost between two splits between which both gains are straight: only the tax is left to ask for."""
    short_usd = (last.short_usd - first.short_usd) / (top - low)
    long_usd = (last.long_usd - first.long_usd) / (top - low)
    return lambda n: cost.tax(first.short_usd + short_usd * (n - low), first.long_usd + long_usd * (n - low))


def _search(
    low: Fraction, top: Fraction, of: Callable[[Fraction], Fraction], tried: dict[Fraction, Fraction], *, few: int
) -> None:
    """Try splits between two, down to single shares wherever the cost is not straight."""
    if top - low <= few:
        for n in map(Fraction, range(ceil(low), floor(top) + 1)):
            if n not in tried:
                tried[n] = of(n)
        return
    inner = [Fraction(floor(low + (top - low) * k / 8)) for k in range(1, 8)]
    points = [low, *inner, top]
    for n in inner:
        if n not in tried:
            tried[n] = of(n)
    slope = (tried[top] - tried[low]) / (top - low)
    if all(tried[n] == tried[low] + slope * (n - low) for n in inner):
        return
    for a, b in pairwise(points):
        if b > a:
            _search(a, b, of, tried, few=few)


def orders(cost: SaleCost, wanted: Fraction) -> Iterator[list[int]]:
    """Orders of the lots by cost per share, under marginal rates met at plain choices, losses washed or not.

    Parameters
    ----------
    cost : SaleCost
        The lots.
    wanted : Fraction
        Shares to sell.
    """
    places = range(len(cost.lots))
    rates: set[tuple[Fraction, Fraction]] = set()
    for order in (list(places), list(places)[::-1], sorted(places, key=lambda i: -cost.lots[i].basis_per_share_usd)):
        at = cost.outcome(cost.filled(order, wanted))
        for step in (_DOLLAR, -_DOLLAR):
            rates.add(
                (
                    (cost.tax(at.short_usd + step, at.long_usd) - at.tax_usd) / step,
                    (cost.tax(at.short_usd, at.long_usd + step) - at.tax_usd) / step,
                )
            )
    for on_short, on_long in sorted(rates):
        for losses_count in (True, False):

            def per_share(i: int, s: Fraction = on_short, g: Fraction = on_long, c: bool = losses_count) -> Fraction:  # noqa: FBT001
                lot = cost.lots[i]
                gain = lot.gain_per_share_usd if c else max(lot.gain_per_share_usd, _ZERO)
                return gain * (g if lot.long_term else s) + lot.given_up_per_share_usd

            yield sorted(places, key=per_share)


def improved(cost: SaleCost, start: Candidate) -> Candidate:
    """A choice that no move of shares between two lots improves, as far as the moves that are tried show.

    Parameters
    ----------
    cost : SaleCost
        The lots.
    start : tuple of Fraction
        Where to begin.
    """
    best, least = start, cost.of(start)
    left = _EVALUATIONS
    better = True
    while better:
        better = False
        for out, into in permutations(range(len(cost.lots)), 2):
            for n in _steps(min(best[out], cost.lots[into].shares - best[into])):
                moved = list(best)
                moved[out] -= n
                moved[into] += n
                price = cost.of(tuple(moved))
                if price < least:
                    best, least, better = tuple(moved), price, True
                    break
                left -= 1
                if not left:
                    return best
    return best


def _steps(most: Fraction) -> Iterator[Fraction]:
    """All that can be moved, and halves of it down to a share."""
    n = most
    while n > 0:
        yield n
        n = Fraction(floor(n / 2)) if n > 1 else _ZERO
