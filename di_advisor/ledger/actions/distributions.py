"""Distributions that are no income: return of capital, and rights to buy stock.

A return of capital lowers each lot's basis by what came on its own shares, down to zero; what is
left over is a gain of that lot's term (26 USC 301(c)(2), (3); Johnson v. United States, 435 F.2d
1257). Spare basis of one lot shelters nothing of another. Basis that a wash sale added counts.

Rights worth less than 15 percent of the stock have no basis unless the holder elects to allocate;
otherwise each lot's basis is split by value (307(a), (b)(1)); the holding period tacks (1223(4)).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.events import ReturnOfCapital, Rights
from di_advisor.ledger.actions.fractions_due import settle_fraction
from di_advisor.ledger.actions.held import Held, Outcome
from di_advisor.ledger.actions.received import receive_beside, require_other
from di_advisor.ledger.book import Book
from di_advisor.ledger.parts import Part, RealizedKind

__all__ = ["apply_return_of_capital", "apply_rights", "return_capital", "rights_fraction"]

_ZERO: Final = Fraction(0)
_RIGHTS_LIMIT: Final = Fraction(3, 20)


def return_capital(basis_usd: Fraction, amount_usd: Fraction) -> tuple[Fraction, Fraction]:
    """Basis left, and gain, after a return of capital on one lot.

    Parameters
    ----------
    basis_usd, amount_usd : Fraction
        The lot's basis, and what came on its shares.
    """
    return max(_ZERO, basis_usd - amount_usd), max(_ZERO, amount_usd - basis_usd)


def rights_fraction(stock_value_usd: Fraction, rights_value_usd: Fraction, *, elected: bool) -> Fraction:
    """Part of the stock's basis that goes to rights received on it (26 USC 307).

    Parameters
    ----------
    stock_value_usd, rights_value_usd : Fraction
        Fair market values right after, of the stock and of all rights on it.
    elected : bool
        Whether the holder elects to allocate although the rights are worth less than 15 percent.
    """
    if not rights_value_usd or (rights_value_usd < _RIGHTS_LIMIT * stock_value_usd and not elected):
        return _ZERO
    return rights_value_usd / (stock_value_usd + rights_value_usd)


def apply_return_of_capital(book: Book, event: ReturnOfCapital, before: Held) -> Outcome:
    """Lower the basis of every lot, and pay every account."""
    outcome, per_share = Outcome(), as_fraction(event.amount_per_share_usd)
    for account_id in before.accounts:
        for part in book.lots(account_id, event.security_id):
            amount = part.shares * per_share
            if part.basis_usd is None:
                outcome.add_unknown(account_id, -amount)
                _note_unknown(book, event, part)
                continue
            basis, gain = return_capital(part.basis_usd, amount)
            if gain:
                book.gain_without_sale(
                    part, gain, _ZERO, event.on, event_id=event.event_id, kind=RealizedKind.RETURN_OF_CAPITAL
                )
            loss = part.loss_basis_usd
            book.rebase(part, basis, None if loss is None else return_capital(loss, amount)[0])
        book.pay(account_id, before.shares[account_id, event.security_id] * per_share)
    return outcome


def _note_unknown(book: Book, event: ReturnOfCapital, part: Part) -> None:
    book.note(
        "basis_pending",
        f"A return of capital on {event.on} lowers the basis of lot {part.lot_id}, which is not known; a gain it may "
        "have brought is not shown.",
        event_id=event.event_id,
        account_id=part.account_id,
        security_id=part.security_id,
    )


def apply_rights(book: Book, event: Rights, before: Held) -> Outcome:
    """Put rights beside every lot."""
    require_other(event, event.rights_security_id)
    ratio = as_fraction(event.new_per_old)
    away = rights_fraction(
        as_fraction(event.value_per_old_usd),
        ratio * as_fraction(event.value_per_right_usd),
        elected=event.elected,
    )
    outcome = Outcome()
    for account_id in before.accounts:
        parts = book.lots(account_id, event.security_id)
        rights = [_beside(book, event, part, part.shares * ratio, away) for part in parts]
        settle_fraction(book, event, rights, before, None)
        place = (account_id, event.rights_security_id)
        outcome.shares[place] = before.shares[place] + before.shares[account_id, event.security_id] * ratio
    return outcome


def _beside(book: Book, event: Rights, part: Part, shares: Fraction, away: Fraction) -> Part:
    to, basis, loss = event.rights_security_id, part.basis_usd, part.loss_basis_usd
    if not away:
        # Zero by law, known even where the stock's basis is not.
        return receive_beside(book, event, part, to, shares, _ZERO, None)
    if basis is None:
        return receive_beside(book, event, part, to, shares, None, None)
    rights_loss = None if loss is None else loss * away
    right = receive_beside(book, event, part, to, shares, basis * away, rights_loss)
    book.rebase(part, basis - basis * away, None if loss is None or rights_loss is None else loss - rights_loss)
    return right
