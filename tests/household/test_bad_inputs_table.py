"""Published bad inputs where a household meets them: in the files it is read from, and in the returns it is given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from di_advisor import errors
from di_advisor.advisor import Advisor
from di_advisor.cli import main
from di_advisor.errors import DiAdvisorError
from di_advisor.runs.household_file import HouseholdFacts, household_from_toml
from tests.cli.test_household import FILE, LOTS, PRICES

RATES = '[taxpayer]\nkind = "constant_rates"\n[taxpayer.rates]\nshort_term = 0.35\nlong_term = 0.15\n'
RETURN = '[taxpayer]\nkind = "return"\ntax_year = 2026\nfiling_status = "married_joint"\nordinary_income_usd = 100000\n'
NO_PLAN = "max_names = 1\nname_band = {active_max = 0.1}"
ODD_NAME = "<img src=x onerror=alert(1)>"
FILES = {
    "house.toml": FILE,
    "lots.csv": LOTS,
    "prices.csv": PRICES,
    "index.csv": "security_id,weight\nX,0.5\nY,0.5\n",
    "both.toml": RATES,
    "hers.toml": "[mandate]\ncash_max = 1.0\nrisk_aversion = 0.5\n",
}
IRA = '[[accounts]]\naccount_id = "ira"\nowner = "bob"\ncash_usd = 5000\n'

Change = tuple[str, str | None, str | bytes]
"""A file, what stands in it (all of it where None), and what stands there instead."""

REFUSED: dict[str, tuple[Change, str, str]] = {
    "BI-001": (("lots.csv", "X,100,11000", "X,100,NaN"), "RowsError", "line 2, basis_total_usd: 'NaN'"),
    "BI-002": (("prices.csv", "Energy,100,", "Energy,inf,"), "RowsError", "line 2, price_usd: 'inf'"),
    "BI-003": (("lots.csv", "X,100,11000", "X,-100,11000"), "RowsError", "-100 shares"),
    "BI-004": (("lots.csv", "X,100,11000", "X,0,11000"), "RowsError", "zero shares"),
    "BI-005": (("lots.csv", "X,100,11000", "X,100,-1.00"), "RowsError", "never below zero"),
    "BI-009": (("lots.csv", "X,100,11000", 'X,100,"11.000,00"'), "RowsError", "not an amount"),
    "BI-011": (("lots.csv", "X,100,", "X,123456789012345678901234567890.1,"), "RowsError", "more than 28 digits"),
    "BI-022": (("lots.csv", "Y,1,90", "Y,-1,90"), "RowsError", "Short positions"),
    "BI-025": (("lots.csv", "2026-03-02", "2023-02-29"), "RowsError", "not a day of the calendar"),
    "BI-026": (("lots.csv", "2026-03-02", "03/04/2024"), "RowsError", "could be March or April"),
    "BI-028": (("lots.csv", "2026-03-02", "2099-01-01"), "RowsError", "2099-01-01 is after"),
    "BI-034": (("prices.csv", "Energy,100,", "Energy,NaN,"), "RowsError", "line 2, price_usd: 'NaN'"),
    "BI-035": (("prices.csv", "Energy,100,", "Energy,0,"), "RowsError", "a price is more than zero"),
    "BI-036": (("prices.csv", "0.3,2026-06-30\nY", "0.3,2026-05-29\nY"), "RowsError", "the limit is"),
    "BI-040": (("index.csv", "X,0.5", "ZZZZ,0.5"), "UnknownSecurityError", "ZZZZ"),
    "BI-051": (("house.toml", IRA, ""), "InputError", "the lots are also of 'ira'"),
    "BI-054": (
        ("hers.toml", "cash_max = 1.0", "max_names = 1\nname_band = {active_max = 0.1}"),
        "InfeasibleError",
        "hers",
    ),
    "BI-057": (("house.toml", "as_of =", 'solver = "MOSEK"\nas_of ='), "InputError", "there is no solver"),
    "BI-062": (("house.toml", None, FILE[: len(FILE) // 2]), "InputError", "house.toml"),
    "BI-063": (("house.toml", "name =", "schema = 99\nname ="), "InputError", "there is no schema"),
    "BI-064": (("lots.csv", None, b"\x80\x04\x95model"), "InputError", "only Python could run"),
    "BI-065": (("both.toml", None, '!!python/object/apply:os.system ["true"]'), "InputError", "both.toml is no TOML"),
    "BI-067": (("house.toml", None, FILE.encode("utf-16")), "InputError", "house.toml is not UTF-8"),
    "BI-068": (("lots.csv", "X,100,11000", 'X,100,"11000'), "InputError", "A quote is not closed"),
    "BI-079": (("both.toml", None, RETURN.replace("2026", "2031")), "InputError", "2031"),
    "BI-080": (("both.toml", None, RETURN.replace("married_joint", "maried")), "InputError", '"married_joint"'),
    "BI-081": (("both.toml", None, RETURN + "carryover_short_usd = -4000\n"), "InputError", "Drop the minus sign"),
    "BI-082": (("both.toml", None, RETURN.replace("joint", "separate")), "InputError", "filed as married_separate"),
}
"""What is changed, and the error's name and a part of what it says with its hint."""

