"""The next dollars of gain or loss, stretch by stretch: what each is worth, and by which rule the stretch ends.

Problem: "a loss saves 24 %" is true up to a point, and the point is what matters. Decision: the exact curve of the
return (`di_advisor.ledger.tax_return`) is cut at its kinks, and each kink is named by the comparison of the law that
turns there: exact figures on both sides of it, no tolerance. Where a bend has no name here it is named by the part of
the return that bends. Limits: one term at a time; `moved` asks from another point. Not tax advice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Final

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.ledger.realized import Term
from di_advisor.ledger.tax_return import ReturnInputs, TaxCurve, TaxOnGains, tax_tables
from di_advisor.ledger.tax_return.gain_tax import ByConstantRates, ByTables
from di_advisor.ledger.tax_return.lines import ReturnLines, return_lines
from di_advisor.units import percent_from_fraction

__all__ = ["Stretch", "Way", "end_of", "moved", "stretches"]

_CARRIED: Final = "carryover_value"
_NEAR: Final = Fraction(1, 1000)
_FLAT: Final = "it goes on without end"
_PARTS: Final = {
    "regular_tax": "the regular tax bends",
    "niit": "the net investment income tax bends",
    "amt": "the alternative minimum tax bends",
    "state_tax": "the state's tax bends",
    _CARRIED: "the losses carried over change course",
    "constant_rates": "the rates change",
}


class Way(StrEnum):
    """Which way realised amounts go."""

    GAIN = "gain"
    LOSS = "loss"


@dataclass(frozen=True)
class Stretch:
    """Dollars of one term in one direction that are all worth the same.

    Attributes
    ----------
    term : Term
        Short or long.
    way : Way
        Gains cost tax, losses save it.
    from_usd, to_usd : Fraction
        Distances from where the question was asked, positive; `to_usd` is None where it does not end.
    rate : Fraction
        Tax that a dollar of gain costs, or that a dollar of loss saves, losses carried over valued.
    by_part : Mapping of str to Fraction
        The rate by part of the return; they add up to it.
    ends_by : str
        The rule that ends it.
    """

    term: Term
    way: Way
    from_usd: Fraction
    to_usd: Fraction | None
    rate: Fraction
    by_part: Mapping[str, Fraction]
    ends_by: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_part", FrozenMap(dict(self.by_part)))

    @property
    def this_year(self) -> Fraction:
        """The rate on this year's tax alone."""
        return self.rate - self.by_part.get(_CARRIED, Fraction(0))

    @property
    def carried(self) -> Fraction:
        """What it changes the value of losses carried over by: used up by a gain, built up by a loss."""
        return self.by_part.get(_CARRIED, Fraction(0))

    @property
    def length_usd(self) -> Fraction | None:
        """How many dollars; None where it does not end."""
        return None if self.to_usd is None else self.to_usd - self.from_usd


def moved(tax: TaxOnGains, short_usd: Fraction, long_usd: Fraction) -> TaxOnGains:
    """The same taxpayer after further gains: questions are then asked from there."""
    law = tax.law
    if isinstance(law, ByConstantRates):
        profile = replace(
            law.profile,
            realized_short_usd=Fraction(law.profile.realized_short_usd) + short_usd,
            realized_long_usd=Fraction(law.profile.realized_long_usd) + long_usd,
        )
        return TaxOnGains(ByConstantRates(profile))
    inputs = replace(
        law.inputs,
        net_short_usd=Fraction(law.inputs.net_short_usd) + short_usd,
        net_long_usd=Fraction(law.inputs.net_long_usd) + long_usd,
    )
    return TaxOnGains(replace(law, inputs=inputs))


def stretches(tax: TaxOnGains, term: Term, way: Way) -> tuple[Stretch, ...]:
    """All stretches of one term in one direction, the first from where the question is asked.

    Parameters
    ----------
    tax : TaxOnGains
        The taxpayer's tax; see `moved` for another starting point.
    term : Term
        SHORT or LONG.
    way : Way
        Gains or losses.
    """
    sign = 1 if way is Way.GAIN else -1
    per_short, per_long = (sign, 0) if term is Term.SHORT else (0, sign)
    curves = dict(tax.along(per_short, per_long))
    total = curves.pop("total")
    bends = sorted({k for c in (total, *curves.values()) for k in c.knots_usd if k > 0})
    found = []
    for start, end in zip([Fraction(0), *bends], [*bends, None], strict=True):
        by_part = {name: sign * curve.slope_above(start) for name, curve in curves.items()}
        rule = _FLAT if end is None else end_of(tax, (per_short, per_long), end, _bending(curves, end))
        found.append(Stretch(term, way, start, end, sign * total.slope_above(start), by_part, rule))
    return tuple(found)


def _bending(curves: Mapping[str, TaxCurve], at: Fraction) -> tuple[str, ...]:
    return tuple(name for name, c in curves.items() if c.slope_above(at) != c.slope_below(at))


