"""How to read the tables beside published figures: what is the same quantity, what is not, and what makes ours differ.

Decision: sentences under the tables, with the rates, years and rules of the runs themselves. What is known of the
settings is said as known; why figures differ follows from the settings and the tables, and is said no more firmly than
that. Limits: published figures are quoted from the papers and pages named, not recomputed.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from di_advisor.backtest.comparison import ComparedRun
from di_advisor.backtest.settings import LossUse
from di_advisor.domain.taxes import TaxProfile
from di_advisor.units import PERCENT_PER_UNIT

__all__ = ["of_cadence", "of_decay", "of_differences", "of_wash"]

_WIDTH = 116


def of_cadence(runs: Sequence[ComparedRun]) -> str:
    """Why tax alpha of ours and published tax alpha are not the same figure."""
    first, last = min(r.run.start.year for r in runs), max(r.run.end.year for r in runs)
    lengths = sorted({max(round(r.results.years), 1) for r in runs})
    age = f"{lengths[0]}" if len(lengths) == 1 else f"{lengths[0]} to {lengths[-1]}"
    return _told(
        "How to read it: step-up leaves gains untaxed at the end, so that deferral counts in full; liquidation "
        "taxes them all.",
        f"Ours: {first if first == last else f'{first} to {last}'}, accounts that begin with cash and get no "
        f"deposits, of {age} {'year' if age == '1' else 'years'}; {_rates(runs)}; {_losses(runs)}.",
        "Vanguard (2022): mean of ten years, for an investor of high and one of ultra-high net worth.",
        "Chaudhuri, Burnham and Lo: the 500 largest stocks, monthly, 1926 to 2018, taxed at 35 and 15 %, with "
        "deposits (72 bps without them).",
        "The order of cadences can be compared, the level cannot: it rises with the rates, with how much of the "
        "losses finds a gain to meet, and in young accounts, which harvest most (see losses by age).",
    )


def of_wash() -> str:
    """What is compared under the law of wash sales, and why that is not Frec's figure."""
    return _told(
        "How to read it: each account is run twice, and in the second run there is no law of wash sales. 'More' is "
        "about what the law keeps that policy from harvesting. A policy that looks once a quarter meets no window "
        "of 61 days, so it loses next to nothing; the oftener a policy trades, the more such windows are in its way.",
        "Published: Frec, 14 to 16 % more losses. That answers another question. Its accounts get deposits week by "
        "week or month by month, and each buys names that could be sold at a loss; it compares selling them all the"
        " same, with a part of the loss washed, with waiting. Ours get no deposits and stay under the law: what is "
        "shown is the price of the law, not a gain that anybody makes.",
        "More losses are not as much more wealth: a loss that is taken lowers the basis and comes back as a gain; "
        "what remains is the delay and the difference between two rates. The two runs also hold different names on "
        "the way, so their difference of wealth carries the luck of returns before tax; that of tax alpha does not.",
    )


def of_decay() -> str:
    """Where losses were said to end."""
    return _told(
        "Published: Liberman, Krasner, Sosner and Freitas (2023): net losses taper off near 30 % of the initial "
        "capital. Ours are losses alone, with no gains taken off, and end with the run: a short one cannot show a "
        "taper.",
    )


def of_differences(ours: str) -> str:
    """What a row of the differences says."""
    return _told(
        f"How to read it: {ours} less the other policy on the same vintages, with the 90 % interval of a block "
        "bootstrap; 'clear of zero' where the interval leaves zero out. Wealth carries the luck of returns before "
        "tax, which the last row of each pair shows; tax alpha does not.",
    )


def _told(*paragraphs: str) -> str:
    return "\n".join(textwrap.fill(p, _WIDTH, break_on_hyphens=False) for p in paragraphs)


def _rates(runs: Sequence[ComparedRun]) -> str:
    found = {r.run.tax.rates for r in runs if isinstance(r.run.tax, TaxProfile)}
    if len(found) != 1:
        return "taxed by a whole return"
    (rates,) = found
    short, long = (f"{x * PERCENT_PER_UNIT:g}" for x in (rates.short_term, rates.long_term))
    return f"gains taxed at {short} % within a year and at {long} % after it"


def _losses(runs: Sequence[ComparedRun]) -> str:
    uses = {r.run.settings.loss_use for r in runs}
    if uses == {LossUse.ELSEWHERE}:
        return "every loss meets a gain outside the account at once"
    return "losses meet the account's own gains, then 3,000 USD a year, and the rest is carried on"
