"""Which lots to sell so that the tax is least: specific identification at its best.

Problem: highest basis first is not least tax. A short-term gain on a high basis can cost more than a
long-term gain on a lower one, a loss may be washed, a kink of the return may lie in between, and a
lot sold now is gone later. Decision: the cost of a choice is the tax that the caller's function gives
for its net short-term and long-term gain, plus what is given up by selling each lot; loss shares that
a recent purchase washes count for nothing. First in first out, last in first out and highest basis
first are always among the candidates, so the answer is never worse than they are.

Candidates: within each term least gain first, at every split between the terms, or where there are
very many, at those where the cost bends (tax that never falls when gain rises makes this enough,
where nothing is given up and nothing washes); greedy orders under the marginal rates found on the
way; and whatever moving shares between two lots improves. Small cases are enumerated.
`OptimalChoice.proved` says whether the answer is known to be the least in whole shares.

Limits: one account, one security, one price. Lots whose basis or term is not known are never chosen.
Shares sold in the same sale replace nothing here; the books let a recent purchase that is sold too
take over the loss and its days, which leaves the sum as it is, but can make short-term loss long-term.
Not tax advice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from di_advisor.domain.amounts import Exact, as_fraction, exact, show_exact
from di_advisor.domain.events import LotChoice, LotMethod, LotShares
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.ledger.books import Books
from di_advisor.ledger.holding_period import is_long_term
from di_advisor.ledger.lot_search import Candidate, LotToSell, Replacement, SaleCost, best_split, improved, orders
from di_advisor.ledger.policies import RetirementPlans
from di_advisor.ledger.realized import BookedLot
from di_advisor.ledger.recent_trades import PLAN_KINDS, SoldReplacement, in_wash_window

__all__ = ["GainTax", "OptimalChoice", "Replacement", "free_replacements", "tax_optimal"]

GainTax = Callable[[Fraction, Fraction], Fraction]
"""Tax in USD for further net short-term and long-term gain, such as ``tax_on_gains(...).at``."""

_ZERO: Final = Fraction(0)
_ENUMERATED: Final = 3_000


@dataclass(frozen=True)
class OptimalChoice:
    """Lots to sell, and what the choice costs.

    Attributes
    ----------
    choice : LotChoice
        For the sale's event: method ``tax_optimal`` with its lots resolved.
    cost_usd : Fraction
        Tax, and what is given up.
    tax_usd : Fraction
        Tax alone; negative where a loss saves some.
    short_gain_usd, long_gain_usd : Fraction
        Gain by term that counts, losses that are washed left out.
    washed_usd : Fraction
        Loss that recent purchases would disallow, not negative.
    others_usd : Mapping of LotMethod to Fraction
        Cost of the other methods, where their lots are known.
    proved : bool
        Whether no choice in whole shares costs less.
    """

    choice: LotChoice
    cost_usd: Fraction
    tax_usd: Fraction
    short_gain_usd: Fraction
    long_gain_usd: Fraction
    washed_usd: Fraction
    others_usd: Mapping[LotMethod, Fraction]
    proved: bool


def free_replacements(books: Books, security_id: str, on: date) -> tuple[Replacement, ...]:
    """Shares bought within 30 days before a sale, in any account seen, that can still wash a loss.

    Parameters
    ----------
    books : Books
        The books on the day of the sale.
    security_id : str
        What is sold; substantially identical securities count.
    on : date
        Trade date of the sale.
    """
    key, policies = books.groups.key(security_id), books.policies
    plans = PLAN_KINDS if policies.retirement_plans is RetirementPlans.NO_REPLACEMENT else frozenset()

    def counts(account_id: str, other_id: str, bought_on: date | None) -> bool:
        near = bought_on is not None and in_wash_window(bought_on, on)
        return near and books.groups.key(other_id) == key and books.accounts[account_id] not in plans

    free: dict[tuple[date, str], Fraction] = {}
    for b in books.lots:
        if (
            b.bought_on is not None
            and not b.is_replacement
            and counts(b.lot.account_id, b.lot.security_id, b.bought_on)
        ):
            place = (b.bought_on, b.purchase_id)
            free[place] = free.get(place, _ZERO) + as_fraction(b.lot.shares)
    if policies.sold_replacement is SoldReplacement.COUNTS:
        for r in books.realized:
            if r.bought_on is None or r.is_replacement or r.disallowed_usd:
                continue
            if counts(r.account_id, r.security_id, r.bought_on):
                place = (r.bought_on, r.purchase_id)
                free[place] = free.get(place, _ZERO) + r.shares * r.split_since
    return tuple(Replacement(purchase_id, n, bought) for (bought, purchase_id), n in sorted(free.items()))


def tax_optimal(  # noqa: PLR0913 - the facts of a sale, all but the first three keyword-only
    lots: Sequence[BookedLot],
    shares: Exact,
    price_usd: Exact,
    *,
    tax: GainTax,
    on: date,
    replacements: Sequence[Replacement] = (),
    given_up_usd: Mapping[str, Exact] | None = None,
    chosen_by: str = "",
) -> OptimalChoice:
    """Lots that cost least to sell.

    Parameters
    ----------
    lots : sequence of BookedLot
        Open lots of one account and security, as in `Books.lots_of`.
    shares : Decimal or Fraction
        Shares to sell.
    price_usd : Decimal or Fraction
        What a share brings, after costs.
    tax : callable
        Tax for the short-term and long-term gain of the sale; what the year already holds is its
        business. It must not fall when gain rises.
    on : date
        Trade date; the choice is made that day, in time (26 CFR 1.1012-1(c)(8)).
    replacements : sequence of Replacement
        Shares bought within 30 days, in any account, that can still wash a loss (`free_replacements`).
    given_up_usd : Mapping of str to Decimal or Fraction, optional
        By lot id: value per share of keeping the lot, which a sale gives up; negative if it is a burden.
    chosen_by : str
        Who chooses, for the record.

    Raises
    ------
    InputError
        If the lots are of several accounts or securities, or hold fewer shares.
    IncompleteDataError
        If lots whose basis and dates are known hold fewer shares.
    """
    wanted = as_fraction(exact(shares, "shares to sell"))
    price = as_fraction(exact(price_usd, "price of a share"))
    known = _known(lots, wanted, on)
    given_up = {lot_id: as_fraction(v) for lot_id, v in (given_up_usd or {}).items()}
    open_lots = [_lot_to_sell(b, price, on, given_up) for b in known]
    cost = SaleCost(tuple(open_lots), tax, tuple(sorted(replacements, key=lambda r: (r.bought, r.purchase_id))))
    in_first = list(range(len(open_lots)))
    ordered = {
        LotMethod.FIFO: in_first,
        LotMethod.LIFO: in_first[::-1],
        LotMethod.HIFO: sorted(in_first, key=lambda i: -open_lots[i].basis_per_share_usd),
    }
    plain = {method: cost.filled(order, wanted) for method, order in ordered.items()}
    best, proved = _best(cost, wanted, plain.values())
    found = cost.outcome(best)
    complete = len(known) == len(lots)
    return OptimalChoice(
        choice=LotChoice(
            LotMethod.TAX_OPTIMAL,
            tuple(LotShares(lot.lot_id, n) for lot, n in zip(open_lots, best, strict=True) if n),
            chosen_on=on,
            chosen_by=chosen_by,
        ),
        cost_usd=found.cost_usd,
        tax_usd=found.tax_usd,
        short_gain_usd=found.short_usd,
        long_gain_usd=found.long_usd,
        washed_usd=found.washed_usd,
        others_usd=MappingProxyType({m: cost.of(c) for m, c in plain.items()} if complete else {}),
        proved=proved,
    )


def _best(cost: SaleCost, wanted: Fraction, plain: Iterable[Candidate]) -> tuple[Candidate, bool]:
    small = cost.all_choices(wanted, at_most=_ENUMERATED)
    if small is not None:
        return min((*plain, *small), key=lambda c: (cost.of(c), c)), True
    by_split, certain = best_split(cost, wanted)
    certain = certain and cost.is_plain
    candidates = [*plain, by_split]
    if not certain:
        candidates += [cost.filled(order, wanted) for order in orders(cost, wanted)]
        candidates.append(improved(cost, min(candidates, key=cost.of)))
    return min(candidates, key=lambda c: (cost.of(c), c)), certain


def _known(lots: Sequence[BookedLot], wanted: Fraction, on: date) -> list[BookedLot]:
    if wanted <= 0:
        raise InputError(f"{show_exact(wanted)} shares are to be sold.", hint="Sell more than zero.")
    places = {(b.lot.account_id, b.lot.security_id) for b in lots}
    if len(places) > 1:
        raise InputError(
            f"The lots are of several accounts or securities: {', '.join(f'{a} {s}' for a, s in sorted(places))}.",
            hint="Lot pools are per account (26 USC 1012(c)(1)): choose for each by itself.",
        )
    held = sum((as_fraction(b.lot.shares) for b in lots), _ZERO)
    known = [b for b in lots if b.lot.known and (b.lot.acquired is None or b.lot.acquired <= on)]
    of_known = sum((as_fraction(b.lot.shares) for b in known), _ZERO)
    if wanted > held:
        raise InputError(
            f"{show_exact(wanted)} shares are to be sold, of which {show_exact(held)} are held; "
            f"{show_exact(wanted - held)} are missing.",
            hint="Sell fewer shares.",
            missing=wanted - held,
        )
    if wanted > of_known:
        raise IncompleteDataError(
            f"{show_exact(wanted)} shares are to be sold, and lots whose basis and dates are known hold "
            f"{show_exact(of_known)}.",
            hint="Supply what is missing, or name the lots yourself: their tax cannot be compared.",
        )
    return known


def _lot_to_sell(booked: BookedLot, price: Fraction, on: date, given_up: Mapping[str, Fraction]) -> LotToSell:
    lot = booked.lot
    shares = as_fraction(lot.shares)
    low = lot.basis_of(shares) / shares
    high = low if booked.gain_basis_usd is None else booked.gain_basis_usd / shares
    # 26 USC 1015(a): gain above the donor's basis, loss below the lower value, neither between.
    gain = price - high if price > high else min(price - low, _ZERO)
    since = lot.held_since if gain >= 0 or low == high else lot.acquired
    return LotToSell(
        lot_id=lot.lot_id,
        purchase_id=booked.purchase_id,
        shares=shares,
        basis_per_share_usd=high,
        gain_per_share_usd=gain,
        long_term=booked.deemed_long or (since is not None and is_long_term(min(since, on), on)),
        given_up_per_share_usd=given_up.get(lot.lot_id, _ZERO),
        acquired=lot.acquired or date.min,
    )
