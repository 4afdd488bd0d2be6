"""Answers to questions on wash sales: figures first, sentences made of them.

Every answer names the accounts that were seen: a purchase elsewhere, by the taxpayer, the spouse or
an entity they control, can wash the same loss, and nobody can say "no wash sale" without that. A
loss is provisional until 30 days have passed. Not tax advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from di_advisor.domain.amounts import Exact, as_fraction, exact
from di_advisor.errors import InputError
from di_advisor.ledger.parts import WashMatch
from di_advisor.ledger.realized import Term

__all__ = [
    "BasisMove",
    "Block",
    "LossRates",
    "PlannedPurchase",
    "PurchaseAnswer",
    "SaleAnswer",
    "SaleVerdict",
    "WashCost",
]


@dataclass(frozen=True, slots=True)
class PlannedPurchase:
    """Shares that will be bought, or are expected to be.

    Attributes
    ----------
    account_id, security_id : str
        Where, and what.
    on : date
        Trade date.
    shares : Decimal or Fraction
        More than zero.
    why : str
        ``dividend reinvestment``, ``scheduled``...
    """

    account_id: str
    security_id: str
    on: date
    shares: Exact
    why: str = "planned"

    def __post_init__(self) -> None:
        object.__setattr__(self, "shares", exact(self.shares, f"shares of {self.security_id} that are planned"))
        if self.shares <= 0:
            raise InputError(
                f"{self.shares} shares of {self.security_id} are planned for {self.on}.",
                hint="A planned purchase has more than zero shares.",
            )


@dataclass(frozen=True, slots=True)
class LossRates:
    """What a dollar of loss is worth to this taxpayer, by its term.

    Attributes
    ----------
    short_term, long_term : Fraction
        Marginal rates, everything included, as fractions in [0, 1).
    worth_later : Fraction
        What a dollar of tax saved later, when the replacement is sold, is worth today: 1 if waiting
        costs nothing.
    """

    short_term: Exact
    long_term: Exact
    worth_later: Exact = Fraction(1)

    def __post_init__(self) -> None:
        for name in ("short_term", "long_term", "worth_later"):
            value = as_fraction(exact(getattr(self, name), f"rate {name}"))
            object.__setattr__(self, name, value)
            if not 0 <= value <= 1 or (name != "worth_later" and value == 1):
                raise InputError(f"The rate {name} is {value}.", hint="Rates are fractions: 0.238 for 23.8 percent.")

    def of(self, term: Term) -> Fraction:
        """Rate of a loss; of one whose term is not known, the higher."""
        rates = {Term.SHORT: as_fraction(self.short_term), Term.LONG: as_fraction(self.long_term)}
        return rates.get(term, max(rates.values()))


@dataclass(frozen=True, slots=True)
class WashCost:
    """What losses that are washed cost, in USD of tax.

    Attributes
    ----------
    not_saved_now_usd : Fraction
        Tax that the washed loss would have saved this year.
    lost_usd : Fraction
        The part of it that is never saved (replaced in a retirement account).
    comes_back_usd : Fraction
        The rest: saved when the replacement is sold, at the rates of that day.
    cost_usd : Fraction
        What is lost, and what waiting for the rest costs.
    """

    not_saved_now_usd: Fraction = Fraction(0)
    lost_usd: Fraction = Fraction(0)
    comes_back_usd: Fraction = Fraction(0)
    cost_usd: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class BasisMove:
    """A loss that goes into the basis of the shares that replaced it; or nowhere.

    Attributes
    ----------
    match : WashMatch
        Which shares, by which purchase, how much.
    planned : bool
        Whether the purchase is only planned.
    held_since : date or None
        Effective start of the replacement's holding period afterwards; None where nothing moves.
    """

    match: WashMatch
    planned: bool
    held_since: date | None

    @property
    def basis_added_usd(self) -> Fraction:
        """What the replacement's basis grows by; 0 if the loss is gone."""
        return Fraction(0) if self.match.lost_for_good else self.match.disallowed_usd


class SaleVerdict(StrEnum):
    """What wash-sale rules make of a sale, as far as the accounts seen go."""

    NO_LOSS = "no_loss"
    NOT_TAXED = "not_taxed"
    LOSS_COUNTS = "loss_counts"
    PARTLY_WASHED = "partly_washed"
    WASHED = "washed"