def end_of(tax: TaxOnGains, way: tuple[int, int], at: Fraction, parts: tuple[str, ...]) -> str:
    """The rule that turns at a point of a line.

    Parameters
    ----------
    tax : TaxOnGains
        The taxpayer's tax.
    way : tuple of two int
        Short-term and long-term gain for each dollar along the line.
    at : Fraction
        Where on the line.
    parts : tuple of str
        The parts of the return that bend there.
    """
    law = tax.law
    if isinstance(law, ByConstantRates):
        return _PARTS["constant_rates"]

    before, here, after = (list(_comparisons(law, way[0] * x, way[1] * x)) for x in (at - _NEAR, at, at + _NEAR))
    found = [
        words
        for (words, bends, value), (_, _, one), (_, _, other) in zip(here, before, after, strict=True)
        if bends & set(parts) and value == 0 and (one != 0 or other != 0)
    ]
    return found[0] if found else "; ".join(_PARTS[name] for name in parts)


_ANY: Final = frozenset({"regular_tax", "niit", "amt", "state_tax", _CARRIED})


def _comparisons(law: ByTables, short: Fraction, long: Fraction) -> Iterator[tuple[str, frozenset[str], Fraction]]:
    """What the law compares, as differences that are zero where it turns; with the parts that can bend by it."""
    inputs = law.inputs
    tables = tax_tables(inputs.tax_year).by_status[inputs.filing_status]
    short, long = short + Fraction(inputs.net_short_usd), long + Fraction(inputs.net_long_usd)
    lines = return_lines(inputs, tables, law.policies.amt, tables.ordinary.tax_on, short, long)
    d = lines.schedule_d
    regular, niit, amt = frozenset({"regular_tax"}), frozenset({"niit"}), frozenset({"amt"})
    limit = tables.capital_loss_limit_usd
    yield f"the {_usd(limit)} of net loss that may be deducted in a year are used", _ANY, d.line_16_total_usd + limit
    yield "gains and losses of the year, carryovers in, offset each other fully", _ANY, d.line_16_total_usd
    yield "net short-term gain, carryover in, is zero", _ANY, d.line_7_net_short_usd
    yield "net long-term gain, carryover in, is zero", _ANY, d.line_15_net_long_usd
    yield "taxable income is zero", _ANY, lines.taxable_income_unfloored_usd
    yield (
        "taxable income is zero but for the loss deducted",
        _ANY,
        lines.carryover.line_1_taxable_income_usd + (lines.carryover.line_2_loss_deducted_usd),
    )
    stacked = lines.ordinary_part_usd + lines.preferential_part_usd
    for name, top in (("0", tables.zero_up_to_usd), ("15", tables.fifteen_up_to_usd)):
        words = f"the {name} % bracket of long-term gain ends, at {_usd(top)} of taxable income"
        yield words, regular | amt, stacked - top
        words = f"ordinary income takes all room of the {name} % bracket of long-term gain, {_usd(top)}"
        yield words, regular | amt, lines.ordinary_part_usd - top
    brackets = tables.ordinary.brackets
    for below, above in pairwise(brackets):
        words = (
            f"the border of the {_percent(below.rate)} and the {_percent(above.rate)} bracket of ordinary income, at "
            f"{_usd(above.from_usd)} of taxable income"
        )
        yield words, regular | amt, lines.ordinary_part_usd - above.from_usd
        yield words, regular | amt, lines.taxable_income_usd - above.from_usd
    over = lines.agi_usd - tables.niit_threshold_usd
    yield f"net investment income tax begins, at {_usd(tables.niit_threshold_usd)} of adjusted gross income", niit, over
    yield "all net investment income is under its tax", niit, lines.net_investment_income_usd - over
    yield "there is no net investment income", niit, lines.net_investment_income_usd
    yield "alternative minimum tax begins", amt, lines.minimum_tax.amt_usd
    minimum = lines.minimum_tax
    start = tables.amt_phase_out_from_usd
    yield f"the exemption of the alternative minimum tax shrinks from {_usd(start)} on", amt, minimum.income_usd - start
    yield "the exemption of the alternative minimum tax is gone", amt, minimum.exemption_usd
    yield from _state_comparisons(inputs, lines, short, long)


def _state_comparisons(
    inputs: ReturnInputs, lines: ReturnLines[Fraction], short: Fraction, long: Fraction
) -> Iterator[tuple[str, frozenset[str], Fraction]]:
    state, only = inputs.state, frozenset({"state_tax"})
    if state is None:
        return
    incomes = {"short-term gain": short, "long-term gain": long, "income": lines.agi_usd}
    for what, amount in incomes.items():
        schedule = state.long if what == "long-term gain" else state.short
        deduction = state.long_deduction_usd if what == "long-term gain" else state.short_deduction_usd
        for bracket in schedule.brackets:
            start = bracket.from_usd + deduction
            words = f"{state.name} taxes {what} at {_percent(bracket.rate)} from {_usd(start)} on"
            yield words, only, amount - start


def _usd(amount: Fraction) -> str:
    return f"${float(amount):,.0f}"


def _percent(rate: Fraction) -> str:
    return f"{percent_from_fraction(float(rate)):g} %"
