"""Rates for a proposal where losses are carried: what the next dollar of gain or loss changes, later years included.

Problem: a loss beyond the year's gains and 3,000 dollars saves nothing this year, so an optimizer that is told the
full rates takes losses that nobody can use. Decision: tax of the year as the replay reckons it, less the present value
of what is carried on; a proposal is told the slope of that where the year stands, of the next dollar of loss. The
figure has kinks: in a year without gains a long-term loss saves the ordinary rate and a long-term gain costs the
long-term one. So the plan is made once more with the slopes of the next dollar of gain, and with those at the end of
each plan found, and the one that is best by the whole figure is taken. The present value of losses carried is that of
deducting 3,000 dollars a year from ordinary income, the first a year from now: a lower value than they have where
later gains meet them sooner. Limits: one rate a term for each plan, so that a best plan which ends on a kink is only
neared (on small cases next to brute force this gave up 0.06 % of what plans were worth, one slope 0.5 %); at most six
plans; constant rates only (a return has Schedule D itself).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, Literal, TypeVar

from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.ledger.tax_return import capital_loss_limit_usd

__all__ = ["CARRY_DISCOUNT_PER_YEAR", "CarriedYear", "Side", "carried_worth_usd"]

CARRY_DISCOUNT_PER_YEAR: Final = 0.05
"""What a year of waiting for a deduction costs; a mandate's usual discount rate."""

_APART: Final = 0.01
"""Rates that are no further apart count as the same: slopes of the carried part change with every 3,000 dollars."""

_Plan = TypeVar("_Plan")
Side = Literal[-1, 1]
"""The next dollar of loss, or of gain."""

_PLANS_MAX: Final = 6
_SIDES: Final[tuple[Side, ...]] = (-1, 1)


def carried_worth_usd(profile: TaxProfile, carried_usd: Fraction) -> float:
    """Present value of losses carried over: 3,000 dollars a year of ordinary deduction, the first a year from now."""
    limit = float(capital_loss_limit_usd(profile.filing_status))
    kept = 1.0 / (1.0 + CARRY_DISCOUNT_PER_YEAR)
    years, rest = divmod(float(carried_usd), limit)
    whole = limit * kept * (1.0 - kept**years) / (1.0 - kept)
    return float(profile.rates.short_term * (whole + rest * kept ** (years + 1.0)))


@dataclass(frozen=True)
class CarriedYear:
    """A year on its way.

    Attributes
    ----------
    profile : TaxProfile
        Full rates, and the filer.
    computed : callable
        Tax of the year, and losses carried on from it, with further short-term and long-term gains, USD.
    """

    profile: TaxProfile
    computed: Callable[[Fraction, Fraction], tuple[Fraction, Fraction]]

    def due_usd(self, short_usd: Fraction = Fraction(0), long_usd: Fraction = Fraction(0)) -> float:
        """Tax of the year with further gains, less what is carried on is worth."""
        tax, carried = self.computed(short_usd, long_usd)
        return float(tax) - carried_worth_usd(self.profile, carried)

    def rates(
        self, short_usd: Fraction = Fraction(0), long_usd: Fraction = Fraction(0), *, of: Side = -1
    ) -> TaxProfile:
        """The taxpayer by the slopes where further gains leave the year: of the next dollar of loss there.

        Parameters
        ----------
        short_usd, long_usd : Fraction
            Further gains by term.
        of : -1 or 1
            The next dollar of loss, or of gain.
        """
        now = self.due_usd(short_usd, long_usd)
        slopes = {
            "short_term": of * (self.due_usd(short_usd + of, long_usd) - now),
            "long_term": of * (self.due_usd(short_usd, long_usd + of) - now),
        }
        rates = self.profile.rates
        told = ConstantRates(
            **{term: min(max(slope, 0.0), 1.0 - _APART) for term, slope in slopes.items()},
            qualified_dividend=rates.qualified_dividend,
            ordinary_dividend=rates.ordinary_dividend,
        )
        return replace(self.profile, rates=told, tax_year=None)

    @staticmethod
    def apart(one: TaxProfile, other: TaxProfile) -> bool:
        """Whether a plan under one taxpayer may differ much from a plan under the other."""
        short = abs(one.rates.short_term - other.rates.short_term)
        return max(short, abs(one.rates.long_term - other.rates.long_term)) > _APART

    def best(
        self,
        told: TaxProfile,
        first: _Plan,
        propose: Callable[[TaxProfile], _Plan | None],
        figures: Callable[[_Plan], tuple[float, Fraction, Fraction]],
    ) -> _Plan:
        """The plan that is best by the whole figure, among those that the year's slopes lead to.

        Parameters
        ----------
        told : TaxProfile
            Rates that the first plan was made with.
        first : plan
            Where it starts.
        propose : callable
            A plan under other rates; None where there is none.
        figures : callable
            What a plan is worth before tax, USD, and its short-term and long-term gains, USD.
        """

        def worth_usd(plan: _Plan) -> float:
            before_tax, short, long = figures(plan)
            return before_tax - self.due_usd(short, long)

        def slopes_after(plan: _Plan) -> list[TaxProfile]:
            _, short, long = figures(plan)
            return [self.rates(short, long, of=side) for side in _SIDES]

        tried, best, most = [told], first, worth_usd(first)
        waiting = deque([self.rates(of=1), *slopes_after(first)])
        while waiting and len(tried) < _PLANS_MAX:
            rates = waiting.popleft()
            if not all(self.apart(rates, other) for other in tried):
                continue
            tried.append(rates)
            plan = propose(rates)
            if plan is None:
                continue
            waiting.extend(slopes_after(plan))
            if (worth := worth_usd(plan)) > most:
                best, most = plan, worth
        return best
