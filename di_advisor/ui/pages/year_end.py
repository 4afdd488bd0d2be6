"""Year end: what to realise by the last trade date and why, lots to give, and ways to end the year side by side.

Problem: at constant rates there are no brackets, no limit on losses and no room at 0 %, so a plan says little.
Decision: the plan is made for whoever the Account page says is taxed; where those are rates, the page says so, and
for the simulated accounts offers a made-up return with one click. Limits: books are given in code
(`di_advisor.policy.year_end.plan_year_end(..., books=...)`), so gains of the year are not split by account here.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ipywidgets as widgets

from di_advisor.domain.taxes import TaxProfile
from di_advisor.errors import InputError
from di_advisor.policy.year_end import WAYS, Charity, LaterTax, YearEndWishes
from di_advisor.report.wording import usd
from di_advisor.runs.question_code import python_of_year_end
from di_advisor.runs.spec import RunSpec, SampleSource
from di_advisor.sample.filers import FILERS
from di_advisor.ui.app_state import AppState
from di_advisor.ui.pages.fields import actions, button, choice, grid, line, said, typed_number
from di_advisor.ui.pages.page import Asked, Bundle, Host, Page
from di_advisor.units import fraction_from_percent

__all__ = ["YearEndPage"]

_CHARITIES = [("Public charity", Charity.PUBLIC), ("Private foundation", Charity.PRIVATE_FOUNDATION)]
_DISCOUNT_PER_YEAR = 0.05


@dataclass(frozen=True)
class _Planned:
    """What was planned, and what it was asked with."""

    spec: RunSpec
    wishes: YearEndWishes
    bundle: Bundle


class YearEndPage(Page):
    """Plans the end of the tax year."""

    title = "Year end"
    empty = (
        "Nothing is planned yet. A plan says where the tax year stands, which gains and losses are still worth taking "
        "and how many days are left, which lots to give, and what each way of ending the year would leave."
    )

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._rate = typed_number(
            "Later rate (%)", 15.0, 0.1, "Long-term rate at which what stays unrealised is taxed one day"
        )
        self._years = typed_number("Taxed after (years)", 5.0, 1.0, "When that day is, on average")
        self._gift = typed_number("Give to charity ($)", 0.0, 500.0, "Value of lots to give; 0 for no gift")
        self._charity = choice("Given to", _CHARITIES, "Deductions end at 30 or at 20 percent of income")
        self._plan = button("Plan the year end", "Advice, gifts, and every way solved", style="primary")
        self._quick = button("Without scenarios", "Advice and gifts only: nothing is solved")
        self._return = button("Made-up return", "Tax the simulated account by a made-up return of its year")
        self._plan.on_click(lambda _: host.start(self._plan_all))
        self._quick.on_click(lambda _: host.start(self._plan_quickly))
        self._return.on_click(lambda _: self._take_return())
        self._says = line()
        self._planned: _Planned | None = None
        for control in (self._rate, self._years, self._gift, self._charity):
            control.observe(lambda _: self._moved(), names="value")
        controls = grid(self._rate, self._years, self._gift, self._charity)
        self._box = widgets.VBox([controls, actions(self._plan, self._quick, self._return), self._says])
        self._box.add_class("di-page")

    @property
    def box(self) -> widgets.Widget:
        """Its controls."""
        return self._box

    def wishes(self, *, solved: bool) -> YearEndWishes:
        """What the controls say.

        Raises
        ------
        InputError
            If a figure is out of range.
        """
        rate = Decimal(f"{fraction_from_percent(self._rate.value):.10g}")
        return YearEndWishes(
            later=LaterTax(rate, float(self._years.value), _DISCOUNT_PER_YEAR),
            give_usd=Decimal(f"{self._gift.value:.10g}"),
            charity=self._charity.value,
            ways=tuple(WAYS) if solved else (),
        )

    def show(self, state: AppState) -> None:
        """Say whether what stands below still answers what the controls say."""
        self._plan.disabled = self._quick.disabled = state.running
        spec = state.spec
        by_rates = isinstance(spec.tax, TaxProfile)
        simulated = isinstance(spec.source, SampleSource) and spec.account in FILERS
        self._return.layout.display = "" if by_rates and simulated else "none"
        self._return.disabled = state.running
        planned = self._planned
        if planned is None:
            self._says.value = said(_BY_RATES) if by_rates else ""
        elif planned.spec != spec:
            self._says.value = said("The account, the taxpayer or the wishes changed since; plan again.")

    def result(self, state: AppState) -> Bundle | None:
        """What was planned last for this account."""
        planned, spec = self._planned, state.spec
        if planned is None or (planned.spec.source, planned.spec.account) != (spec.source, spec.account):
            return None
        return planned.bundle

    def asked(self, state: AppState) -> Asked | None:
        """What was planned with."""
        planned = self._planned
        if planned is None or self.result(state) is None:
            return None
        other = "" if self._is_asked(planned.wishes) else "other figures for later taxes or the gift"
        code = python_of_year_end(planned.spec, planned.wishes)
        return Asked(planned.spec, "Planned", "Plan again.", code, other=other)

    def _is_asked(self, planned: YearEndWishes) -> bool:
        try:
            return self.wishes(solved=bool(planned.ways)) == planned
        except InputError:  # said when it is asked with
            return False

    def _moved(self) -> None:
        """A plan of other figures is marked."""
        if self._planned is not None and self.result(self.host.state) is not None:
            self.host.show(self)

    def _take_return(self) -> None:
        spec = self.host.state.spec
        self.host.edit(spec.with_changes(tax=FILERS[spec.account]))

    async def _plan_all(self) -> None:
        await self._ask(solved=True)

    async def _plan_quickly(self) -> None:
        await self._ask(solved=False)

    async def _ask(self, *, solved: bool) -> None:
        spec = self.host.state.spec
        try:
            wishes = self.wishes(solved=solved)
        except InputError as error:
            self._says.value = said(error.what, error.hint, role="alert")
            return
        found: dict[str, Any] | None = await self.host.ask(
            "year_end", doing="Planning the year end", spec=spec, wishes=wishes
        )
        if found is None:
            return
        self._planned = _Planned(spec, wishes, found["bundle"])
        self._says.value = said(_in_words(found), _BY_RATES if isinstance(spec.tax, TaxProfile) else "")
        self.host.show(self)


_BY_RATES = (
    "The account is taxed at constant rates: there are no brackets, no limit on losses and no room at 0 %. "
    "Choose the year's return on the Account page for a plan that knows them."
)


def _in_words(found: dict[str, Any]) -> str:
    worth = found["worth_usd"]
    advice = f"What is advised is worth {usd(worth)} before trading costs." if worth else "Nothing more is advised."
    return f"{advice} Most is left by: {found['best']}." if found["best"] else advice
