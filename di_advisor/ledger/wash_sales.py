"""Wash sales: losses that a purchase disallows, share by share (26 USC 1091; 26 CFR 1.1091-1, -2).

Problem: a loss is disallowed where the same or a substantially identical security is bought from 30
days before to 30 days after the sale, in any account of the taxpayer, the spouse or their
retirement accounts; the disallowed loss and the days held move to the shares bought, whose own
sale may then be a loss that is disallowed again.

Decision: one pass through the days. When the trades of a day are booked, its losses, and earlier
ones that wait, are taken by sale date and acquisition (1.1091-1(b)); each takes the shares bought
earliest first (1.1091-1(c), (d)). A share replaces once (1.1091-1(e)); parts of one purchase do not
replace each other (Rev. Rul. 56-602); a share sold at a loss that was disallowed replaces nothing
any more, so every match uses up a share and the pass ends on any input. Since a loss is matched
with what is known that day and waits for the next, the result equals a pass over the whole year:
an earlier loss is always served first, by the earlier purchase. A replacement in a retirement
account takes the loss away for good (Rev. Rul. 2008-5).

Limits: a loss whose basis is not known is not matched. Shares of one class replace shares of another
one for one. Shares that come by transfer with a recent trade date are matched from the day they are
seen.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from di_advisor.domain.portfolio import AccountKind
from di_advisor.ledger.holding_period import tacked_since
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.parts import Part, Purchase, WashMatch
from di_advisor.ledger.policies import LedgerPolicies, PartOrder, RetirementPlans, SpouseReplacement
from di_advisor.ledger.recent_trades import PLAN_KINDS, RETIREMENT_KINDS, WASH_WINDOW_DAYS, SoldReplacement

__all__ = ["WashSales"]

_WINDOW: Final = timedelta(days=WASH_WINDOW_DAYS)
_ONE: Final = Fraction(1)
# An amount handed on through a long chain of fractions is cut to this grid once it needs more bits
# than this: the same figure leaves the loss and enters the basis, so nothing is lost.
_MOST_BITS: Final = 256
_GRID: Final = 10**15


def _bounded(amount_usd: Fraction) -> Fraction:
    if amount_usd.denominator.bit_length() <= _MOST_BITS:
        return amount_usd
    return Fraction(amount_usd.numerator * _GRID // amount_usd.denominator, _GRID)


_LossOrder = tuple[int, int, tuple[int, str], int, str, str]


class _Group:
    """Purchases and waiting losses of what counts as one security."""

    __slots__ = ("fresh", "new", "purchases", "waiting")

    def __init__(self) -> None:
        self.purchases: list[Purchase] = []
        self.waiting: list[Part] = []
        self.fresh: list[Purchase] = []
        self.new: list[Part] = []


class WashSales:
    """Matches losses with replacements, day by day.

    Parameters
    ----------
    policies : LedgerPolicies
        How the law is read where it is silent.
    groups : IdenticalGroups
        What counts as substantially identical.
    kind_of : callable
        Kind of an account id.
    split : callable
        Splits shares off a part, open or sold, and keeps the book's lists right.
    """

    def __init__(
        self,
        policies: LedgerPolicies,
        groups: IdenticalGroups,
        kind_of: Callable[[str], AccountKind],
        split: Callable[[Part, Fraction], Part],
    ) -> None:
        self._policies = policies
        self._groups = groups
        self._kind_of = kind_of
        self._split = split
        self._by_key: dict[str, _Group] = {}
        self._touched: dict[str, None] = {}
        self._scale: dict[str, Fraction] = {}
        self._pushed = 0
        self.moved: list[Part] = []
        self.matches: list[WashMatch] = []

    # --- what the book tells -----------------------------------------------------------------------------------

    def scale(self, security_id: str) -> Fraction:
        """Cumulative split factor of a security so far."""
        return self._scale.get(security_id, _ONE)

    def rescale(self, security_id: str, new_per_old: Fraction) -> None:
        """Note a split: shares sold before it are counted in new shares from now on."""
        self._scale[security_id] = self.scale(security_id) * new_per_old

    def bought(self, part: Part) -> None:
        """A purchase was booked."""
        key = self._groups.key(part.security_id)
        group = self._by_key.setdefault(key, _Group())
        insort(group.purchases, part.purchase, key=_purchase_order)
        group.fresh.append(part.purchase)
        self._touched[key] = None

    def sold(self, part: Part) -> None:
        """A part was sold."""
        if part.taxed and part.loss_usd > 0:
            key = self._groups.key(part.security_id)
            self._by_key.setdefault(key, _Group()).new.append(part)
            self._touched[key] = None

    # --- the pass ----------------------------------------------------------------------------------------------

    def close_day(self) -> list[Part]:
        """Match what the day brought; returns the open parts whose basis and dates changed."""
        self.moved = []
        for key in self._touched:
            self._settle(self._by_key[key])
        self._touched.clear()
        return self.moved

    def _settle(self, group: _Group) -> None:
        fresh, group.fresh = group.fresh, []
        queue: list[tuple[_LossOrder, int, Part]] = []
        for part in group.new:
            self._push(queue, part)
        group.new = []
        if fresh and group.waiting:
            first = min(_day(p.bought_on) for p in fresh)
            for part in group.waiting[bisect_left(group.waiting, first - _WINDOW, key=_sold_on) :]:
                self._push(queue, part)
        oldest = min((_day(part.sold) for _, _, part in queue), default=None)
        while queue:
            _, _, part = heapq.heappop(queue)
            # Only today's purchases are new to a loss that waits: everything else was offered to it before.
            if part.settled or (part.waits and not any(_is_free(p) for p in fresh)):
                continue
            for woken in self._serve(part, group):
                self._push(queue, woken)
            if part.settled == part.waits:
                (self._forget if part.settled else self._remember)(part, group)
        if oldest is not None:
            start = bisect_left(group.purchases, (oldest - _WINDOW).toordinal(), key=_bought_ordinal)
            group.purchases[start:] = [p for p in group.purchases[start:] if _is_free(p)]

    def _push(self, queue: list[tuple[_LossOrder, int, Part]], part: Part) -> None:
        self._pushed += 1
        heapq.heappush(queue, (self._loss_order(part), self._pushed, part))

    def _remember(self, part: Part, group: _Group) -> None:
        part.waits = True
        insort(group.waiting, part, key=_sold_on)

    def _forget(self, part: Part, group: _Group) -> None:
        part.waits = False
        place = bisect_left(group.waiting, _day(part.sold), key=_sold_on)
        del group.waiting[group.waiting.index(part, place)]

    def _serve(self, loss: Part, group: _Group) -> list[Part]:
        """Match one loss with all it can have; returns sold parts that became losses, or greater ones."""
        woken: list[Part] = []
        for candidate in self._candidates(loss, group):
            replacement = self._match(loss, candidate)
            if replacement.sold is not None and replacement.taxed and replacement.loss_usd > 0:
                woken.append(replacement)
            if loss.settled:
                break
        return woken

    def _candidates(self, loss: Part, group: _Group) -> Iterator[Part]:
        sold = _day(loss.sold)
        start = bisect_left(group.purchases, (sold - _WINDOW).toordinal(), key=_bought_ordinal)
        for purchase in group.purchases[start:]:
            if _day(purchase.bought_on) > sold + _WINDOW:
                return
            if purchase.purchase_id == loss.purchase.purchase_id:
                continue
            yield from sorted((p for p in purchase.parts if self._can_replace(p, sold)), key=self._part_order)

    def _can_replace(self, part: Part, loss_sold: date) -> bool:
        if part.replaced or part.settled or part.left:
            return False
        if (
            self._policies.sold_replacement is SoldReplacement.DOES_NOT_COUNT
            and part.sold is not None
            and part.sold < loss_sold
        ):
            return False
        kind = self._kind_of(part.account_id)
        return kind not in PLAN_KINDS or self._policies.retirement_plans is RetirementPlans.LIKE_AN_IRA

    def _match(self, waiting: Part, candidate: Part) -> Part:
        """Match as many shares as both have; what is left of the loss stays in ``waiting``."""
        loss_now = waiting.shares * self.scale(waiting.security_id) / waiting.scale
        scale = _ONE if candidate.open else self.scale(candidate.security_id) / candidate.scale
        candidate_now = candidate.shares * scale
        matched = min(loss_now, candidate_now)
        loss = waiting
        if matched < loss_now:
            loss = self._split(waiting, waiting.shares * matched / loss_now)
            loss.waits = False
        if matched < candidate_now:
            candidate = self._split(candidate, matched / scale)
            candidate.waits = False
        disallowed = _bounded(loss.loss_usd)
        lost = self._is_lost(candidate)
        sold, bought = _day(loss.sold), _day(candidate.purchase.bought_on)
        match = WashMatch(
            loss_event_id=loss.sale_id,
            loss_lot_id=loss.lot_id,
            loss_account_id=loss.account_id,
            loss_security_id=loss.security_id,
            sold=sold,
            loss_shares=loss.shares,
            replacement_lot_id=candidate.lot_id,
            replacement_purchase_id=candidate.purchase.purchase_id,
            replacement_account_id=candidate.account_id,
            replacement_security_id=candidate.security_id,
            bought=bought,
            replacement_shares=candidate.shares,
            disallowed_usd=disallowed,
            lost_for_good=lost is not None,
            rule=lost or "26 USC 1091(a), (d); 26 CFR 1.1091-1, 1.1091-2",
        )
        loss.disallowed_usd, loss.settled = disallowed, True
        loss.matches.append(match)
        self.matches.append(match)
        loss.match_rank = len(self.matches)
        candidate.replaced = True
        if lost is None:
            if candidate.basis_usd is not None:
                candidate.basis_usd += disallowed
            if loss.held_since is not None:
                candidate.held_since = tacked_since(bought, sold, loss.held_since)
            if candidate.open:
                self.moved.append(candidate)
        return candidate

    def _is_lost(self, candidate: Part) -> str | None:
        """The rule by which a loss replaced by this part is gone for good; None if the part's basis takes it."""
        kind = self._kind_of(candidate.account_id)
        if kind in PLAN_KINDS:
            return "26 USC 1091(a); Rev. Rul. 2008-5 by analogy (setting retirement_plans = like_an_ira)"
        if kind in RETIREMENT_KINDS:
            return "26 USC 1091(a); Rev. Rul. 2008-5"
        if kind is AccountKind.SPOUSE and self._policies.spouse_replacement is SpouseReplacement.LOST:
            return "26 USC 1091(a); setting spouse_replacement = lost"
        return None

    # --- orders --------------------------------------------------------------------------------------------------

    def _loss_order(self, part: Part) -> _LossOrder:
        sold = _day(part.sold).toordinal()
        acquired = part.acquired.toordinal() if part.acquired else 0
        return (sold, acquired, part.purchase.order, self._held(part), part.lot_id, part.sale_id)

    def _part_order(self, part: Part) -> tuple[int, int, int, str]:
        # What is still held comes before what is sold, then what was sold last.
        sold = -part.sold.toordinal() if part.sold is not None else 0
        return (int(part.sold is not None), sold, self._held(part), part.lot_id)

    def _held(self, part: Part) -> int:
        held = part.held_since.toordinal() if part.held_since else 0
        return held if self._policies.part_order is PartOrder.TACKED_FIRST else -held


def _is_free(purchase: Purchase) -> bool:
    return any(not (p.replaced or p.settled or p.left) for p in purchase.parts)


def _day(value: date | None) -> date:
    if value is None:  # pragma: no cover - parts that come here are sold, purchases are dated
        raise AssertionError("a day that must be known")
    return value


def _purchase_order(purchase: Purchase) -> tuple[int, tuple[int, str]]:
    return (_day(purchase.bought_on).toordinal(), purchase.order)


def _bought_ordinal(purchase: Purchase) -> int:
    return _day(purchase.bought_on).toordinal()


def _sold_on(part: Part) -> date:
    return _day(part.sold)
