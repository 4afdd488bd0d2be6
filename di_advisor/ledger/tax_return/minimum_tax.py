"""Alternative minimum tax: Form 6251 with its own use of the preferential rates. Not tax advice.

Problem: a large long-term gain takes away the exemption, so that the minimum tax can exceed the
regular tax though every rate of it is lower; from 2026 on (P.L. 119-21) that is common. Decision:
lines 4 to 11 and Part III are computed. Alternative minimum taxable income starts from taxable
income before its floor and adds back the standard deduction or the itemised taxes.

Limits: no other adjustments (incentive stock options, depreciation, private activity bonds), no
foreign tax credit, no child's exemption, and the gains are the same for both taxes.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Generic

from di_advisor.domain.taxes import FilingStatus
from di_advisor.ledger.tax_return.kinds import Amount, positive_part, smaller
from di_advisor.ledger.tax_return.tables import StatusTables

__all__ = ["MinimumTax", "added_back_usd", "minimum_tax"]


@dataclass(frozen=True, slots=True)
class MinimumTax(Generic[Amount]):
    """Lines of Form 6251.

    Attributes
    ----------
    income_usd : amount
        Alternative minimum taxable income (line 4).
    exemption_usd : amount
        What is left of the exemption (line 5).
    base_usd : amount
        Income over exemption (line 6).
    tentative_usd : amount
        Tentative minimum tax (line 9).
    amt_usd : amount
        What it exceeds the regular tax by (line 11).
    """

    income_usd: Amount
    exemption_usd: Amount
    base_usd: Amount
    tentative_usd: Amount
    amt_usd: Amount


def minimum_tax(
    *,
    income: Amount,
    preferential: Amount,
    regular_ordinary_part: Amount,
    regular_tax: Amount,
    tables: StatusTables,
) -> MinimumTax[Amount]:
    """Form 6251 from line 4 on.

    Parameters
    ----------
    income : amount
        Taxable income before its floor with the standard deduction or the itemised taxes added back.
    preferential : amount
        Net capital gain and qualified dividends, not cut to taxable income (line 13).
    regular_ordinary_part : amount
        Ordinary part of the **regular** return, from which the 0 and 15 percent room is counted
        (lines 20 and 27).
    regular_tax : amount
        Regular tax (line 10).
    tables : StatusTables
        Figures of the year.
    """
    rate = tables.amt_phase_out_rate
    if tables.filing_status is FilingStatus.MARRIED_SEPARATE:
        # 26 USC 55(d)(3), last sentence: beyond the phase-out the exemption comes back as income.
        beyond = positive_part(income - tables.amt_exemption_gone_usd)
        income = income + smaller(beyond * rate, tables.amt_exemption_usd)
    phased_out = positive_part(income - tables.amt_phase_out_from_usd) * rate
    exemption = positive_part(tables.amt_exemption_usd - phased_out)
    base = positive_part(income - exemption)
    tentative = _tentative(base, preferential, regular_ordinary_part, tables)
    return MinimumTax(income, exemption, base, tentative, positive_part(tentative - regular_tax))


def _tentative(base: Amount, preferential: Amount, regular_ordinary_part: Amount, tables: StatusTables) -> Amount:
    """Part III: the smaller of the tax with preferential rates (line 38) and without (line 39)."""
    zero_rate, fifteen_rate, twenty_rate = tables.preferential_rates
    gain = smaller(preferential, base)
    room_at_0 = positive_part(tables.zero_up_to_usd - regular_ordinary_part)
    at_0 = smaller(room_at_0, gain)
    # Line 28 takes off all the room at 0 percent, also what the gain does not fill.
    room_at_15 = positive_part(tables.fifteen_up_to_usd - (room_at_0 + regular_ordinary_part))
    at_15 = smaller(gain - at_0, room_at_15)
    at_20 = gain - at_0 - at_15
    on_gain = at_0 * zero_rate + at_15 * fifteen_rate + at_20 * twenty_rate
    return smaller(tables.amt.tax_on(base - gain) + on_gain, tables.amt.tax_on(base))


def added_back_usd(tables: StatusTables, itemized_usd: Fraction | None, itemized_taxes_usd: Fraction) -> Fraction:
    """What the minimum tax does not allow: the standard deduction, or the itemised taxes (line 2a)."""
    return tables.standard_deduction_usd if itemized_usd is None else itemized_taxes_usd
