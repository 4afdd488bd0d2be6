"""Wash sales: losses that a purchase disallows, share by share (26 USC 1091; 26 CFR 1.1091-1, -2).

Problem: a loss is disallowed where the same or a substantially identical security is bought from 30
days before to 30 days after the sale, in any account of the taxpayer, the spouse or their
retirement accounts; the disallowed loss and the days held move to the shares bought, whose own
sale may then be a loss that is disallowed again.

Decision: one pass through the days. When the trades of a day are booked, its losses, and earlier
ones that wait, are taken by sale date and acquisition (1.1091-1(b)); each takes the shares bought
earliest first (1.1091-1(c), (d)), in one purchase those still held before those gone: shares that were
bought and then given or moved away were bought all the same. A share
replaces once (1.1091-1(e)); parts of one purchase do not replace each other (Rev. Rul. 56-602); a
share sold at a loss that was disallowed replaces nothing any more, so every match uses up a share
and the pass ends on any input. A sold share whose basis grows may become a loss: it takes its place
among the losses there and then, before what is left of a later one, so that cutting a sale in two
changes nothing. A replacement in a retirement account takes the loss away for good (Rev. Rul.
2008-5). An independent second implementation in the tests agrees with this one piece by piece.

What is known each day decides: a share that was sold at a loss can still replace others until its own
loss is disallowed, and is out from then on. Limits: a loss whose basis is not known is not matched.
Shares of one class replace shares of another one for one. Shares that come by transfer with a recent
trade date are matched from the day they are seen.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Final

from di_advisor.domain.portfolio import AccountKind
from di_advisor.ledger.holding_period import tacked_since
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.parts import LossOrder, Part, Purchase, WashMatch
from di_advisor.ledger.policies import LedgerPolicies, PartOrder, RetirementPlans, SpouseReplacement, WashLaw
from di_advisor.ledger.recent_trades import PLAN_KINDS, RETIREMENT_KINDS, WASH_WINDOW_DAYS, SoldReplacement

__all__ = ["WashSales"]

_ONE: Final = Fraction(1)
_ZERO: Final = Fraction(0)
# An amount handed on through a long chain of fractions is cut to this grid once it needs more bits
# than this: the same figure leaves the loss and enters the basis, so nothing is lost.
_MOST_BITS: Final = 256
_GRID: Final = 10**15


def _bounded(amount_usd: Fraction) -> Fraction:
    if amount_usd.denominator.bit_length() <= _MOST_BITS:
        return amount_usd
    return Fraction(amount_usd.numerator * _GRID // amount_usd.denominator, _GRID)


class _Offer:
    """Shares of one purchase, by however many fills, that may replace shares sold at a loss."""

    __slots__ = ("bought", "free", "looked_at", "order", "purchase_id", "purchases")

    def __init__(self, purchase: Purchase) -> None:
        self.bought = _day(purchase.bought_on).toordinal()
        self.order = purchase.order
        self.purchase_id = purchase.purchase_id
        self.purchases = [purchase]
        self.free: list[Part] = []
        self.looked_at = -1


class _Group:
    """Offers and losses of what counts as one security.

    ``offers`` are in the order in which they replace, ``waiting`` in the order in which losses are
    served; ``fresh`` and ``new`` are what the day brought.
    """

    __slots__ = ("by_purchase", "fresh", "new", "offers", "waiting")

    def __init__(self) -> None:
        self.offers: list[_Offer] = []
        self.by_purchase: dict[tuple[str, int], _Offer] = {}
        self.waiting: list[Part] = []
        self.fresh: set[_Offer] = set()
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
        self._settlements = 0
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
        group.fresh.add(self._offer(part, group))
        self._touched[key] = None

    def _offer(self, part: Part, group: _Group) -> _Offer:
        """The offer of a part's purchase, in its place among the others."""
        new = _Offer(part.purchase)
        offer = group.by_purchase.setdefault((new.purchase_id, new.bought), new)
        if offer is not new:
            if offer in group.offers:
                group.offers.remove(offer)
            if part.purchase not in offer.purchases:
                offer.purchases.append(part.purchase)
            offer.order = min(offer.order, new.order)
        insort(group.offers, offer, key=_offer_order)
        return offer

    def sold(self, part: Part) -> None:
        """A part was sold."""
        if part.taxed and part.loss_usd > 0:
            key = self._groups.key(part.security_id)
            self._by_key.setdefault(key, _Group()).new.append(part)
            self._touched[key] = None

    def restore(self, part: Part) -> None:
        """Take in a part of earlier books: what could still replace, and what a purchase may still disallow."""
        group = self._by_key.setdefault(self._groups.key(part.security_id), _Group())
        if part.purchase.bought_on is not None and _is_free(part):
            self._offer(part, group)
        if part.sold is not None and part.taxed and part.loss_usd > 0 and not part.settled:
            part.waits = True
            insort(group.waiting, part, key=self._loss_order)

    # --- the pass ----------------------------------------------------------------------------------------------

    def close_day(self) -> list[Part]:
        """Match what the day brought; returns the parts, open or given away, whose basis and dates changed."""
        self.moved = []
        if self._policies.wash_law is WashLaw.APPLIED:
            for key in self._touched:
                self._settle(self._by_key[key])
        self._touched.clear()
        return self.moved

    def _settle(self, group: _Group) -> None:
        """Serve one loss after the other, always the first there is, until no loss has a replacement."""
        self._settlements += 1
        queue: list[tuple[LossOrder, int, Part]] = []
        for part in group.new:
            self._push(queue, part)
        group.new = []
        # Only today's purchases are new to a loss that waits: everything else was offered to it before.
        first = min((offer.bought for offer in group.fresh), default=0)
        place = bisect_left(group.waiting, first - WASH_WINDOW_DAYS, key=_sold_on)
        unserved: list[Part] = []
        while True:
            waits = group.waiting[place] if group.fresh and place < len(group.waiting) else None
            if queue and (waits is None or queue[0][0] <= self._loss_order(waits)):
                order, _, loss = heapq.heappop(queue)
                if loss.settled or loss.waits or order is not loss.loss_order:
                    continue
                if not self._serve(loss, group, queue):
                    unserved.append(loss)
            elif waits is not None:
                more = self._serve(waits, group, queue)
                # Any that wait may have replaced it, and do not wait any more: look up its place again.
                place = bisect_left(group.waiting, self._loss_order(waits), key=self._loss_order)
                if waits.waits:
                    place = group.waiting.index(waits, place) + (not more)
            else:
                break
        group.fresh.clear()
        for part in unserved:
            if not (part.settled or part.waits):
                part.waits = True
                insort(group.waiting, part, key=self._loss_order)

    def _push(self, queue: list[tuple[LossOrder, int, Part]], part: Part) -> None:
        self._pushed += 1
        heapq.heappush(queue, (self._loss_order(part), self._pushed, part))

    def _serve(self, loss: Part, group: _Group, queue: list[tuple[LossOrder, int, Part]]) -> bool:
        """Match a loss until nothing is left of it, or a loss that arose comes first; False when nothing fits."""
        mine = self._loss_order(loss)
        while (candidate := self._candidate(loss, group)) is not None:
            asked = self._shares_for(loss, candidate)
            if candidate.waits and candidate.shares <= asked:
                self._forget(candidate, group)
            replacement = self._match(loss, candidate, asked)
            if replacement.sold is not None and replacement.taxed and replacement.loss_usd > 0:
                self._push(queue, replacement)
            if loss.settled:
                if loss.waits:
                    self._forget(loss, group)
                return True
            if queue and queue[0][0] < mine:
                if not loss.waits:
                    self._push(queue, loss)
                return True
        return False

    def _forget(self, part: Part, group: _Group) -> None:
        """Take a loss off those that wait."""
        part.waits = False
        place = bisect_left(group.waiting, self._loss_order(part), key=self._loss_order)
        del group.waiting[group.waiting.index(part, place)]

    def _candidate(self, loss: Part, group: _Group) -> Part | None:
        """The first part that can replace shares of a loss; offers that are used up are dropped on the way."""
        sold = _day(loss.sold)
        day = sold.toordinal()
        place = bisect_left(group.offers, day - WASH_WINDOW_DAYS, key=_offered_on)
        while place < len(group.offers) and (offer := group.offers[place]).bought <= day + WASH_WINDOW_DAYS:
            free = self._free(offer)
            if not free:
                del group.offers[place]
                group.fresh.discard(offer)
                continue
            if offer.purchase_id != loss.purchase.purchase_id:
                found = next((p for p in reversed(free) if _is_free(p) and self._can_replace(p, sold)), None)
                if found is not None:
                    return found
            place += 1
        return None

    def _free(self, offer: _Offer) -> list[Part]:
        """Parts of a purchase that may still replace, the first of them last; sorted once a day."""
        if offer.looked_at != self._settlements:
            offer.looked_at = self._settlements
            for purchase in offer.purchases:
                purchase.parts = [p for p in purchase.parts if _is_free(p)]
            offer.free = sorted((p for of in offer.purchases for p in of.parts), key=self._part_order, reverse=True)
        while offer.free and not _is_free(offer.free[-1]):
            offer.free.pop()
        return offer.free

    def _can_replace(self, part: Part, loss_sold: date) -> bool:
        if (
            self._policies.sold_replacement is SoldReplacement.DOES_NOT_COUNT
            and part.gone_on is not None
            and part.gone_on < loss_sold
        ):
            return False
        kind = self._kind_of(part.account_id)
        return kind not in PLAN_KINDS or self._policies.retirement_plans is RetirementPlans.LIKE_AN_IRA

    def _shares_for(self, loss: Part, candidate: Part) -> Fraction:
        """Shares that a loss asks for, counted as the candidate's are."""
        shares = loss.shares
        if (now := self.scale(loss.security_id)) != loss.scale:
            shares = shares * now / loss.scale
        if not candidate.open and (now := self.scale(candidate.security_id)) != candidate.scale:
            shares = shares * candidate.scale / now
        return shares

    def _match(self, waiting: Part, candidate: Part, asked: Fraction) -> Part:
        """Match as many shares as both have; what is left of the loss stays in ``waiting``."""
        loss = waiting
        if candidate.shares < asked:
            same = asked is waiting.shares
            loss = self._split(waiting, candidate.shares if same else waiting.shares * candidate.shares / asked)
            loss.waits = False
        elif asked < candidate.shares:
            candidate = self._split(candidate, asked)
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
            rule=self._rule(loss, candidate, lost),
        )
        loss.disallowed_usd, loss.settled = disallowed, True
        loss.matches.append(match)
        self.matches.append(match)
        loss.match_rank = len(self.matches)
        candidate.replaced, candidate.loss_order = True, None
        if lost is None:
            if candidate.basis_usd is not None:
                candidate.basis_usd += disallowed
            if loss.held_since is not None:
                candidate.held_since = tacked_since(bought, sold, loss.held_since)
            if candidate.sold is None:
                self.moved.append(candidate)
        return candidate

    def _rule(self, loss: Part, candidate: Part, lost: str | None) -> str:
        rule = lost or "26 USC 1091(a), (d); 26 CFR 1.1091-1, 1.1091-2"
        if loss.security_id == candidate.security_id:
            return rule
        return f"{rule}; {self._groups.why(loss.security_id, candidate.security_id)}"

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

    def _loss_order(self, part: Part) -> LossOrder:
        found = part.loss_order
        if found is None:
            sold = _day(part.sold).toordinal()
            acquired = part.acquired.toordinal() if part.acquired else 0
            # Pieces of one sale that differ in nothing but losses they took over: the greater loss first.
            over = -part.loss_usd / part.shares if part.replaced else _ZERO
            held = self._held(part)
            found = part.loss_order = (sold, acquired, part.purchase.order, held, part.lot_id, part.sale_rank, over)
        return found

    def _part_order(self, part: Part) -> tuple[int, int, int, tuple[int, str], str, int]:
        # What is still held comes before what is gone, then what went last.
        gone = -part.gone_on.toordinal() if part.gone_on is not None else 0
        return (
            int(part.gone_on is not None),
            gone,
            self._held(part),
            part.purchase.order,
            part.lot_id,
            -part.sale_rank,
        )

    def _held(self, part: Part) -> int:
        held = part.held_since.toordinal() if part.held_since else 0
        return held if self._policies.part_order is PartOrder.TACKED_FIRST else -held


def _is_free(part: Part) -> bool:
    return not (part.replaced or part.settled)


def _day(value: date | None) -> date:
    if value is None:  # pragma: no cover - parts that come here are sold, purchases are dated
        raise AssertionError("a day that must be known")
    return value


def _offer_order(offer: _Offer) -> tuple[int, tuple[int, str], str]:
    return (offer.bought, offer.order, offer.purchase_id)


def _offered_on(offer: _Offer) -> int:
    return offer.bought


def _sold_on(part: Part) -> int:
    return _day(part.sold).toordinal()
