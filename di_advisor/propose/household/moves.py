"""Lots that move without being sold: between accounts of a household, and to charity.

Decision: what the law allows becomes events of the ledger, everything else is refused with the reason.

* Between taxable accounts of one person, and between retirement accounts of one person and one kind: a transfer.
* To the spouse's taxable account: a gift between spouses, with the donor's basis and holding period whatever the
  value (26 USC 1041(b), 1223(2); the lower-of rule for losses is for other gifts, 1015(e)).
* Between a taxable and a retirement account: never in kind. A contribution is in cash (26 USC 408(a)(1)), and what
  comes out is a distribution; the advisor gets there by a sale in one and a purchase in the other, with their tax.
* To charity: lots with a long-term gain first; a lot with a loss is never given (sold first, its loss counts).

Limits: nothing here decides to move a lot between accounts; no gift tax, no spouse who is not a citizen
(1041(d)), no limits on deductions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction

import numpy as np

from di_advisor.domain.amounts import Exact, as_fraction, at_places
from di_advisor.domain.events import Event, GiftGiven, LotChoice, LotMethod, LotShares, Recipient, Transfer, TransferIn
from di_advisor.domain.household import Household, HouseholdAccount
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.signals import Signals
from di_advisor.domain.taxes import ConstantRates
from di_advisor.errors import InputError, UnsupportedWishError
from di_advisor.ledger.tax_return import charitable_gift

__all__ = ["Donation", "Move", "ToldMove", "donations", "moved", "told_move"]

_LOTS_NAMED = 8
"""Lots of an account that an error names, so that the right one can be copied."""


@dataclass(frozen=True)
class Move:
    """A lot, or a part of it, that goes to another account of the household.

    Attributes
    ----------
    lot_id, from_account_id, to_account_id : str
        What, from where, to where.
    shares : Decimal or Fraction or None
        How many; all of it when left out.
    """

    lot_id: str
    from_account_id: str
    to_account_id: str
    shares: Exact | None = None


@dataclass(frozen=True)
class ToldMove:
    """A move with what it is by law.

    Attributes
    ----------
    lot_id, from_account_id, to_account_id : str
        What, from where, to where.
    shares : Decimal or Fraction
        How many.
    sentence : str
        Transfer or gift, and what goes with it; not escaped.
    events : Mapping of str to tuple of Event
        As of `moved`.
    """

    lot_id: str
    from_account_id: str
    to_account_id: str
    shares: Exact
    sentence: str
    events: Mapping[str, tuple[Event, ...]]


def told_move(household: Household, signals: Signals, move: Move) -> ToldMove:
    """A move in words, with its events.

    Raises
    ------
    UnsupportedWishError, InputError
        As `moved`.
    """
    events = moved(household, signals, move)
    giver, taker = household.account(move.from_account_id), household.account(move.to_account_id)
    lot = _lot(giver, move)
    moving = lot.shares if move.shares is None else move.shares
    basis = "its basis" if lot.basis_total_usd is None else f"its basis of ${float(lot.basis_of(moving)):,.2f}"
    since = lot.held_since or lot.acquired
    carried = f"{basis}{'' if since is None else f' and its date of {since}'}"
    if giver.owner == taker.owner:
        sentence = f"A transfer between accounts of {giver.owner}: nothing is realised, and {carried} stay with it."
    else:
        sentence = (
            f"A gift from {giver.owner} to {taker.owner}, who are married: nothing is realised, and {carried} go over, "
            "whatever the value (26 USC 1041(b), 1223(2))."
        )
    return ToldMove(lot.lot_id, giver.account_id, taker.account_id, moving, sentence, events)


def moved(household: Household, signals: Signals, move: Move) -> Mapping[str, tuple[Event, ...]]:
    """The events of a move, by the journal of the person they are for: one transfer where one return is filed.

    Parameters
    ----------
    household : Household
        Whose accounts.
    signals : Signals
        Of the account that gives: its date, and prices.
    move : Move
        What moves.

    Returns
    -------
    Mapping of str to tuple of Event
        By filer's name.

    Raises
    ------
    UnsupportedWishError
        If the law allows no such move in kind.
    InputError
        If there is no such account or lot, or it holds fewer shares.
    """
    giver, taker = household.account(move.from_account_id), household.account(move.to_account_id)
    lot = _lot(giver, move)
    shares = lot.shares if move.shares is None else move.shares
    _refuse(giver, taker)
    on = signals.market.as_of
    choice = LotChoice(LotMethod.SPECIFIC, (LotShares(lot.lot_id, shares),))
    one, other = household.filer_of(giver.account_id).name, household.filer_of(taker.account_id).name
    event_id = f"move {lot.lot_id} to {taker.account_id} on {on}"
    if one == other:
        return {
            one: (
                Transfer(
                    event_id=event_id,
                    on=on,
                    account_id=giver.account_id,
                    to_account_id=taker.account_id,
                    security_id=lot.security_id,
                    shares=shares,
                    choice=choice,
                ),
            )
        }
    at = signals.market.universe.positions[lot.security_id]
    given = GiftGiven(
        event_id=event_id,
        on=on,
        account_id=giver.account_id,
        security_id=lot.security_id,
        shares=shares,
        recipient=Recipient.SPOUSE,
        value_usd=as_fraction(shares) * as_fraction(signals.market.price_usd[at]),
        choice=choice,
    )
    came = TransferIn(
        event_id=event_id,
        on=on,
        account_id=taker.account_id,
        security_id=lot.security_id,
        shares=shares,
        basis_total_usd=None if lot.basis_total_usd is None else lot.basis_of(shares),
        acquired=lot.acquired,
        held_since=lot.held_since,
        lot_id=lot.lot_id,
    )
    return {one: (given,), other: (came,)}


def _lot(account: HouseholdAccount, move: Move) -> TaxLot:
    lot = next((x for x in account.account.lots if x.lot_id == move.lot_id), None)
    if lot is None:
        raise InputError(
            f"Account {account.account_id} has no lot {move.lot_id!r}.", hint=_lots_of(account), lot_id=move.lot_id
        )
    if move.shares is not None and not 0 < as_fraction(move.shares) <= as_fraction(lot.shares):
        raise InputError(
            f"{move.shares} of {lot.shares} shares of lot {lot.lot_id} are to move.", hint="Move what is there."
        )
    return lot


def _lots_of(account: HouseholdAccount) -> str:
    """Which lots an account holds, the first few of many by name."""
    ids = [lot.lot_id for lot in account.account.lots]
    if not ids:
        return "It holds no lots."
    more = f", and {len(ids) - _LOTS_NAMED} more" if len(ids) > _LOTS_NAMED else ""
    return f"Its lots are: {', '.join(ids[:_LOTS_NAMED])}{more}."


def _refuse(giver: HouseholdAccount, taker: HouseholdAccount) -> None:
    """Refuse what no law allows in kind."""
    if giver.is_taxed != taker.is_taxed:
        raise UnsupportedWishError(
            f"Nothing moves in kind from {giver.account_id} ({giver.account.kind.value}) to {taker.account_id} "
            f"({taker.account.kind.value}): a contribution is in cash, and what comes out is a distribution.",
            hint="Sell in one and buy in the other: the proposal does, with the tax of the sale.",
            fields=["account_id"],
        )
    if not giver.is_taxed and (giver.account.kind is not taker.account.kind or giver.owner != taker.owner):
        raise UnsupportedWishError(
            f"Nothing moves from {giver.account_id} ({giver.account.kind.value}, {giver.owner}) to "
            f"{taker.account_id} ({taker.account.kind.value}, {taker.owner}): a retirement account is one person's, "
            "and another kind is a conversion, which is taxed.",
            hint="Transfer between accounts of one person and one kind.",
            fields=["account_id"],
        )
    if giver.account_id == taker.account_id:
        raise InputError("A lot moves to the account that it is in.", hint="Name another account.")


@dataclass(frozen=True)
class Donation:
    """A part of a lot given to charity.

    Attributes
    ----------
    account_id, lot_id, security_id : str
        Which lot.
    shares : Decimal
        Whole shares.
    value_usd, deduction_usd : Decimal
        Fair market value, and what may be deducted of it (26 USC 170(e)).
    advantage_usd : Decimal
        What it is worth beyond giving cash of the same value: the tax on the gain that is never paid, less the
        deduction that a short-term lot loses.
    event : GiftGiven
        For the ledger.
    """

    account_id: str
    lot_id: str
    security_id: str
    shares: Decimal
    value_usd: Decimal
    deduction_usd: Decimal
    advantage_usd: Decimal
    event: GiftGiven


def donations(
    signals: Mapping[str, Signals], amount_usd: Decimal, rates: ConstantRates, deduction_rate: float
) -> tuple[Donation, ...]:
    """The lots to give to charity for an amount, those of the largest advantage over cash first.

    Parameters
    ----------
    signals : Mapping of str to Signals
        By account; retirement accounts give nothing here.
    amount_usd : Decimal
        At most so much is given, in whole shares.
    rates : ConstantRates
        What a dollar of gain would be taxed.
    deduction_rate : float
        What a dollar of deduction saves.

    Returns
    -------
    tuple of Donation
        Fewer than the amount asks for where no lot is better to give than cash.
    """
    found: list[tuple[float, str, int]] = []
    for account_id, each in signals.items():
        account = each.account
        known = account.lot_known & (account.lot_gain_usd > 0) & account.can_sell[account.lot_name]
        rate = np.where(account.lot_long_term, rates.long_term, rates.short_term - deduction_rate)
        share = account.lot_gain_usd / np.maximum(account.lot_value_usd, 1e-12) * rate
        found += [(float(share[i]), account_id, i) for i in np.flatnonzero(known & (share > 0)).tolist()]
    left, given = Fraction(amount_usd), []
    for _, account_id, i in sorted(found, key=lambda f: (-f[0], f[1], f[2])):
        donation = _donated(signals[account_id], i, left, rates, deduction_rate)
        if donation is not None:
            given.append(donation)
            left -= Fraction(donation.value_usd)
    return tuple(given)


def _donated(
    signals: Signals, at: int, left_usd: Fraction, rates: ConstantRates, deduction_rate: float
) -> Donation | None:
    account, market = signals.account, signals.market
    lot, price = account.lots[at], market.price_usd[int(account.lot_name[at])]
    held = at_places(as_fraction(lot.shares), 12)
    shares = min(Decimal(int(left_usd / as_fraction(price))), held.to_integral_value(rounding=ROUND_DOWN))
    if shares <= 0:
        return None
    value, basis = as_fraction(shares) * as_fraction(price), lot.basis_of(shares)
    long_term = bool(account.lot_long_term[at])
    deduction = charitable_gift(basis_usd=basis, value_usd=value, long_term=long_term).deduction_usd
    rate = rates.long_term if long_term else rates.short_term
    advantage = float(value - basis) * rate - float(value - deduction) * deduction_rate
    return Donation(
        account_id=account.account_id,
        lot_id=lot.lot_id,
        security_id=lot.security_id,
        shares=shares,
        value_usd=at_places(value, 2),
        deduction_usd=at_places(deduction, 2),
        advantage_usd=Decimal(repr(round(advantage, 2))),
        event=GiftGiven(
            event_id=f"give {lot.lot_id} on {market.as_of}",
            on=market.as_of,
            account_id=account.account_id,
            security_id=lot.security_id,
            shares=shares,
            recipient=Recipient.CHARITY,
            value_usd=value,
            choice=LotChoice(LotMethod.SPECIFIC, (LotShares(lot.lot_id, shares),)),
        ),
    )
