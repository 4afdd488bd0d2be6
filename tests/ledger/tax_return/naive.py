"""A second return, written from the statutes' words and not from the forms, slowly and on purpose.

It reads the figures from the files itself, taxes income slab by slab by asking for the rate of the
dollar in the middle of each slab, and carries losses by 26 USC 1212(b)(2): the loss that is used up
counts as a short-term gain.
"""

import itertools
import tomllib
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

from di_advisor.ledger import tax_return
from di_advisor.ledger.tax_return import ReturnInputs

FIGURES = Path(tax_return.__file__).parent / "figures"


@cache
def figures(year: int) -> dict:
    text = (FIGURES / f"{year}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text, parse_float=Fraction)


@dataclass
class Naive:
    """What the second return finds."""

    agi: Fraction
    regular: Fraction
    niit: Fraction
    amt: Fraction
    deduction: Fraction
    used: Fraction
    short_carryover: Fraction
    long_carryover: Fraction


def integral(rate_of_dollar, low, high, edges):
    """Add up a rate over dollars, slab by slab."""
    stops = sorted({low, high, *(edge for edge in edges if low < edge < high)})
    return sum(((b - a) * rate_of_dollar(Fraction(a + b) / 2) for a, b in itertools.pairwise(stops)), start=Fraction(0))


def rate_in(tops, rates):
    """Return the function from a dollar to the rate of its bracket."""

    def rate(dollar):
        for top, each in zip(tops, rates, strict=False):
            if dollar < top:
                return each
        return rates[-1]

    return rate


def naive_return(inputs: ReturnInputs) -> Naive:  # noqa: PLR0915 - one page, read from top to bottom
    year, status = figures(inputs.tax_year), inputs.filing_status.value
    of = {name: Fraction(getattr(inputs, name) or 0) for name in inputs.__slots__ if name.endswith("_usd")}
    short = of["net_short_usd"] - of["carryover_short_usd"]
    long = of["net_long_usd"] - of["carryover_long_usd"]
    limit = year["capital_loss"]["limit_usd"][status]

    deduction, preferential_gain = Fraction(0), Fraction(0)
    if short + long < 0:
        deduction = limit if short + long < -limit else -(short + long)
        gain_in_income = -deduction
    else:
        gain_in_income = short + long
        if long > 0:
            preferential_gain = long if short >= 0 else long + short

    investment = of["interest_usd"] + of["nonqualified_dividends_usd"] + of["qualified_dividends_usd"] + gain_in_income
    agi = of["ordinary_income_usd"] + investment
    standard = inputs.itemized_usd is None
    below_the_line = year["standard_deduction"]["usd"][status] if standard else of["itemized_usd"]
    unfloored = agi - below_the_line

    # 1212(b)(2)(A): the lesser of the deduction and adjusted taxable income is a short-term gain.
    adjusted = unfloored + deduction
    used = min(deduction, adjusted if adjusted > 0 else Fraction(0))
    deemed = short + used
    short_loss = -deemed if deemed < 0 else Fraction(0)
    long_loss = -long if long < 0 else Fraction(0)
    short_carryover = max(short_loss - max(long, 0), Fraction(0))
    long_carryover = max(long_loss - max(deemed, 0), Fraction(0))

    taxable = max(unfloored, Fraction(0))
    stackable = preferential_gain + of["qualified_dividends_usd"]
    ordinary = taxable - stackable if taxable > stackable else Fraction(0)
    tops = year["ordinary"]["tops_usd"][status]
    thresholds = [year["preferential"][name][status] for name in ("zero_up_to_usd", "fifteen_up_to_usd")]
    ordinary_rate = rate_in(tops, year["ordinary"]["rates"])
    gain_rate = rate_in(thresholds, year["preferential"]["rates"])
    zero = Fraction(0)
    stacked = integral(ordinary_rate, zero, ordinary, tops) + integral(gain_rate, ordinary, taxable, thresholds)
    regular = min(stacked, integral(ordinary_rate, zero, taxable, tops))

    niit = year["net_investment_income_tax"]
    excess = agi - niit["threshold_usd"][status]
    taxed = min(investment, excess)
    niit_tax = niit["rate"] * taxed if taxed > 0 else zero

    minimum = year["alternative_minimum_tax"]
    exemption, phase_from = minimum["exemption_usd"][status], minimum["phase_out_from_usd"][status]
    income = unfloored + (below_the_line if standard else of["itemized_taxes_usd"])
    shrink = minimum["phase_out_rate"]
    if status == "married_separate" and income > phase_from + exemption / shrink:
        income += min(shrink * (income - phase_from - exemption / shrink), exemption)
    left = exemption - integral(lambda _: shrink, phase_from, max(income, phase_from), [])
    base = max(income - max(left, zero), zero)
    upper = [minimum["upper_rate_from_usd"][status]]
    amt_rate = rate_in(upper, minimum["rates"])
    gain = min(stackable, base)
    with_gain = integral(amt_rate, zero, base - gain, upper) + integral(
        gain_rate, ordinary, ordinary + gain, thresholds
    )
    tentative = min(with_gain, integral(amt_rate, zero, base, upper))
    amt = max(tentative - regular, zero)
    return Naive(agi, regular, niit_tax, amt, deduction, used, short_carryover, long_carryover)
