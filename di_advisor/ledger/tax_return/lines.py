"""The lines of the return, written once for exact numbers, exact pieces and arrays. Not tax advice.

Order of the law (26 USC 1(h)): ordinary income first, then net capital gain and qualified dividends
stacked on it across the 0, 15 and 20 percent thresholds, all on **taxable income**; never more than
the ordinary rates would take. Then the net investment income tax (1411), the alternative minimum
tax (55) and the state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic

from di_advisor.ledger.tax_return.inputs import ReturnInputs
from di_advisor.ledger.tax_return.kinds import Amount, positive_part, smaller
from di_advisor.ledger.tax_return.minimum_tax import MinimumTax, added_back_usd, minimum_tax
from di_advisor.ledger.tax_return.netting import CarryoverWorksheet, NetGains, net_gains, worksheet_lines
from di_advisor.ledger.tax_return.policies import AmtPolicy
from di_advisor.ledger.tax_return.state_tax import StateBase, StateTax
from di_advisor.ledger.tax_return.tables import StatusTables

__all__ = ["ReturnLines", "return_lines"]


@dataclass(frozen=True, slots=True)
class ReturnLines(Generic[Amount]):
    """Every line of a return, in USD.

    Attributes
    ----------
    schedule_d : NetGains
        Netting by term.
    carryover : CarryoverWorksheet
        What carries to next year, line by line.
    capital_gain_in_income_usd : amount
        Net gain, or the deducted loss as a negative amount.
    agi_usd, deduction_usd : amount
        Adjusted gross income, and the standard or itemised deduction.
    taxable_income_unfloored_usd, taxable_income_usd : amount
        Before and after the floor at zero.
    preferential_part_usd, ordinary_part_usd : amount
        Taxable income by kind.
    taxed_at_0_usd, taxed_at_15_usd, taxed_at_20_usd : amount
        The preferential part by rate.
    regular_tax_usd : amount
        Regular income tax.
    net_investment_income_usd, niit_usd : amount
        Net investment income, and the tax of 3.8 percent.
    minimum_tax : MinimumTax
        Form 6251; ``minimum_tax.amt_usd`` is computed under either policy.
    state_tax_usd : amount
        By the rates given; zero where none were.
    total_usd : amount
        Regular tax, net investment income tax, state tax, and the alternative minimum tax unless
        the policy only warns of it.
    """

    schedule_d: NetGains[Amount]
    carryover: CarryoverWorksheet[Amount]
    capital_gain_in_income_usd: Amount
    agi_usd: Amount
    deduction_usd: Fraction
    taxable_income_unfloored_usd: Amount
    taxable_income_usd: Amount
    preferential_part_usd: Amount
    ordinary_part_usd: Amount
    taxed_at_0_usd: Amount
    taxed_at_15_usd: Amount
    taxed_at_20_usd: Amount
    regular_tax_usd: Amount
    net_investment_income_usd: Amount
    niit_usd: Amount
    minimum_tax: MinimumTax[Amount]
    state_tax_usd: Amount
    total_usd: Amount


def return_lines(
    inputs: ReturnInputs,
    tables: StatusTables,
    amt: AmtPolicy,
    ordinary_tax: Callable[[Amount], Amount],
    short: Amount,
    long: Amount,
) -> ReturnLines[Amount]:
    """All lines, for the year's own net short-term and net long-term gain.

    Parameters
    ----------
    inputs : ReturnInputs
        Everything but the two gains, which are given apart.
    tables : StatusTables
        Figures of the year.
    amt : AmtPolicy
        Whether the total holds the alternative minimum tax.
    ordinary_tax : callable
        Tax at ordinary rates on a taxable income: the schedule, or the printed table.
    short, long : amount
        The year's own net gain by term before carryovers, signed, in USD.
    """
    line_7 = short - Fraction(inputs.carryover_short_usd)
    line_15 = long - Fraction(inputs.carryover_long_usd)
    schedule_d = net_gains(line_7, line_15, tables.capital_loss_limit_usd)
    in_income = positive_part(schedule_d.line_16_total_usd) - schedule_d.line_21_deduction_usd

    dividends = Fraction(inputs.qualified_dividends_usd)
    other_investment = Fraction(inputs.interest_usd) + Fraction(inputs.nonqualified_dividends_usd) + dividends
    agi = in_income + (Fraction(inputs.ordinary_income_usd) + other_investment)
    itemized = None if inputs.itemized_usd is None else Fraction(inputs.itemized_usd)
    deduction = tables.standard_deduction_usd if itemized is None else itemized
    unfloored = agi - deduction
    taxable = positive_part(unfloored)

    preferential = schedule_d.net_capital_gain_usd + dividends
    gain = smaller(preferential, taxable)
    ordinary = taxable - gain
    at_0, at_15, at_20 = _stacked(ordinary, gain, tables)
    zero_rate, fifteen_rate, twenty_rate = tables.preferential_rates
    on_gain = at_0 * zero_rate + at_15 * fifteen_rate + at_20 * twenty_rate
    regular = smaller(ordinary_tax(ordinary) + on_gain, ordinary_tax(taxable))

    investment = positive_part(in_income + other_investment)
    niit = smaller(investment, positive_part(agi - tables.niit_threshold_usd)) * tables.niit_rate
    minimum = minimum_tax(
        income=unfloored + added_back_usd(tables, itemized, Fraction(inputs.itemized_taxes_usd)),
        preferential=preferential,
        regular_ordinary_part=ordinary,
        regular_tax=regular,
        tables=tables,
    )
    state = _state_tax(inputs, short, long, schedule_d, agi)
    total = regular + niit + state
    return ReturnLines(
        schedule_d=schedule_d,
        carryover=worksheet_lines(schedule_d, unfloored),
        capital_gain_in_income_usd=in_income,
        agi_usd=agi,
        deduction_usd=deduction,
        taxable_income_unfloored_usd=unfloored,
        taxable_income_usd=taxable,
        preferential_part_usd=gain,
        ordinary_part_usd=ordinary,
        taxed_at_0_usd=at_0,
        taxed_at_15_usd=at_15,
        taxed_at_20_usd=at_20,
        regular_tax_usd=regular,
        net_investment_income_usd=investment,
        niit_usd=niit,
        minimum_tax=minimum,
        state_tax_usd=state,
        total_usd=total if amt is AmtPolicy.WARNED else total + minimum.amt_usd,
    )


def _stacked(ordinary: Amount, gain: Amount, tables: StatusTables) -> tuple[Amount, Amount, Amount]:
    """Split the preferential part over the 0, 15 and 20 percent thresholds, on top of the ordinary part."""
    at_0 = smaller(gain, positive_part(tables.zero_up_to_usd - ordinary))
    at_15 = smaller(gain - at_0, positive_part(tables.fifteen_up_to_usd - (ordinary + at_0)))
    return at_0, at_15, gain - at_0 - at_15


def _state_tax(inputs: ReturnInputs, short: Amount, long: Amount, schedule_d: NetGains[Amount], agi: Amount) -> Amount:
    state = inputs.state
    if state is None:
        return agi * Fraction(0)
    if state.base is StateBase.ALL_INCOME:
        income = agi
        if not state.carries_losses:
            without = agi - positive_part(schedule_d.line_16_total_usd) + schedule_d.line_21_deduction_usd
            income = without + positive_part(short + long)
        return state.short.tax_on(income - state.short_deduction_usd)
    if state.carries_losses:
        short, long = schedule_d.line_7_net_short_usd, schedule_d.line_15_net_long_usd
    tax = _tax_on_gains(state, short, long)
    if state.carries_losses:
        tax = tax - schedule_d.line_21_deduction_usd * state.short.brackets[0].rate
    return tax


def _tax_on_gains(state: StateTax, short: Amount, long: Amount) -> Amount:
    if state.nets_across_terms:
        short, long = short - positive_part(-long), long - positive_part(-short)
    return state.short.tax_on(short - state.short_deduction_usd) + state.long.tax_on(long - state.long_deduction_usd)