SOLVED: dict[str, tuple[Change, str]] = {
    "BI-007": (("house.toml", "cash_usd = 100\n", "cash_usd = 0.1\n"), "cash 0.1"),
    "BI-008": (("lots.csv", "X,100,11000", 'X,100,"$11,000.00"'), "X 100 for 11000"),
    "BI-010": (("lots.csv", "X,100,11000", "X,0.1234567891,11000"), "X 0.1234567891 for 11000"),
    "BI-012": (("lots.csv", "X,100,11000", "X,1e2,11000"), "X 1E+2 for 11000"),
    "BI-023": (("lots.csv", "2026-03-02", "VARIOUS"), "X 100 for 11000 of None"),
    "BI-024": (("lots.csv", "X,100,11000", "X,100,"), "X 100 for None"),
}
"""What a household may hold: kept exactly as it is given."""

WHERE_ELSE = {
    "BI-055": "own/test_conic_bounds.py::test_every_other_end_is_typed",
    "BI-056": "solve/test_discrete.py::test_a_solution_that_breaks_a_rule_refuses_itself",
    "BI-059": "household/test_generated.py::test_a_generated_household_is_never_worse_than_separate_and_washes_nothing",
    "BI-061": "household/test_wash_matching.py::test_a_loss_bought_back_in_another_account_this_month_is_not_sold",
    "BI-071": "household/test_bad_inputs_table.py::test_a_name_with_tags_is_shown_and_not_parsed",
}

NOT_MET = {
    "lots": "rows of custodians' files and sales in the books: the same reader, tests/ledger",
    "dates": "dates of rows and events: the same reader, tests/ledger",
    "prices": "with the market's files, which one account and a household share",
    "actions": "with the books, before they are accounts",
    "wash": "with the books; that other accounts are not seen is said on every proposal",
    "solver": "in every account's solve alike",
    "files": "files of other kinds: a household reads TOML and CSV",
    "export": "trades are written by the reports' own writers",
    "adapters": "with the market's sources",
}
"""Where entries of an area come up that are not in the tables above."""


def written(folder: Path, change: Change) -> Path:
    """The files of a household with one change."""
    name, old, new = change
    for each, text in FILES.items():
        assert each != name or old is None or old in text
        changed: str | bytes = text if each != name else (new if old is None else text.replace(old, str(new), 1))
        (folder / each).write_bytes(changed if isinstance(changed, bytes) else changed.encode("utf-8"))
    return folder / "house.toml"


def proposed(facts: HouseholdFacts) -> None:
    Advisor().propose_household(
        facts.household,
        market=facts.facts.market,
        taxes=facts.taxes,
        risk=facts.facts.risk,
        costs=facts.facts.costs,
        compare=False,
    )


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_input_is_refused_with_what_is_wrong_and_what_to_do(name: str, tmp_path: Path) -> None:
    change, kind, says = REFUSED[name]
    with pytest.raises(getattr(errors, kind)) as caught:
        proposed(household_from_toml(written(tmp_path, change)))
    assert type(caught.value).__name__ == kind
    assert says in str(caught.value)
    assert isinstance(caught.value, DiAdvisorError)
    assert "Hint: " in str(caught.value)


@pytest.mark.filterwarnings("ignore:lots.csv. no basis")
@pytest.mark.parametrize("name", SOLVED)
def test_what_a_household_may_hold_is_kept_exactly(name: str, tmp_path: Path) -> None:
    change, says = SOLVED[name]
    (hers, _) = household_from_toml(written(tmp_path, change)).household.accounts
    held = "; ".join(f"{x.security_id} {x.shares} for {x.basis_total_usd} of {x.acquired}" for x in hers.account.lots)
    assert says in f"{held}; cash {hers.account.cash[0].amount_usd}"


def test_a_name_with_tags_is_shown_and_not_parsed(tmp_path: Path) -> None:
    file = written(tmp_path, ("house.toml", "Ann and Bob", ODD_NAME))
    assert main(["household", str(file), "--out", str(tmp_path / "out"), "--quick"]) == 0
    page = (tmp_path / "out/household.html").read_text(encoding="utf-8")
    assert "&lt;img" in page
    assert ODD_NAME not in page


def test_every_entry_of_the_list_is_met_here_or_said_to_come_up_elsewhere(shared: Path) -> None:
    listed = {e["id"]: e for e in json.loads((shared / "cases/bad_inputs.json").read_text(encoding="utf-8"))}
    known = {*REFUSED, *SOLVED, *WHERE_ELSE}
    assert known <= set(listed)
    assert len(known) == len(REFUSED) + len(SOLVED) + len(WHERE_ELSE)
    assert {listed[name]["area"] for name in set(listed) - known} <= set(NOT_MET)
    tests = Path(__file__).parents[1]
    for where in WHERE_ELSE.values():
        path, _, test = where.partition("::")
        assert f"def {test}(" in (tests / path).read_text(encoding="utf-8")


def test_what_the_tax_on_withdrawals_leaves_is_read_and_refused_where_there_is_none(tmp_path: Path) -> None:
    read = household_from_toml(written(tmp_path, ("house.toml", IRA, f"{IRA}withdrawal_tax_rate = 0.22\n")))
    assert [a.after_tax for a in read.household.accounts] == [1.0, 0.78]
    hers = 'account_id = "hers"\n'
    with pytest.raises(errors.InputError, match="Account hers is taxable and has a withdrawal_tax_rate"):
        household_from_toml(written(tmp_path, ("house.toml", hers, f"{hers}withdrawal_tax_rate = 0.22\n")))
