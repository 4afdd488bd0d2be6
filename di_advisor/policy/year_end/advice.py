"""How much more gain or loss to realise by the last trade date, and why: the best point of the return, with its kinks.

Problem: "harvest your losses" stops being right at a kink: gains left to offset, the 3,000, the room at 0 %, a surtax.
Both terms meet in one return, so one dollar's worth depends on the other's. Decision: a dollar realised now changes
this year's tax by the return and the later tax by the stated later rate; what both make together is piecewise linear
in short and long, so its least lies in a corner of the return's planes within what the lots offer. All corners are
compared, exactly; of equal ones the one that realises least is taken. The way there is told in steps that each end at
a named kink. Limits: trading costs are not in it (the scenarios have them); today's prices; one account's lots.
Not tax advice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.ledger.realized import Term
from di_advisor.ledger.tax_return import TaxOnGains
from di_advisor.policy.year_end.filer import LaterTax
from di_advisor.policy.year_end.offers import PartSale, fill, offered_usd
from di_advisor.policy.year_end.standing import Standing
from di_advisor.policy.year_end.stretches import Stretch, Way, moved, stretches

__all__ = ["Advice", "Beyond", "Step", "advice", "best_point"]

_ZERO: Final = Fraction(0)
_ALL_OFFERED: Final = "the lots offer no more"
_OTHER_TERM: Final = "from there on the other term is worth more"
_WAYS: Final = tuple((term, way) for term in (Term.SHORT, Term.LONG) for way in (Way.LOSS, Way.GAIN))


@dataclass(frozen=True)
class Step:
    """Dollars of one term to realise, all worth the same.

    Attributes
    ----------
    stretch : Stretch
        What each is worth, and what would end it.
    amount_usd : Fraction
        How many of them are advised, positive.
    later_per_usd : Fraction
        What a dollar of gain taxed later weighs today.
    ends_by : str
        What ends this step.
    """

    stretch: Stretch
    amount_usd: Fraction
    later_per_usd: Fraction
    ends_by: str

    @property
    def tax_usd(self) -> Fraction:
        """Change of this year's tax, with losses carried over valued; negative saves."""
        sign = 1 if self.stretch.way is Way.GAIN else -1
        return sign * self.stretch.rate * self.amount_usd

    @property
    def this_year_usd(self) -> Fraction:
        """Change of this year's tax alone."""
        sign = 1 if self.stretch.way is Way.GAIN else -1
        return sign * self.stretch.this_year * self.amount_usd

    @property
    def later_usd(self) -> Fraction:
        """Change of the later tax in today's dollars: a loss taken now is a gain later."""
        sign = -1 if self.stretch.way is Way.GAIN else 1
        return sign * self.later_per_usd * self.amount_usd

    @property
    def worth_usd(self) -> Fraction:
        """What the step is worth: minus both."""
        return -self.tax_usd - self.later_usd


@dataclass(frozen=True, slots=True)
class Beyond:
    """The next dollars after the advice in one direction, and why they are not advised.

    Attributes
    ----------
    stretch : Stretch
        From the point of the advice.
    offered_usd : Fraction
        What the lots still offer in this direction.
    worth_per_usd : Fraction
        What a dollar of it would be worth, later tax counted; not above zero, unless the lots offer none.
    """

    stretch: Stretch
    offered_usd: Fraction
    worth_per_usd: Fraction


@dataclass(frozen=True, repr=False)
class Advice:
    """What more to realise this year.

    Attributes
    ----------
    later : LaterTax
        What later tax was counted with.
    short_usd, long_usd : Fraction
        Further net gain by term; negative for losses.
    steps : tuple of Step
        The way there; amounts are positive, in the term and direction of each stretch.
    sales : tuple of PartSale
        Lots for it in whole shares; at most the amounts of the steps.
    offered : mapping of (Term, Way) to Fraction
        What the lots offer by the last trade date.
    beyond : tuple of Beyond
        The next dollars in each direction.
    """

    later: LaterTax
    short_usd: Fraction
    long_usd: Fraction
    steps: tuple[Step, ...]
    sales: tuple[PartSale, ...]
    offered: Mapping[tuple[Term, Way], Fraction]
    beyond: tuple[Beyond, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "offered", FrozenMap(dict(self.offered)))

    def __repr__(self) -> str:
        return (
            f"Advice(net short {float(self.short_usd):,.2f}, net long {float(self.long_usd):,.2f} USD more, worth "
            f"{float(self.worth_usd):,.2f} USD before trading costs)"
        )

    @property
    def tax_usd(self) -> Fraction:
        """Change of this year's tax, losses carried over valued; negative saves."""
        return sum((s.tax_usd for s in self.steps), _ZERO)

    @property
    def this_year_usd(self) -> Fraction:
        """Change of this year's tax alone."""
        return sum((s.this_year_usd for s in self.steps), _ZERO)

    @property
    def later_usd(self) -> Fraction:
        """Change of the later tax, in today's dollars."""
        return sum((s.later_usd for s in self.steps), _ZERO)

    @property
    def worth_usd(self) -> Fraction:
        """What the advice is worth before trading costs."""
        return -self.tax_usd - self.later_usd


