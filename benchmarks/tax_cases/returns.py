"""CO, TX and ST: carryovers, the tax of a year, and a state's tax on gains."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from benchmarks.tax_cases.answers import Answer, Answers, Exactly, Money
from benchmarks.tax_cases.given import CaseError, Given
from di_advisor.domain.taxes import FilingStatus
from di_advisor.ledger.tax_return import (
    CarryoverWorksheet,
    ReturnInputs,
    ReturnPolicies,
    SmallIncomeTax,
    StateTax,
    capital_loss_limit_usd,
    carryover_worksheet,
    compute_return,
    filing_status_of,
    known_tax_years,
)

__all__ = ["carryover", "state_tax", "tax_of_a_year"]

_WASHINGTON: Final = ((0, "0.07"), (1_000_000, "0.099"))
"""RCW 82.87: 7 percent, 9.9 percent above 1,000,000 from 2025 on."""


def _status(given: Given, default: str = "single") -> FilingStatus:
    return filing_status_of(given.text("filing_status", default))


def carryover(given: Given) -> Answers:
    """The carryover worksheet, from Schedule D lines 7 and 15 and taxable income before its floor."""
    status = _status(given)
    year = given.whole("tax_year") if given.has("tax_year") else None
    names = ("net_short_term_line7", "net_short_term"), ("net_long_term_line15", "net_long_term")
    short, long = (given.amount(given.first(*each), 0) for each in names)
    income = given.amount(given.first("taxable_income_line15_unfloored", "taxable_income_unfloored", "taxable_income"))
    worksheet = carryover_worksheet(
        net_short_usd=short,
        net_long_usd=long,
        taxable_income_unfloored_usd=income,
        filing_status=status,
        tax_year=year,
    )
    answers: dict[str, Answer] = {
        "deduction_line21": Money(worksheet.line_2_loss_deducted_usd),
        "short_term_carryover_line8": Money(worksheet.line_8_short_carryover_usd),
        "long_term_carryover_line13": Money(worksheet.line_13_long_carryover_usd),
        "limit": Money(capital_loss_limit_usd(status, tax_year=year)),
    }
    for number, line in enumerate(fields(CarryoverWorksheet), 1):
        answers[f"worksheet_line{number}"] = Money(getattr(worksheet, line.name))
    return Answers(answers)


def _inputs(given: Given, state: StateTax | None = None) -> ReturnInputs:
    deduction = given.raw("deduction", "standard")
    standard = isinstance(deduction, str) and deduction.strip().casefold() == "standard"
    year = given.whole("tax_year", known_tax_years()[-1])
    return ReturnInputs(
        tax_year=year,
        filing_status=_status(given),
        ordinary_income_usd=given.amount("wages", 0) + given.amount("other_income", 0),
        interest_usd=given.amount("interest", 0),
        nonqualified_dividends_usd=given.amount(given.first("nonqualified_dividends", "ordinary_dividends"), 0),
        qualified_dividends_usd=given.amount("qualified_dividends", 0),
        net_short_usd=given.amount("net_short_term", 0),
        net_long_usd=given.amount("net_long_term", 0),
        carryover_short_usd=given.amount("short_term_carryover", 0),
        carryover_long_usd=given.amount("long_term_carryover", 0),
        itemized_usd=None if standard else given.amount("deduction"),
        state=state,
    )


def tax_of_a_year(given: Given) -> Answers:
    """A federal return by tables: the lines a case prints, by formula and by the printed Tax Table."""
    inputs = _inputs(given)
    by_formula = compute_return(inputs)
    by_table = compute_return(inputs, ReturnPolicies(small_income_tax=SmallIncomeTax.TABLE))
    lines = {
        "agi": by_formula.agi_usd,
        "deduction": by_formula.deduction_usd,
        "taxable_income": by_formula.taxable_income_usd,
        "taxable_income_unfloored": by_formula.taxable_income_unfloored_usd,
        "ordinary_part": by_formula.ordinary_part_usd,
        "preferential_part": by_formula.preferential_part_usd,
        "taxed_at_0": by_formula.taxed_at_0_usd,
        "taxed_at_15": by_formula.taxed_at_15_usd,
        "taxed_at_20": by_formula.taxed_at_20_usd,
        "regular_tax_formula": by_formula.regular_tax_usd,
        "regular_tax_table": by_table.regular_tax_usd,
        "regular_tax": by_formula.regular_tax_usd,
        "niit": by_formula.niit_usd,
        "net_investment_income": by_formula.net_investment_income_usd,
        "amt": by_formula.amt_usd,
        "total_tax": by_formula.total_usd,
        "capital_loss_deduction": by_formula.capital_loss_deduction_usd,
        "deduction_line21": by_formula.capital_loss_deduction_usd,
        "short_term_carryover": by_formula.short_carryover_usd,
        "long_term_carryover": by_formula.long_carryover_usd,
    }
    notes = [f"alternative minimum tax of {Money(by_formula.amt_usd)} USD comes on top"] if by_formula.amt_usd else []
    return Answers({name: Money(value) for name, value in lines.items()}, notes=notes)


def state_tax(given: Given) -> Answers:
    """A state's tax on gains; the rates are inputs, Washington's where a case gives none."""
    deduction = given.amount(given.first("standard_deduction", "state_deduction"), 0)
    notes = []
    if given.has("brackets"):
        pairs = [(p.amount(p.first("from", "from_usd"), 0), p.amount("rate")) for p in _brackets(given)]
        state = StateTax.on_long_gain_alone(
            "the case's state", pairs, deduction_usd=deduction, source="the case itself"
        )
    elif given.has("long_rate") or given.has("short_rate"):
        if deduction:
            raise CaseError("a state deduction goes with brackets, not with flat rates")
        state = StateTax.at_flat_rates(
            "the case's state",
            short_rate=given.amount("short_rate", 0),
            long_rate=given.amount("long_rate", 0),
            source="the case itself",
        )
    else:
        named = given.text("state", "Washington")
        if named.casefold() not in ("washington", "wa"):
            raise CaseError(
                f"no rates are given for {named}; give brackets ([from, rate], ...) or short_rate, long_rate"
            )
        state = StateTax.on_long_gain_alone(
            "Washington", _WASHINGTON, deduction_usd=deduction, source="RCW 82.87, dor.wa.gov"
        )
        notes = ["no rates are given: Washington's, 7 percent and 9.9 above 1,000,000, on long-term gain alone"]
    result = compute_return(_inputs(given, state))
    return Answers(
        {
            "tax": Money(result.state_tax_usd),
            "state_tax": Money(result.state_tax_usd),
            "year": Exactly(result.inputs.tax_year),
        },
        notes=notes,
    )


def _brackets(given: Given) -> list[Given]:
    raw = given.raw("brackets")
    if isinstance(raw, list) and all(isinstance(each, list) and len(each) == 2 for each in raw):
        return [Given({"from": start, "rate": rate}, "input.brackets") for start, rate in raw]
    return given.parts("brackets")
