"""Stock and cash together: a reorganisation with boot, or a taxable deal of the same shape.

Reorganisation (26 USC 356, 358; 26 CFR 1.356-1): gain is recognised up to the boot, a loss never,
and lot by lot: a loss lot shelters no gain lot (Rev. Rul. 68-23). New basis = old basis - boot +
gain recognised; a part of the gain may be a dividend (356(a)(2)). Other property that is received
has its value as basis; it is named in a notice, since it is no security of these books. Which of
the two a deal is, its source says.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import as_fraction, show_exact
from di_advisor.domain.events import MixedMerger, TaxTreatment
from di_advisor.ledger.actions.fractions_due import drop_pending, settle_fraction
from di_advisor.ledger.actions.held import Held, Outcome
from di_advisor.ledger.actions.identity import note_unsettled_identity
from di_advisor.ledger.actions.received import distribute, receive_at_value, require_other, sell_for_value
from di_advisor.ledger.book import Book
from di_advisor.ledger.parts import Part, RealizedKind
from di_advisor.ledger.realized import IncomeKind

__all__ = ["BootExchange", "apply_mixed_merger", "exchange_with_boot"]

_ZERO: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class BootExchange:
    """What an exchange with boot makes of one lot, in USD.

    Attributes
    ----------
    realized_usd : Fraction
        Gain realised; negative for a loss, which is not recognised.
    recognized_usd : Fraction
        Gain recognised, the dividend included.
    dividend_usd, capital_gain_usd : Fraction
        Its two parts.
    new_basis_usd : Fraction
        Basis of the stock received.
    other_property_basis_usd : Fraction
        Basis of other property received: its value.
    """

    realized_usd: Fraction
    recognized_usd: Fraction
    dividend_usd: Fraction
    capital_gain_usd: Fraction
    new_basis_usd: Fraction
    other_property_basis_usd: Fraction


def exchange_with_boot(
    basis_usd: Fraction,
    stock_value_usd: Fraction,
    cash_usd: Fraction,
    other_property_usd: Fraction = _ZERO,
    ratable_earnings_usd: Fraction = _ZERO,
) -> BootExchange:
    """Gain and new basis of one lot that is exchanged for stock and boot (26 USC 356(a), (c), 358).

    Parameters
    ----------
    basis_usd : Fraction
        Of the lot given up.
    stock_value_usd, cash_usd, other_property_usd : Fraction
        What came for it, at value.
    ratable_earnings_usd : Fraction
        The holder's share of earnings and profits, where the gain has the effect of a dividend.
    """
    boot = cash_usd + other_property_usd
    realized = stock_value_usd + boot - basis_usd
    recognized = max(_ZERO, min(realized, boot))
    dividend = min(recognized, ratable_earnings_usd)
    return BootExchange(
        realized,
        recognized,
        dividend,
        recognized - dividend,
        basis_usd - boot + recognized,
        other_property_usd,
    )


def apply_mixed_merger(book: Book, event: MixedMerger, before: Held) -> Outcome:
    """Turn every lot into shares of the other company and cash."""
    require_other(event, event.new_security_id)
    ratio, outcome = as_fraction(event.new_per_old), Outcome()
    taxable = event.tax_treatment is TaxTreatment.TAXABLE
    if not taxable:
        note_unsettled_identity(book, event, [p for a in before.accounts for p in book.lots(a, event.security_id)])
    for account_id in before.accounts:
        held = before.shares[account_id, event.security_id]
        new = _sold(book, event, account_id, held) if taxable else _reorganised(book, event, account_id)
        book.pay(account_id, held * as_fraction(event.cash_per_share_usd))
        _note_other_property(book, event, account_id, held, outcome)
        drop_pending(book, account_id, event.security_id)
        settle_fraction(book, event, new, before, event.cash_in_lieu_usd)
        outcome.shares[account_id, event.security_id] = _ZERO
        outcome.shares[account_id, event.new_security_id] = (
            before.shares[account_id, event.new_security_id] + held * ratio
        )
    return outcome


def _sold(book: Book, event: MixedMerger, account_id: str, held: Fraction) -> list[Part]:
    stock = as_fraction(event.new_per_old) * as_fraction(event.value_per_new_usd)
    value = stock + as_fraction(event.cash_per_share_usd) + as_fraction(event.other_per_share_usd)
    lots = [(part, part.shares) for part in book.lots(account_id, event.security_id)]
    sell_for_value(book, event, lots, value, RealizedKind.TAXABLE_EXCHANGE)
    shares = held * as_fraction(event.new_per_old)
    lot = receive_at_value(book, event, account_id, event.new_security_id, shares, held * stock, is_purchase=True)
    return [lot]


def _reorganised(book: Book, event: MixedMerger, account_id: str) -> list[Part]:
    lots, dividends = book.lots(account_id, event.security_id), _ZERO
    for part in lots:
        dividends += _recognise(book, event, part)
        book.become(part, event.new_security_id, part.shares * as_fraction(event.new_per_old), event.on)
    distribute(book, event, account_id, dividends, IncomeKind.BOOT_DIVIDEND)
    return list(lots)


def _recognise(book: Book, event: MixedMerger, part: Part) -> Fraction:
    """Book the gain of one lot and give it its new basis; returns its dividend."""
    cash, other = (part.shares * as_fraction(a) for a in (event.cash_per_share_usd, event.other_per_share_usd))
    if part.basis_usd is None:
        book.gain_without_sale(part, cash + other, None, event.on, event_id=event.event_id, kind=RealizedKind.BOOT)
        return _ZERO
    stock = part.shares * as_fraction(event.new_per_old) * as_fraction(event.value_per_new_usd)
    earnings = part.shares * as_fraction(event.dividend_per_share_usd)
    result = exchange_with_boot(part.basis_usd, stock, cash, other, earnings)
    if result.capital_gain_usd:
        used_up = cash + other - result.recognized_usd
        book.gain_without_sale(
            part,
            used_up + result.capital_gain_usd,
            used_up,
            event.on,
            event_id=event.event_id,
            kind=RealizedKind.BOOT,
        )
    loss = part.loss_basis_usd
    if loss is not None:
        loss = max(_ZERO, loss - cash - other + result.recognized_usd)
    book.rebase(part, result.new_basis_usd, loss)
    return result.dividend_usd


def _note_other_property(book: Book, event: MixedMerger, account_id: str, held: Fraction, outcome: Outcome) -> None:
    value = held * as_fraction(event.other_per_share_usd)
    if not value:
        return
    outcome.other_usd[account_id] = value
    book.note(
        "other_property",
        f"Other property came for {event.security_id} on {event.on}: its basis is its value, "
        f"{show_exact(value)} USD. It is no security of these books.",
        event_id=event.event_id,
        account_id=account_id,
        security_id=event.security_id,
    )