@dataclass(frozen=True, slots=True)
class Block:
    """Why a lot does not belong on a harvest list today.

    Attributes
    ----------
    about : str
        ``washed``, ``bought_recently``, ``replacement``, ``reinvestment``.
    sentence : str
        The reason.
    safe_from : date or None
        First day on which it does not hold any more; None where no day can be named.
    """

    about: str
    sentence: str
    safe_from: date | None


@dataclass(frozen=True, slots=True)
class SaleAnswer:
    """Whether these shares of this lot may be sold, at this price, on this day.

    Attributes
    ----------
    account_id, security_id, lot_id : str
        What was asked about.
    on : date
        Trade date asked about.
    shares, proceeds_usd, basis_usd, gain_usd : Fraction
        Of the sale; the gain before wash sales, negative for a loss.
    term : Term
        Its character.
    verdict : SaleVerdict
        In a word.
    disallowed_usd, lost_for_good_usd, recognized_usd : Fraction
        Loss that would be washed, the part no basis takes over, and the gain or loss that counts.
    moves : tuple of BasisMove
        Which purchases wash it, and what basis moves where, earliest purchase first.
    elsewhere_usd : Fraction
        Change of what other sales recognise, through chains: a sold share that takes over a loss.
    cost : WashCost or None
        In dollars of tax, where rates were given.
    safe_from : date
        First day on which none of it would be washed, as far as is known or planned.
    provisional_until : date or None
        Last day on which a purchase can still wash what counts now; None where there is no loss.
    blocks : tuple of Block
        Why it does not belong on a harvest list.
    scope : str
        The accounts that were seen.
    sentences : tuple of str
        All of it in words.
    """

    account_id: str
    security_id: str
    lot_id: str
    on: date
    shares: Fraction
    proceeds_usd: Fraction
    basis_usd: Fraction
    gain_usd: Fraction
    term: Term
    verdict: SaleVerdict
    disallowed_usd: Fraction
    lost_for_good_usd: Fraction
    recognized_usd: Fraction
    moves: tuple[BasisMove, ...]
    elsewhere_usd: Fraction
    cost: WashCost | None
    safe_from: date
    provisional_until: date | None
    blocks: tuple[Block, ...]
    scope: str
    sentences: tuple[str, ...]

    @property
    def may_harvest(self) -> bool:
        """Whether it is a loss, all of it counts as far as is known, and nothing speaks against taking it."""
        return self.verdict is SaleVerdict.LOSS_COUNTS and not self.blocks

    @property
    def harvest_from(self) -> date | None:
        """First day on which nothing speaks against it; None where no day can be named."""
        days = [b.safe_from for b in self.blocks]
        return None if None in days else max([self.on, *(d for d in days if d is not None)])


@dataclass(frozen=True, slots=True)
class PurchaseAnswer:
    """Whether so many shares may be bought in this account on this day.

    Attributes
    ----------
    account_id, security_id : str
        What was asked about.
    on : date
        Trade date asked about.
    shares : Fraction
        How many.
    moves : tuple of BasisMove
        Losses that these shares would wash, the earliest sale first.
    disallowed_usd, lost_for_good_usd : Fraction
        In all.
    change_usd : Fraction
        Change of everything that is recognised, against the same plans without this purchase.
    shares_that_wash : Fraction
        Shares among them that would replace others; further shares wash nothing.
    cost : WashCost or None
        In dollars of tax, where rates were given.
    safe_from : date
        First day on which a purchase washes nothing that is known.
    locks_losses_until : date
        Last day on which these shares would wash a loss on other lots.
    scope : str
        The accounts that were seen.
    sentences : tuple of str
        All of it in words.
    """

    account_id: str
    security_id: str
    on: date
    shares: Fraction
    moves: tuple[BasisMove, ...]
    disallowed_usd: Fraction
    lost_for_good_usd: Fraction
    change_usd: Fraction
    shares_that_wash: Fraction
    cost: WashCost | None
    safe_from: date
    locks_losses_until: date
    scope: str
    sentences: tuple[str, ...]

    @property
    def washes_nothing(self) -> bool:
        """Whether no loss that is known would be washed."""
        return not self.moves
