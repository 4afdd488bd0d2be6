"""What the lots offer: gains and losses by lot, what may be sold now, what from which day on, what turns long-term.

Problem: a loss on a statement is not a loss on the return while a purchase of the last 30 days would wash it. Decision:
the locks of the account's own signals say what may be sold at a loss today (wash sales banned, whatever the mandate
does about them), and the last of their days says from when; gains are exact. Limits: today's prices; a lot whose
basis or date is not known is listed, and offers nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.mandate import WashPolicy
from di_advisor.domain.signals import AccountSignals, Lock, LockKind, Signals
from di_advisor.errors import InputError
from di_advisor.ledger.holding_period import is_long_term, long_term_from
from di_advisor.ledger.realized import Term
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS

if TYPE_CHECKING:
    from di_advisor.workspace import Workspace

__all__ = ["LotOffer", "PartSale", "fill", "lot_offers", "offered_usd", "without_washes"]

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class LotOffer:
    """One lot, with what its sale would realise at today's price.

    Attributes
    ----------
    as_of : date
        Today.
    lot : TaxLot
        The lot.
    ticker : str
        What people call the name.
    price_usd, value_usd, gain_usd : Fraction
        Per share, of the lot, and value less basis; the gain is 0 where it is not known.
    term : Term
        Of a sale today; unknown where the date is.
    long_from : date or None
        First day on which a sale is long-term.
    blocked : str
        Why it may not be sold today; empty where it may.
    open_from : date or None
        First day on which it may be sold, as far as is known; None where no day can be named.
    """

    as_of: date
    lot: TaxLot
    ticker: str
    price_usd: Fraction
    value_usd: Fraction
    gain_usd: Fraction
    term: Term
    long_from: date | None
    blocked: str
    open_from: date | None

    def sale_by(self, until: date | None) -> tuple[Term, date] | None:
        """Term of the best sale by a day (today's where None) and the first day for it; None where there is none.

        A gain that turns long-term by then waits for it; a loss that would does not.
        """
        if self.term is Term.UNKNOWN or self.open_from is None:
            return None
        if self.open_from > self.as_of and (until is None or self.open_from > until):
            return None
        waits = self.gain_usd > 0 and until is not None and self.long_from is not None and self.long_from <= until
        first = max(self.open_from, self.long_from) if waits and self.long_from is not None else self.open_from
        turned = self.long_from is not None and self.long_from <= first
        return Term.LONG if turned else Term.SHORT, first

    @property
    def gain_per_usd(self) -> Fraction:
        """Gain of each dollar sold."""
        return self.gain_usd / self.value_usd if self.value_usd else Fraction(0)


@dataclass(frozen=True)
class PartSale:
    """Some shares of a lot, chosen to be sold or given.

    Attributes
    ----------
    offer : LotOffer
        The lot.
    term : Term
        Of the gain then.
    first_day : date
        First day for it: today, or when a lock ends or a gain turns long-term.
    shares, value_usd, gain_usd : Fraction
        How much of it.
    """

    offer: LotOffer
    term: Term
    first_day: date
    shares: Fraction
    value_usd: Fraction
    gain_usd: Fraction


def without_washes(workspace: Workspace) -> Workspace:
    """The workspace with wash sales banned: what year-end plans count on.

    Raises
    ------
    InputError
        If the account is not taxed.
    """
    account = workspace.signals.account
    if account.kind in RETIREMENT_KINDS:
        raise InputError(
            f"Nothing in account {account.account_id} ({account.kind.value}) is taxed: there is no year end to plan.",
            hint="Plan the taxable accounts; this one is seen there for what its purchases would wash.",
            account_id=account.account_id,
        )
    return workspace.under(wash_policy=WashPolicy.BAN)


def lot_offers(signals: Signals) -> tuple[LotOffer, ...]:
    """Every priced lot of an account, in its order.

    Parameters
    ----------
    signals : Signals
        With wash sales banned (`without_washes`), or locks on losses are missing.
    """
    market, account = signals.market, signals.account
    locks = _by_target(account)
    found = []
    for row, lot in enumerate(account.lots):
        name = int(account.lot_name[row])
        price = Fraction(market.price_usd[name])
        value = as_fraction(lot.shares) * price
        known = lot.known and lot.held_since is not None
        gain = value - as_fraction(lot.basis_total_usd or 0) if known else Fraction(0)
        free = bool(account.lot_sellable[row])
        binding = [] if free else [*locks.get(lot.lot_id, ()), *locks.get(lot.security_id, ())]
        found.append(
            LotOffer(
                as_of=market.as_of,
                lot=lot,
                ticker=market.universe.securities[name].ticker,
                price_usd=price,
                value_usd=value,
                gain_usd=gain,
                term=_term(lot.held_since if known else None, market.as_of),
                long_from=long_term_from(lot.held_since) if known and lot.held_since else None,
                blocked="" if free else " ".join(dict.fromkeys(k.reason for k in binding)) or "It is locked.",
                open_from=_open_from(binding, market.as_of) if free or binding else None,
            )
        )
    return tuple(found)


def _term(held_since: date | None, on: date) -> Term:
    if held_since is None:
        return Term.UNKNOWN
    return Term.LONG if is_long_term(held_since, on) else Term.SHORT


def _by_target(account: AccountSignals) -> dict[str, list[Lock]]:
    """Locks that keep from selling, by lot, or by name where they are on the whole name."""
    found: dict[str, list[Lock]] = {}
    for lock in account.locks:
        if lock.kind is not LockKind.NO_BUY:
            found.setdefault(lock.lot_id or lock.security_id, []).append(lock)
    return found


def _open_from(binding: Sequence[Lock], as_of: date) -> date | None:
    ends = [lock.until for lock in binding]
    return None if None in ends else max([as_of, *(end + _ONE_DAY for end in ends if end is not None)])


def offered_usd(offers: Iterable[LotOffer], term: Term, *, losses: bool, until: date | None = None) -> Fraction:
    """Gain (or loss, both positive) of one term that lots offer today, or until a day.

    Parameters
    ----------
    offers : iterable of LotOffer
        Lots.
    term : Term
        Of the sale.
    losses : bool
        Losses instead of gains.
    until : date, optional
        Count lots too whose locks end by this day, and gains as long-term that have turned by it; today's sales only
        where left out.
    """
    sign = -1 if losses else 1
    return sum((sign * o.gain_usd for o, _ in _usable(offers, term, sign, until)), Fraction(0))


def _usable(offers: Iterable[LotOffer], term: Term, sign: int, until: date | None) -> Iterator[tuple[LotOffer, date]]:
    for offer in offers:
        sale = offer.sale_by(until) if sign * offer.gain_usd > 0 else None
        if sale is not None and sale[0] is term:
            yield offer, sale[1]


def fill(
    offers: Iterable[LotOffer], term: Term, amount_usd: Fraction, *, losses: bool, until: date | None = None
) -> tuple[PartSale, ...]:
    """Lots to sell for an amount of gain or loss, those with most of it for each dollar sold first.

    The last lot is sold in whole shares, as many as do not go over the amount; one whose share is over it is passed.
    Lots that may not be sold are left.

    Parameters
    ----------
    offers : iterable of LotOffer
        Lots.
    term : Term
        Which ones.
    amount_usd : Fraction
        How much gain, or loss, positive.
    losses : bool
        Losses instead of gains.
    until : date, optional
        As in `offered_usd`.
    """
    sign = -1 if losses else 1
    usable = sorted(_usable(offers, term, sign, until), key=lambda u: (-sign * u[0].gain_per_usd, u[0].lot.lot_id))
    left, found = amount_usd, []
    for offer, first_day in usable:
        if left <= 0:
            break
        whole = as_fraction(offer.lot.shares)
        per_share = sign * offer.gain_usd / whole
        shares = whole if per_share * whole <= left else Fraction(left / per_share).__floor__()
        if shares <= 0:
            continue
        part = Fraction(shares) / whole
        found.append(PartSale(offer, term, first_day, Fraction(shares), offer.value_usd * part, offer.gain_usd * part))
        left -= sign * offer.gain_usd * part
        if shares < whole:
            break
    return tuple(found)