def best_point(
    tax: TaxOnGains,
    later_per_usd: Fraction,
    short_usd: tuple[Fraction, Fraction],
    long_usd: tuple[Fraction, Fraction],
) -> tuple[Fraction, Fraction]:
    """Further short and long gain within ranges around zero at which tax now and tax later are least together.

    Parameters
    ----------
    tax : TaxOnGains
        The year's tax.
    later_per_usd : Fraction
        What a dollar of gain taxed later weighs today.
    short_usd, long_usd : tuple of two Fraction
        Lowest (at most 0) and highest (at least 0) further gain.
    """
    now = tax.at()

    def judged(point: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction, int, Fraction]:
        short, long = point
        total = tax.at(short, long) - now - later_per_usd * (short + long)
        return total, abs(short) + abs(long), bool(short) + bool(long), short

    return min(set(_corners(tax, short_usd, long_usd)), key=judged)


def _corners(
    tax: TaxOnGains, short: tuple[Fraction, Fraction], long: tuple[Fraction, Fraction]
) -> Iterator[tuple[Fraction, Fraction]]:
    """All points at which a piecewise linear amount can be least; axes count, since losses and gains are other lots."""
    yield _ZERO, _ZERO
    on_short, on_long = tax.along(1, 0)["total"], tax.along(0, 1)["total"]
    yield from ((x, _ZERO) for x in (*on_short.knots_usd, *short) if short[0] <= x <= short[1])
    yield from ((_ZERO, y) for y in (*on_long.knots_usd, *long) if long[0] <= y <= long[1])
    for left, right in ((short[0], _ZERO), (_ZERO, short[1])):
        for bottom, top in ((long[0], _ZERO), (_ZERO, long[1])):
            if left < right and bottom < top:
                for plane in tax.surface((left, right), (bottom, top)).planes:
                    yield from ((x, y) for x, y in plane.corners_usd)


def advice(stands: Standing, later: LaterTax) -> Advice:
    """What more to realise by the last trade date.

    Parameters
    ----------
    stands : Standing
        The year; its tax should value losses carried over at the later tax (`filer_of`).
    later : LaterTax
        What a dollar of gain is taxed at when it is realised later.
    """
    last = stands.dates.last_trade
    offered = {(term, way): offered_usd(stands.offers, term, losses=way is Way.LOSS, until=last) for term, way in _WAYS}
    per_usd = later.per_usd
    short, long = best_point(
        stands.tax,
        per_usd,
        (-offered[Term.SHORT, Way.LOSS], offered[Term.SHORT, Way.GAIN]),
        (-offered[Term.LONG, Way.LOSS], offered[Term.LONG, Way.GAIN]),
    )
    ways = [tuple(_steps(stands.tax, per_usd, offered, short, long, first)) for first in (Term.SHORT, Term.LONG)]
    steps = max(ways, key=lambda way: min((s.worth_usd / s.amount_usd for s in way), default=_ZERO))
    sales = [
        sale
        for term, amount in ((Term.SHORT, short), (Term.LONG, long))
        for sale in fill(stands.offers, term, abs(amount), losses=amount < 0, until=last)
    ]
    beyond = tuple(_beyond(stands.tax, per_usd, offered, short, long))
    return Advice(later, short, long, steps, tuple(sales), offered, beyond)


def _steps(
    tax: TaxOnGains,
    per_usd: Fraction,
    offered: Mapping[tuple[Term, Way], Fraction],
    short: Fraction,
    long: Fraction,
    first: Term,
) -> Iterator[Step]:
    """One term after the other, each cut at the kinks it meets."""
    amounts = {Term.SHORT: short, Term.LONG: long}
    at = {Term.SHORT: _ZERO, Term.LONG: _ZERO}
    for term in (first, Term.LONG if first is Term.SHORT else Term.SHORT):
        amount = abs(amounts[term])
        way = Way.LOSS if amounts[term] < 0 else Way.GAIN
        for stretch in stretches(moved(tax, at[Term.SHORT], at[Term.LONG]), term, way):
            if stretch.from_usd >= amount:
                break
            whole = stretch.to_usd is not None and stretch.to_usd <= amount
            end = stretch.to_usd if whole and stretch.to_usd is not None else amount
            rule = stretch.ends_by if whole else _ALL_OFFERED if amount == offered[term, way] else _OTHER_TERM
            yield Step(stretch, end - stretch.from_usd, per_usd, rule)
        at[term] = amounts[term]


def _beyond(
    tax: TaxOnGains,
    per_usd: Fraction,
    offered: Mapping[tuple[Term, Way], Fraction],
    short: Fraction,
    long: Fraction,
) -> Iterator[Beyond]:
    there = moved(tax, short, long)
    for term, way in _WAYS:
        sign = 1 if way is Way.GAIN else -1
        realised = max(sign * (short if term is Term.SHORT else long), _ZERO)
        stretch = stretches(there, term, way)[0]
        yield Beyond(stretch, offered[term, way] - realised, sign * (per_usd - stretch.rate))
