"""The taxpayer as controls: constant rates, or the year's return by which the whole Schedule D counts.

Problem: tax is what harvesting is about, and a rate in the wrong unit ruins everything. Decision: rates in
percent, amounts in dollars, each said in its label; what has no control (state tax, policies, realised
gains of a profile) is kept as it was. Limits: those are set in the mandate's text file or in code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import ipywidgets as widgets

from di_advisor.domain.taxes import ConstantRates, FilingStatus, TaxProfile
from di_advisor.errors import InputError
from di_advisor.formulate.schedule_d import FilerTax, Taxpayer
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.report.wording import percent, usd
from di_advisor.ui.pages.fields import choice, grid, typed_number
from di_advisor.units import fraction_from_percent, percent_from_fraction

__all__ = ["TaxForm", "taxpayer_in_words"]

_RATES, _RETURN = "Constant rates", "The year's return (Schedule D)"
_STATUS: Final = {s.value.replace("_", " "): s for s in FilingStatus}
_AMOUNTS: Final = {
    "ordinary_income_usd": "Ordinary income ($ a year)",
    "qualified_dividends_usd": "Qualified dividends ($ a year)",
    "net_short_usd": "Short-term gains elsewhere ($, losses negative)",
    "net_long_usd": "Long-term gains elsewhere ($, losses negative)",
    "carryover_short_usd": "Short-term loss carried over ($, positive)",
    "carryover_long_usd": "Long-term loss carried over ($, positive)",
}
_PLACES: Final = 10


def taxpayer_in_words(tax: Taxpayer) -> str:
    """One line: the rates, or whose return of which year."""
    if isinstance(tax, TaxProfile):
        short, long = percent(tax.rates.short_term, 1), percent(tax.rates.long_term, 1)
        return f"constant rates, {short} % short-term, {long} % long-term"
    inputs = tax.inputs if isinstance(tax, FilerTax) else tax
    status = inputs.filing_status.value.replace("_", " ")
    return f"return of {inputs.tax_year}, {status}, ordinary income {usd(float(inputs.ordinary_income_usd))}"


class TaxForm:
    """Controls for a taxpayer.

    Parameters
    ----------
    changed : callable
        Told when the reader changed something; not when a taxpayer is shown.

    Attributes
    ----------
    box : VBox
        The controls.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._kind = choice("Taxed by", [_RATES, _RETURN], "Rates that never change, or brackets and netting")
        self._short = self._rate("Short-term rate (%)")
        self._long = self._rate("Long-term rate (%)")
        self._status = choice("Filing status", list(_STATUS))
        self._year = typed_number("Tax year", 0, 1)
        self._amounts = {name: typed_number(label, 0.0, 1.0) for name, label in _AMOUNTS.items()}
        self._rates_box = grid(self._short, self._long)
        self._return_box = grid(self._status, self._year, *self._amounts.values())
        self.box = widgets.VBox([grid(self._kind), self._rates_box, self._return_box])
        self.box.add_class("di-page")
        self._tell, self._showing, self._day_year = changed, False, 0
        self._tax: Taxpayer | None = None
        self._latest: dict[str, Taxpayer] = {}
        for control in (self._kind, self._short, self._long, self._status, self._year, *self._amounts.values()):
            control.observe(lambda change: self._edited(change["owner"]), names="value")

    @staticmethod
    def _rate(label: str) -> widgets.BoundedFloatText:
        return widgets.BoundedFloatText(
            min=0.0, max=99.9, step=0.1, description=label, tooltip=label, style={"description_width": "auto"}
        )

    def show(self, tax: Taxpayer, year: int) -> None:
        """Show a taxpayer; ``year`` is that of the account's day, for a return that is begun."""
        self._day_year = year
        if tax == self._tax:
            return
        self._showing = True
        try:
            self._tax = tax
            if isinstance(tax, TaxProfile):
                self._kind.value = _RATES
                self._short.value = round(percent_from_fraction(tax.rates.short_term), _PLACES)
                self._long.value = round(percent_from_fraction(tax.rates.long_term), _PLACES)
                self._latest[_RATES] = tax
            else:
                self._kind.value = _RETURN
                self._fill(tax.inputs if isinstance(tax, FilerTax) else tax)
                self._latest[_RETURN] = tax
            self._arranged()
        finally:
            self._showing = False

    def taxpayer(self) -> Taxpayer:
        """What the controls say.

        Raises
        ------
        InputError
            If a figure has a sign or size it cannot have.
        """
        if self._kind.value == _RATES:
            short, long = (float(f"{fraction_from_percent(b.value):.10g}") for b in (self._short, self._long))
            last = self._latest.get(_RATES)
            rates = ConstantRates(short, long)
            return replace(last, rates=rates) if isinstance(last, TaxProfile) else TaxProfile(rates)
        if not float(self._year.value).is_integer():
            raise InputError(f"The tax year is {self._year.value:g}.", hint="Give a year, such as 2026.")
        last = self._latest.get(_RETURN)
        inputs = last.inputs if isinstance(last, FilerTax) else last
        if not isinstance(inputs, ReturnInputs):
            inputs = ReturnInputs(tax_year=int(self._year.value))
        amounts: dict[str, Any] = {name: Decimal(f"{box.value:.10g}") for name, box in self._amounts.items()}
        inputs = replace(
            inputs,
            tax_year=int(self._year.value),
            filing_status=_STATUS[self._status.value],
            **amounts,
        )
        return replace(last, inputs=inputs) if isinstance(last, FilerTax) else inputs

    def _edited(self, control: widgets.Widget) -> None:
        if self._showing:
            return
        if control is self._kind:
            self._begin_return()
            self._arranged()
        self._tell()

    def _begin_return(self) -> None:
        """A return that is begun starts from the figures of the profile with its rates, in the account's year."""
        profile = self._latest.get(_RATES)
        if self._kind.value == _RATES or _RETURN in self._latest or not isinstance(profile, TaxProfile):
            return
        begun = ReturnInputs.of_profile(profile, profile.tax_year or self._day_year)
        self._showing = True
        try:
            self._fill(begun)
        finally:
            self._showing = False

    def _fill(self, inputs: ReturnInputs) -> None:
        self._status.value = inputs.filing_status.value.replace("_", " ")
        self._year.value = inputs.tax_year
        for name, box in self._amounts.items():
            box.value = float(getattr(inputs, name))

    def _arranged(self) -> None:
        by_rates = self._kind.value == _RATES
        self._rates_box.layout.display = "" if by_rates else "none"
        self._return_box.layout.display = "none" if by_rates else ""
