"""Netting by term, the limit on losses, and what carries over. Not tax advice.

Short-term against short-term, long-term against long-term, then across (26 USC 1222). A net loss
is deducted up to 3,000 USD, 1,500 married filing separately (1211(b)); what is left keeps its term,
and the short-term loss is used up first (1212(b)).

The carryover is the Capital Loss Carryover Worksheet of the instructions to Schedule D, line by
line. Its line 1 is taxable income **before** the floor at zero: a year of low income uses up less
than it deducts.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Generic

from di_advisor.domain.amounts import Exact, exact
from di_advisor.domain.taxes import FilingStatus
from di_advisor.errors import InputError
from di_advisor.ledger.tax_return.kinds import Amount, positive_part, smaller
from di_advisor.ledger.tax_return.tables import known_tax_years, tax_tables

__all__ = [
    "CarryoverWorksheet",
    "NetGains",
    "capital_loss_limit_usd",
    "carryover_worksheet",
    "net_gains",
    "split_joint_carryover",
    "worksheet_lines",
]


@dataclass(frozen=True, slots=True)
class NetGains(Generic[Amount]):
    """Schedule D after netting.

    Attributes
    ----------
    line_7_net_short_usd, line_15_net_long_usd, line_16_total_usd : amount
        Net gain by term with what was carried over, and both together; signed.
    net_capital_gain_usd : amount
        What is taxed at preferential rates: net long-term gain over net short-term loss
        (26 USC 1222(11)), never negative.
    line_21_deduction_usd : amount
        Net loss deducted this year, **positive**.
    """

    line_7_net_short_usd: Amount
    line_15_net_long_usd: Amount
    line_16_total_usd: Amount
    net_capital_gain_usd: Amount
    line_21_deduction_usd: Amount


@dataclass(frozen=True, slots=True)
class CarryoverWorksheet(Generic[Amount]):
    """Capital Loss Carryover Worksheet, every line; losses are positive amounts from line 2 on.

    Attributes
    ----------
    line_1_taxable_income_usd : amount
        Before the floor at zero.
    line_2_loss_deducted_usd : amount
        Schedule D line 21.
    line_3_usd : amount
        Lines 1 and 2 together, not below zero.
    line_4_used_usd : amount
        The smaller of lines 2 and 3: what is used up.
    line_5_short_loss_usd, line_6_long_gain_usd, line_7_usd : amount
        Loss of Schedule D line 7, gain of its line 15, and lines 4 and 6 together.
    line_8_short_carryover_usd : amount
        Short-term loss carried to next year.
    line_9_long_loss_usd, line_10_short_gain_usd, line_11_usd, line_12_usd : amount
        Loss of Schedule D line 15, gain of its line 7, what line 4 leaves after line 5, and the
        last two together.
    line_13_long_carryover_usd : amount
        Long-term loss carried to next year.
    """

    line_1_taxable_income_usd: Amount
    line_2_loss_deducted_usd: Amount
    line_3_usd: Amount
    line_4_used_usd: Amount
    line_5_short_loss_usd: Amount
    line_6_long_gain_usd: Amount
    line_7_usd: Amount
    line_8_short_carryover_usd: Amount
    line_9_long_loss_usd: Amount
    line_10_short_gain_usd: Amount
    line_11_usd: Amount
    line_12_usd: Amount
    line_13_long_carryover_usd: Amount


def net_gains(line_7: Amount, line_15: Amount, limit_usd: Fraction) -> NetGains[Amount]:
    """Net both terms and apply the limit on losses.

    Parameters
    ----------
    line_7, line_15 : amount
        Net short-term and net long-term gain with carryovers taken off, signed, in USD.
    limit_usd : Fraction
        Largest deduction of a net loss.
    """
    total = line_7 + line_15
    return NetGains(
        line_7_net_short_usd=line_7,
        line_15_net_long_usd=line_15,
        line_16_total_usd=total,
        net_capital_gain_usd=positive_part(smaller(total, line_15)),
        line_21_deduction_usd=smaller(positive_part(-total), limit_usd),
    )


def worksheet_lines(gains: NetGains[Amount], taxable_income_unfloored: Amount) -> CarryoverWorksheet[Amount]:
    """Fill the worksheet from Schedule D and taxable income before its floor."""
    line_7, line_15 = gains.line_7_net_short_usd, gains.line_15_net_long_usd
    two = gains.line_21_deduction_usd
    three = positive_part(taxable_income_unfloored + two)
    four = smaller(two, three)
    five, six = positive_part(-line_7), positive_part(line_15)
    nine, ten = positive_part(-line_15), positive_part(line_7)
    seven = four + six
    eleven = positive_part(four - five)
    twelve = ten + eleven
    return CarryoverWorksheet(
        line_1_taxable_income_usd=taxable_income_unfloored,
        line_2_loss_deducted_usd=two,
        line_3_usd=three,
        line_4_used_usd=four,
        line_5_short_loss_usd=five,
        line_6_long_gain_usd=six,
        line_7_usd=seven,
        line_8_short_carryover_usd=positive_part(five - seven),
        line_9_long_loss_usd=nine,
        line_10_short_gain_usd=ten,
        line_11_usd=eleven,
        line_12_usd=twelve,
        line_13_long_carryover_usd=positive_part(nine - twelve),
    )


def capital_loss_limit_usd(filing_status: FilingStatus, *, tax_year: int | None = None) -> Fraction:
    """Largest deduction of a net loss in a year (26 USC 1211(b)), in USD.

    Parameters
    ----------
    filing_status : FilingStatus
        1,500 married filing separately, else 3,000.
    tax_year : int, optional
        The newest year with tables if left out: the limit is not indexed.
    """
    tables = tax_tables(known_tax_years()[-1] if tax_year is None else tax_year)
    return tables.by_status[FilingStatus(filing_status)].capital_loss_limit_usd


def carryover_worksheet(
    *,
    net_short_usd: Exact,
    net_long_usd: Exact,
    taxable_income_unfloored_usd: Exact,
    filing_status: FilingStatus,
    tax_year: int | None = None,
) -> CarryoverWorksheet[Fraction]:
    """Capital Loss Carryover Worksheet of one return.

    Parameters
    ----------
    net_short_usd, net_long_usd : Decimal or Fraction
        Schedule D lines 7 and 15: net gain by term with carryovers taken off, signed.
    taxable_income_unfloored_usd : Decimal or Fraction
        Taxable income, negative where it would have been.
    filing_status : FilingStatus
        Decides the limit.
    tax_year : int, optional
        As in `capital_loss_limit_usd`.

    Returns
    -------
    CarryoverWorksheet
        All 13 lines, exact.
    """
    limit = capital_loss_limit_usd(filing_status, tax_year=tax_year)
    short = Fraction(exact(net_short_usd, "net_short_usd"))
    long = Fraction(exact(net_long_usd, "net_long_usd"))
    income = Fraction(exact(taxable_income_unfloored_usd, "taxable_income_unfloored_usd"))
    return worksheet_lines(net_gains(short, long, limit), income)


def split_joint_carryover(
    carryover_usd: Exact, first_net_usd: Exact, second_net_usd: Exact
) -> tuple[Fraction, Fraction]:
    """Share a joint return's carryover of one term between the spouses, by whose loss it was.

    26 CFR 1.1212-1(c)(1) [recalled]: in proportion to each one's own net loss of that term in the
    last joint year. Call it once for each term.

    Parameters
    ----------
    carryover_usd : Decimal or Fraction
        Loss carried over from the joint return, **positive**.
    first_net_usd, second_net_usd : Decimal or Fraction
        Each spouse's own net gain of that term in that year, signed; a gain gets no share.

    Returns
    -------
    tuple of two Fraction
        Shares that add up to the carryover, the first one in whole cents if the carryover is.

    Raises
    ------
    InputError
        If the carryover is negative, or there is one and neither spouse had a loss.
    """
    carryover = Fraction(exact(carryover_usd, "carryover_usd"))
    losses = [
        max(Fraction(0), -Fraction(exact(each, "a spouse's net gain"))) for each in (first_net_usd, second_net_usd)
    ]
    if carryover < 0:
        raise InputError(
            f"carryover_usd is {carryover_usd}; a loss carried over is entered as a positive amount.",
            hint="Drop the minus sign.",
        )
    if carryover == 0:
        return Fraction(0), Fraction(0)
    if sum(losses) == 0:
        raise InputError(
            f"{carryover_usd} USD carry over from the joint return, and neither spouse had a net loss of that term.",
            hint="Give each spouse's own net gain of the term, losses negative, as of the last joint year.",
        )
    first = round(carryover * losses[0] / sum(losses), 2)
    return first, carryover - first
