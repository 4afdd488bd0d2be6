"""The account page without a kernel: sources, errors that leave what is open, taxpayers, lots."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from di_advisor.domain.taxes import ConstantRates, FilingStatus, TaxProfile
from di_advisor.formulate.schedule_d import FilerTax
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.report.tables import Column, Table
from di_advisor.runs import FileSource, KernelSource, RunSpec, SampleSource
from di_advisor.ui.pages.account import AccountPage
from di_advisor.ui.pages.source_form import SourceForm
from di_advisor.ui.pages.tax_form import TaxForm, taxpayer_in_words
from tests.ui.fake_host import FakeHost

SPEC = RunSpec(SampleSource(), "young")
PICTURE = {"text/html": "young stands so", "text/markdown": "", "text/plain": ""}
OPENED: dict[str, Any] = {
    "accounts": ("young", "seasoned"),
    "as_of": date(2026, 6, 30),
    "names": 500,
    "lots": {"young": 1103, "seasoned": 2677},
    "label": "made up",
    "notes": ("<b>odd</b>",),
    "esg": ("score",),
    "orders": 7,
    "tax": TaxProfile(ConstantRates(0.3, 0.15)),
    "standing": {"young": PICTURE},
}
TABLE = Table("Lots", (Column("Name"), Column("Gain", "$")), (("ONE", "5.00"), ("TWO", "-3.00")))
ALL_LOTS = {"table": TABLE, "ids": ("a", "b"), "bundle": {**PICTURE, "text/html": "all lots"}}


def page(**answers: Any) -> tuple[AccountPage, FakeHost]:
    host = FakeHost(SPEC, answers)
    made = AccountPage(host)
    host.page = made
    host.state.opened = OPENED
    host.refresh()
    return made, host


def test_what_was_found_is_said_and_notes_are_pointed_to() -> None:
    made, host = page()
    assert "As of 2026-06-30, 500 names, 1,103 lots, 1 ESG measure, 7 past orders." in made._facts.value
    assert "1 note on what is missing or odd" in made._facts.value
    assert made.result(host.state) == PICTURE


def test_choosing_an_account_changes_the_spec_and_shows_its_picture_or_asks_for_it() -> None:
    made, host = page(lots=ALL_LOTS)
    made._account.value = "seasoned"
    assert host.state.spec.account == "seasoned"
    assert [verb for verb, _ in host.asked] == ["lots"]  # its picture did not come with the source
    made._account.value = "young"
    assert host.shown[-1] == PICTURE
    assert made._lots.layout.display == "none"


def test_showing_the_state_asks_and_edits_nothing() -> None:
    made, host = page()
    for _ in range(2):
        made.show(host.state)
    assert (host.asked, host.shown, host.state.spec) == ([], [], SPEC)


def test_all_lots_stand_in_the_grid_when_they_are_asked_for() -> None:
    made, host = page(lots=ALL_LOTS)
    made._all.click()
    assert made._lots.ids == ["a", "b"]
    assert made.result(host.state) == ALL_LOTS["bundle"]


def filled(made: AccountPage, **values: str) -> None:
    form = made._form
    form.kind.value = "My files"
    for name, value in values.items():
        form._paths[name].value = value
    form._as_of.value = date(2026, 6, 30)


def test_files_take_the_place_of_what_is_open_only_once_they_were_read() -> None:
    made, host = page()  # the question is refused: the answer is None
    filled(made, lots="lots.csv", prices="p.csv", index="i.csv")
    made._open.click()
    assert host.asked[0][1]["source"].lots == Path("lots.csv")
    assert (host.state.spec.source, host.state.opened) == (SampleSource(), OPENED)
    host.answers["open"] = {**OPENED, "accounts": ("mine",), "standing": {"mine": PICTURE}}
    made._open.click()
    assert isinstance(host.state.spec.source, FileSource)
    assert host.state.spec.account == "mine"
    assert host.shown == [PICTURE]


def test_what_is_not_given_is_named_and_nothing_is_asked() -> None:
    made, host = page()
    filled(made, prices="p.csv")
    made._open.click()
    assert "Not given: Lots file, Index weights file." in made._wrong.value
    made._form._paths["lots"].value = made._form._paths["index"].value = "x.csv"
    made._form._cash.value = "<i>much"
    made._open.click()
    assert "Cash is &#39;&lt;i&gt;much&#39;." in made._wrong.value
    assert host.asked == []


def test_a_source_shown_in_the_form_reads_back_as_itself() -> None:
    files = FileSource(
        Path("a/lots.csv"),
        Path("p.csv"),
        Path("i.csv"),
        date(2026, 1, 2),
        cash_usd=Decimal("12.50"),
        esg=Path("e.csv"),
        reader="schwab_lots",
        notation={"decimal_mark": ",", "prices.delimiter": ";"},
        cash_account="A",
    )
    for source in (files, SampleSource(3), KernelSource()):
        form = SourceForm(lambda: None)
        form.show(source)
        assert form.source() == source


RETURN = ReturnInputs(
    tax_year=2026,
    filing_status=FilingStatus.MARRIED_JOINT,
    ordinary_income_usd=Decimal(250000),
    interest_usd=Decimal(99),
)


TAXPAYERS = {"rates": TaxProfile(ConstantRates(0.37, 0.2), state="NY"), "return": RETURN, "filer": FilerTax(RETURN)}


@pytest.mark.parametrize("tax", TAXPAYERS.values(), ids=TAXPAYERS)
def test_a_taxpayer_shown_in_the_form_reads_back_as_itself(tax: Any) -> None:
    told: list[str] = []
    form = TaxForm(lambda: told.append("changed"))
    form.show(tax, 2026)
    assert form.taxpayer() == tax
    assert told == []


def test_a_rate_that_is_changed_goes_into_the_spec_and_the_rest_of_the_taxpayer_stays() -> None:
    made, host = page()
    made._source_tax.click()
    assert host.state.spec.tax == OPENED["tax"]
    made._tax._short.value = 35.0
    assert host.state.spec.tax == TaxProfile(ConstantRates(0.35, 0.15, 0.15, 0.35))
    assert made._folds.titles[0] == "Taxpayer: constant rates, 35.0 % short-term, 15.0 % long-term"


def test_a_return_begins_from_the_figures_of_the_profile() -> None:
    form = TaxForm(lambda: None)
    rates = ConstantRates(0.4, 0.2)
    form.show(TaxProfile(rates), 0)  # before the account is open
    form.show(TaxProfile(rates, tax_year=2026, ordinary_income_usd=Decimal(650000)), 2026)
    form._kind.value = "The year's return (Schedule D)"
    assert form.taxpayer() == ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(650000))


def test_a_return_begins_in_the_year_of_the_account_and_a_wrong_figure_is_said() -> None:
    made, host = page()
    made._tax._kind.value = "The year's return (Schedule D)"
    assert isinstance(host.state.spec.tax, ReturnInputs)
    assert host.state.spec.tax.tax_year == 2026
    made._tax._amounts["carryover_long_usd"].value = -5.0
    assert "positive amount" in made._wrong.value
    assert host.state.spec.tax == ReturnInputs(tax_year=2026)


def test_a_taxpayer_in_words_names_rates_or_the_return() -> None:
    assert taxpayer_in_words(FilerTax(RETURN)) == "return of 2026, married joint, ordinary income $250,000.00"
