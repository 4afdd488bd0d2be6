"""Every published case of the return, through the public functions."""

import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from di_advisor.domain.events.cash import DividendKind
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.ledger.tax_return import (
    ReturnInputs,
    ReturnPolicies,
    SharesHeld,
    SmallIncomeTax,
    StateTax,
    capital_loss_limit_usd,
    carryover_worksheet,
    charitable_gift,
    compute_return,
    count_holding_days,
    filing_status_of,
    gift_sale,
    inherited_basis,
    known_tax_years,
    tax_tables,
)

ROOT = Path(__file__).resolve().parents[3]
FILE = Path(os.environ.get("DI_SHARED", ROOT.parent / "shared")) / "cases" / "tax_cases.json"
CASES = {each["id"]: each for each in json.loads(FILE.read_text(encoding="utf-8"))} if FILE.is_file() else {}


def of(prefix: str) -> list[str]:
    return [each for each in CASES if each.startswith(prefix)]


def test_the_file_holds_the_cases_that_are_run_here(shared: Path) -> None:
    assert (shared / "cases" / "tax_cases.json").is_file()
    assert [len(of(prefix)) for prefix in ("CO-", "TX-", "QD-", "GF-", "CH-", "ST-")] == [10, 9, 4, 4, 2, 1]


@pytest.mark.parametrize("case_id", of("CO-"))
def test_carryover_worksheet(case_id: str) -> None:
    given, expected = CASES[case_id]["input"], CASES[case_id]["expected"]
    sheet = carryover_worksheet(
        net_short_usd=Decimal(given["net_short_term_line7"]),
        net_long_usd=Decimal(given["net_long_term_line15"]),
        taxable_income_unfloored_usd=Decimal(given["taxable_income_line15_unfloored"]),
        filing_status=filing_status_of(given["filing_status"]),
    )
    found = {
        "deduction_line21": sheet.line_2_loss_deducted_usd,
        "short_term_carryover_line8": sheet.line_8_short_carryover_usd,
        "long_term_carryover_line13": sheet.line_13_long_carryover_usd,
        "worksheet_line4": sheet.line_4_used_usd,
    }
    assert {name: found[name] for name in expected} == {name: Decimal(value) for name, value in expected.items()}


def filer(given: dict) -> ReturnInputs:
    assert given["deduction"] == "standard"
    return ReturnInputs(
        tax_year=given["tax_year"],
        filing_status=filing_status_of(given["filing_status"]),
        ordinary_income_usd=Decimal(given["wages"]),
        net_short_usd=Decimal(given["net_short_term"]),
        net_long_usd=Decimal(given["net_long_term"]),
    )


@pytest.mark.parametrize("case_id", of("TX-"))
def test_return_to_the_cent(case_id: str) -> None:
    result = compute_return(filer(CASES[case_id]["input"]))
    expected = CASES[case_id]["expected"]
    names = {"regular_tax_formula": "regular_tax_usd"}
    found = {name: getattr(result, names.get(name, f"{name}_usd")) for name in expected}
    assert found == {name: Decimal(value) for name, value in expected.items()}


@pytest.mark.parametrize(("case_id", "tax_usd"), [("TX-001", 7_460), ("TX-002", 3_860), ("TX-005", 8_395)])
def test_return_by_the_printed_table_as_in_the_notes(case_id: str, tax_usd: int) -> None:
    if case_id not in CASES:
        pytest.skip(f"{FILE} does not exist")
    policies = ReturnPolicies(small_income_tax=SmallIncomeTax.TABLE)
    assert compute_return(filer(CASES[case_id]["input"]), policies).regular_tax_usd == tax_usd
    assert f"{tax_usd:,}" in CASES[case_id]["notes"]


@pytest.mark.parametrize("case_id", of("QD-"))
def test_qualified_dividend(case_id: str) -> None:
    given, expected = CASES[case_id]["input"], CASES[case_id]["expected"]
    held = SharesHeld(1, date.fromisoformat(given["acquired"]), date.fromisoformat(given["sold"]))
    ex_on = date.fromisoformat(given["ex_dividend_date"])
    days = count_holding_days(held, ex_on, DividendKind(given["stock_class"]))
    found = {name: getattr(days, name) for name in expected}
    assert {k: v.isoformat() if isinstance(v, date) else v for k, v in found.items()} == expected


