"""Bad inputs about wash sales and the return, and a harvest that a wash sale blocks, as the published list asks."""

import json
from datetime import date, timedelta

import pytest

from di_advisor.domain.portfolio import AccountKind
from di_advisor.domain.signals import LockKind
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.tax_return import (
    ReturnInputs,
    capital_loss_limit_usd,
    carryover_worksheet,
    compute_return,
    filing_status_of,
)  # fmt: skip
from di_advisor.ledger.wash_windows import wash_windows
from tests.ledger.actions.ledgers import books, bought, opened, sold
from tests.ledger.bad_inputs import Checks, refused

CHECKS = Checks()
check = CHECKS.of


@check("BI-050")
def _(folder, given):
    loss, data_to = date.fromisoformat(given["loss"]), date.fromisoformat(given["data_to"])
    of = books(bought("L", 1, 100), sold("s", 1, 60, given["loss"]), as_of=data_to)
    (piece,) = of.realized
    assert piece.provisional(data_to)
    assert piece.window_closes == date(2025, 1, 19) == loss + timedelta(days=30)
    assert not piece.provisional(piece.window_closes)
    assert piece.provisional(piece.window_closes - timedelta(days=1))


@check("BI-051")
def _(folder, given):
    of = books(bought("L", 1, 100), sold("s", 1, 60, "2024-12-20"), as_of=date(2025, 6, 2))
    assert of.disallowed_usd == 0
    assert of.scope == "Accounts seen: A (taxable)."
    more = books(opened(), opened("R", AccountKind.ROTH), bought("L", 1, 100), as_of=date(2025, 6, 2))
    assert more.scope == "Accounts seen: A (taxable), R (roth)."
    windows = wash_windows(of.portfolio(), date(2025, 6, 2))
    assert windows.accounts_seen == ("A",)


@check("BI-052")
def _(folder, given):
    day = "2024-05-03"
    events = [bought("A", 10, 100, day), bought("B", 10, 110, day)]
    events += [sold("sa", 10, 50, day, lot="A"), sold("sb", 10, 50, day, lot="B")]
    of = books(*events)
    replaced = [w.replacement_lot_id for w in of.washes]
    assert len(replaced) == len(set(replaced)) == 1
    # Nothing is held any more, so the whole loss is recognised, once.
    assert sum(r.recognized_usd for r in of.realized) == -110
    assert of.lost_for_good_usd == 0


@check("BI-053")
def _(folder, given):
    ((ticker, groups),) = given.items()
    refused("stands in two groups", IdenticalGroups.from_lists, {group: [ticker] for group in groups}, error=InputError)


@check("BI-061")
def _(folder, given):
    today = date(2024, 6, 28)
    washed = books(
        bought("L", 10, 100, "2024-01-03"),
        bought("N", 10, 90, "2024-06-20"),
        sold("s", 10, 50, "2024-06-21", lot="L"),
        as_of=today,
    )
    recent = books(bought("L", 10, 100, "2024-01-03"), bought("N", 10, 90, "2024-06-25"), as_of=today)
    for of, lot_id, until in ((washed, "N", date(2024, 7, 20)), (recent, "L", date(2024, 7, 25))):
        portfolio = of.portfolio()
        (lot,) = (each for each in portfolio.lots if each.lot_id == lot_id)
        (lock,) = wash_windows(portfolio, today).loss_sale_locks(lot)
        assert lock.kind is LockKind.NO_LOSS_SALE
        assert lock.until == until
        assert str(until) in lock.reason or str(until + timedelta(days=1)) in lock.reason
    (replacement,) = washed.lots
    assert (replacement.is_replacement, replacement.lot.basis_total_usd) == (True, 140)


@check("BI-079")
def _(folder, given):
    refused(f"no tax tables for {given['year']}", compute_return, ReturnInputs(tax_year=given["year"]),
            error=IncompleteDataError)  # fmt: skip


@check("BI-080")
def _(folder, given):
    error = refused(repr(given["status"]), filing_status_of, given["status"], error=InputError)
    assert "married_joint" in error.hint
    refused(repr(given["status"]), ReturnInputs, tax_year=2025, filing_status=given["status"], error=InputError)


@check("BI-081")
def _(folder, given):
    refused("entered as a positive amount", ReturnInputs, tax_year=2025, carryover_short_usd=given["st_carry"],
            error=InputError)  # fmt: skip
    entered = ReturnInputs(tax_year=2025, carryover_short_usd=given["st_carry"].lstrip("-"))
    assert compute_return(entered).capital_loss_deduction_usd == 3_000


@check("BI-082")
def _(folder, given):
    status = filing_status_of(given["status"])
    assert capital_loss_limit_usd(status) == 1_500
    worksheet = carryover_worksheet(
        net_short_usd=-4_000, net_long_usd=0, taxable_income_unfloored_usd=50_000, filing_status=status
    )
    assert (worksheet.line_2_loss_deducted_usd, worksheet.line_8_short_carryover_usd) == (1_500, 2_500)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_a_bad_input_about_wash_sales_or_the_return_behaves_as_the_list_asks(shared, tmp_path, name):
    listed = {each["id"]: each for each in json.loads((shared / "cases/bad_inputs.json").read_text(encoding="utf-8"))}
    CHECKS[name](tmp_path, listed[name]["input"])
