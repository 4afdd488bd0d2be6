"""What the books show: lots, realised gains and losses, income, and what a reader must know.

Frozen values in exact fractions; cents are made where a paper is printed, so that rounded parts add
up to rounded totals. Not tax advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from di_advisor.domain.events import DividendKind, LotMethod
from di_advisor.domain.lots import TaxLot
from di_advisor.errors import IncompleteDataError
from di_advisor.ledger.holding_period import is_long_term
from di_advisor.ledger.parts import HeldBefore, RealizedKind, WashMatch
from di_advisor.ledger.recent_trades import WASH_WINDOW_DAYS

__all__ = ["BookedLot", "Identification", "Income", "IncomeKind", "Notice", "Realized", "Term"]


class Term(StrEnum):
    """Character of a gain or loss."""

    SHORT = "short"
    LONG = "long"
    UNKNOWN = "unknown"


class IncomeKind(StrEnum):
    """Where income that is no capital gain came from."""

    DIVIDEND = "dividend"
    TAXABLE_DISTRIBUTION = "taxable_distribution"
    BOOT_DIVIDEND = "boot_dividend"


@dataclass(frozen=True, slots=True)
class BookedLot:
    """A lot that is held, with what the ledger knows beyond a `TaxLot`.

    Attributes
    ----------
    lot : TaxLot
        Shares, adjusted basis, and the two dates. Where a gift has two bases it carries the lower
        one, so that no loss is promised that is none.
    root_id : str
        The lot it was split from.
    purchase_id : str
        The purchase it is a part of.
    bought_on : date or None
        Trade date if it was a purchase that can wash a loss.
    is_replacement : bool
        Whether its shares replaced shares sold at a loss.
    deemed_long : bool
        Long-term whatever the dates.
    gain_basis_usd : Fraction or None
        Basis for a gain, where a gift has two bases; else the basis.
    pending : str
        Id of the event whose percentages are missing; empty if none.
    purchase_order : tuple of int and str
        Place of the purchase among those of its day.
    left_on : date or None
        The day it left without a sale; None while it is held.
    left_by : str
        Event that took it away; empty while it is held.
    split_since : Fraction
        What a share of the day it left has become by splits since.
    given_on : date or None
        Day of the gift, where it was one: ``held_since`` is then the donor's.
    held_before : tuple of HeldBefore
        Holdings its shares belonged to before, first to last.
    """

    lot: TaxLot
    root_id: str
    purchase_id: str
    bought_on: date | None
    is_replacement: bool
    deemed_long: bool
    gain_basis_usd: Fraction | None
    pending: str
    purchase_order: tuple[int, str] = (0, "")
    left_on: date | None = None
    left_by: str = ""
    split_since: Fraction = Fraction(1)
    given_on: date | None = None
    held_before: tuple[HeldBefore, ...] = ()


@dataclass(frozen=True, slots=True)
class Realized:
    """One piece of one sale (or of another event that made a gain or loss due).

    Attributes
    ----------
    event_id : str
        The event.
    kind : RealizedKind
        What it was.
    account_id, security_id, lot_id, root_id, purchase_id : str
        Where, what, and which lot.
    shares : Fraction
        In shares of that day; zero for a gain without shares (return of capital, boot).
    proceeds_usd : Fraction
        Net of costs.
    basis_usd : Fraction or None
        Adjusted basis, losses taken over included; None while it is not known.
    acquired, held_since : date or None
        Trade date, and effective start of the holding period.
    sold : date
        The day that counts.
    deemed_long : bool
        Inherited.
    disallowed_usd : Fraction
        Loss disallowed, not negative.
    lost_for_good_usd : Fraction
        The part of it that no basis took over.
    is_replacement : bool
        Whether the shares had replaced others sold at a loss.
    taxed : bool
        False in a retirement account: neither gain nor loss.
    matches : tuple of WashMatch
        Why a loss was disallowed.
    bought_on, purchase_order
        As for a `BookedLot`: sold shares can still replace others sold at a loss.
    split_since : Fraction
        Shares on the books' day for one share of the day of the sale.
    given_on, held_before
        As for a `BookedLot`.
    """

    event_id: str
    kind: RealizedKind
    account_id: str
    security_id: str
    lot_id: str
    root_id: str
    purchase_id: str
    shares: Fraction
    proceeds_usd: Fraction
    basis_usd: Fraction | None
    acquired: date | None
    held_since: date | None
    sold: date
    deemed_long: bool
    disallowed_usd: Fraction
    lost_for_good_usd: Fraction
    is_replacement: bool
    taxed: bool
    matches: tuple[WashMatch, ...]
    bought_on: date | None = None
    purchase_order: tuple[int, str] = (0, "")
    split_since: Fraction = Fraction(1)
    given_on: date | None = None
    held_before: tuple[HeldBefore, ...] = ()

    @property
    def term(self) -> Term:
        """Short-term, long-term, or unknown where the date is."""
        if self.deemed_long:
            return Term.LONG
        if self.held_since is None:
            return Term.UNKNOWN
        # Days counted twice can start a replacement's period before its own sale, never after it.
        return Term.LONG if is_long_term(min(self.held_since, self.sold), self.sold) else Term.SHORT

    @property
    def known(self) -> bool:
        """Whether the gain can be computed."""
        return self.basis_usd is not None

    @property
    def gain_usd(self) -> Fraction:
        """Gain before disallowance; negative for a loss.

        Raises
        ------
        IncompleteDataError
            If the basis is not known.
        """
        if self.basis_usd is None:
            raise IncompleteDataError(
                f"The basis of lot {self.lot_id} ({self.security_id}), sold on {self.sold}, is not known.",
                hint="Supply it by a correction (broker statement, Form 8937); its gain is not zero meanwhile.",
                lot_id=self.lot_id,
            )
        return self.proceeds_usd - self.basis_usd

    @property
    def recognized_usd(self) -> Fraction:
        """Gain or loss that goes into the return: what is left after disallowance.

        Raises
        ------
        IncompleteDataError
            If the basis is not known.
        """
        return self.gain_usd + self.disallowed_usd

    @property
    def window_closes(self) -> date:
        """Last day on which a purchase can still wash a loss on it."""
        return self.sold + timedelta(days=WASH_WINDOW_DAYS)

    def provisional(self, as_of: date) -> bool:
        """Whether a loss may still be washed by a purchase after ``as_of``."""
        return self.taxed and self.known and self.recognized_usd < 0 and as_of < self.window_closes


@dataclass(frozen=True, slots=True)
class Income:
    """Income that is no capital gain.

    Attributes
    ----------
    event_id, account_id, security_id : str
        Where it came from.
    on : date
        Day it counts.
    amount_usd : Fraction
        Gross.
    kind : IncomeKind
        What it is.
    dividend : DividendKind
        Whether it can be qualified.
    ex_on : date or None
        Ex-dividend date.
    taxed : bool
        False in a retirement account.
    """

    event_id: str
    account_id: str
    security_id: str
    on: date
    amount_usd: Fraction
    kind: IncomeKind
    dividend: DividendKind = DividendKind.COMMON
    ex_on: date | None = None
    taxed: bool = True


@dataclass(frozen=True, slots=True)
class Identification:
    """How the lots of one sale were chosen, by whom, until when it was possible (26 CFR 1.1012-1(c)(8)).

    Attributes
    ----------
    event_id : str
        The sale.
    asked, used : LotMethod
        What was asked for, and what counted: FIFO where the choice came too late.
    chosen_on, deadline : date or None
        When it was made (None: standing order), and the last day for it.
    chosen_by : str
        Who chose.
    lots : tuple of (str, Fraction)
        Lots taken, with their shares.
    """

    event_id: str
    asked: LotMethod
    used: LotMethod
    chosen_on: date | None
    deadline: date
    chosen_by: str
    lots: tuple[tuple[str, Fraction], ...]

    @property
    def accepted(self) -> bool:
        """Whether the choice counted."""
        return self.asked is self.used


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a reader of the books must know: a fraction not paid yet, a basis that is missing.

    Attributes
    ----------
    about : str
        A short code: ``basis_pending``, ``fraction_pending``, ``late_choice``, ``term_unknown``...
    event_id, account_id, security_id : str
        Where it comes from; empty where it does not apply.
    sentence : str
        What it is.
    """

    about: str
    event_id: str
    account_id: str
    security_id: str
    sentence: str