@pytest.mark.parametrize("case_id", of("GF-"))
def test_gift_or_inheritance(case_id: str) -> None:
    given, expected = CASES[case_id]["input"], CASES[case_id]["expected"]
    if "donor_basis" in given:
        sale = gift_sale(
            donor_basis_usd=Decimal(given["donor_basis"]),
            value_at_gift_usd=Decimal(given["fmv_at_gift"]),
            proceeds_usd=Decimal(given["proceeds"]),
        )
        assert sale.gain_usd == Decimal(expected["gain_loss"])
    else:
        basis = inherited_basis(
            decedent_basis_usd=Decimal(given["decedent_basis"]), value_at_death_usd=Decimal(given["fmv_at_death"])
        )
        assert basis.basis_usd == Decimal(expected["basis"])
        assert basis.long_term == expected["term"].startswith("long")


@pytest.mark.parametrize("case_id", of("CH-"))
def test_gift_to_charity(case_id: str) -> None:
    given, expected = CASES[case_id]["input"], CASES[case_id]["expected"]
    gift = charitable_gift(
        basis_usd=Decimal(given["basis"]), value_usd=Decimal(given["fmv"]), long_term=given["term"] == "long"
    )
    found = {"deduction": gift.deduction_usd, "gain_recognized": gift.gain_recognized_usd}
    assert {name: found[name] for name in expected} == {name: Decimal(value) for name, value in expected.items()}


@pytest.mark.parametrize("case_id", of("ST-"))
def test_state_tax_on_long_gain_alone(case_id: str) -> None:
    given = CASES[case_id]["input"]
    state = StateTax.on_long_gain_alone(
        "Washington 2025",
        [(0, "0.07"), (1_000_000, "0.099")],
        deduction_usd=given["standard_deduction"],
        source=CASES[case_id]["source"],
    )
    for short in ("0", "50000", "-50000"):
        inputs = ReturnInputs(tax_year=2025, net_short_usd=short, net_long_usd=given["net_long_term"], state=state)
        result = compute_return(inputs)
        assert result.state_tax_usd == Decimal(CASES[case_id]["expected"]["tax"])
        assert CASES[case_id]["source"] in result.sources["state"]


def test_a_year_without_tables_is_refused_and_names_the_years_there_are(shared: Path) -> None:
    year = bad_inputs(shared)["BI-079"]["input"]["year"]
    with pytest.raises(IncompleteDataError, match=f"no tax tables for {year}.*2025, 2026") as caught:
        tax_tables(year)
    assert "ConstantRates" in caught.value.hint
    assert caught.value.facts["known_tax_years"] == known_tax_years()
    with pytest.raises(IncompleteDataError, match=f"no tax tables for {year}"):
        compute_return(ReturnInputs(tax_year=year))


def test_a_mistyped_filing_status_lists_the_known_ones(shared: Path) -> None:
    status = bad_inputs(shared)["BI-080"]["input"]["status"]
    with pytest.raises(InputError, match=f"'{status}' is not known.*married_joint"):
        filing_status_of(status)
    with pytest.raises(InputError, match=f"'{status}' is not known.*married_joint"):
        ReturnInputs(tax_year=2025, filing_status=status)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="'mfs' is not known"):
        ReturnInputs(tax_year=2025, filing_status="mfs")  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["carryover_short_usd", "carryover_long_usd"])
def test_a_negative_carryover_is_refused(shared: Path, field: str) -> None:
    amount = bad_inputs(shared)["BI-081"]["input"]["st_carry"]
    with pytest.raises(InputError, match=f"{field} is {amount}; a loss carried over is entered as a positive amount"):
        ReturnInputs(tax_year=2025, **{field: amount})


def test_married_separately_deducts_1500_and_shows_it(shared: Path) -> None:
    status = filing_status_of(bad_inputs(shared)["BI-082"]["input"]["status"])
    assert capital_loss_limit_usd(status) == 1_500
    inputs = ReturnInputs(tax_year=2025, filing_status=status, ordinary_income_usd=90_000, net_short_usd=-4_000)
    result = compute_return(inputs)
    assert result.capital_loss_deduction_usd == 1_500
    assert result.in_cents()["schedule_d.line_21_deduction_usd"] == Decimal("1500.00")
    assert result.short_carryover_usd == 2_500


def bad_inputs(shared: Path) -> dict:
    return {each["id"]: each for each in json.loads((shared / "cases/bad_inputs.json").read_text(encoding="utf-8"))}
